/* How long a quiet queue is polled, from the gaps that were slept through. */

#include "dataplane/worker/patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "lib/rng.h"

enum { MIN = 1000, MAX = 16000 };

/* Packets stop at AT and come again after GAP, with a look each 10 cycles.  Was it slept through?
 */
static bool sleeps_through(struct patience *p, uint64_t at, uint64_t gap)
{
	uint64_t now = at;

	patience_found(p);
	for (; now < at + gap; now += 10) {
		patience_found_none(p, now);
		if (patience_is_over(p, now))
			break;
	}
	if (now >= at + gap) {
		patience_found(p);
		return false;
	}
	patience_learn(p, at + gap);
	return true;
}

static void a_queue_that_gives_packets_is_polled(void **state)
{
	struct patience p;

	(void)state;
	patience_init(&p, MIN, MAX);
	assert_false(patience_is_over(&p, 1));
	patience_found_none(&p, 5);
	assert_false(patience_is_over(&p, 5 + MIN - 1));
	assert_true(patience_is_over(&p, 5 + MIN));
	patience_found(&p);
	assert_false(patience_is_over(&p, 5 + 10 * MAX));
	patience_found_none(&p, 6 + MIN); /* counts from now on, not from before */
	assert_false(patience_is_over(&p, 5 + 2 * MIN));
}

/* After some, no gap below the largest patience is slept through any more. */
static void short_gaps_are_polled_through(void **state)
{
	struct patience p;
	unsigned n = 0;

	(void)state;
	patience_init(&p, MIN, MAX);
	for (uint64_t i = 1; i <= 100; i++)
		n += sleeps_through(&p, i * 10 * MAX, MAX - 100);
	assert_int_equal(n, 4); /* 1000, 2000, 4000, 8000 */
	assert_int_equal(p.limit, MAX);
}

/* Whoever sends now and then costs the least polling. */
static void long_gaps_are_slept_through(void **state)
{
	struct patience p;

	(void)state;
	patience_init(&p, MIN, MAX);
	p.limit = MAX;
	for (uint64_t i = 1; i <= 4; i++)
		assert_true(sleeps_through(&p, i * 10 * MAX, 5 * MAX));
	assert_int_equal(p.limit, MIN);
}

/* What may be asked for nothing is given no time at all. */
static void none_is_none(void **state)
{
	struct patience p = { 0 };

	(void)state;
	patience_found_none(&p, 7);
	assert_true(patience_is_over(&p, 7));
	patience_learn(&p, 8);
	patience_found_none(&p, 9);
	assert_true(patience_is_over(&p, 9));
}

static void it_stays_within_its_bounds(void **state)
{
	struct patience p;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	patience_init(&p, MIN, MAX);
	for (uint64_t i = 1; i <= 10000; i++) {
		sleeps_through(&p, i * 100 * MAX, 1 + rng_below(&rng, 3 * MAX));
		assert_in_range(p.limit, MIN, MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_that_gives_packets_is_polled),
		cmocka_unit_test(short_gaps_are_polled_through),
		cmocka_unit_test(long_gaps_are_slept_through),
		cmocka_unit_test(none_is_none),
		cmocka_unit_test(it_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
