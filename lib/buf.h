#ifndef LIB_BUF_H
#define LIB_BUF_H

/* A growing byte buffer, for encoding messages and building text.  `data` may move on each
 * append.  Zero-initialized is empty. */

#include "lib/util.h"

struct buf {
	uint8_t *data;
	size_t size; /* bytes used */
	size_t capacity;
};

#define BUF_INIT ((struct buf){ 0 })

void buf_fini(struct buf *b);
/* Room for N more bytes, appended uninitialized; returns where they begin. */
void *buf_grow(struct buf *b, size_t n);
/* N zero bytes appended. */
void *buf_zeros(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *data, size_t n);
void buf_be8(struct buf *b, uint8_t v);
void buf_be16(struct buf *b, uint16_t v);
void buf_be32(struct buf *b, uint32_t v);
void buf_be64(struct buf *b, uint64_t v);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The text so far, NUL-terminated; still owned by B. */
const char *buf_str(struct buf *b);
/* Move the memory out; B is empty afterwards.  NUL-terminated beyond `size`. */
char *buf_steal(struct buf *b);
/* Drop the first N bytes. */
void buf_pull(struct buf *b, size_t n);

static inline void buf_clear(struct buf *b)
{
	b->size = 0;
}

#endif
