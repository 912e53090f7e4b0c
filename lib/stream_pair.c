#include "lib/stream_pair.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/list.h"

/* Bytes under way to one end. */
struct segment {
	struct list in_inbox;
	uint64_t due_ns;
	size_t size, used;
	uint8_t data[];
};

struct end {
	struct stream stream;
	struct stream_pair *pair;
	struct list inbox;    /* of segments, under way to this end */
	struct timer arrival; /* of the first segment, or of the news that the peer is gone */
	struct timer drained; /* all that this end sent has arrived */
	bool is_open;	      /* its owner has not closed it */
	bool is_reading;
	bool is_stalled;
	bool is_over; /* nothing follows the inbox */
	bool is_told; /* and its owner has heard so */
	char why[64];
};

struct stream_pair {
	struct loop *loop;
	struct end ends[2];
	uint64_t delay_ns;
	size_t piece_size;
	unsigned n_pins; /* the handle, open ends, events being delivered */
};

static struct end *peer_of(struct end *e)
{
	return &e->pair->ends[e == &e->pair->ends[0]];
}

static void drop_inbox(struct end *e)
{
	while (!list_is_empty(&e->inbox)) {
		struct segment *s = container_of(e->inbox.next, struct segment, in_inbox);

		list_remove(&s->in_inbox);
		free(s);
	}
	peer_of(e)->stream.n_pending_bytes = 0;
}

static void unpin(struct stream_pair *p)
{
	if (--p->n_pins > 0)
		return;
	for (unsigned i = 0; i < 2; i++) {
		drop_inbox(&p->ends[i]);
		timer_cancel(p->loop, &p->ends[i].arrival);
		timer_cancel(p->loop, &p->ends[i].drained);
	}
	free(p);
}

static void schedule(struct end *e)
{
	struct loop *loop = e->pair->loop;
	uint64_t now = loop_now_ns(loop), due = now;

	if (!e->is_open || e->is_stalled || !e->is_reading)
		return;
	if (list_is_empty(&e->inbox) && (!e->is_over || e->is_told))
		return;
	if (!list_is_empty(&e->inbox))
		due = container_of(e->inbox.next, struct segment, in_inbox)->due_ns;
	timer_arm(loop, &e->arrival, due > now ? due - now : 0);
}

static void deliver_piece(struct end *e, struct segment *s)
{
	struct end *from = peer_of(e);
	size_t left = s->size - s->used;
	size_t n = e->pair->piece_size ? MIN_OF(left, e->pair->piece_size) : left;
	uint8_t *copy;

	s->used += n;
	from->stream.n_pending_bytes -= n;
	if (s->used == s->size)
		list_remove(&s->in_inbox);
	if (!from->stream.n_pending_bytes && from->is_open)
		timer_arm(e->pair->loop, &from->drained, 0);
	/* A copy, since the event may close the stream and with it free the segment. */
	copy = xmemdup(s->data + s->used - n, n);
	if (s->used == s->size)
		free(s);
	e->stream.events->data(e->stream.arg, copy, n);
	free(copy);
}

static void on_arrival(struct timer *t, void *arg)
{
	struct end *e = arg;
	struct stream_pair *p = e->pair;

	(void)t;
	p->n_pins++;
	if (!list_is_empty(&e->inbox)) {
		deliver_piece(e, container_of(e->inbox.next, struct segment, in_inbox));
		schedule(e);
	} else if (e->is_over && !e->is_told) {
		e->is_told = true;
		e->stream.events->closed(e->stream.arg, e->why);
	}
	unpin(p);
}

static void on_drained(struct timer *t, void *arg)
{
	struct end *e = arg;

	(void)t;
	if (e->is_open && e->stream.events && e->stream.events->drained &&
	    !e->stream.n_pending_bytes)
		e->stream.events->drained(e->stream.arg);
}

static int pair_send(struct stream *stream, const void *data, size_t size)
{
	struct end *e = container_of(stream, struct end, stream), *to = peer_of(e);
	struct segment *s;

	if (!to->is_open || e->is_over)
		return -EPIPE;
	if (stream->n_pending_bytes + size > stream->max_pending_bytes)
		return -ENOBUFS;
	if (!size)
		return 0;
	s = xmalloc(sizeof(*s) + size);
	*s = (struct segment){ .size = size,
			       .due_ns = loop_now_ns(e->pair->loop) + e->pair->delay_ns };
	memcpy(s->data, data, size);
	stream->n_pending_bytes += size;
	list_insert(&to->inbox, &s->in_inbox);
	if (to->inbox.next == &s->in_inbox)
		schedule(to);
	return 0;
}

static void end_is_over(struct end *e, const char *why)
{
	if (!e->is_open || e->is_over)
		return;
	e->is_over = true;
	snprintf(e->why, sizeof(e->why), "%s", why);
	/* A broken connection is told even to those who read nothing. */
	if (list_is_empty(&e->inbox))
		timer_arm(e->pair->loop, &e->arrival, 0);
}

static void pair_close(struct stream *stream)
{
	struct end *e = container_of(stream, struct end, stream);
	struct stream_pair *p = e->pair;

	if (!e->is_open)
		return;
	e->is_open = false;
	timer_cancel(p->loop, &e->arrival);
	timer_cancel(p->loop, &e->drained);
	drop_inbox(e);
	end_is_over(peer_of(e), "closed by the peer");
	unpin(p);
}

static void pair_set_reading(struct stream *stream, bool is_on)
{
	struct end *e = container_of(stream, struct end, stream);

	e->is_reading = is_on;
	if (is_on)
		schedule(e);
	else if (!list_is_empty(&e->inbox))
		timer_cancel(e->pair->loop, &e->arrival);
}

static const struct stream_class pair_class = {
	.send = pair_send,
	.close = pair_close,
	.set_reading = pair_set_reading,
};

struct stream_pair *stream_pair_create(struct loop *loop, struct stream *ends[2])
{
	struct stream_pair *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->n_pins = 3;
	for (unsigned i = 0; i < 2; i++) {
		struct end *e = &p->ends[i];

		e->pair = p;
		e->is_open = e->is_reading = true;
		list_init(&e->inbox);
		timer_init(&e->arrival, on_arrival, e);
		timer_init(&e->drained, on_drained, e);
		e->stream.class = &pair_class;
		e->stream.max_pending_bytes = STREAM_MAX_PENDING;
		snprintf(e->stream.peer, sizeof(e->stream.peer), "memory:%u", i);
		ends[i] = &e->stream;
	}
	return p;
}

void stream_pair_release(struct stream_pair *p)
{
	if (p)
		unpin(p);
}

void stream_pair_set_delay(struct stream_pair *p, uint64_t in_ns)
{
	p->delay_ns = in_ns;
}

void stream_pair_set_piece(struct stream_pair *p, size_t size)
{
	p->piece_size = size;
}

void stream_pair_stall(struct stream_pair *p, unsigned end, bool is_stalled)
{
	struct end *e = &p->ends[end];

	e->is_stalled = is_stalled;
	if (is_stalled)
		timer_cancel(p->loop, &e->arrival);
	else
		schedule(e);
}

void stream_pair_break(struct stream_pair *p, const char *why)
{
	for (unsigned i = 0; i < 2; i++)
		drop_inbox(&p->ends[i]);
	for (unsigned i = 0; i < 2; i++)
		end_is_over(&p->ends[i], why);
}

bool stream_pair_is_closed(const struct stream_pair *p)
{
	return !p->ends[0].is_open && !p->ends[1].is_open;
}
