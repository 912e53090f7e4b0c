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
	uint64_t seed;
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
	return 20 + 20 * shape->n_masks + lookup_waiting_cycles(shape->n_rules);
}

/* Packets still looking, by their places in the burst, and the ranks of what they have. */
struct looking {
	unsigned n;
	uint8_t places[PACKET_BURST_MAX];
	uint64_t ranks[PACKET_BURST_MAX]; /* by place */
};

/* 0 if KEY has what C says. */
static inline uint64_t difference(const struct flow_key *key, const struct common *c)
{
	return (key->words[c->word] & c->mask) ^ c->key;
}

static uint64_t rule_difference(const struct lookup_rule *r, const struct common *c)
{
	return (mask_value_at(r->mask, r->words, c->word) & c->mask) ^ c->key;
}

/* Leave out those that neither this table nor a later one can serve better. */
static void keep_looking(struct looking *l, uint64_t min_rank)
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
	const struct lookup_row *found[PACKET_BURST_MAX];
	uint8_t selected[PACKET_BURST_MAX];
	struct looking look = { .n = bitmap_places(bitmap, look.places) };

	for (unsigned k = 0; k < look.n; k++) {
		look.ranks[look.places[k]] = UINT64_MAX;
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
			out[places[k]] = hash_value(&table->hash, found[k]);
		}
	}
}

/* The two words in which the entries agree in the most bits. */
static void find_common(struct tuple_table *table)
{
	const struct hash_table *h = &table->hash;
	const struct lookup_row *first, *row;
	uint64_t same[KEY_WORDS];
	uint32_t slot = 0;

	for (unsigned w = 0; w < h->n_words; w++)
		same[w] = h->words[w].mask;
	first = hash_table_next(h, &slot);
	while ((row = hash_table_next(h, &slot)))
		for (unsigned w = 0; w < h->n_words; w++)
			same[w] &= ~(row->words[w] ^ first->words[w]);
	table->first = table->second = (struct common){ 0 };
	for (unsigned w = 0; w < h->n_words; w++) {
		struct common c = { same[w], first->words[w] & same[w], h->places[w] };

		if (__builtin_popcountll(c.mask) > __builtin_popcountll(table->first.mask)) {
			table->second = table->first;
			table->first = c;
		} else if (__builtin_popcountll(c.mask) >
			   __builtin_popcountll(table->second.mask)) {
			table->second = c;
		}
	}
}

/* Whether a packet that R matches cannot have C. */
static bool contradicts(const struct lookup_rule *r, const struct common *c)
{
	return (mask_at(r->mask, c->word) & c->mask) == c->mask && rule_difference(r, c);
}

/* Comparing pays if many of the packets that come would differ; what packets come, the rules of
 * the whole table tell, some dozens of them. */
static bool is_comparing_worth(const struct tuple_table *table, const struct lookup_rule *rules,
			       unsigned n_rules)
{
	unsigned step = n_rules / 64 + 1, n = 0, n_different = 0;

	for (unsigned i = 0; i < n_rules; i += step, n++)
		n_different += contradicts(&rules[i], &table->first) ||
			       contradicts(&rules[i], &table->second);
	return n_different * 3 >= n;
}

static int by_min_rank(const void *a, const void *b)
{
	const struct tuple_table *x = a, *y = b;

	return x->hash.min_rank < y->hash.min_rank ? -1 : x->hash.min_rank > y->hash.min_rank;
}

/* The tables in their order, and what follows from all of them. */
static void set_totals(struct tuple *t)
{
	uint64_t used[KEY_WORDS] = { 0 };

	qsort(t->tables, t->n_tables, sizeof(t->tables[0]), by_min_rank);
	t->base.bytes = sizeof(*t) + t->n_tables * sizeof(t->tables[0]);
	t->base.max_lines = 0;
	t->base.shape.n_masks = t->n_tables;
	t->base.shape.n_words = 0;
	for (unsigned i = 0; i < t->n_tables; i++) {
		const struct hash_table *h = &t->tables[i].hash;

		t->base.bytes += hash_table_bytes(h);
		t->base.max_lines += h->max_lines;
		for (unsigned w = 0; w < h->n_words; w++)
			t->base.shape.n_words += !used[h->places[w]]++;
	}
}

/* Rules of one mask. */
struct group {
	struct hmap_node node;
	const struct lookup_rule *first;
	unsigned n, place;
};

static struct group *group_find(struct hmap *groups, const struct lookup_rule *r)
{
	struct group *g;

	HMAP_FOREACH_HASH (n, groups, r->mask->hash) {
		g = container_of(n, struct group, node);
		if (mask_equal(g->first->mask, r->mask))
			return g;
	}
	g = xcalloc(1, sizeof(*g));
	g->first = r;
	g->place = groups->n;
	hmap_insert(groups, &g->node, r->mask->hash);
	return g;
}

/* A table for each group; frees the groups. */
static struct tuple *create_tables(struct hmap *groups, uint64_t seed)
{
	struct tuple *t = xcalloc(1, sizeof(*t) + groups->n * sizeof(t->tables[0]));

	t->n_tables = groups->n;
	t->seed = seed;
	HMAP_FOREACH_SAFE (n, groups) {
		struct group *g = container_of(n, struct group, node);

		hash_table_init(&t->tables[g->place].hash, g->first, g->n, seed + g->place);
		hmap_remove(groups, n);
		free(g);
	}
	hmap_fini(groups);
	return t;
}

static struct lookup *tuple_build(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed)
{
	unsigned *places = xcalloc(n_rules, sizeof(*places));
	struct hmap groups = HMAP_INIT;
	const void *otherwise = NULL;
	struct group *g = NULL;
	struct tuple *t;

	if (rules[n_rules - 1].mask->n_words == 0)
		otherwise = rules[--n_rules].value;
	for (unsigned i = 0; i < n_rules; i++) {
		if (!g || g->first->mask != rules[i].mask)
			g = group_find(&groups, &rules[i]);
		g->n++;
		places[i] = g->place;
	}
	t = create_tables(&groups, seed);
	t->base.find = tuple_find;
	t->otherwise = otherwise;
	for (unsigned i = 0; i < n_rules; i++) {
		unsigned next = MIN_OF(i + HASH_AHEAD, n_rules - 1);

		hash_table_expect(&t->tables[places[next]].hash, &rules[next]);
		hash_table_add(&t->tables[places[i]].hash, &rules[i]);
	}
	free(places);
	for (unsigned i = 0; i < t->n_tables; i++) {
		struct tuple_table *table = &t->tables[i];

		find_common(table);
		table->is_compared =
			table->hash.n >= MIN_COMPARED && is_comparing_worth(table, rules, n_rules);
	}
	set_totals(t);
	return &t->base;
}

/* With room for N tables more. */
static struct tuple *tuple_copy(const struct tuple *old, unsigned n)
{
	size_t size = sizeof(*old) + old->n_tables * sizeof(old->tables[0]);
	struct tuple *t = xmalloc(size + n * sizeof(old->tables[0]));

	memcpy(t, old, size);
	for (unsigned i = 0; i < t->n_tables; i++)
		hash_table_ref(&t->tables[i].hash);
	return t;
}

static struct tuple_table *table_for(struct tuple *t, const struct lookup_rule *r)
{
	struct tuple_table *table;

	for (unsigned i = 0; i < t->n_tables; i++)
		if (hash_table_has_mask(&t->tables[i].hash, r))
			return &t->tables[i];
	table = &t->tables[t->n_tables++];
	*table = (struct tuple_table){ 0 };
	hash_table_init(&table->hash, r, 1, t->seed + r->mask->hash);
	return table;
}

/* A rule that lacks what the others of its table agree in asks for other words to compare. */
static bool change(struct tuple *t, const struct lookup_change *c)
{
	struct tuple_table *table = table_for(t, &c->rule);
	const struct lookup_rule *r = &c->rule;

	if (table->is_compared &&
	    (rule_difference(r, &table->first) | rule_difference(r, &table->second)))
		return false;
	return hash_table_change(&table->hash, c);
}

static void leave_out_empty(struct tuple *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->n_tables; i++) {
		hash_table_settle(&t->tables[i].hash);
		if (t->tables[i].hash.n)
			t->tables[n++] = t->tables[i];
		else
			hash_table_fini(&t->tables[i].hash);
	}
	t->n_tables = n;
}

static struct lookup *tuple_update(const struct lookup *old, const struct lookup_change *changes,
				   unsigned n)
{
	const struct tuple *from = container_of(old, struct tuple, base);
	bool is_done = true;
	struct tuple *t;

	for (unsigned i = 0; i < from->n_tables; i++)
		if (!hash_table_is_newest(&from->tables[i].hash))
			return NULL;
	t = tuple_copy(from, n);
	for (unsigned i = 0; i < n && is_done; i++)
		is_done = change(t, &changes[i]);
	leave_out_empty(t);
	set_totals(t);
	if (is_done)
		return &t->base;
	t->base.class->destroy(&t->base);
	return NULL;
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
	.update = tuple_update,
	.destroy = tuple_destroy,
};
REGISTRY_ADD(lookup_class, lookup_tuple);
