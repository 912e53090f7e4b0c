#include "lib/loop_virtual.h"

#include <stdlib.h>

/* 2026-01-01: a wall clock that looks like one in what tests print. */
#define EPOCH_NS (1767225600ll * (int64_t)NS_PER_SEC)

struct loop_virtual {
	struct loop loop;
	uint64_t now_ns;
};

static struct loop_virtual *of(struct loop *loop)
{
	return container_of(loop, struct loop_virtual, loop);
}

static uint64_t virtual_now_ns(struct loop *loop)
{
	return of(loop)->now_ns;
}

static int64_t virtual_wall_ns(struct loop *loop)
{
	return EPOCH_NS + (int64_t)of(loop)->now_ns;
}

static void virtual_timers_changed(struct loop *loop)
{
	(void)loop;
}

static const struct loop_class virtual_class = {
	.now_ns = virtual_now_ns,
	.wall_ns = virtual_wall_ns,
	.timers_changed = virtual_timers_changed,
};

struct loop *loop_virtual_create(void)
{
	struct loop_virtual *v = xcalloc(1, sizeof(*v));

	loop_init(&v->loop, &virtual_class);
	v->now_ns = NS_PER_SEC; /* so that no instant is 0, which often means "never" */
	return &v->loop;
}

void loop_virtual_destroy(struct loop *loop)
{
	if (!loop)
		return;
	loop_fini(loop);
	free(of(loop));
}

bool loop_virtual_run_until(struct loop *loop, bool (*done)(void *arg), void *arg, uint64_t max_ns)
{
	struct loop_virtual *v = of(loop);
	uint64_t end_ns = v->now_ns + max_ns;

	while (!done || !done(arg)) {
		uint64_t next_ns = loop_next_ns(loop);

		if (next_ns > end_ns) {
			v->now_ns = end_ns;
			return false;
		}
		v->now_ns = MAX_OF(v->now_ns, next_ns);
		loop_fire_due(loop, v->now_ns);
	}
	return true;
}

void loop_virtual_run_for(struct loop *loop, uint64_t in_ns)
{
	loop_virtual_run_until(loop, NULL, NULL, in_ns);
}

void loop_virtual_settle(struct loop *loop)
{
	loop_virtual_run_for(loop, 0);
}
