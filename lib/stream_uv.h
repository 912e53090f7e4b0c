#ifndef LIB_STREAM_UV_H
#define LIB_STREAM_UV_H

/* Streams of a real program: listen and dial.  A stale Unix socket, one that nobody answers,
 * is removed before binding; TCP listeners bind to exactly the address given. */

#include "lib/stream.h"

struct stream_listener;
/* The new stream is given: set its events or close it. */
typedef void stream_accept_fn(void *arg, struct stream *s);

struct stream_listener *stream_listen(struct loop *loop, const struct addr *addr, const char *field,
				      stream_accept_fn *accept, void *arg, struct status *st);
void stream_listener_close(struct stream_listener *l); /* removes its Unix socket */
/* The port a listener on port 0 got; 0 for a Unix socket. */
uint16_t stream_listener_port(const struct stream_listener *l);

/* Calls DONE once, later: with a stream that is given, or with NULL and why. */
struct stream_dial;
typedef void stream_dial_fn(void *arg, struct stream *s, const char *why);
struct stream_dial *stream_dial(struct loop *loop, const struct addr *addr, stream_dial_fn *done,
				void *arg);
void stream_dial_cancel(struct stream_dial *d); /* DONE will not be called; only before it was */

#endif
