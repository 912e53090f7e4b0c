/* tuple: tuple space search (Srinivasan, Suri, Varghese, SIGCOMM 1999): one hash table per mask, in
 * the order of each table's best rule.  A packet is done when what it has found beats everything
 * that the tables left could give.  The cost is bounded by the number of masks, whatever the
 * traffic. */

#include "dataplane/lookup/hash_table_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include "lib/hmap.h"

struct tuple {
	struct lookup base;
	const void *otherwise; /* of the catch-all; NULL: none */
	unsigned n_tables;
	struct hash_table tables[]; /* min_rank ascending */
};

static unsigned tuple_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	if (shape->n_masks == 0)
		return 0;
	snprintf(reason, size, "%u rules of %u masks, one hash table each%s",
		 shape->n_rules - shape->has_catch_all, shape->n_masks,
		 shape->has_catch_all ? ", and a catch-all" : "");
	return 20 + 20 * shape->n_masks;
}

/* Packets still looking: `places` in the burst, `ranks` and `values` of what they have. */
struct looking {
	unsigned n;
	uint8_t places[PACKET_BURST_MAX];
	uint32_t ranks[PACKET_BURST_MAX];
};

/* Leave out those that no later table can serve better. */
static void keep_looking(struct looking *l, uint32_t min_rank)
{
	unsigned n = 0;

	for (unsigned k = 0; k < l->n; k++) {
		l->places[n] = l->places[k];
		l->ranks[n] = l->ranks[k];
		n += l->ranks[k] > min_rank;
	}
	l->n = n;
}

static void tuple_find(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		       const void **out)
{
	const struct tuple *t = container_of(l, struct tuple, base);
	const struct hash_entry *found[PACKET_BURST_MAX];
	struct looking look = { .n = bitmap_places(bitmap, look.places) };

	for (unsigned k = 0; k < look.n; k++) {
		look.ranks[k] = UINT32_MAX;
		out[look.places[k]] = t->otherwise;
	}
	for (unsigned i = 0; i < t->n_tables; i++) {
		const struct hash_table *table = &t->tables[i];

		keep_looking(&look, table->min_rank);
		if (!look.n)
			return;
		table->find(table, keys, look.places, look.n, found);
		for (unsigned k = 0; k < look.n; k++) {
			if (!found[k] || found[k]->rank >= look.ranks[k])
				continue;
			look.ranks[k] = found[k]->rank;
			out[look.places[k]] = found[k]->value;
		}
	}
}

/* Rules of one mask. */
struct group {
	struct hmap_node node;
	const struct flow_key *mask;
	unsigned n, room;
	uint32_t *ranks;
};

static struct group *group_find(struct hmap *groups, const struct flow_key *mask)
{
	uint64_t hash = hash_bytes(mask, sizeof(*mask));
	struct group *g;

	HMAP_FOREACH_HASH (n, groups, hash) {
		g = container_of(n, struct group, node);
		if (memcmp(g->mask, mask, sizeof(*mask)) == 0)
			return g;
	}
	g = xcalloc(1, sizeof(*g));
	g->mask = mask;
	hmap_insert(groups, &g->node, hash);
	return g;
}

static void group_add(struct group *g, uint32_t rank)
{
	if (g->n == g->room) {
		g->room = g->room ? g->room * 2 : 8;
		g->ranks = xrealloc(g->ranks, g->room * sizeof(*g->ranks));
	}
	g->ranks[g->n++] = rank;
}

static int by_min_rank(const void *a, const void *b)
{
	const struct hash_table *x = a, *y = b;

	return x->min_rank < y->min_rank ? -1 : x->min_rank > y->min_rank;
}

static struct lookup *tuple_build(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed)
{
	static const struct flow_key nothing;
	struct hmap groups = HMAP_INIT;
	const void *otherwise = NULL;
	struct group *g = NULL;
	struct tuple *t;

	if (memcmp(&rules[n_rules - 1].match->mask, &nothing, sizeof(nothing)) == 0)
		otherwise = rules[--n_rules].value;
	for (unsigned i = 0; i < n_rules; i++) {
		const struct flow_key *mask = &rules[i].match->mask;

		if (!g || memcmp(g->mask, mask, sizeof(*mask)) != 0)
			g = group_find(&groups, mask);
		group_add(g, i);
	}
	t = xcalloc(1, sizeof(*t) + groups.n * sizeof(t->tables[0]));
	t->base.find = tuple_find;
	t->base.bytes = sizeof(*t) + groups.n * sizeof(t->tables[0]);
	t->otherwise = otherwise;
	HMAP_FOREACH_SAFE (n, &groups) {
		struct hash_table *table = &t->tables[t->n_tables];

		g = container_of(n, struct group, node);
		hash_table_init(table, rules, g->ranks, g->n, seed + ++t->n_tables);
		t->base.bytes += table->bytes;
		t->base.max_lines += table->max_lines;
		hmap_remove(&groups, n);
		free(g->ranks);
		free(g);
	}
	hmap_fini(&groups);
	qsort(t->tables, t->n_tables, sizeof(t->tables[0]), by_min_rank);
	return &t->base;
}

static void tuple_destroy(struct lookup *l)
{
	struct tuple *t = container_of(l, struct tuple, base);

	for (unsigned i = 0; i < t->n_tables; i++)
		hash_table_fini(&t->tables[i]);
	free(t);
}

static const struct lookup_class lookup_tuple = {
	.name = "tuple",
	.cost = tuple_cost,
	.build = tuple_build,
	.destroy = tuple_destroy,
};
REGISTRY_ADD(lookup_class, lookup_tuple);
