/* Sharing a worker's time: sources of any cost, against what each is due. */

#include "dataplane/worker/fair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "lib/rng.h"

#define N_SOURCES 5

struct source {
	struct fair_share share;
	unsigned weight;
	uint64_t burst;	  /* cycles that one takes */
	unsigned n_per_8; /* of 8 polls, how many find a full burst; the others find nothing */
	uint64_t total;	  /* cycles that it had */
	unsigned n_polls, n_waited;
};

static void turn(struct source *s, unsigned n, struct rng *rng)
{
	uint64_t level = FAIR_NO_LEVEL;

	for (unsigned i = 0; i < n; i++)
		level = MIN_OF(level, fair_bid(&s[i].share));
	for (unsigned i = 0; i < n; i++) {
		bool is_full = rng_below(rng, 8) < s[i].n_per_8;
		uint64_t took = is_full ? s[i].burst : 20;

		if (!fair_may_go(&s[i].share, level)) {
			s[i].n_waited++;
			continue;
		}
		s[i].n_polls++;
		s[i].total += took;
		fair_charge(&s[i].share, level, took, s[i].weight, is_full);
	}
}

/* All that want more have the same, within what one burst and the slack make. */
static void time_is_shared_whatever_a_burst_costs(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (unsigned round = 0; round < 200; round++) {
		struct source s[N_SOURCES] = { 0 };
		uint64_t least = UINT64_MAX, most = 0, dearest = 0;

		for (unsigned i = 0; i < N_SOURCES; i++) {
			s[i].weight = 1;
			s[i].n_per_8 = 8;
			s[i].burst = 500ull << rng_below(&rng, 13);
			dearest = MAX_OF(dearest, s[i].burst);
		}
		for (unsigned t = 0; t < 20000; t++)
			turn(s, N_SOURCES, &rng);
		for (unsigned i = 0; i < N_SOURCES; i++) {
			least = MIN_OF(least, s[i].total);
			most = MAX_OF(most, s[i].total);
		}
		assert_true(most - least <= dearest + FAIR_SLACK);
	}
}

/* Sources of equal cost go every turn: nobody is passed over for nothing. */
static void equal_sources_take_turns(void **state)
{
	struct source s[N_SOURCES] = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	for (unsigned i = 0; i < N_SOURCES; i++)
		s[i] = (struct source){ .weight = 1, .n_per_8 = 8, .burst = 3000 };
	for (unsigned t = 0; t < 100000; t++)
		turn(s, N_SOURCES, &rng);
	for (unsigned i = 0; i < N_SOURCES; i++)
		assert_int_equal(s[i].n_waited, 0);
}

/* One that seldom has packets is never passed over, and does not hold the others back. */
static void a_quiet_source_neither_waits_nor_saves_up(void **state)
{
	struct source s[2] = { { .weight = 1, .n_per_8 = 8, .burst = 3000 },
			       { .weight = 1, .n_per_8 = 0, .burst = 3000 } };
	struct rng rng;
	uint64_t before;

	(void)state;
	rng_seed(&rng, 3);
	for (unsigned t = 0; t < 100000; t++)
		turn(s, 2, &rng);
	assert_int_equal(s[0].n_waited + s[1].n_waited, 0);
	/* Now it wants all it can get: half, and nothing for the past. */
	s[1].n_per_8 = 8;
	before = s[0].total;
	s[1].total = 0;
	for (unsigned t = 0; t < 1000; t++)
		turn(s, 2, &rng);
	assert_in_range(s[1].total, s[0].total - before - 2 * FAIR_SLACK,
			s[0].total - before + 2 * FAIR_SLACK);
}

/* A burst that is never quite full must not be a way out of paying. */
static void a_dear_source_pays_though_it_does_not_wait(void **state)
{
	struct source cheap = { .weight = 1, .n_per_8 = 8, .burst = 3000 };
	struct fair_share dear = { 0 };
	uint64_t total = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 4);
	for (unsigned t = 0; t < 20000; t++) {
		uint64_t level = fair_bid(&cheap.share);

		turn(&cheap, 1, &rng);
		if (!fair_may_go(&dear, level))
			continue;
		total += 300000;
		fair_charge(&dear, level, 300000, 1, false);
	}
	assert_true(total <= cheap.total + 300000 + FAIR_SLACK);
}

/* Four queues of one port have together what one queue of another has. */
static void queues_of_a_port_share(void **state)
{
	struct source s[5] = { 0 };
	uint64_t of_port = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	for (unsigned i = 0; i < 5; i++)
		s[i] = (struct source){ .weight = i < 4 ? 4 : 1, .n_per_8 = 8, .burst = 3000 };
	for (unsigned t = 0; t < 100000; t++)
		turn(s, 5, &rng);
	for (unsigned i = 0; i < 4; i++)
		of_port += s[i].total;
	assert_in_range(of_port, s[4].total - 100000, s[4].total + 100000);
}

/* A burst during which the worker was off its CPU for a second costs no second. */
static void one_charge_is_bounded(void **state)
{
	struct fair_share s = { 0 };

	(void)state;
	fair_charge(&s, 0, 3000000000u, 1, true);
	assert_int_equal(s.used, FAIR_MAX_CHARGE);
	fair_charge(&s, FAIR_NO_LEVEL, 100, 1, true);
	assert_int_equal(s.used, 100);
}

/* Nor does it cost the milliseconds of another thread's time slice, if it happens seldom. */
static void an_interruption_is_not_blamed_on_the_source(void **state)
{
	struct fair_share s = { 0 };
	uint64_t before;

	(void)state;
	for (unsigned round = 0; round < 100; round++) {
		for (unsigned i = 0; i < 60000; i++)
			fair_charge(&s, 0, 3000, 1, true);
		before = s.used;
		fair_charge(&s, 0, 7000000, 1, true);
		assert_in_range(s.used - before, 3000, 3000 * FAIR_UNUSUAL + FAIR_SLACK);
	}
}

/* One dear burst in N_CHEAP + 1, for a source that would have it excused each time. */
static void nobody_lives_on_excuses(void **state)
{
	(void)state;
	for (unsigned n_cheap = 1; n_cheap < 5000; n_cheap *= 3) {
		struct source plain = { .weight = 1, .n_per_8 = 8, .burst = 3000 };
		struct fair_share sly = { 0 };
		uint64_t total = 0, most;
		struct rng rng;

		rng_seed(&rng, 6);
		for (unsigned t = 0, n = 0; t < 300000; t++) {
			uint64_t level = MIN_OF(fair_bid(&plain.share), fair_bid(&sly)), took;

			turn(&plain, 1, &rng);
			if (!fair_may_go(&sly, level))
				continue;
			took = n++ % (n_cheap + 1) ? 500 : 7000000;
			total += took;
			fair_charge(&sly, level, took, 1, true);
		}
		most = plain.total + plain.total / FAIR_EXCUSE_PART;
		assert_true(total <= most + most / 100 + FAIR_MAX_CHARGE);
	}
}

/* A source that goes and comes back has the excuses that it had, no new ones. */
static void coming_back_brings_no_excuses(void **state)
{
	struct fair_share s = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		fair_charge(&s, 0, 3000, 1, true);
	fair_charge(&s, 0, 3000000000u, 1, true);
	fair_restart(&s);
	assert_int_equal(s.used, 0);
	assert_false(s.is_waiting);
	fair_charge(&s, 0, 7000000, 1, true);
	assert_true(s.used > 5000000);
}

/* Bursts get short when packets are dear, and long again when they are not. */
static void dear_packets_come_in_short_bursts(void **state)
{
	struct fair_burst b = { 0 };
	unsigned n_turns = 0;

	(void)state;
	assert_int_equal(fair_burst_size(&b, 32, 1), 32);
	for (unsigned i = 0; i < 10; i++)
		fair_burst_fit(&b, fair_burst_size(&b, 32, 1) * 200000ull, true);
	assert_int_equal(fair_burst_size(&b, 32, 1), 1);
	assert_int_equal(fair_burst_size(&b, 32, 8), 8);
	for (unsigned i = 0; i < 1000; i++)
		fair_burst_fit(&b, 300, false); /* one that was not full tells nothing */
	assert_int_equal(fair_burst_size(&b, 32, 1), 1);
	for (; fair_burst_size(&b, 32, 1) < 32; n_turns++)
		fair_burst_fit(&b, 300 * fair_burst_size(&b, 32, 1), true);
	assert_int_equal(n_turns, FAIR_MAX_CUT * FAIR_N_CHEAP);
}

/* Whatever one packet costs, bursts settle at a size that takes neither too long nor is small for
 * nothing. */
static void bursts_settle(void **state)
{
	(void)state;
	for (uint64_t cost = 10; cost < 1000000; cost += cost / 3) {
		struct fair_burst b = { 0 };
		unsigned size;

		for (unsigned i = 0; i < 1000; i++)
			fair_burst_fit(&b, cost * fair_burst_size(&b, 32, 1), true);
		size = fair_burst_size(&b, 32, 1);
		assert_true(size == 1 || cost * size <= FAIR_BURST);
		assert_true(size == 32 || cost * size >= FAIR_BURST / 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_shared_whatever_a_burst_costs),
		cmocka_unit_test(equal_sources_take_turns),
		cmocka_unit_test(a_quiet_source_neither_waits_nor_saves_up),
		cmocka_unit_test(a_dear_source_pays_though_it_does_not_wait),
		cmocka_unit_test(queues_of_a_port_share),
		cmocka_unit_test(one_charge_is_bounded),
		cmocka_unit_test(an_interruption_is_not_blamed_on_the_source),
		cmocka_unit_test(nobody_lives_on_excuses),
		cmocka_unit_test(coming_back_brings_no_excuses),
		cmocka_unit_test(dear_packets_come_in_short_bursts),
		cmocka_unit_test(bursts_settle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
