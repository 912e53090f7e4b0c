#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dataplane/table/flow_index.h"
#include "lib/rng.h"

/* The index against a plain list, with hashes that collide and lie side by side. */

#define N 400

struct naive {
	uint32_t hashes[N]; /* 0: not there */
};

/* The index knows flows by their addresses alone. */
static struct flow *flow_at(unsigned i)
{
	return (struct flow *)(uintptr_t)(i + 1);
}

static void check(const struct flow_index *ix, const struct naive *naive, uint32_t hash)
{
	bool is_found[N] = { false };
	struct flow *f;

	for (uint32_t at = FLOW_INDEX_START; (f = flow_index_next(ix, hash, &at));) {
		unsigned i = (uintptr_t)f - 1;

		assert_false(is_found[i]);
		is_found[i] = true;
	}
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(is_found[i], naive->hashes[i] == hash);
}

static void test_against_a_list(void **state)
{
	struct flow_index ix = { 0 };
	struct naive naive = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 4);
	for (unsigned step = 0; step < 40000; step++) {
		unsigned i = rng_below(&rng, step / 5000 % 2 ? N / 8 : N);

		if (naive.hashes[i]) {
			flow_index_remove(&ix, flow_at(i), naive.hashes[i]);
			naive.hashes[i] = 0;
		} else {
			/* some at the end of the slots, so that they go on at their beginning */
			naive.hashes[i] = 1 + rng_below(&rng, 60) + (i % 3 ? 0 : UINT32_MAX - 80);
			flow_index_add(&ix, flow_at(i), naive.hashes[i]);
		}
		check(&ix, &naive, 1 + rng_below(&rng, 60));
		check(&ix, &naive, 1 + rng_below(&rng, 60) + UINT32_MAX - 80);
	}
	for (unsigned i = 0; i < N; i++)
		if (naive.hashes[i])
			flow_index_remove(&ix, flow_at(i), naive.hashes[i]);
	assert_null(ix.whole.hashes);
}

#define N_MANY 100000

static uint32_t many_hash(unsigned i)
{
	return flow_index_hash(i * 0x9e3779b97f4a7c15ull);
}

/* So many that it is in parts: all are found, also after half of them have gone. */
static void test_many(void **state)
{
	struct flow_index ix = { 0 };

	(void)state;
	for (unsigned i = 0; i < N_MANY; i++)
		flow_index_add(&ix, flow_at(i), many_hash(i));
	assert_non_null(ix.parts);
	for (unsigned i = 0; i < N_MANY; i += 2)
		flow_index_remove(&ix, flow_at(i), many_hash(i));
	for (unsigned i = 0; i < N_MANY; i++) {
		uint32_t at = FLOW_INDEX_START;
		struct flow *f;

		while ((f = flow_index_next(&ix, many_hash(i), &at)) && f != flow_at(i))
			;
		assert_ptr_equal(f, i % 2 ? flow_at(i) : NULL);
	}
	for (unsigned i = 1; i < N_MANY; i += 2)
		flow_index_remove(&ix, flow_at(i), many_hash(i));
	assert_null(ix.parts);
	flow_index_add(&ix, flow_at(0), 1);
	flow_index_fini(&ix);
	assert_int_equal(ix.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_list),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
