#include "lib/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_fini(struct buf *b)
{
	free(b->data);
	*b = BUF_INIT;
}

/* One byte beyond what was asked for, so that buf_str() always has room. */
static void reserve(struct buf *b, size_t n)
{
	size_t need = b->size + n + 1;

	if (need <= b->capacity)
		return;
	b->capacity = MAX_OF(need, b->capacity * 2);
	b->data = xrealloc(b->data, b->capacity);
}

void *buf_grow(struct buf *b, size_t n)
{
	reserve(b, n);
	b->size += n;
	return b->data + b->size - n;
}

void *buf_zeros(struct buf *b, size_t n)
{
	return memset(buf_grow(b, n), 0, n);
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	if (n)
		memcpy(buf_grow(b, n), data, n);
}

void buf_be8(struct buf *b, uint8_t v)
{
	buf_add(b, &v, 1);
}

void buf_be16(struct buf *b, uint16_t v)
{
	store_be16(buf_grow(b, 2), v);
}

void buf_be32(struct buf *b, uint32_t v)
{
	store_be32(buf_grow(b, 4), v);
}

void buf_be64(struct buf *b, uint64_t v)
{
	store_be64(buf_grow(b, 8), v);
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args, again;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	reserve(b, n);
	vsnprintf((char *)b->data + b->size, n + 1, fmt, again);
	va_end(again);
	b->size += n;
}

const char *buf_str(struct buf *b)
{
	reserve(b, 0);
	b->data[b->size] = '\0';
	return (const char *)b->data;
}

char *buf_steal(struct buf *b)
{
	char *s = (char *)buf_str(b);

	*b = BUF_INIT;
	return s;
}

void buf_pull(struct buf *b, size_t n)
{
	if (!n)
		return; /* an empty buffer has no data at all */
	memmove(b->data, b->data + n, b->size - n);
	b->size -= n;
}
