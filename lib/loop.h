#ifndef LIB_LOOP_H
#define LIB_LOOP_H

/* Time, and the one thread that owns a daemon's state.
 *
 * A program runs on loop_uv_create(); a simulation drives a loop of its own on virtual time.
 * Code that takes a `struct loop *` cannot tell which.  Everything here is called on the
 * loop's thread, except loop_wake() of loop_uv.h. */

#include "lib/util.h"

struct loop;
struct timer;

typedef void timer_fn(struct timer *t, void *arg);

/* Embed one; timer_init() once.  Zero cost while not armed. */
struct timer {
	timer_fn *fire;
	void *arg;
	uint64_t at_ns; /* when armed */
	uint64_t order; /* timers of one instant fire in the order they were armed */
	size_t slot;    /* index + 1 in the loop's heap; 0 when not armed */
};

struct loop_class {
	uint64_t (*now_ns)(struct loop *loop);
	int64_t (*wall_ns)(struct loop *loop);
	/* The earliest timer changed; loop_next_ns() tells it. */
	void (*timers_changed)(struct loop *loop);
};

/* Embedded first in each kind of loop. */
struct loop {
	const struct loop_class *class;
	struct timer **heap;
	size_t n_timers, heap_capacity;
	uint64_t next_order;
};

/* Monotonic. */
static inline uint64_t loop_now_ns(struct loop *loop)
{
	return loop->class->now_ns(loop);
}

/* Since the Unix epoch. */
static inline int64_t loop_wall_ns(struct loop *loop)
{
	return loop->class->wall_ns(loop);
}

static inline void timer_init(struct timer *t, timer_fn *fire, void *arg)
{
	*t = (struct timer){ .fire = fire, .arg = arg };
}

static inline bool timer_is_armed(const struct timer *t)
{
	return t->slot != 0;
}

/* Fire once, IN_NS from now; re-arming moves it.  0: soon, after the current event. */
void timer_arm(struct loop *loop, struct timer *t, uint64_t in_ns);
void timer_cancel(struct loop *loop, struct timer *t); /* may be called when not armed */

/* For loops: when the earliest timer is due (UINT64_MAX: none); fire all due at NOW. */
uint64_t loop_next_ns(const struct loop *loop);
void loop_fire_due(struct loop *loop, uint64_t now_ns);
void loop_init(struct loop *loop, const struct loop_class *class);
void loop_fini(struct loop *loop); /* disarms what is armed */

#endif
