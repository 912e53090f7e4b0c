#include "lib/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_SIZE 4096
#define ALIGNMENT 16

struct arena_block {
	struct arena_block *next;
	char data[] __attribute__((aligned(ALIGNMENT)));
};

void *arena_alloc(struct arena *a, size_t size)
{
	size_t need = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	char *p;

	if (!a->blocks || need > a->room - a->used) {
		size_t room = MAX_OF(need, BLOCK_SIZE);
		struct arena_block *block = xmalloc(sizeof(*block) + room);

		block->next = a->blocks;
		a->blocks = block;
		a->used = 0;
		a->room = room;
	}
	p = a->blocks->data + a->used;
	a->used += need;
	a->total_bytes += need;
	return memset(p, 0, size);
}

void *arena_dup(struct arena *a, const void *p, size_t size)
{
	void *copy = arena_alloc(a, size);

	if (size)
		memcpy(copy, p, size);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_dup(a, s, strlen(s) + 1);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *s;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	s = arena_alloc(a, n + 1);
	va_start(args, fmt);
	vsnprintf(s, n + 1, fmt, args);
	va_end(args);
	return s;
}

void arena_reset(struct arena *a)
{
	struct arena_block *first = a->blocks;

	if (!first || first->next || a->room != BLOCK_SIZE) {
		arena_clear(a);
		return;
	}
	a->used = 0;
	a->total_bytes = 0;
}

void arena_clear(struct arena *a)
{
	for (struct arena_block *block = a->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	*a = ARENA_INIT;
}
