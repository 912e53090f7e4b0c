#ifndef LIB_UTIL_H
#define LIB_UTIL_H

/* Small things every file needs: sizes, big-endian loads and stores, and allocation that
 * ends the program with a message when memory is gone.  Sizes taken from input are
 * bounded before they come here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_LENGTH(A) (sizeof(A) / sizeof((A)[0]))
#ifndef container_of /* DPDK has the same */
#define container_of(P, TYPE, MEMBER) ((TYPE *)((char *)(P) - offsetof(TYPE, MEMBER)))
#endif
#define MIN_OF(A, B) ((A) < (B) ? (A) : (B))
#define MAX_OF(A, B) ((A) > (B) ? (A) : (B))
#define PRINTF_LIKE(FMT, ARGS) __attribute__((format(printf, FMT, ARGS)))

#define NS_PER_SEC 1000000000ull
#define NS_PER_MS 1000000ull
#define NS_PER_US 1000ull

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
/* Aligned to a cache line, 64 bytes; the second zeroed. */
void *xmalloc_lines(size_t size);
void *xcalloc_lines(size_t size);

/* What one thread writes all the time lies so far from what others use: processors fetch lines in
 * pairs, and so make two threads share what they do not.  Memory of its own; the second zeroed. */
#define APART_BYTES 128
#define APART	    __attribute__((aligned(APART_BYTES)))
void *xmalloc_apart(size_t size);
void *xcalloc_apart(size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
void *xmemdup(const void *p, size_t size);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

static inline uint16_t load_be16(const void *p)
{
	uint16_t v;
	memcpy(&v, p, 2);
	return __builtin_bswap16(v);
}

static inline uint32_t load_be32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

static inline uint64_t load_be64(const void *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return __builtin_bswap64(v);
}

static inline void store_be16(void *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(p, &v, 2);
}

static inline void store_be32(void *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, 4);
}

static inline void store_be64(void *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, 8);
}

#endif
