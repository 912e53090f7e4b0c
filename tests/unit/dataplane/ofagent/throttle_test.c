#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dataplane/ofagent/throttle.h"
#include "lib/loop_virtual.h"

/* What the controllers get of what the ports send them. */

struct world {
	struct loop *loop;
	struct throttle *throttle;
	unsigned n_passed[8], n_total;
	uint8_t order[4096]; /* ports in the order in which they were passed on */
};

static void offer_one(struct throttle *t, uint32_t port, const struct of_packet_in *pi)
{
	if (throttle_admits(t, port, pi->reason))
		throttle_offer(t, port, pi);
}

static struct world world;

static void on_pass(void *arg, const struct of_packet_in *pi)
{
	struct world *w = arg;
	uint8_t port = pi->data[0];

	assert_int_equal(pi->size, 2);
	assert_int_equal(pi->data[1], 0xab);
	w->n_passed[port]++;
	w->order[w->n_total++ % sizeof(w->order)] = port;
}

static struct world *make(const struct throttle_config *config)
{
	world = (struct world){ .loop = loop_virtual_create() };
	world.throttle = throttle_create(world.loop, config, on_pass, &world);
	return &world;
}

static void unmake(struct world *w)
{
	throttle_destroy(w->throttle);
	loop_virtual_destroy(w->loop);
}

static void offer(struct world *w, uint8_t port, uint8_t reason, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t data[2] = { port, 0xab };

		offer_one(w->throttle, port,
			  &(struct of_packet_in){ .reason = reason, .data = data, .size = 2 });
	}
}

static void test_no_limit(void **state)
{
	struct world *w = make(&(struct throttle_config){ 0 });

	(void)state;
	offer(w, 1, 0, 100000);
	assert_int_equal(w->n_passed[1], 100000);
	unmake(w);
}

static void test_rate_and_burst_of_a_source(void **state)
{
	struct world *w = make(&(struct throttle_config){ .rate = 100, .burst = 10 });

	(void)state;
	offer(w, 1, 0, 50);
	assert_int_equal(w->n_passed[1], 10);
	assert_int_equal(throttle_n_dropped(w->throttle, 1), 40);
	/* Another reason and another port have buckets of their own. */
	offer(w, 1, 1, 50);
	assert_int_equal(w->n_passed[1], 20);
	offer(w, 2, 0, 5);
	assert_int_equal(w->n_passed[2], 5);
	loop_virtual_run_for(w->loop, 50 * NS_PER_MS);
	offer(w, 1, 0, 50);
	assert_int_equal(w->n_passed[1], 25);
	loop_virtual_run_for(w->loop, 3600 * NS_PER_SEC);
	offer(w, 1, 0, 50);
	assert_int_equal(w->n_passed[1], 35);
	assert_int_equal(throttle_n_dropped(w->throttle, 1), 40 + 40 + 45 + 40);
	assert_int_equal(throttle_n_dropped(w->throttle, 2), 0);
	unmake(w);
}

/* One floods, others send a little: with the common bucket empty they take turns, so theirs
 * all arrive. */
static void test_turns(void **state)
{
	struct world *w = make(&(struct throttle_config){ .total_rate = 1000, .total_burst = 1 });

	(void)state;
	for (unsigned ms = 0; ms < 1000; ms++) {
		offer(w, 1, 0, 100);
		if (ms % 10 == 0) {
			offer(w, 2, 0, 1);
			offer(w, 3, 1, 1);
		}
		loop_virtual_run_for(w->loop, NS_PER_MS);
	}
	assert_in_range(w->n_total, 990, 1001);
	assert_in_range(w->n_passed[2], 99, 100);
	assert_in_range(w->n_passed[3], 99, 100);
	assert_int_equal(throttle_n_dropped(w->throttle, 2), 0);
	assert_true(throttle_n_dropped(w->throttle, 1) > 98000);
	unmake(w);
}

/* What waits is bounded: 64 a source, 1,024 in all, and the longest queue pays. */
static void test_queues_are_bounded(void **state)
{
	struct world *w = make(&(struct throttle_config){ .total_rate = 1, .total_burst = 1 });
	uint64_t n_dropped = 0;

	(void)state;
	offer(w, 1, 0, 1000);
	assert_int_equal(w->n_passed[1], 1);
	assert_int_equal(throttle_n_dropped(w->throttle, 1), 1000 - 1 - THROTTLE_SOURCE_QUEUE);
	for (uint32_t port = 8; port < 8 + 64; port++) {
		uint8_t data[2] = { 7, 0xab };

		for (unsigned i = 0; i < THROTTLE_SOURCE_QUEUE; i++)
			offer_one(w->throttle, port,
				  &(struct of_packet_in){ .data = data, .size = 2 });
	}
	for (uint32_t port = 8; port < 8 + 64; port++)
		n_dropped += throttle_n_dropped(w->throttle, port);
	n_dropped += throttle_n_dropped(w->throttle, 1) - (1000 - 1 - THROTTLE_SOURCE_QUEUE);
	assert_int_equal(n_dropped,
			 64 * THROTTLE_SOURCE_QUEUE + THROTTLE_SOURCE_QUEUE - THROTTLE_TOTAL_QUEUE);
	/* Everybody has some of the places. */
	for (uint32_t port = 8; port < 8 + 64; port++)
		assert_true(throttle_n_dropped(w->throttle, port) < THROTTLE_SOURCE_QUEUE);
	unmake(w);
}

static void test_forgotten_port(void **state)
{
	struct world *w = make(&(struct throttle_config){ .total_rate = 10, .total_burst = 1 });

	(void)state;
	offer(w, 1, 0, 100);
	offer(w, 2, 0, 3);
	throttle_forget(w->throttle, 1);
	assert_int_equal(throttle_n_dropped(w->throttle, 1), 0);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	assert_int_equal(w->n_passed[1], 1);
	assert_int_equal(w->n_passed[2], 3);
	unmake(w);
}

static void test_more_sources_than_it_keeps(void **state)
{
	struct world *w = make(&(struct throttle_config){ .rate = 1, .burst = 1 });
	uint8_t data[2] = { 7, 0xab };

	(void)state;
	for (uint32_t port = 1; port < THROTTLE_MAX_SOURCES + 1000; port++)
		offer_one(w->throttle, port, &(struct of_packet_in){ .data = data, .size = 2 });
	assert_int_equal(w->n_passed[7], THROTTLE_MAX_SOURCES);
	unmake(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_rate_and_burst_of_a_source),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_queues_are_bounded),
		cmocka_unit_test(test_forgotten_port),
		cmocka_unit_test(test_more_sources_than_it_keeps),
	};

	return cmocka_run_group_tests_name("throttle", tests, NULL, NULL);
}
