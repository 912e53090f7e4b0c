/* Prefixes against a plain list of them: after each change, what was told of a prefix is the union
 * of the bits of all that contain it. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "controller/apps/prefixes.h"
#include "lib/rng.h"

#define N_PREFIXES 60
#define N_BITS	   PREFIXES_BITS

struct told {
	bool is_there;
	uint32_t bits[PREFIXES_WORDS];
};

struct fixture {
	struct prefixes *tree;
	struct intent_prefix list[N_PREFIXES];
	unsigned counts[N_PREFIXES][N_BITS];
	struct told told[N_PREFIXES];
	unsigned n_unknown;
};

static bool is_same(const struct intent_prefix *a, const struct intent_prefix *b)
{
	return a->length == b->length && a->is_ipv6 == b->is_ipv6 &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void changed(void *arg, const struct intent_prefix *p, const uint32_t bits[PREFIXES_WORDS])
{
	struct fixture *f = arg;

	for (unsigned i = 0; i < N_PREFIXES; i++) {
		if (!is_same(&f->list[i], p))
			continue;
		f->told[i].is_there = bits;
		if (bits)
			memcpy(f->told[i].bits, bits, sizeof(f->told[i].bits));
		return;
	}
	f->n_unknown++;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->tree = prefixes_create(changed, f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	prefixes_destroy(f->tree);
	free(f);
	return 0;
}

static bool contains(const struct intent_prefix *a, const struct intent_prefix *b)
{
	if (a->is_ipv6 != b->is_ipv6 || a->length > b->length)
		return false;
	for (unsigned i = 0; i < a->length; i++) {
		if ((a->bytes[i / 8] ^ b->bytes[i / 8]) & 0x80 >> i % 8)
			return false;
	}
	return true;
}

static bool is_listed(const struct fixture *f, unsigned i)
{
	for (unsigned bit = 0; bit < N_BITS; bit++) {
		if (f->counts[i][bit])
			return true;
	}
	return false;
}

static void check(const struct fixture *f)
{
	size_t n = 0;

	for (unsigned i = 0; i < N_PREFIXES; i++) {
		uint32_t bits[PREFIXES_WORDS] = { 0 };

		assert_int_equal(f->told[i].is_there, is_listed(f, i));
		if (!f->told[i].is_there)
			continue;
		n++;
		for (unsigned k = 0; k < N_PREFIXES; k++) {
			for (unsigned bit = 0; contains(&f->list[k], &f->list[i]) && bit < N_BITS;
			     bit++)
				bits[bit / 32] |= (uint32_t)(f->counts[k][bit] > 0) << bit % 32;
		}
		assert_memory_equal(bits, f->told[i].bits, sizeof(bits));
	}
	assert_int_equal(prefixes_n(f->tree), n);
	assert_int_equal(f->n_unknown, 0);
}

/* Many that contain each other: few values, all lengths. */
static void random_prefixes(struct fixture *f, struct rng *rng)
{
	for (unsigned i = 0; i < N_PREFIXES;) {
		struct intent_prefix p = { .is_ipv6 = rng_below(rng, 2) };
		unsigned total = p.is_ipv6 ? 128 : 32;
		bool is_new = true;

		p.length =
			rng_below(rng, 4) ? total - rng_below(rng, 6) : rng_below(rng, total + 1);
		p.bytes[0] = rng_below(rng, 2) ? 10 : 0xfd;
		p.bytes[total / 8 - 1] = rng_below(rng, 64);
		for (unsigned at = p.length; at < 128; at++)
			p.bytes[at / 8] &= ~(0x80 >> at % 8);
		for (unsigned k = 0; k < i; k++)
			is_new &= !is_same(&f->list[k], &p);
		if (is_new)
			f->list[i++] = p;
	}
}

static void test_random_changes(void **state)
{
	struct fixture *f = *state;
	struct rng rng;

	rng_seed(&rng, 3);
	random_prefixes(f, &rng);
	for (unsigned step = 0; step < 6000; step++) {
		unsigned i = rng_below(&rng, N_PREFIXES);
		unsigned bit = rng_below(&rng, 3) * 63; /* 0, 63 and 126 */

		if (step % 2000 < 1000 ? rng_below(&rng, 3) : rng_below(&rng, 3) == 0) {
			prefixes_add(f->tree, &f->list[i], bit);
			f->counts[i][bit]++;
		} else {
			prefixes_remove(f->tree, &f->list[i], bit);
			f->counts[i][bit] -= f->counts[i][bit] > 0;
		}
		check(f);
	}
}

/* One more among 10,000 is told of once; one that contains them concerns them all. */
static void test_cost_of_a_change(void **state)
{
	struct fixture *f = *state;
	struct intent_prefix p = { .length = 32 };
	uint64_t before;

	for (unsigned i = 0; i < 10000; i++) {
		store_be32(p.bytes, 0x0a000000 + i * 7);
		prefixes_add(f->tree, &p, 1);
	}
	before = prefixes_n_told(f->tree);
	store_be32(p.bytes, 0x0a000001);
	prefixes_add(f->tree, &p, 1);
	assert_int_equal(prefixes_n_told(f->tree) - before, 1);
	prefixes_add(f->tree, &p, 2);
	assert_int_equal(prefixes_n_told(f->tree) - before, 2);
	prefixes_remove(f->tree, &p, 2);
	prefixes_remove(f->tree, &p, 1);
	assert_int_equal(prefixes_n_told(f->tree) - before, 4);
	p.length = 0;
	memset(p.bytes, 0, 4);
	before = prefixes_n_told(f->tree);
	prefixes_add(f->tree, &p, 3);
	assert_int_equal(prefixes_n_told(f->tree) - before, 10001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cost_of_a_change, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
