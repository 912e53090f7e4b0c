/* Memory in huge pages. */

#include "lib/hugemem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SMALL_BYTES 4096

static unsigned n_resident(void *p, size_t bytes)
{
	size_t n_pages = bytes / SMALL_BYTES;
	unsigned char *is_there = calloc(1, n_pages);
	unsigned n = 0;

	assert_int_equal(mincore(p, bytes, is_there), 0);
	for (size_t i = 0; i < n_pages; i++)
		n += is_there[i] & 1;
	free(is_there);
	return n;
}

static void test_address_space_is_aligned_and_empty(void **state)
{
	char *p = huge_map(3 * HUGE_BYTES - 1), *q = huge_map(1);

	(void)state;
	assert_int_equal((uintptr_t)p % HUGE_BYTES, 0);
	assert_int_equal((uintptr_t)q % HUGE_BYTES, 0);
	assert_int_equal(n_resident(p, 3 * HUGE_BYTES), 0);
	p[3 * HUGE_BYTES - 1] = q[HUGE_BYTES - 1] = 1; /* rounded up */
	huge_unmap(p, 3 * HUGE_BYTES - 1);
	huge_unmap(q, 1);
}

static void test_touched_memory_is_there_and_keeps_its_contents(void **state)
{
	char *p = huge_map(2 * HUGE_BYTES);

	(void)state;
	p[HUGE_BYTES - 1] = 'x';
	huge_touch(p + 100, HUGE_BYTES);
	assert_true(n_resident(p, 2 * HUGE_BYTES) >= HUGE_BYTES / SMALL_BYTES + 1);
	assert_int_equal(n_resident(p, HUGE_BYTES + SMALL_BYTES), HUGE_BYTES / SMALL_BYTES + 1);
	assert_int_equal(p[HUGE_BYTES - 1], 'x');
	assert_int_equal(p[HUGE_BYTES], 0);
	huge_unmap(p, 2 * HUGE_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_space_is_aligned_and_empty),
		cmocka_unit_test(test_touched_memory_is_there_and_keeps_its_contents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
