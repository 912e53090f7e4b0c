/* tuple: tuple space search (Srinivasan, Suri, Varghese, SIGCOMM 1999): one hash table per mask, in
 * the order of each table's best rule.  A packet is done when what it has found beats everything
 * that the tables left could give.  The cost is bounded by the number of masks, whatever the
 * traffic.
 *
 * Often all rules of a mask agree in some fields: those that match ARP say so in eth_type.  Two
 * words of what they agree in are compared first, and a packet that differs there, as an IPv4
 * packet does, passes the table by without hashing.  That is done where other rules differ. */

#include "dataplane/lookup/hash_table_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include "lib/hmap.h"

/* What all rules of a table have in one word of the key; mask 0: nothing. */
struct common {
	uint64_t mask, key;
	unsigned word;
};

struct tuple_table {
	struct common first, second;
	bool is_compared; /* it pays to look at them */
	struct hash_table hash;
};

#define MIN_COMPARED 4 /* rules; hashing for a table of fewer costs no more than comparing */

struct tuple {
	struct lookup base;
	const void *otherwise; /* of the catch-all; NULL: none */
	unsigned n_tables;
	struct tuple_table tables[]; /* min_rank ascending */
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

/* Packets still looking, by their places in the burst, and the ranks of what they have. */
struct looking {
	unsigned n;
	uint8_t places[PACKET_BURST_MAX];
	uint32_t ranks[PACKET_BURST_MAX]; /* by place */
};

/* 0 if KEY has what C says. */
static inline uint64_t difference(const struct flow_key *key, const struct common *c)
{
	return (key->words[c->word] & c->mask) ^ c->key;
}

/* Leave out those that neither this table nor a later one can serve better. */
static void keep_looking(struct looking *l, uint32_t min_rank)
{
	unsigned n = 0;

	for (unsigned k = 0; k < l->n; k++) {
		uint8_t place = l->places[k];

		l->places[n] = place;
		n += l->ranks[place] > min_rank;
	}
	l->n = n;
}

/* PLACES gets those that have what the table's rules agree in; returns how many. */
static unsigned select_packets(const struct looking *l, const struct tuple_table *table,
			       const struct flow_key *keys, uint8_t *places)
{
	unsigned n = 0;

	for (unsigned k = 0; k < l->n; k++) {
		const struct flow_key *key = &keys[l->places[k]];

		places[n] = l->places[k];
		n += !(difference(key, &table->first) | difference(key, &table->second));
	}
	return n;
}

static void tuple_find(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		       const void **out)
{
	const struct tuple *t = container_of(l, struct tuple, base);
	const struct hash_entry *found[PACKET_BURST_MAX];
	uint8_t selected[PACKET_BURST_MAX];
	struct looking look = { .n = bitmap_places(bitmap, look.places) };

	for (unsigned k = 0; k < look.n; k++) {
		look.ranks[look.places[k]] = UINT32_MAX;
		out[look.places[k]] = t->otherwise;
	}
	for (unsigned i = 0; i < t->n_tables; i++) {
		const struct tuple_table *table = &t->tables[i];
		const uint8_t *places = look.places;
		unsigned n;

		keep_looking(&look, table->hash.min_rank);
		n = look.n;
		if (table->is_compared) {
			n = select_packets(&look, table, keys, selected);
			places = selected;
		}
		if (!look.n)
			return;
		if (!n)
			continue;
		table->hash.find(&table->hash, keys, places, n, found);
		for (unsigned k = 0; k < n; k++) {
			if (!found[k] || found[k]->rank >= look.ranks[places[k]])
				continue;
			look.ranks[places[k]] = found[k]->rank;
			out[places[k]] = found[k]->value;
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
	const struct tuple_table *x = a, *y = b;

	return x->hash.min_rank < y->hash.min_rank ? -1 : x->hash.min_rank > y->hash.min_rank;
}

/* The word in which the rules of G agree in the most bits, except word NOT. */
static struct common find_common(const struct lookup_rule *rules, const struct group *g,
				 unsigned not )
{
	const struct flow_key *first = &rules[g->ranks[0]].match->key;
	struct common best = { 0 };

	for (unsigned w = 0; w < KEY_WORDS; w++) {
		uint64_t mask = g->mask->words[w];

		if (!mask || w == not )
			continue;
		for (unsigned i = 1; i < g->n && mask; i++)
			mask &= ~(rules[g->ranks[i]].match->key.words[w] ^ first->words[w]);
		if (__builtin_popcountll(mask) > __builtin_popcountll(best.mask))
			best = (struct common){ mask, first->words[w] & mask, w };
	}
	return best;
}

/* Whether a packet that R matches cannot have C. */
static bool contradicts(const struct key_mask *r, const struct common *c)
{
	return (r->mask.words[c->word] & c->mask) == c->mask &&
	       (r->key.words[c->word] & c->mask) != c->key;
}

/* Comparing pays if many of the packets that come would differ; what packets come, the rules of
 * the whole table tell, some dozens of them. */
static bool is_comparing_worth(const struct tuple_table *table, const struct lookup_rule *rules,
			       unsigned n_rules)
{
	unsigned step = n_rules / 64 + 1, n = 0, n_different = 0;

	for (unsigned i = 0; i < n_rules; i += step, n++)
		n_different += contradicts(rules[i].match, &table->first) ||
			       contradicts(rules[i].match, &table->second);
	return n_different * 3 >= n;
}

static void build_table(struct tuple *t, const struct lookup_rule *rules, unsigned n_rules,
			const struct group *g, uint64_t seed)
{
	struct tuple_table *table = &t->tables[t->n_tables++];

	table->first = find_common(rules, g, KEY_WORDS);
	table->second = find_common(rules, g, table->first.word);
	table->is_compared = g->n >= MIN_COMPARED && is_comparing_worth(table, rules, n_rules);
	hash_table_init(&table->hash, rules, g->ranks, g->n, seed + t->n_tables);
	t->base.bytes += table->hash.bytes;
	t->base.max_lines += table->hash.max_lines;
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
		g = container_of(n, struct group, node);
		build_table(t, rules, n_rules, g, seed);
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
		hash_table_fini(&t->tables[i].hash);
	free(t);
}

static const struct lookup_class lookup_tuple = {
	.name = "tuple",
	.cost = tuple_cost,
	.build = tuple_build,
	.destroy = tuple_destroy,
};
REGISTRY_ADD(lookup_class, lookup_tuple);
