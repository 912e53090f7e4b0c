#include "tests/fakes/dataplane/eal_world.h"

#include <stdio.h>
#include "dataplane/port/pool.h"
#include "dataplane/worker/eal.h"

int eal_world_start(void **state)
{
	struct eal_config config = { .program = "test", .args = "--no-huge --no-pci -m 64" };
	struct status st = STATUS_INIT;

	(void)state;
	if (eal_start(&config, &st) == 0 &&
	    pool_start(EAL_WORLD_N_SMALL, EAL_WORLD_N_LARGE, &st) == 0)
		return 0;
	fprintf(stderr, "%s\n", st.message);
	return -1;
}

int eal_world_stop(void **state)
{
	struct pool_stats stats;

	(void)state;
	pool_stats_get(&stats);
	pool_stop();
	eal_stop();
	if (stats.n_small_used || stats.n_large_used)
		fprintf(stderr, "%u small and %u large buffers leaked\n", stats.n_small_used,
			stats.n_large_used);
	return stats.n_small_used || stats.n_large_used ? -1 : 0;
}

static void on_time(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

bool eal_world_wait(struct loop *loop, bool (*done)(void *arg), void *arg)
{
	uv_loop_t *uv = loop_uv_handle(loop);
	bool is_late = false;
	uv_timer_t timer, tick;

	uv_timer_init(uv, &timer);
	uv_timer_init(uv, &tick);
	timer.data = &is_late;
	tick.data = &(bool){ false };
	uv_timer_start(&timer, on_time, 100000, 0);
	uv_timer_start(&tick, on_time, 1, 1); /* what workers count shows without an event */
	while (!done(arg) && !is_late)
		uv_run(uv, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_close((uv_handle_t *)&tick, NULL);
	uv_run(uv, UV_RUN_NOWAIT);
	return !is_late;
}
