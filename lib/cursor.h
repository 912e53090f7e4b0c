#ifndef LIB_CURSOR_H
#define LIB_CURSOR_H

/* Bounds-checked reading of bytes from a peer.  Every parser consumes through one.  A read
 * beyond the end returns zeros and sets `failed`; so a parser may read a whole structure and
 * ask once, cursor_ok(), before it believes any of it. */

#include "lib/util.h"

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

static inline struct cursor cursor_of(const void *data, size_t size)
{
	return (struct cursor){ .at = data, .end = (const uint8_t *)data + size };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->end - c->at;
}

static inline bool cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

/* The next N bytes, lent from the input, or NULL. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->at;

	if (c->failed || n > cursor_left(c)) {
		c->failed = true;
		return NULL;
	}
	c->at += n;
	return p;
}

/* The next N bytes as a cursor of their own; empty and failed if there are not so many. */
static inline struct cursor cursor_sub(struct cursor *c, size_t n)
{
	const uint8_t *p = cursor_take(c, n);

	return p ? cursor_of(p, n) : (struct cursor){ .failed = true };
}

static inline void cursor_copy(struct cursor *c, void *to, size_t n)
{
	const uint8_t *p = cursor_take(c, n);

	if (p)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);

	return p ? *p : 0;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);

	return p ? load_be16(p) : 0;
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);

	return p ? load_be32(p) : 0;
}

static inline uint64_t cursor_be64(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 8);

	return p ? load_be64(p) : 0;
}

#endif
