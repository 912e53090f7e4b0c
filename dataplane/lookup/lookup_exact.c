/* exact: all rules have one mask, so one hash table holds them; a last rule that matches
 * everything (a table-miss flow) stands beside it. */

#include "dataplane/lookup/hash_table_priv.h"

#include <stdio.h>
#include <stdlib.h>

struct exact {
	struct lookup base;
	const void *otherwise; /* of the catch-all; NULL: none */
	struct hash_table table;
};

static unsigned exact_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	if (shape->n_masks != 1)
		return 0;
	snprintf(reason, size, "%u rules of one mask over %u word%s%s",
		 shape->n_rules - shape->has_catch_all, shape->n_words,
		 shape->n_words == 1 ? "" : "s", shape->has_catch_all ? ", and a catch-all" : "");
	return 15 + shape->n_words + lookup_waiting_cycles(shape->n_rules);
}

static void exact_find(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		       const void **out)
{
	const struct exact *x = container_of(l, struct exact, base);
	const struct lookup_row *found[PACKET_BURST_MAX];
	uint8_t places[PACKET_BURST_MAX];
	unsigned n = bitmap_places(bitmap, places);

	x->table.find(&x->table, keys, places, n, found);
	for (unsigned k = 0; k < n; k++)
		out[places[k]] = found[k] ? hash_value(&x->table, found[k]) : x->otherwise;
}

static void set_totals(struct exact *x)
{
	x->base.bytes = sizeof(*x) + hash_table_bytes(&x->table);
	x->base.max_lines = x->table.max_lines;
}

static struct lookup *exact_build(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed)
{
	struct exact *x = xcalloc(1, sizeof(*x));

	if (rules[n_rules - 1].mask->n_words == 0)
		x->otherwise = rules[--n_rules].value;
	hash_table_init(&x->table, &rules[0], n_rules, seed);
	for (unsigned i = 0; i < n_rules; i++) {
		if (i + HASH_AHEAD < n_rules)
			hash_table_expect(&x->table, &rules[i + HASH_AHEAD]);
		hash_table_add(&x->table, &rules[i]);
	}
	x->base.find = exact_find;
	set_totals(x);
	return &x->base;
}

static struct lookup *exact_update(const struct lookup *old, const struct lookup_change *changes,
				   unsigned n)
{
	const struct exact *from = container_of(old, struct exact, base);
	struct exact *x;
	bool is_done = true;

	if (!hash_table_is_newest(&from->table))
		return NULL;
	x = xmemdup(from, sizeof(*x));
	hash_table_ref(&x->table);
	for (unsigned i = 0; i < n && is_done; i++) {
		is_done = hash_table_has_mask(&x->table, &changes[i].rule);
		if (is_done && i + HASH_AHEAD < n &&
		    changes[i + HASH_AHEAD].rule.mask == changes[i].rule.mask)
			hash_table_expect(&x->table, &changes[i + HASH_AHEAD].rule);
		is_done = is_done && hash_table_change(&x->table, &changes[i]);
	}
	set_totals(x);
	x->base.shape.n_masks = x->table.n > 0;
	if (is_done)
		return &x->base;
	x->base.class->destroy(&x->base);
	return NULL;
}

static void exact_destroy(struct lookup *l)
{
	struct exact *x = container_of(l, struct exact, base);

	hash_table_fini(&x->table);
	free(x);
}

static const struct lookup_class lookup_exact = {
	.name = "exact",
	.cost = exact_cost,
	.build = exact_build,
	.update = exact_update,
	.destroy = exact_destroy,
};
REGISTRY_ADD(lookup_class, lookup_exact);
