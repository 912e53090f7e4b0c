/* The class `merged` against `linear`: masks of any bits, sets of rules that are made to hurt,
 * changes with several versions alive, and each CPU's body. */

#include "dataplane/lookup/lookup_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "dataplane/lookup/cpu.h"
#include "dataplane/packet/parse.h"
#include "lib/rng.h"

struct rules {
	unsigned n;
	struct lookup_rule *rules; /* by rank */
	struct mask *masks;
	uint64_t (*words)[KEY_WORDS];
};

/* The match of rule I of N. */
typedef void make_fn(struct rng *rng, unsigned i, struct key_mask *m);

static struct rules rules_create(struct rng *rng, make_fn *make, unsigned n)
{
	struct rules r = { .n = n,
			   .rules = xcalloc(n + 1, sizeof(*r.rules)),
			   .masks = xcalloc(n + 1, sizeof(*r.masks)),
			   .words = xcalloc(n + 1, sizeof(*r.words)) };

	for (unsigned i = 0; i < n; i++) {
		struct key_mask m = { 0 };

		make(rng, i, &m);
		for (unsigned w = 0; w < KEY_WORDS; w++)
			m.key.words[w] &= m.mask.words[w];
		mask_init(&r.masks[i], &m.mask);
		mask_extract(&r.masks[i], &m.key, r.words[i]);
		r.rules[i] = (struct lookup_rule){ .mask = &r.masks[i],
						   .words = r.words[i],
						   .value = &r.rules[i],
						   .rank = 10 * i };
	}
	return r;
}

static void rules_free(struct rules *r)
{
	free(r->rules);
	free(r->masks);
	free(r->words);
}

/* --- sets of rules --- */

static uint32_t prefix(unsigned len)
{
	return len ? ~0u << (32 - len) : 0;
}

static void any_bits(struct rng *rng, unsigned i, struct key_mask *m)
{
	(void)i;
	for (unsigned k = 1 + rng_below(rng, 4); k > 0; k--) {
		unsigned w = rng_below(rng, KEY_WORDS);

		m->mask.words[w] = 1ull << rng_below(rng, 64) | 1ull << rng_below(rng, 64);
		m->key.words[w] = rng_u64(rng);
	}
}

static void set_prefixes(struct key_mask *m, uint32_t src, unsigned src_len, uint32_t dst,
			 unsigned dst_len)
{
	store_be32(&m->key.ipv4_src, src);
	store_be32(&m->key.ipv4_dst, dst);
	store_be32(&m->mask.ipv4_src, prefix(src_len));
	store_be32(&m->mask.ipv4_dst, prefix(dst_len));
}

static void prefixes(struct rng *rng, unsigned i, struct key_mask *m)
{
	(void)i;
	memset(&m->mask.in_port, 0xff, 4);
	store_be32(&m->key.in_port, 1);
	set_prefixes(m, 0x0a000000 | rng_below(rng, 1 << 24), 8 + rng_below(rng, 7) * 4,
		     0x14000000 | rng_below(rng, 1 << 24), rng_below(rng, 9) * 4);
	if (rng_below(rng, 2)) {
		memset(&m->mask.tp_dst, 0xff, 2);
		store_be16(&m->key.tp_dst, rng_below(rng, 6));
	}
}

/* All around the same addresses: a packet matches hundreds. */
static void nested(struct rng *rng, unsigned i, struct key_mask *m)
{
	set_prefixes(m, 0x0a000000 | rng_below(rng, 2), i % 33, 0x14000000 | rng_below(rng, 2),
		     i / 33 % 33);
	store_be16(&m->mask.tp_dst, prefix(rng_below(rng, 17)) >> 16 | 1);
	store_be16(&m->key.tp_dst, rng_below(rng, 4));
}

/* The same few matches again and again, of which the first of each is found. */
static void doubles(struct rng *rng, unsigned i, struct key_mask *m)
{
	(void)i;
	set_prefixes(m, 0x0a000000 | rng_below(rng, 3), 32, 0x14000000, rng_below(rng, 2) * 8);
}

/* A mask of its own for each, of which no two bits are common to all. */
static void distinct(struct rng *rng, unsigned i, struct key_mask *m)
{
	m->mask.ipv4_src = i * 2654435761u;
	m->mask.ipv4_dst = rng_u64(rng);
	m->mask.reg[0] = 1u << i % 32;
	m->key.ipv4_src = rng_u64(rng);
	m->key.ipv4_dst = rng_u64(rng);
	m->key.reg[0] = rng_u64(rng);
}

static void ipv6(struct rng *rng, unsigned i, struct key_mask *m)
{
	(void)i;
	memset(m->mask.ipv6_src, 0xff, rng_below(rng, 17));
	memset(m->mask.ipv6_dst, 0xff, rng_below(rng, 17));
	memset(&m->mask.eth_type, 0xff, 2);
	store_be16(&m->key.eth_type, 0x86dd);
	for (unsigned k = 0; k < 16; k++) {
		m->key.ipv6_src[k] = rng_below(rng, 2);
		m->key.ipv6_dst[k] = rng_below(rng, 2);
	}
}

static make_fn *const makes[] = { any_bits, prefixes, nested, doubles, distinct, ipv6 };

/* --- comparing --- */

/* A packet of one rule, of another in what that leaves open, and random in the rest. */
static void random_key(struct rng *rng, const struct lookup_rule *r, unsigned n,
		       struct flow_key *key)
{
	for (unsigned w = 0; w < KEY_WORDS; w++)
		key->words[w] = rng_below(rng, 2) ? rng_u64(rng) : 0;
	for (unsigned k = rng_below(rng, 4); k > 0 && n; k--) {
		const struct lookup_rule *own = &r[rng_below(rng, n)];

		for (unsigned i = 0; i < own->mask->n_words; i++) {
			uint64_t *word = &key->words[own->mask->places[i]];

			*word = (*word & ~own->mask->words[i]) | own->words[i];
		}
	}
}

static void compare(const struct lookup *l, const struct lookup_rule *r, unsigned n,
		    struct rng *rng, unsigned n_bursts)
{
	struct lookup *spec = lookup_create(lookup_class_find("linear"), r, n, 0);
	static struct flow_key keys[PACKET_BURST_MAX];
	const void *want[PACKET_BURST_MAX], *got[PACKET_BURST_MAX];

	for (unsigned burst = 0; burst < n_bursts; burst++) {
		uint64_t bitmap = rng_below(rng, 2) ? rng_u64(rng) : UINT64_MAX;

		for (unsigned i = 0; i < PACKET_BURST_MAX; i++) {
			random_key(rng, r, n, &keys[i]);
			want[i] = got[i] = &keys;
		}
		lookup_find(spec, keys, bitmap, want);
		lookup_find(l, keys, bitmap, got);
		for (unsigned i = 0; i < PACKET_BURST_MAX; i++)
			if (got[i] != want[i])
				fail_msg("differs from linear with %u rules, packet %u", n, i);
	}
	lookup_destroy(spec);
}

static const struct lookup_class *merged(void)
{
	const struct lookup_class *class = lookup_class_find("merged");

	assert_non_null(class);
	return class;
}

static void equals_linear(enum cpu_level level)
{
	static const unsigned sizes[] = { 1, 2, 8, 9, 50, 700 };
	struct rng rng;

	if (cpu_level_limit(level) != level)
		skip(); /* this CPU does not have it */
	rng_seed(&rng, 3);
	for (unsigned k = 0; k < ARRAY_LENGTH(makes); k++)
		for (unsigned i = 0; i < ARRAY_LENGTH(sizes); i++) {
			struct rules r = rules_create(&rng, makes[k], sizes[i]);
			struct lookup *l = lookup_create(merged(), r.rules, r.n, rng_u64(&rng));

			compare(l, r.rules, r.n, &rng, 4);
			lookup_destroy(l);
			rules_free(&r);
		}
	cpu_level_limit(CPU_AVX512);
}

static void equals_linear_base(void **state)
{
	(void)state;
	equals_linear(CPU_BASE);
}

static void equals_linear_avx2(void **state)
{
	(void)state;
	equals_linear(CPU_AVX2);
}

static void equals_linear_avx512(void **state)
{
	(void)state;
	equals_linear(CPU_AVX512);
}

static void without_rules_nothing_is_found(void **state)
{
	struct flow_key key = { .in_port = 1 };
	const void *found[1] = { &key };
	struct lookup *l = lookup_create(merged(), NULL, 0, 1);

	(void)state;
	lookup_find(l, &key, 1, found);
	assert_null(found[0]);
	lookup_destroy(l);
}

/* A bucket can tell so many places for leaves only. */
static void too_many_rules_are_for_other_classes(void **state)
{
	struct lookup_shape shape = { .n_rules = 1000000, .n_masks = 100, .n_words = 5 };
	char reason[96];

	(void)state;
	assert_ptr_equal(lookup_choose(&shape, reason, sizeof(reason)), merged());
	shape.n_rules = 4000000;
	assert_int_equal(merged()->cost(&shape, reason, sizeof(reason)), 0);
	assert_string_equal(lookup_choose(&shape, reason, sizeof(reason))->name, "tuple");
	shape = (struct lookup_shape){ .n_rules = 300000, .n_masks = 100, .n_words = KEY_WORDS };
	assert_int_equal(merged()->cost(&shape, reason, sizeof(reason)), 0);
}

/* --- versions --- */

#define N_VERSIONS 4

struct version {
	struct lookup *look_up;
	bool *is_in;
};

/* The rules that are in, by rank; returns how many. */
static unsigned list(const struct rules *all, const bool *is_in, struct lookup_rule *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < all->n; i++)
		if (is_in[i])
			out[n++] = all->rules[i];
	return n;
}

/* TO becomes FROM with some rules more or less; returns whether by an update. */
static bool next_version(const struct rules *all, const struct version *from, struct version *to,
			 struct rng *rng)
{
	struct lookup_rule *now = xcalloc(all->n + 1, sizeof(*now));
	struct lookup_change changes[6];
	unsigned n = 1 + rng_below(rng, ARRAY_LENGTH(changes));
	bool is_updated;

	*to = (struct version){ .is_in = xmemdup(from->is_in, all->n) };
	for (unsigned i = 0; i < n; i++) {
		unsigned k = rng_below(rng, all->n);

		changes[i] = (struct lookup_change){ all->rules[k], to->is_in[k] };
		to->is_in[k] = !to->is_in[k];
	}
	to->look_up = lookup_update(from->look_up, changes, n);
	is_updated = to->look_up != NULL;
	n = list(all, to->is_in, now);
	if (!is_updated)
		to->look_up = lookup_create(merged(), now, n, rng_u64(rng));
	free(now);
	return is_updated;
}

static void version_end(struct version *v)
{
	lookup_destroy(v->look_up);
	free(v->is_in);
	*v = (struct version){ 0 };
}

static void check_version(const struct rules *all, const struct version *v, struct rng *rng)
{
	struct lookup_rule *now = xcalloc(all->n + 1, sizeof(*now));
	unsigned n = list(all, v->is_in, now);

	compare(v->look_up, now, n, rng, 1);
	free(now);
}

/* Versions begin from any that is alive and end in any order. */
static unsigned live(const struct rules *all, struct rng *rng, unsigned n_steps)
{
	struct version v[N_VERSIONS] = { 0 };
	unsigned n_updated = 0, from = 0;
	struct lookup_rule *now = xcalloc(all->n + 1, sizeof(*now));

	v[0].is_in = xcalloc(all->n, 1);
	for (unsigned i = 0; i < all->n; i++)
		v[0].is_in[i] = rng_below(rng, 3) > 0;
	v[0].look_up = lookup_create(merged(), now, list(all, v[0].is_in, now), 1);
	for (unsigned step = 0; step < n_steps; step++) {
		unsigned to = (from + 1 + rng_below(rng, N_VERSIONS - 1)) % N_VERSIONS;

		if (v[to].look_up)
			version_end(&v[to]);
		n_updated += next_version(all, &v[from], &v[to], rng);
		from = to;
		if (step % 4)
			continue;
		for (unsigned i = 0; i < N_VERSIONS; i++)
			if (v[i].look_up)
				check_version(all, &v[i], rng);
	}
	for (unsigned i = 0; i < N_VERSIONS; i++)
		if (v[i].look_up)
			version_end(&v[i]);
	free(now);
	return n_updated;
}

static void updated_equals_linear(void **state)
{
	static const unsigned sizes[] = { 30, 300 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 9);
	for (unsigned k = 0; k < ARRAY_LENGTH(makes); k++)
		for (unsigned i = 0; i < ARRAY_LENGTH(sizes); i++) {
			struct rules r = rules_create(&rng, makes[k], sizes[i]);
			unsigned n = live(&r, &rng, i ? 20 : 60);

			if (makes[k] == prefixes)
				assert_true(n >= (i ? 15 : 50));
			rules_free(&r);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_linear_base),
		cmocka_unit_test(equals_linear_avx2),
		cmocka_unit_test(equals_linear_avx512),
		cmocka_unit_test(without_rules_nothing_is_found),
		cmocka_unit_test(too_many_rules_are_for_other_classes),
		cmocka_unit_test(updated_equals_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
