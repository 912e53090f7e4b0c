#ifndef LIB_LOOP_UV_H
#define LIB_LOOP_UV_H

/* The loop of a real program, on libuv. */

#include <uv.h>
#include "lib/list.h"
#include "lib/loop.h"

struct loop *loop_uv_create(void);
void loop_uv_destroy(struct loop *loop); /* closes what is still open on the uv loop */

/* Something on the loop that its owner has let go of and that ends by itself: when the loop is
 * destroyed earlier, `end` is called.  list_remove() when it has ended. */
struct loop_leftover {
	struct list in_loop;
	void (*end)(struct loop_leftover *l);
};
void loop_uv_leave(struct loop *loop, struct loop_leftover *l);
/* Until loop_uv_stop(), or SIGINT or SIGTERM, which it takes over. */
void loop_uv_run(struct loop *loop);
void loop_uv_stop(struct loop *loop);
/* For code that needs handles of its own (nghttp2 sockets, libmicrohttpd's epoll fd). */
uv_loop_t *loop_uv_handle(struct loop *loop);

/* FN(ARG) on the loop's thread, soon, for calls from any thread; calls that come before it ran
 * are one.  Owned by the caller; destroy on the loop's thread. */
struct loop_waker;
struct loop_waker *loop_waker_create(struct loop *loop, void (*fn)(void *arg), void *arg);
void loop_waker_destroy(struct loop_waker *w);
void loop_wake(struct loop_waker *w);

#endif
