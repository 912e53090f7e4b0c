/* Counters: the thread that counts never waits for memory. */

#include "dataplane/table/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/mman.h>

#define SMALL_BYTES 4096
#define N_SLOTS	    70000 /* more than a huge page has */

static bool is_there(const struct counter_block *b, uint32_t slot)
{
	uintptr_t at = (uintptr_t)&b->slots[slot] & -(uintptr_t)SMALL_BYTES;
	unsigned char resident;

	assert_int_equal(mincore((void *)at, SMALL_BYTES, &resident), 0);
	return resident & 1;
}

static void assert_ready(const struct counter_block *b)
{
	for (uint32_t slot = 0; slot < N_SLOTS; slot += SMALL_BYTES / sizeof(struct counter))
		assert_true(is_there(b, slot));
	assert_true(is_there(b, N_SLOTS - 1));
}

static void test_slots_have_memory_before_they_are_counted_in(void **state)
{
	struct counters *c = counters_create();
	struct counter_block *early = counters_take_block(c), *again, *late;

	(void)state;
	again = counters_take_block(c);
	counters_give_block(c, again);
	for (uint32_t i = 0; i < N_SLOTS; i++)
		assert_int_equal(counters_take_slot(c), i);
	assert_ready(early);
	assert_ptr_equal(counters_take_block(c), again);
	assert_ready(again);
	late = counters_take_block(c);
	assert_ready(late);
	assert_false(is_there(late, COUNTERS_MAX_SLOTS - 1));
	counters_destroy(c);
}

static void test_counts_outlive_their_thread(void **state)
{
	struct counters *c = counters_create();
	struct counter_block *b = counters_take_block(c);
	uint32_t slot = counters_take_slot(c);

	(void)state;
	count(&counter_at(b, slot)->n_packets, 3);
	counters_give_block(c, b);
	assert_int_equal(counters_sum(c, slot).n_packets, 3);
	assert_ptr_equal(counters_take_block(c), b);
	count(&counter_at(b, slot)->n_packets, 4);
	assert_int_equal(counters_sum(c, slot).n_packets, 7);
	counters_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_have_memory_before_they_are_counted_in),
		cmocka_unit_test(test_counts_outlive_their_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
