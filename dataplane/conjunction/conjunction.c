/* Clauses by priority, then by mask: one small hash table for each mask of a priority (what others
 * call a tuple space).  A node is a clause rule's masked key and what it is a clause of. */

#include "dataplane/conjunction/conjunction.h"

#include <assert.h>
#include <stdlib.h>
#include "lib/mix.h"

/* What a rule is a clause of: a place among the level's conjunctions, and its bit there. */
struct clause {
	uint32_t place;
	uint64_t bit;
};

/* All rules of one masked key: two of one priority cannot differ in nothing else. */
struct node {
	uint64_t hash;
	uint32_t next; /* in its bucket, from 1; 0: the last */
	uint32_t first_clause, n_clauses;
	uint32_t first_word; /* of its key, among `values` */
};

struct tuple {
	uint8_t words[KEY_WORDS]; /* those that the mask has */
	uint8_t n_words;
	uint64_t mask[KEY_WORDS]; /* [n_words] */
	uint32_t bucket_mask;
	uint32_t *buckets; /* nodes, from 1 */
	struct node *nodes;
	uint64_t *values; /* n_words for each node */
	unsigned n, room;
};

struct conjunction {
	uint32_t id;
	uint8_t n_clauses;
	uint64_t all; /* its clauses' bits */
};

struct level {
	uint16_t priority;
	struct tuple *tuples;
	unsigned n_tuples;
	struct conjunction *conjunctions;
	unsigned n_conjunctions;
	struct clause *clauses;
	unsigned n_clauses;
};

struct conjunctions {
	struct level *levels; /* priority descending */
	unsigned n_levels;
	unsigned max_conjunctions; /* of a level */
	unsigned max_lines;
	uint64_t seed, secret; /* of the hashes */
	size_t bytes;
};

struct conjunction_tally {
	uint64_t met; /* clauses, as bits */
	uint32_t stamp;
};

/* --- finding --- */

static uint64_t hash_of(const struct conjunctions *c, const struct tuple *t,
			const struct flow_key *key)
{
	uint64_t h = c->seed;

	for (unsigned i = 0; i < t->n_words; i++)
		h = mix_word(h, key->words[t->words[i]] & t->mask[i], c->secret);
	return h;
}

static bool is_node(const struct tuple *t, const struct node *n, const struct flow_key *key)
{
	uint64_t diff = 0;

	for (unsigned i = 0; i < t->n_words; i++)
		diff |= (key->words[t->words[i]] & t->mask[i]) ^ t->values[n->first_word + i];
	return diff == 0;
}

static struct node *find_node(const struct tuple *t, const struct flow_key *key, uint64_t hash)
{
	for (uint32_t at = t->buckets[hash & t->bucket_mask]; at; at = t->nodes[at - 1].next) {
		struct node *n = &t->nodes[at - 1];

		if (n->hash == hash && is_node(t, n, key))
			return n;
	}
	return NULL;
}

unsigned conjunctions_room(const struct conjunctions *c)
{
	return c->max_conjunctions;
}

void conjunction_scratch_init(struct conjunction_scratch *s, unsigned room)
{
	*s = (struct conjunction_scratch){
		.tallies = xcalloc(room, sizeof(*s->tallies)),
		.ids = xcalloc(room, sizeof(*s->ids)),
		.room = room,
	};
}

void conjunction_scratch_fini(struct conjunction_scratch *s)
{
	free(s->tallies);
	free(s->ids);
	*s = (struct conjunction_scratch){ 0 };
}

static void next_stamp(struct conjunction_scratch *s)
{
	if (++s->stamp)
		return;
	memset(s->tallies, 0, s->room * sizeof(*s->tallies));
	s->stamp = 1;
}

static unsigned find_at(const struct conjunctions *c, const struct level *l,
			struct conjunction_scratch *s, const struct flow_key *key)
{
	unsigned n_ids = 0;

	next_stamp(s);
	for (unsigned k = 0; k < l->n_tuples; k++) {
		const struct tuple *t = &l->tuples[k];
		const struct node *n = find_node(t, key, hash_of(c, t, key));

		for (unsigned i = 0; n && i < n->n_clauses; i++) {
			const struct clause *clause = &l->clauses[n->first_clause + i];
			struct conjunction_tally *tally = &s->tallies[clause->place];
			uint64_t before = tally->stamp == s->stamp ? tally->met : 0;

			tally->stamp = s->stamp;
			tally->met = before | clause->bit;
			if (tally->met == l->conjunctions[clause->place].all &&
			    before != tally->met)
				s->ids[n_ids++] = l->conjunctions[clause->place].id;
		}
	}
	return n_ids;
}

unsigned conjunctions_find(const struct conjunctions *c, struct conjunction_scratch *s,
			   const struct flow_key *key, int below, int floor, int *priority,
			   const uint32_t **ids)
{
	assert(s->room >= c->max_conjunctions);
	for (unsigned k = 0; k < c->n_levels && c->levels[k].priority > floor; k++) {
		unsigned n;

		if (c->levels[k].priority >= below)
			continue;
		n = find_at(c, &c->levels[k], s, key);
		*priority = c->levels[k].priority;
		*ids = s->ids;
		if (n)
			return n;
	}
	return 0;
}

/* --- building --- */

static int by_priority(const void *a, const void *b)
{
	const struct conjunction_rule *const *x = a, *const *y = b;

	return (*y)->priority - (*x)->priority;
}

static void *grow(void *array, unsigned n, unsigned *room, size_t size)
{
	if (n < *room)
		return array;
	*room = MAX_OF(2 * *room, 16);
	return xrealloc(array, *room * size);
}

static void tuple_init(struct tuple *t, const struct flow_key *mask)
{
	*t = (struct tuple){ .n_words = 0 };
	for (unsigned w = 0; w < KEY_WORDS; w++) {
		if (!mask->words[w])
			continue;
		t->mask[t->n_words] = mask->words[w];
		t->words[t->n_words++] = w;
	}
}

static bool tuple_has_mask(const struct tuple *t, const struct flow_key *mask)
{
	unsigned k = 0;

	for (unsigned w = 0; w < KEY_WORDS; w++) {
		if (!mask->words[w])
			continue;
		if (k == t->n_words || t->words[k] != w || t->mask[k] != mask->words[w])
			return false;
		k++;
	}
	return k == t->n_words;
}

static struct tuple *tuple_for(struct level *l, const struct flow_key *mask, unsigned *room)
{
	for (unsigned i = 0; i < l->n_tuples; i++)
		if (tuple_has_mask(&l->tuples[i], mask))
			return &l->tuples[i];
	l->tuples = grow(l->tuples, l->n_tuples, room, sizeof(*l->tuples));
	tuple_init(&l->tuples[l->n_tuples], mask);
	return &l->tuples[l->n_tuples++];
}

/* The nodes first, the buckets when their number is known. */
static struct node *tuple_add(const struct conjunctions *c, struct tuple *t,
			      const struct flow_key *key)
{
	unsigned room = t->room;
	struct node *n;

	t->nodes = grow(t->nodes, t->n, &t->room, sizeof(*t->nodes));
	if (t->room != room && t->n_words)
		t->values = xrealloc(t->values, (size_t)t->room * t->n_words * sizeof(*t->values));
	n = &t->nodes[t->n];
	*n = (struct node){ .hash = hash_of(c, t, key), .first_word = t->n * t->n_words };
	for (unsigned i = 0; i < t->n_words; i++)
		t->values[n->first_word + i] = key->words[t->words[i]] & t->mask[i];
	t->n++;
	return n;
}

/* Returns how many nodes the longest bucket has. */
static unsigned tuple_link(struct tuple *t)
{
	uint32_t n_buckets = 1;
	unsigned longest = 0;
	uint32_t *lengths;

	while (n_buckets < t->n)
		n_buckets *= 2;
	t->bucket_mask = n_buckets - 1;
	t->buckets = xcalloc(n_buckets, sizeof(*t->buckets));
	lengths = xcalloc(n_buckets, sizeof(*lengths));
	for (unsigned i = 0; i < t->n; i++) {
		uint32_t at = t->nodes[i].hash & t->bucket_mask;

		t->nodes[i].next = t->buckets[at];
		t->buckets[at] = i + 1;
		lengths[at]++;
		longest = MAX_OF(longest, lengths[at]);
	}
	free(lengths);
	return longest;
}

static int by_id(const void *a, const void *b)
{
	const struct conjunction *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->n_clauses - y->n_clauses;
}

/* The level's conjunctions, each once, in order of id. */
static void find_conjunctions(struct level *l, const struct conjunction_rule *const *rules,
			      unsigned n)
{
	unsigned total = 0, n_kept = 0;

	for (unsigned r = 0; r < n; r++)
		total += rules[r]->n;
	l->conjunctions = xcalloc(total, sizeof(*l->conjunctions));
	total = 0;
	for (unsigned r = 0; r < n; r++) {
		for (unsigned i = 0; i < rules[r]->n; i++) {
			const struct conjunction_clause *c = &rules[r]->clauses[i];

			l->conjunctions[total++] = (struct conjunction){
				.id = c->id,
				.n_clauses = c->n_clauses,
				.all = c->n_clauses == 64 ? UINT64_MAX : (1ull << c->n_clauses) - 1,
			};
		}
	}
	qsort(l->conjunctions, total, sizeof(*l->conjunctions), by_id);
	for (unsigned i = 0; i < total; i++)
		if (!n_kept || by_id(&l->conjunctions[n_kept - 1], &l->conjunctions[i]) != 0)
			l->conjunctions[n_kept++] = l->conjunctions[i];
	l->n_conjunctions = n_kept;
	l->clauses = xcalloc(total, sizeof(*l->clauses));
}

static void add_clauses(struct level *l, struct node *n, const struct conjunction_rule *rule)
{
	n->first_clause = l->n_clauses;
	n->n_clauses = rule->n;
	for (unsigned i = 0; i < rule->n; i++) {
		const struct conjunction_clause *c = &rule->clauses[i];
		struct conjunction wanted = { .id = c->id, .n_clauses = c->n_clauses };
		const struct conjunction *found =
			bsearch(&wanted, l->conjunctions, l->n_conjunctions, sizeof(wanted), by_id);

		l->clauses[l->n_clauses++] = (struct clause){
			.place = found - l->conjunctions,
			.bit = 1ull << c->clause,
		};
	}
}

static void level_build(struct conjunctions *c, struct level *l,
			const struct conjunction_rule *const *rules, unsigned n)
{
	unsigned room = 0, lines = 0;

	l->priority = rules[0]->priority;
	find_conjunctions(l, rules, n);
	for (unsigned i = 0; i < n; i++) {
		struct tuple *t = tuple_for(l, &rules[i]->match->mask, &room);

		add_clauses(l, tuple_add(c, t, &rules[i]->match->key), rules[i]);
	}
	for (unsigned i = 0; i < l->n_tuples; i++) {
		struct tuple *t = &l->tuples[i];

		lines += 3 + tuple_link(t); /* the tuple's own two, a bucket, its nodes */
		c->bytes += sizeof(*t) + (t->bucket_mask + 1) * sizeof(*t->buckets) +
			    t->room * (sizeof(*t->nodes) + t->n_words * sizeof(*t->values));
	}
	c->max_lines += lines;
	c->max_conjunctions = MAX_OF(c->max_conjunctions, l->n_conjunctions);
	c->bytes += sizeof(*l) + l->n_conjunctions * sizeof(*l->conjunctions) +
		    l->n_clauses * sizeof(*l->clauses);
}

struct conjunctions *conjunctions_create(const struct conjunction_rule *rules, unsigned n,
					 uint64_t seed)
{
	const struct conjunction_rule **sorted = xcalloc(n, sizeof(*sorted));
	struct conjunctions *c = xcalloc(1, sizeof(*c));
	unsigned room = 0;

	c->seed = seed;
	c->secret = mix_secret(seed);
	c->bytes = sizeof(*c);
	for (unsigned i = 0; i < n; i++)
		sorted[i] = &rules[i];
	qsort(sorted, n, sizeof(*sorted), by_priority);
	for (unsigned first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n && sorted[end]->priority == sorted[first]->priority;)
			end++;
		c->levels = grow(c->levels, c->n_levels, &room, sizeof(*c->levels));
		c->levels[c->n_levels] = (struct level){ 0 };
		level_build(c, &c->levels[c->n_levels++], sorted + first, end - first);
	}
	free(sorted);
	return c;
}

static void level_fini(struct level *l)
{
	for (unsigned i = 0; i < l->n_tuples; i++) {
		free(l->tuples[i].buckets);
		free(l->tuples[i].nodes);
		free(l->tuples[i].values);
	}
	free(l->tuples);
	free(l->conjunctions);
	free(l->clauses);
}

void conjunctions_destroy(struct conjunctions *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->n_levels; i++)
		level_fini(&c->levels[i]);
	free(c->levels);
	free(c);
}

size_t conjunctions_bytes(const struct conjunctions *c)
{
	return c->bytes;
}

unsigned conjunctions_max_lines(const struct conjunctions *c)
{
	return c->max_lines;
}
