#include "lib/loop.h"

#include <stdlib.h>

/* The timers are a binary heap of pointers; a timer knows its slot, so cancel is O(log n). */

static bool is_before(const struct timer *a, const struct timer *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void put(struct loop *loop, size_t i, struct timer *t)
{
	loop->heap[i] = t;
	t->slot = i + 1;
}

static void sift_up(struct loop *loop, size_t i, struct timer *t)
{
	for (; i > 0 && is_before(t, loop->heap[(i - 1) / 2]); i = (i - 1) / 2)
		put(loop, i, loop->heap[(i - 1) / 2]);
	put(loop, i, t);
}

static void sift_down(struct loop *loop, size_t i, struct timer *t)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < loop->n_timers && is_before(loop->heap[child + 1], loop->heap[child]))
			child++;
		if (child >= loop->n_timers || !is_before(loop->heap[child], t))
			break;
		put(loop, i, loop->heap[child]);
		i = child;
	}
	put(loop, i, t);
}

static void heap_remove(struct loop *loop, struct timer *t)
{
	size_t i = t->slot - 1;
	struct timer *last = loop->heap[--loop->n_timers];

	t->slot = 0;
	if (last == t)
		return;
	if (i > 0 && is_before(last, loop->heap[(i - 1) / 2]))
		sift_up(loop, i, last);
	else
		sift_down(loop, i, last);
}

void timer_arm(struct loop *loop, struct timer *t, uint64_t in_ns)
{
	if (t->slot)
		heap_remove(loop, t);
	if (loop->n_timers == loop->heap_capacity) {
		loop->heap_capacity = MAX_OF(loop->heap_capacity * 2, 16);
		loop->heap = xrealloc(loop->heap, loop->heap_capacity * sizeof(*loop->heap));
	}
	t->at_ns = loop_now_ns(loop) + in_ns;
	t->order = loop->next_order++;
	sift_up(loop, loop->n_timers++, t);
	if (loop->heap[0] == t)
		loop->class->timers_changed(loop);
}

void timer_cancel(struct loop *loop, struct timer *t)
{
	if (t->slot)
		heap_remove(loop, t);
}

uint64_t loop_next_ns(const struct loop *loop)
{
	return loop->n_timers ? loop->heap[0]->at_ns : UINT64_MAX;
}

void loop_fire_due(struct loop *loop, uint64_t now_ns)
{
	uint64_t first_later = loop->next_order;

	/* A timer armed by one that fires here waits for the next call: no starvation. */
	while (loop->n_timers && loop->heap[0]->at_ns <= now_ns &&
	       loop->heap[0]->order < first_later) {
		struct timer *t = loop->heap[0];

		heap_remove(loop, t);
		t->fire(t, t->arg);
	}
}

void loop_init(struct loop *loop, const struct loop_class *class)
{
	*loop = (struct loop){ .class = class };
}

void loop_fini(struct loop *loop)
{
	for (size_t i = 0; i < loop->n_timers; i++)
		loop->heap[i]->slot = 0;
	free(loop->heap);
	loop->heap = NULL;
	loop->n_timers = loop->heap_capacity = 0;
}
