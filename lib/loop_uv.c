#include "lib/loop_uv.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct loop_uv {
	struct loop loop;
	uv_loop_t uv;
	uv_timer_t timer; /* the earliest timer that is not due yet, rounded up to 1 ms */
	uv_prepare_t prepare; /* fires what is due before each poll */
	uv_idle_t idle;       /* keeps the poll from blocking while something is due */
	uv_signal_t signals[2];
	struct list leftovers;
	bool is_spinning;
};

static struct loop_uv *uv_of(struct loop *loop)
{
	return container_of(loop, struct loop_uv, loop);
}

static uint64_t now_ns(struct loop *loop)
{
	(void)loop;
	return uv_hrtime();
}

static int64_t wall_ns(struct loop *loop)
{
	struct timespec ts;

	(void)loop;
	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * (int64_t)NS_PER_SEC + ts.tv_nsec;
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

static void on_timer(uv_timer_t *timer)
{
	(void)timer; /* the prepare handle fires what is due */
}

/* Choose how the next poll waits: not at all, until the earliest timer, or for events only. */
static void timers_changed(struct loop *loop)
{
	struct loop_uv *u = uv_of(loop);
	uint64_t next = loop_next_ns(loop), now = uv_hrtime();
	bool spin = next <= now + 100 * NS_PER_US;

	if (spin != u->is_spinning) {
		u->is_spinning = spin;
		if (spin)
			uv_idle_start(&u->idle, on_idle);
		else
			uv_idle_stop(&u->idle);
	}
	if (next == UINT64_MAX || spin) {
		uv_timer_stop(&u->timer);
		return;
	}
	uv_update_time(&u->uv);
	uv_timer_start(&u->timer, on_timer, (next - now) / NS_PER_MS, 0);
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct loop_uv *u = prepare->data;

	loop_fire_due(&u->loop, uv_hrtime());
	timers_changed(&u->loop);
}

static const struct loop_class uv_class = {
	.now_ns = now_ns,
	.wall_ns = wall_ns,
	.timers_changed = timers_changed,
};

static void on_signal(uv_signal_t *handle, int signum)
{
	(void)signum;
	uv_stop(handle->loop);
}

struct loop *loop_uv_create(void)
{
	static const int signums[] = { SIGINT, SIGTERM };
	struct loop_uv *u = xcalloc(1, sizeof(*u));

	loop_init(&u->loop, &uv_class);
	list_init(&u->leftovers);
	if (uv_loop_init(&u->uv) != 0) {
		free(u);
		return NULL;
	}
	uv_timer_init(&u->uv, &u->timer);
	uv_idle_init(&u->uv, &u->idle);
	uv_prepare_init(&u->uv, &u->prepare);
	u->prepare.data = u;
	uv_prepare_start(&u->prepare, on_prepare);
	uv_unref((uv_handle_t *)&u->prepare);
	for (unsigned i = 0; i < ARRAY_LENGTH(signums); i++) {
		uv_signal_init(&u->uv, &u->signals[i]);
		uv_signal_start(&u->signals[i], on_signal, signums[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	return &u->loop;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void loop_uv_destroy(struct loop *loop)
{
	struct loop_uv *u = loop ? uv_of(loop) : NULL;

	if (!u)
		return;
	while (!list_is_empty(&u->leftovers)) {
		struct loop_leftover *l =
			container_of(u->leftovers.next, struct loop_leftover, in_loop);

		list_remove(&l->in_loop);
		l->end(l);
	}
	uv_walk(&u->uv, close_handle, NULL);
	while (uv_run(&u->uv, UV_RUN_DEFAULT))
		;
	uv_loop_close(&u->uv);
	loop_fini(loop);
	free(u);
}

void loop_uv_leave(struct loop *loop, struct loop_leftover *l)
{
	list_insert(&uv_of(loop)->leftovers, &l->in_loop);
}

void loop_uv_run(struct loop *loop)
{
	uv_run(&uv_of(loop)->uv, UV_RUN_DEFAULT);
}

void loop_uv_stop(struct loop *loop)
{
	uv_stop(&uv_of(loop)->uv);
}

uv_loop_t *loop_uv_handle(struct loop *loop)
{
	return &uv_of(loop)->uv;
}

struct loop_waker {
	uv_async_t async;
	void (*fn)(void *arg);
	void *arg;
};

static void on_async(uv_async_t *async)
{
	struct loop_waker *w = container_of(async, struct loop_waker, async);

	w->fn(w->arg);
}

struct loop_waker *loop_waker_create(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct loop_waker *w = xcalloc(1, sizeof(*w));

	w->fn = fn;
	w->arg = arg;
	uv_async_init(loop_uv_handle(loop), &w->async, on_async);
	return w;
}

static void free_waker(uv_handle_t *handle)
{
	free(container_of((uv_async_t *)handle, struct loop_waker, async));
}

void loop_waker_destroy(struct loop_waker *w)
{
	if (w)
		uv_close((uv_handle_t *)&w->async, free_waker);
}

void loop_wake(struct loop_waker *w)
{
	uv_async_send(&w->async);
}
