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
	assert_null(ix.hashes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
