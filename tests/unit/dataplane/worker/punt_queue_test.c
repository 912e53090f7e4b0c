#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openflow/openflow-common.h>
#include <pthread.h>
#include <stdlib.h>

#include "dataplane/worker/punt_queue.h"
#include "proto/openflow/numbers.h"

/* The queue between a worker and the control thread, and who gets its places. */

static int set_up(void **state)
{
	struct punt_queue *q = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*q));

	punt_queue_init(q);
	*state = q;
	return 0;
}

static int tear_down(void **state)
{
	punt_queue_fini(*state);
	free(*state);
	return 0;
}

static bool offer(struct punt_queue *q, uint32_t in_port, uint8_t reason)
{
	struct punt_item item = { .why = { .in_port = in_port, .reason = reason } };

	if (!punt_queue_admits(q, &item.why))
		return false;
	punt_queue_push(q, &item);
	return true;
}

/* Offer N; returns how many were taken. */
static unsigned flood(struct punt_queue *q, uint32_t in_port, uint8_t reason, unsigned n)
{
	unsigned n_taken = 0;

	for (unsigned i = 0; i < n; i++)
		n_taken += offer(q, in_port, reason);
	return n_taken;
}

static unsigned drain(struct punt_queue *q)
{
	struct punt_item item;
	unsigned n = 0;

	while (punt_queue_pop(q, &item))
		n++;
	return n;
}

static void test_in_order(void **state)
{
	struct punt_queue *q = *state;
	struct punt_item item;

	assert_true(offer(q, 7, OFPR_ACTION));
	assert_true(offer(q, OF_PORT_CONTROLLER, OFPR_NO_MATCH));
	assert_true(punt_queue_pop(q, &item));
	assert_int_equal(item.why.in_port, 7);
	assert_true(punt_queue_pop(q, &item));
	assert_int_equal(item.why.in_port, OF_PORT_CONTROLLER);
	assert_int_equal(item.why.reason, OFPR_NO_MATCH);
	assert_false(punt_queue_pop(q, &item));
}

static void test_one_port_gets_a_third(void **state)
{
	struct punt_queue *q = *state;

	assert_in_range(flood(q, 1, OFPR_NO_MATCH, 100000), PUNT_QUEUE_SIZE / 3 - 2,
			PUNT_QUEUE_SIZE / 3 + 2);
}

static void test_a_flood_leaves_room_for_another_port(void **state)
{
	struct punt_queue *q = *state;

	flood(q, 1, OFPR_NO_MATCH, 100000);
	assert_int_equal(flood(q, 2, OFPR_NO_MATCH, 200), 200);
}

static void test_a_flood_leaves_room_for_another_reason(void **state)
{
	struct punt_queue *q = *state;

	flood(q, 1, OFPR_NO_MATCH, 100000);
	assert_int_equal(flood(q, 1, OFPR_ACTION, 200), 200);
}

static void test_many_floods_leave_room(void **state)
{
	struct punt_queue *q = *state;

	for (unsigned round = 0; round < 1000; round++) {
		for (uint32_t port = 1; port <= 100; port++)
			offer(q, port, OFPR_NO_MATCH);
	}
	assert_int_equal(flood(q, 101, OFPR_NO_MATCH, 5), 5);
}

/* All places are taken at last, by a thousand ports with a packet each. */
static void test_full(void **state)
{
	struct punt_queue *q = *state;

	for (uint32_t port = 1; port <= PUNT_QUEUE_SIZE; port++)
		assert_true(offer(q, port, OFPR_NO_MATCH));
	assert_false(offer(q, PUNT_QUEUE_SIZE + 1, OFPR_NO_MATCH));
	assert_int_equal(drain(q), PUNT_QUEUE_SIZE);
}

/* Counts of a source wrap around at 2^16. */
static void test_places_come_back(void **state)
{
	struct punt_queue *q = *state;
	unsigned n = flood(q, 1, OFPR_NO_MATCH, 100000);

	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(drain(q), n);
		assert_int_equal(flood(q, 1, OFPR_NO_MATCH, 2 * PUNT_QUEUE_SIZE), n);
	}
}

enum { N_OFFERS = 200000 };

static void *push_all(void *arg)
{
	unsigned *n = calloc(3, sizeof(*n));

	for (unsigned i = 0; i < N_OFFERS; i++) {
		n[1] += offer(arg, 1, OFPR_NO_MATCH);
		if (i % 100 == 0)
			n[2] += offer(arg, 2, OFPR_NO_MATCH);
	}
	return n;
}

/* What was taken comes out, no more and no less. */
static void test_two_threads(void **state)
{
	struct punt_queue *q = *state;
	unsigned n_popped[3] = { 0 }, *n_pushed;
	struct punt_item item;
	pthread_t worker;
	void *result;

	assert_int_equal(pthread_create(&worker, NULL, push_all, q), 0);
	for (unsigned i = 0; i < N_OFFERS; i++) {
		if (punt_queue_pop(q, &item))
			n_popped[item.why.in_port]++;
	}
	assert_int_equal(pthread_join(worker, &result), 0);
	while (punt_queue_pop(q, &item))
		n_popped[item.why.in_port]++;
	n_pushed = result;
	assert_int_equal(n_popped[1], n_pushed[1]);
	assert_int_equal(n_popped[2], n_pushed[2]);
	free(n_pushed);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_order),
		TEST(test_one_port_gets_a_third),
		TEST(test_a_flood_leaves_room_for_another_port),
		TEST(test_a_flood_leaves_room_for_another_reason),
		TEST(test_many_floods_leave_room),
		TEST(test_full),
		TEST(test_places_come_back),
		TEST(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
