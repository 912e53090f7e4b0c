/* linear: the rules one after the other, every word of the key.  It is the specification that
 * the other classes are tested against; chosen for a table only when nothing else can hold it. */

#include "dataplane/lookup/lookup_class.h"

#include <stdio.h>
#include <stdlib.h>

struct linear {
	struct lookup base;
	unsigned n_rules;
	struct lookup_rule rules[];
};

static unsigned linear_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	snprintf(reason, size, "no faster class holds these rules");
	return 1000000 + shape->n_rules;
}

static void linear_find(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
			const void **out)
{
	const struct linear *lin = container_of(l, struct linear, base);

	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		out[i] = NULL;
		for (unsigned r = 0; r < lin->n_rules && !out[i]; r++)
			if (mask_matches(lin->rules[r].mask, lin->rules[r].words, &keys[i]))
				out[i] = lin->rules[r].value;
	}
}

static struct lookup *linear_build(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed)
{
	size_t size = sizeof(struct linear) + n_rules * sizeof(*rules);
	struct linear *lin = xcalloc(1, size);

	(void)seed;
	lin->base.find = linear_find;
	lin->base.bytes = size;
	lin->base.max_lines = n_rules * (2 * KEY_BYTES / 64 + 1);
	lin->n_rules = n_rules;
	if (n_rules)
		memcpy(lin->rules, rules, n_rules * sizeof(*rules));
	return &lin->base;
}

static void linear_destroy(struct lookup *l)
{
	free(container_of(l, struct linear, base));
}

static const struct lookup_class lookup_linear = {
	.name = "linear",
	.cost = linear_cost,
	.build = linear_build,
	.destroy = linear_destroy,
};
REGISTRY_ADD(lookup_class, lookup_linear);
