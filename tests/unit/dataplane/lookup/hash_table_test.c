/* The hash table: what it does about keys that collide, and how it grows while older versions of it
 * are read. */

#include "dataplane/lookup/hash_table_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "lib/rng.h"

struct holder {
	uint64_t number, rank, words[2];
};

static const struct mask *two_words(void)
{
	static struct flow_key bits;
	static struct mask mask;

	if (!mask.n_words) {
		memset(&bits.ipv4_dst, 0xff, 4);
		memset(&bits.tp_dst, 0xff, 2);
		mask_init(&mask, &bits);
		assert_int_equal(mask.n_words, 2);
	}
	return &mask;
}

static struct flow_key key_of(uint32_t dst, uint16_t port)
{
	struct flow_key key = { 0 };

	store_be32(&key.ipv4_dst, dst);
	store_be16(&key.tp_dst, port);
	return key;
}

static struct lookup_rule rule_of(struct holder *h, const struct flow_key *key, uint64_t rank)
{
	mask_extract(two_words(), key, h->words);
	h->rank = rank;
	return (struct lookup_rule){ .mask = two_words(),
				     .words = h->words,
				     .value = h,
				     .rank = rank,
				     .row_offset = offsetof(struct holder, rank) };
}

/* --- collisions --- */

#define N_COLLIDING 300 /* in a page of 64 buckets of 8 */
#define SAME_BITS   0x3ff

/* Of which all that finding a bucket takes, in a table of their number, is the same for SEED. */
static void make_colliding(uint64_t seed, struct flow_key *keys)
{
	struct holder h;
	struct flow_key key = key_of(0, 0);
	struct lookup_rule first = rule_of(&h, &key, 0);
	struct hash_table t;
	unsigned n = 0;

	hash_table_init(&t, &first, 1, seed);
	for (uint32_t i = 0; n < N_COLLIDING; i++) {
		key = key_of(i * 0x01000193, i);
		mask_extract(two_words(), &key, h.words);
		if ((hash_table_hash(&t, h.words) & SAME_BITS) == 5)
			keys[n++] = key;
	}
	hash_table_fini(&t);
}

/* All of them in a table of SEED; returns its max_lines. */
static unsigned build(const struct flow_key *keys, uint64_t seed, bool *is_reseeded)
{
	struct holder *holders = calloc(N_COLLIDING, sizeof(*holders));
	struct lookup_rule r = rule_of(&holders[0], &keys[0], 0);
	const struct lookup_row *found[1];
	struct hash_table t;
	unsigned max_lines;
	uint64_t secret;

	hash_table_init(&t, &r, 1, seed);
	secret = t.secret;
	for (unsigned i = 0; i < N_COLLIDING; i++) {
		r = rule_of(&holders[i], &keys[i], i);
		hash_table_add(&t, &r);
	}
	for (unsigned i = 0; i < N_COLLIDING; i++) {
		t.find(&t, &keys[i], &(uint8_t){ 0 }, 1, found);
		assert_non_null(found[0]);
		assert_ptr_equal(hash_value(&t, found[0]), &holders[i]);
	}
	*is_reseeded = t.secret != secret;
	max_lines = t.max_lines;
	hash_table_fini(&t);
	free(holders);
	return max_lines;
}

static void what_collides_for_one_seed_does_not_for_another(void **state)
{
	struct flow_key *keys = xcalloc_lines(N_COLLIDING * sizeof(*keys));
	bool is_reseeded;

	(void)state;
	make_colliding(77, keys);
	for (uint64_t seed = 78; seed < 98; seed++) {
		assert_in_range(build(keys, seed, &is_reseeded), 2, HASH_MAX_CHAIN);
		assert_false(is_reseeded);
	}
	free(keys);
}

/* Whoever knows the seed nevertheless does not make a key cost more than the bound. */
static void colliding_rules_are_hashed_anew(void **state)
{
	struct flow_key *keys = xcalloc_lines(N_COLLIDING * sizeof(*keys));
	bool is_reseeded;

	(void)state;
	make_colliding(77, keys);
	assert_in_range(build(keys, 77, &is_reseeded), 2, HASH_MAX_CHAIN + 1);
	assert_true(is_reseeded);
	free(keys);
}

/* --- growing --- */

#define N_GROWN	   30000
#define N_VERSIONS 5

struct version {
	struct lookup *look_up;
	unsigned first, end; /* the rules that it has */
};

static struct holder holders[N_GROWN];
static struct lookup_rule rules[N_GROWN];

static struct flow_key key_at(unsigned i)
{
	return key_of(i * 0x01000193, i % 7);
}

static void check(const struct version *v, struct rng *rng)
{
	struct flow_key keys[32];
	const void *found[32];
	unsigned numbers[32];

	for (unsigned i = 0; i < 32; i++) {
		numbers[i] = rng_below(rng, v->end + MIN_OF(v->end / 4 + 1, N_GROWN - v->end));
		keys[i] = key_at(numbers[i]);
	}
	lookup_find(v->look_up, keys, UINT32_MAX, found);
	for (unsigned i = 0; i < 32; i++) {
		bool is_in = numbers[i] >= v->first && numbers[i] < v->end;

		assert_ptr_equal(found[i], is_in ? &holders[numbers[i]] : NULL);
	}
}

/* Rules at one end more, some at the other less. */
static struct version next_version(const struct lookup_class *class, const struct version *old,
				   struct rng *rng)
{
	unsigned n_drawn = 1 + rng_below(rng, 200), n_more = MIN_OF(n_drawn, N_GROWN - old->end);
	unsigned n_less = rng_below(rng, MIN_OF(40u, old->end - old->first));
	struct version v = { .first = old->first + n_less, .end = old->end + n_more };
	struct lookup_change changes[256];

	for (unsigned i = 0; i < n_more; i++)
		changes[i] = (struct lookup_change){ rules[old->end + i], false };
	for (unsigned i = 0; i < n_less; i++)
		changes[n_more + i] = (struct lookup_change){ rules[old->first + i], true };
	v.look_up = class->update(old->look_up, changes, n_more + n_less);
	assert_non_null(v.look_up);
	v.look_up->class = class;
	return v;
}

static void older_versions_stay_while_it_grows(void **state)
{
	const struct lookup_class *class = lookup_class_find("exact");
	struct version v[N_VERSIONS] = { { .end = 3 } };
	unsigned newest = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned i = 0; i < N_GROWN; i++) {
		struct flow_key key = key_at(i);

		rules[i] = rule_of(&holders[i], &key, i);
	}
	v[0].look_up = class->build(rules, 3, 9);
	v[0].look_up->class = class;
	while (v[newest].end < N_GROWN) {
		unsigned to = rng_below(&rng, N_VERSIONS);
		struct version next;

		if (to == newest)
			continue;
		lookup_destroy(v[to].look_up);
		next = next_version(class, &v[newest], &rng);
		check(&next, &rng);
		if (rng_below(&rng, 4) == 0) {
			lookup_destroy(next.look_up); /* never published */
			v[to] = (struct version){ 0 };
		} else {
			v[to] = next;
			newest = to;
		}
		for (unsigned i = 0; i < N_VERSIONS; i++)
			if (v[i].look_up)
				check(&v[i], &rng);
	}
	for (unsigned i = 0; i < N_VERSIONS; i++)
		lookup_destroy(v[i].look_up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_collides_for_one_seed_does_not_for_another),
		cmocka_unit_test(colliding_rules_are_hashed_anew),
		cmocka_unit_test(older_versions_stay_while_it_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
