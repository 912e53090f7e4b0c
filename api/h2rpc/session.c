#include "api/h2rpc/session.h"

#include <stdlib.h>

/* What the socket may hold back before we stop asking nghttp2 for more: a peer with a huge
 * window that does not read costs no more than this. */
#define MAX_PENDING (256u << 10)
#define BATCH	    (32u << 10)

static void end(struct session *s, const char *why)
{
	if (s->is_over)
		return;
	s->is_over = true;
	s->why_over = why;
	session_turn(s);
}

/* One send of many small frames. */
static int send_batch(struct session *s)
{
	s->out.size = 0;
	while (s->out.size < BATCH) {
		const uint8_t *data;
		ssize_t n = nghttp2_session_mem_send(s->ng, &data);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		buf_add(&s->out, data, n);
	}
	if (s->out.size == 0)
		return 0;
	return stream_send(s->stream, s->out.data, s->out.size) == 0 ? 1 : -1;
}

static void send_all(struct session *s)
{
	int more = 1;

	while (more == 1 && !s->is_over) {
		if (s->stream->n_pending_bytes >= MAX_PENDING)
			return; /* on_drained() goes on */
		more = send_batch(s);
	}
	if (more < 0)
		end(s, "the connection broke");
	else if (!nghttp2_session_want_read(s->ng) && !nghttp2_session_want_write(s->ng))
		end(s, "the connection was shut down");
}

void session_flush(struct session *s)
{
	if (s->is_busy || s->is_over)
		return;
	s->is_busy = true;
	send_all(s);
	s->is_busy = false;
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct session *s = arg;
	ssize_t n;

	if (s->is_over)
		return;
	s->heard_ns = loop_now_ns(s->loop);
	s->is_busy = true;
	n = nghttp2_session_mem_recv(s->ng, data, size);
	s->is_busy = false;
	if (n < 0) {
		end(s, nghttp2_strerror(n));
		return;
	}
	s->work(s);
	session_flush(s);
}

static void on_closed(void *arg, const char *why)
{
	end(arg, why);
}

static void on_drained(void *arg)
{
	session_flush(arg);
}

static const struct stream_events events = {
	.data = on_data,
	.closed = on_closed,
	.drained = on_drained,
};

static void on_turn(struct timer *t, void *arg)
{
	struct session *s = arg;

	(void)t;
	s->work(s);
	if (s->is_over)
		s->over(s, s->why_over);
	else
		session_flush(s);
}

void session_turn(struct session *s)
{
	if (!timer_is_armed(&s->turn))
		timer_arm(s->loop, &s->turn, 0);
}

void session_init(struct session *s, struct loop *loop, struct stream *stream, nghttp2_session *ng)
{
	s->loop = loop;
	s->stream = stream;
	s->ng = ng;
	s->heard_ns = loop_now_ns(loop);
	timer_init(&s->turn, on_turn, s);
	stream_set_events(stream, &events, s);
	session_turn(s); /* the first settings */
}

void session_fini(struct session *s)
{
	s->is_over = true;
	timer_cancel(s->loop, &s->turn);
	nghttp2_session_del(s->ng);
	stream_close(s->stream);
	buf_fini(&s->out);
	s->ng = NULL;
	s->stream = NULL;
}

nghttp2_option *session_options(void)
{
	nghttp2_option *o;

	if (nghttp2_option_new(&o) != 0)
		abort();
	nghttp2_option_set_max_outbound_ack(o, 1000);
	nghttp2_option_set_stream_reset_rate_limit(o, 500, 100);
	nghttp2_option_set_max_settings(o, 32);
	nghttp2_option_set_no_closed_streams(o, 1);
	return o;
}
