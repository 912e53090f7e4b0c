#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dataplane/port/guest_memory.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Memory that is told larger than it is, and memory that goes while it is used. */

enum { PAGE = 4096, N_PAGES = 8 };

static uint8_t *share(int *fd, unsigned n_pages)
{
	void *at;

	guest_memory_guard(); /* in each test: cmocka has put its own handler there */
	*fd = memfd_create("guest", MFD_CLOEXEC);
	assert_int_equal(ftruncate(*fd, n_pages * PAGE), 0);
	at = mmap(NULL, N_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	return at;
}

static void unshare_it(int fd, uint8_t *at)
{
	munmap(at, N_PAGES * PAGE);
	close(fd);
}

static void what_is_missing_reads_as_zeros(void **state)
{
	unsigned before = guest_memory_n_missing();
	volatile uint8_t *at;
	int fd;

	(void)state;
	at = share(&fd, 2);
	at[0] = 1;
	at[2 * PAGE - 1] = 2;
	assert_int_equal(at[2 * PAGE], 0);
	at[3 * PAGE] = 3; /* writing is as harmless */
	assert_int_equal(at[3 * PAGE], 3);
	assert_int_equal(at[0], 1);
	assert_int_equal(at[2 * PAGE - 1], 2);
	assert_int_equal(guest_memory_n_missing() - before, 2);
	unshare_it(fd, (uint8_t *)at);
}

static void memory_that_goes_is_survived(void **state)
{
	uint8_t copy[N_PAGES * PAGE], *at;
	int fd;

	(void)state;
	at = share(&fd, N_PAGES);
	memset(at, 7, N_PAGES * PAGE);
	assert_int_equal(ftruncate(fd, PAGE), 0);
	memcpy(copy, at, sizeof(copy));
	assert_int_equal(copy[0], 7);
	assert_int_equal(copy[PAGE - 1], 7);
	assert_int_equal(copy[PAGE], 0);
	assert_int_equal(copy[sizeof(copy) - 1], 0);
	unshare_it(fd, at);
}

/* Somebody's kill -BUS still does what it says. */
static void other_bus_errors_end_the_process(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	guest_memory_guard();
	pid = fork();
	if (pid == 0) {
		raise(SIGBUS);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_reads_as_zeros),
		cmocka_unit_test(memory_that_goes_is_survived),
		cmocka_unit_test(other_bus_errors_end_the_process),
	};

	return cmocka_run_group_tests_name("guest_memory", tests, NULL, NULL);
}
