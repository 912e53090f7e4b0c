#ifndef LIB_STREAM_H
#define LIB_STREAM_H

/* A connected byte stream: TCP, Unix socket, or a pair in memory for simulations.
 *
 * All calls and events are on the loop's thread.  Events may close the stream they come
 * from.  After stream_close() no event comes. */

#include "lib/addr.h"
#include "lib/loop.h"

struct stream;

struct stream_events {
	/* Lent bytes, at least one. */
	void (*data)(void *arg, const uint8_t *data, size_t size);
	/* The peer is gone or the stream failed; WHY for a person.  Call stream_close(). */
	void (*closed)(void *arg, const char *why);
	/* All that was sent has left; NULL if of no interest. */
	void (*drained)(void *arg);
};

/* For implementers; embedded first. */
struct stream_class {
	int (*send)(struct stream *s, const void *data, size_t size);
	void (*close)(struct stream *s);
	void (*set_reading)(struct stream *s, bool is_on);
	/* NULL: n_pending_bytes is always right. */
	size_t (*pending)(const struct stream *s);
};

struct stream {
	const struct stream_class *class;
	const struct stream_events *events;
	void *arg;
	size_t n_pending_bytes; /* sent but not yet taken by the kernel */
	size_t max_pending_bytes;
	char peer[160];
};

/* Bytes that were sent and that the kernel has not yet taken. */
static inline size_t stream_pending(const struct stream *s)
{
	return s->class->pending ? s->class->pending(s) : s->n_pending_bytes;
}

#define STREAM_MAX_PENDING (64u << 20)

/* Events begin with the next turn of the loop. */
static inline void stream_set_events(struct stream *s, const struct stream_events *events, void *arg)
{
	s->events = events;
	s->arg = arg;
}

/* Copies.  0, or -ENOBUFS when more than max_pending_bytes wait (nothing is taken: the peer
 * reads too slowly), or -EPIPE. */
static inline int stream_send(struct stream *s, const void *data, size_t size)
{
	return s->class->send(s, data, size);
}

/* Stop and resume reading: back-pressure. */
static inline void stream_set_reading(struct stream *s, bool is_on)
{
	s->class->set_reading(s, is_on);
}

/* What was sent before is still delivered, for a bounded time.  NULL is allowed. */
static inline void stream_close(struct stream *s)
{
	if (s)
		s->class->close(s);
}

#endif
