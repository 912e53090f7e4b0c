/* Every look-up class against `linear`, the specification, on random rules and keys. */

#include "dataplane/lookup/lookup_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "dataplane/packet/parse.h"
#include "lib/rng.h"
#include "tests/fakes/dataplane/packets.h"

struct rules {
	unsigned n;
	struct key_mask *matches;
	struct lookup_rule *rules;
};

/* Masks that rules really have: some fields whole, some by prefix. */
static void random_mask(struct rng *rng, struct flow_key *mask)
{
	memset(mask, 0, sizeof(*mask));
	if (rng_below(rng, 2))
		memset(&mask->in_port, 0xff, 4);
	if (rng_below(rng, 3) == 0)
		memset(&mask->ipv4_dst, 0xff, 1 + rng_below(rng, 4));
	if (rng_below(rng, 3) == 0)
		memset(mask->eth_dst, 0xff, 6);
	if (rng_below(rng, 3) == 0)
		memset(&mask->tp_dst, 0xff, 2);
	if (rng_below(rng, 4) == 0)
		memset(&mask->reg[rng_below(rng, 16)], 0xff, 4);
	if (rng_below(rng, 4) == 0)
		memset(mask->ipv6_src, 0xff, 16);
	if (rng_below(rng, 6) == 0)
		mask->eth_type = 0xffff;
}

static void random_key(struct rng *rng, struct flow_key *key)
{
	random_packet_key(rng, key);
	store_be32(&key->in_port, rng_below(rng, 3));
	for (unsigned i = 0; i < KEY_N_REGS; i++)
		store_be32(&key->reg[i], rng_below(rng, 2));
}

/* N rules of up to N_MASKS masks; the last may match everything. */
static struct rules random_rules(struct rng *rng, unsigned n, unsigned n_masks)
{
	struct rules r = { n, xcalloc_lines((n + 1) * sizeof(struct key_mask)),
			   xcalloc(n + 1, sizeof(struct lookup_rule)) };
	struct flow_key *masks = xcalloc_lines(n_masks * sizeof(*masks));

	for (unsigned i = 0; i < n_masks; i++)
		random_mask(rng, &masks[i]);
	for (unsigned i = 0; i < n; i++) {
		struct key_mask *m = &r.matches[i];

		m->mask = masks[rng_below(rng, n_masks)];
		if (i == n - 1 && rng_below(rng, 2))
			memset(&m->mask, 0, sizeof(m->mask));
		random_key(rng, &m->key);
		for (unsigned w = 0; w < KEY_WORDS; w++)
			m->key.words[w] &= m->mask.words[w];
		r.rules[i] = (struct lookup_rule){ m, m };
	}
	free(masks);
	return r;
}

static void rules_free(struct rules *r)
{
	free(r->matches);
	free(r->rules);
}

static void compare(const struct lookup_class *class, const struct rules *r, struct rng *rng)
{
	struct lookup *spec = lookup_create(lookup_class_find("linear"), r->rules, r->n, 0);
	struct lookup *l = lookup_create(class, r->rules, r->n, rng_u64(rng));
	static struct flow_key keys[PACKET_BURST_MAX];
	const void *want[PACKET_BURST_MAX], *got[PACKET_BURST_MAX];

	for (unsigned burst = 0; burst < 8; burst++) {
		uint64_t bitmap = rng_below(rng, 3) ? rng_u64(rng) : UINT64_MAX;

		for (unsigned i = 0; i < PACKET_BURST_MAX; i++) {
			random_key(rng, &keys[i]);
			want[i] = got[i] = &keys;
			/* Often take a rule's own key, so that more of them are found. */
			if (r->n && rng_below(rng, 2)) {
				const struct key_mask *m = &r->matches[rng_below(rng, r->n)];

				for (unsigned w = 0; w < KEY_WORDS; w++)
					keys[i].words[w] = (keys[i].words[w] & ~m->mask.words[w]) |
							   m->key.words[w];
			}
		}
		lookup_find(spec, keys, bitmap, want);
		lookup_find(l, keys, bitmap, got);
		for (unsigned i = 0; i < PACKET_BURST_MAX; i++)
			if (got[i] != want[i])
				fail_msg("%s differs from linear with %u rules, packet %u",
					 lookup_name(l), r->n, i);
	}
	lookup_destroy(l);
	lookup_destroy(spec);
}

static bool is_suited(const struct lookup_class *class, const struct rules *r)
{
	struct lookup_shape shape;
	char reason[96];
	unsigned n = 0;

	while (n < r->n) {
		struct flow_key none = { 0 };

		n++;
		if (memcmp(&r->matches[n - 1].mask, &none, sizeof(none)) == 0)
			break;
	}
	lookup_shape_of(r->rules, n, &shape);
	return class->cost(&shape, reason, sizeof(reason)) != 0;
}

static void every_class_equals_linear(void **state)
{
	static const unsigned sizes[] = { 0, 1, 2, 3, 7, 8, 9, 40, 300, 2000 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	REGISTRY_FOREACH (p, lookup_class) {
		unsigned n_tried = 0;

		for (unsigned round = 0; round < 150; round++) {
			unsigned n = sizes[rng_below(&rng, ARRAY_LENGTH(sizes))];
			struct rules r =
				random_rules(&rng, n, 1 + rng_below(&rng, 12) * (round & 1));

			if (is_suited(*p, &r)) {
				compare(*p, &r, &rng);
				n_tried++;
			}
			rules_free(&r);
		}
		if (n_tried < 3)
			fail_msg("%s was tried only %u times", (*p)->name, n_tried);
	}
}

/* Whatever is chosen, after any insert or removal. */
static void chosen_class_equals_linear_as_rules_change(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 6);
	for (unsigned round = 0; round < 20; round++) {
		struct rules all = random_rules(&rng, 60, 1 + rng_below(&rng, 8));
		struct rules some = { .matches = all.matches,
				      .rules = xcalloc(60, sizeof(struct lookup_rule)) };
		bool is_in[60] = { false };

		for (unsigned step = 0; step < 40; step++) {
			unsigned k = rng_below(&rng, 60);

			is_in[k] = !is_in[k];
			some.n = 0;
			for (unsigned i = 0; i < 60; i++)
				if (is_in[i])
					some.rules[some.n++] = all.rules[i];
			compare(NULL, &some, &rng);
		}
		free(some.rules);
		rules_free(&all);
	}
}

static const char *choice(struct rules *r)
{
	struct lookup *l = lookup_create(NULL, r->rules, r->n, 1);
	const char *name = lookup_name(l);

	assert_true(strlen(lookup_reason(l)) > 0);
	lookup_destroy(l);
	return name;
}

static void the_cheapest_class_is_chosen(void **state)
{
	struct rules r;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 8);
	r = random_rules(&rng, 40, 1);
	memset(&r.matches[0].mask, 0, KEY_BYTES);
	r.n = 0;
	assert_string_equal(choice(&r), "none");
	r.n = 20;
	assert_string_equal(choice(&r), "catch-all");
	for (unsigned i = 0; i < 40; i++) {
		memset(&r.matches[i], 0, sizeof(r.matches[i]));
		memset(&r.matches[i].mask.ipv4_dst, 0xff, 4);
		store_be32(&r.matches[i].key.ipv4_dst, i);
	}
	r.n = 2;
	assert_string_equal(choice(&r), "few");
	r.n = 40;
	assert_string_equal(choice(&r), "exact");
	memset(&r.matches[39], 0, sizeof(r.matches[39]));
	assert_string_equal(choice(&r), "exact");
	memset(&r.matches[20].mask.ipv4_src, 0xff, 4);
	assert_string_equal(choice(&r), "tuple");
	rules_free(&r);
}

/* All keys in one bucket would be found too, only slower; with a keyed hash, no set of keys
 * chosen beforehand comes near. */
static void sequential_keys_spread(void **state)
{
	struct rules r = { 20000, xcalloc_lines(20000 * sizeof(struct key_mask)),
			   xcalloc(20000, sizeof(struct lookup_rule)) };

	(void)state;
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct lookup *l;

		for (unsigned i = 0; i < r.n; i++) {
			memset(&r.matches[i].mask.ipv4_dst, 0xff, 4);
			store_be32(&r.matches[i].key.ipv4_dst, i << (4 * seed % 16));
			r.rules[i] = (struct lookup_rule){ &r.matches[i], &r.matches[i] };
		}
		l = lookup_create(lookup_class_find("exact"), r.rules, r.n, seed * 77);
		assert_in_range(lookup_max_lines(l), 2, 8);
		lookup_destroy(l);
	}
	rules_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_equals_linear),
		cmocka_unit_test(chosen_class_equals_linear_as_rules_change),
		cmocka_unit_test(the_cheapest_class_is_chosen),
		cmocka_unit_test(sequential_keys_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
