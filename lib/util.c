#include "lib/util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *checked(void *p)
{
	if (p)
		return p;
	fputs("weft: out of memory\n", stderr);
	abort();
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size ? size : 1));
}

/* A multiple of ALIGNMENT, which is a power of two. */
static void *xmalloc_aligned(size_t size, size_t alignment)
{
	size_t whole = (size + alignment - 1) & ~(alignment - 1);

	return checked(aligned_alloc(alignment, whole ? whole : alignment));
}

void *xmalloc_lines(size_t size)
{
	return xmalloc_aligned(size, 64);
}

void *xcalloc_lines(size_t size)
{
	return memset(xmalloc_lines(size), 0, size);
}

void *xmalloc_apart(size_t size)
{
	return xmalloc_aligned(size, APART_BYTES);
}

void *xcalloc_apart(size_t size)
{
	return memset(xmalloc_apart(size), 0, size);
}

void *xrealloc(void *p, size_t size)
{
	return checked(realloc(p, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return checked(strdup(s));
}

void *xmemdup(const void *p, size_t size)
{
	void *copy = xmalloc(size);

	if (size)
		memcpy(copy, p, size);
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *s;

	va_start(args, fmt);
	if (vasprintf(&s, fmt, args) < 0)
		s = NULL;
	va_end(args);
	return checked(s);
}
