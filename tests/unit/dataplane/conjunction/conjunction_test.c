/* Conjunctive matches against their naive specification, on random clauses and packets. */

#include "dataplane/conjunction/conjunction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "lib/rng.h"
#include "tests/fakes/dataplane/naive_conjunction.h"

#define MAX_CLAUSES 4
#define MAX_RULES   60

struct table {
	unsigned n;
	struct key_mask *matches;
	struct conjunction_rule rules[MAX_RULES];
	struct conjunction_clause clauses[MAX_RULES][MAX_CLAUSES];
};

static void random_key(struct rng *rng, struct flow_key *key)
{
	memset(key, 0, sizeof(*key));
	store_be32(&key->in_port, rng_below(rng, 3));
	store_be32(&key->ipv4_src, rng_below(rng, 4));
	store_be32(&key->ipv4_dst, rng_below(rng, 4));
	store_be16(&key->tp_dst, rng_below(rng, 3));
	store_be32(&key->reg[0], rng_below(rng, 2));
}

static void random_match(struct rng *rng, struct key_mask *m)
{
	random_key(rng, &m->key);
	memset(&m->mask, 0, sizeof(m->mask));
	if (rng_below(rng, 3) == 0)
		memset(&m->mask.in_port, 0xff, 4);
	if (rng_below(rng, 3) == 0)
		memset(&m->mask.ipv4_src, 0xff, 4);
	if (rng_below(rng, 3) == 0)
		store_be32(&m->mask.ipv4_dst, 0xfffffffe);
	if (rng_below(rng, 4) == 0)
		memset(&m->mask.tp_dst, 0xff, 2);
	if (rng_below(rng, 6) == 0)
		memset(&m->mask.reg[0], 0xff, 4);
	for (unsigned w = 0; w < KEY_WORDS; w++)
		m->key.words[w] &= m->mask.words[w];
}

static bool is_there(const struct table *t, const struct conjunction_rule *r)
{
	for (unsigned i = 0; i < t->n; i++)
		if (t->rules[i].priority == r->priority &&
		    memcmp(t->rules[i].match, r->match, sizeof(*r->match)) == 0)
			return true;
	return false;
}

/* Few ids, priorities and values, so that conjunctions do come about. */
static void random_table(struct rng *rng, struct table *t)
{
	unsigned n = rng_below(rng, MAX_RULES + 1);

	t->n = 0;
	for (unsigned i = 0; i < n; i++) {
		struct conjunction_rule r = { .match = &t->matches[t->n],
					      .priority = 10 * rng_below(rng, 4),
					      .n = 1 + rng_below(rng, MAX_CLAUSES),
					      .clauses = t->clauses[t->n] };

		random_match(rng, &t->matches[t->n]);
		if (is_there(t, &r))
			continue;
		for (unsigned k = 0; k < r.n; k++) {
			uint32_t id = rng_below(rng, 6);
			/* One id in six has two sizes, which are two conjunctions. */
			uint8_t size = id ? 2 + id % 3 : 2 + rng_below(rng, 2);

			t->clauses[t->n][k] =
				(struct conjunction_clause){ id, rng_below(rng, size), size };
		}
		t->rules[t->n++] = r;
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorted, each once: an id with two sizes may be found twice. */
static unsigned tidy(uint32_t *ids, unsigned n)
{
	unsigned n_kept = 0;

	qsort(ids, n, sizeof(*ids), by_number);
	for (unsigned i = 0; i < n; i++)
		if (!n_kept || ids[n_kept - 1] != ids[i])
			ids[n_kept++] = ids[i];
	return n_kept;
}

/* All priorities of KEY, from the highest; returns how many conjunctions there were. */
static unsigned compare(const struct table *t, const struct conjunctions *c,
			struct conjunction_scratch *s, const struct flow_key *key, int floor)
{
	int below = 65536;
	unsigned total = 0;

	for (;;) {
		uint32_t wanted[MAX_RULES * MAX_CLAUSES], got[MAX_RULES * MAX_CLAUSES];
		const uint32_t *ids = NULL;
		int wanted_priority = 0, priority = 0;
		unsigned n_wanted, n;

		n_wanted = conjunctions_find_naively(t->rules, t->n, key, below, floor,
						     &wanted_priority, wanted);
		n = conjunctions_find(c, s, key, below, floor, &priority, &ids);
		if (n)
			memcpy(got, ids, n * sizeof(*ids));
		n = tidy(got, n);
		assert_int_equal(n, tidy(wanted, n_wanted));
		if (!n)
			return total;
		assert_int_equal(priority, wanted_priority);
		assert_memory_equal(got, wanted, n * sizeof(*ids));
		total += n;
		below = priority;
	}
}

static void random_conjunctions_as_specified(void **state)
{
	struct conjunction_scratch s;
	struct table *t = xcalloc(1, sizeof(*t));
	unsigned n_found = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 19);
	t->matches = xcalloc_lines(MAX_RULES * sizeof(*t->matches));
	for (unsigned round = 0; round < 60; round++) {
		struct conjunctions *c;

		random_table(&rng, t);
		c = conjunctions_create(t->rules, t->n, rng_u64(&rng));
		conjunction_scratch_init(&s, conjunctions_room(c));
		for (unsigned i = 0; i < 50; i++) {
			struct flow_key key;

			random_key(&rng, &key);
			n_found += compare(t, c, &s, &key, (int)rng_below(&rng, 40) - 1);
		}
		conjunction_scratch_fini(&s);
		conjunctions_destroy(c);
	}
	assert_true(n_found > 1000);
	free(t->matches);
	free(t);
}

/* 2 x 2,000 addresses: what a cross product would make 4,000,000 rules of. */
static void sets_stay_sums(void **state)
{
	enum { N = 2000 };
	struct conjunction_rule *rules = xcalloc(2 * N, sizeof(*rules));
	struct key_mask *matches = xcalloc_lines(2 * N * sizeof(*matches));
	static const struct conjunction_clause clauses[2] = { { 7, 0, 2 }, { 7, 1, 2 } };
	struct conjunction_scratch s;
	struct conjunctions *c;
	struct flow_key key = { 0 };
	const uint32_t *ids;
	int priority;

	(void)state;
	for (unsigned i = 0; i < 2 * N; i++) {
		uint32_t *at = i < N ? &matches[i].key.ipv4_src : &matches[i].key.ipv4_dst;
		uint32_t *mask = i < N ? &matches[i].mask.ipv4_src : &matches[i].mask.ipv4_dst;

		store_be32(at, 0x0a000000 + i % N);
		*mask = UINT32_MAX;
		rules[i] = (struct conjunction_rule){ &matches[i], 5, 1, &clauses[i / N] };
	}
	c = conjunctions_create(rules, 2 * N, 3);
	assert_int_equal(conjunctions_room(c), 1);
	conjunction_scratch_init(&s, conjunctions_room(c));
	assert_true(conjunctions_bytes(c) < 2 * N * 200);
	assert_true(conjunctions_max_lines(c) <= 24);
	store_be32(&key.ipv4_src, 0x0a000000 + 17);
	assert_int_equal(conjunctions_find(c, &s, &key, 65536, -1, &priority, &ids), 0);
	store_be32(&key.ipv4_dst, 0x0a000000 + 1999);
	assert_int_equal(conjunctions_find(c, &s, &key, 65536, -1, &priority, &ids), 1);
	assert_int_equal(ids[0], 7);
	assert_int_equal(priority, 5);
	assert_int_equal(conjunctions_find(c, &s, &key, 65536, 5, &priority, &ids), 0);
	assert_int_equal(conjunctions_find(c, &s, &key, 5, -1, &priority, &ids), 0);
	conjunctions_destroy(c);
	conjunction_scratch_fini(&s);
	free(matches);
	free(rules);
}

/* Clauses that differ in few bits, at either end of a word, lie in buckets of their own: for any
 * seed, so that nobody can choose them otherwise. */
static void similar_clauses_spread(void **state)
{
	enum { N = 10000 };
	struct key_mask *matches = xcalloc_lines(N * sizeof(*matches));
	struct conjunction_rule *rules = xcalloc(N, sizeof(*rules));
	static const struct conjunction_clause clause = { 1, 0, 2 };

	(void)state;
	for (unsigned shift = 0; shift <= 48; shift += 8) {
		for (uint64_t i = 0; i < N; i++) {
			matches[i].key.metadata = i << shift;
			matches[i].mask.metadata = UINT64_MAX;
			rules[i] = (struct conjunction_rule){ &matches[i], 10, 1, &clause };
		}
		for (uint64_t seed = 0; seed < 5; seed++) {
			struct conjunctions *c = conjunctions_create(rules, N, seed * 77);

			assert_in_range(conjunctions_max_lines(c), 4, 16);
			conjunctions_destroy(c);
		}
	}
	free(matches);
	free(rules);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_conjunctions_as_specified),
		cmocka_unit_test(sets_stay_sums),
		cmocka_unit_test(similar_clauses_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
