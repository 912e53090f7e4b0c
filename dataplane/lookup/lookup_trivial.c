/* The two look-ups that look at nothing: `none`, of a table without rules, and `catch-all`, of
 * one whose first rule matches everything. */

#include "dataplane/lookup/lookup_class.h"

#include <stdio.h>
#include <stdlib.h>

struct trivial {
	struct lookup base;
	const void *value; /* NULL for none */
};

static unsigned none_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	snprintf(reason, size, "the table is empty");
	return shape->n_rules == 0;
}

static unsigned catch_all_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	snprintf(reason, size, "the first rule matches every packet");
	return shape->n_rules == 1 && shape->has_catch_all;
}

static void trivial_find(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
			 const void **out)
{
	const void *value = container_of(l, struct trivial, base)->value;

	(void)keys;
	for (; bitmap; bitmap &= bitmap - 1)
		out[__builtin_ctzll(bitmap)] = value;
}

static struct lookup *trivial_build(const struct lookup_rule *rules, unsigned n_rules,
				    uint64_t seed)
{
	struct trivial *t = xcalloc(1, sizeof(*t));

	(void)seed;
	t->base.find = trivial_find;
	t->base.bytes = sizeof(*t);
	t->value = n_rules ? rules[0].value : NULL;
	return &t->base;
}

static void trivial_destroy(struct lookup *l)
{
	free(container_of(l, struct trivial, base));
}

static const struct lookup_class lookup_none = {
	.name = "none",
	.cost = none_cost,
	.build = trivial_build,
	.destroy = trivial_destroy,
};
REGISTRY_ADD(lookup_class, lookup_none);

static const struct lookup_class lookup_catch_all = {
	.name = "catch-all",
	.cost = catch_all_cost,
	.build = trivial_build,
	.destroy = trivial_destroy,
};
REGISTRY_ADD(lookup_class, lookup_catch_all);
