/* The handler of SIGBUS for memory that guests share (see the header).  The page that is missing
 * is replaced by an empty one of our own, and the instruction goes on; what the guest's rings then
 * say is checked as always.  Nothing else of ours is backed by a file that others can shorten, but
 * DPDK's memory, for which it has an answer of its own, is left alone. */

#include "dataplane/port/guest_memory.h"

#include <errno.h>
#include <rte_memory.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#include "lib/util.h"

static unsigned n_missing;

/* A huge page can be replaced as a whole only; the kernel says so with EINVAL. */
static bool replace_page(uintptr_t at)
{
	static const size_t sizes[] = { 4096, 2 << 20, 1 << 30 };

	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
		void *page = (void *)(at & ~(sizes[i] - 1));

		if (mmap(page, sizes[i], PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
			 0) != MAP_FAILED)
			return true;
		if (errno != EINVAL)
			return false;
	}
	return false;
}

/* Not a guest's fault: end as without a handler. */
static void die(int signal)
{
	struct sigaction as_ever = { .sa_handler = SIG_DFL };

	sigaction(signal, &as_ever, NULL);
	raise(signal);
}

/* In a signal handler; if nobody reads the log, so be it. */
static void say(const char *text, size_t size)
{
	ssize_t n = write(STDERR_FILENO, text, size);

	(void)n;
}

static void on_bus_error(int signal, siginfo_t *info, void *context)
{
	static const char text[] =
		"weft-dataplane: a guest's memory is smaller than was told: what "
		"is missing reads as zeros\n";

	const int saved_errno = errno;

	(void)context;
	if (info->si_code != BUS_ADRERR || rte_mem_virt2memseg_list(info->si_addr) ||
	    !replace_page((uintptr_t)info->si_addr))
		die(signal);
	else if (__atomic_fetch_add(&n_missing, 1, __ATOMIC_RELAXED) == 0)
		say(text, sizeof(text) - 1);
	errno = saved_errno;
}

void guest_memory_guard(void)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &action, NULL);
}

unsigned guest_memory_n_missing(void)
{
	return __atomic_load_n(&n_missing, __ATOMIC_RELAXED);
}
