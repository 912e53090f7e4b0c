#ifndef LIB_ARENA_H
#define LIB_ARENA_H

/* Memory of one request or message, freed in one place.  Zero-initialized is empty.  Not for
 * several threads. */

#include "lib/util.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used, room;  /* in the newest block */
	size_t total_bytes; /* asked for since the last clear */
};

#define ARENA_INIT ((struct arena){ 0 })

/* Zeroed, aligned for anything. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_dup(struct arena *a, const void *p, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Free everything; A may be used again. */
void arena_clear(struct arena *a);
/* The same, but a block of common size is kept for the next use: for a request after the other. */
void arena_reset(struct arena *a);

#endif
