/* Memory in huge pages (hugemem.h). */

#include "lib/hugemem.h"

#include <stdlib.h>
#include <sys/mman.h>

#define SMALL_BYTES 4096

static size_t round_up(size_t bytes)
{
	return (bytes + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
}

void *huge_map(size_t bytes)
{
	size_t size = round_up(bytes), before;
	char *p = mmap(NULL, size + HUGE_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return xmalloc(SIZE_MAX / 2); /* ends the program, saying that memory is gone */
	before = -(uintptr_t)p & (HUGE_BYTES - 1);
	if (before)
		munmap(p, before);
	munmap(p + before + size, HUGE_BYTES - before);
	madvise(p + before, size, MADV_HUGEPAGE);
	return p + before;
}

void huge_unmap(void *p, size_t bytes)
{
	munmap(p, round_up(bytes));
}

/* Writing nothing to each page, for kernels before 5.14. */
static void touch_each(char *p, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += SMALL_BYTES)
		__atomic_fetch_or(p + at, 0, __ATOMIC_RELAXED);
}

void huge_touch(void *p, size_t bytes)
{
	uintptr_t from = (uintptr_t)p & -(uintptr_t)SMALL_BYTES;
	uintptr_t to = ((uintptr_t)p + bytes + SMALL_BYTES - 1) & -(uintptr_t)SMALL_BYTES;

#ifdef MADV_POPULATE_WRITE
	if (madvise((void *)from, to - from, MADV_POPULATE_WRITE) == 0)
		return;
#endif
	touch_each((char *)from, to - from);
}
