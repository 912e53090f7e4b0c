#include <stdlib.h>
#include "api/h2rpc/server_priv.h"
#include "lib/log.h"

#define SWEEP_NS       (5 * NS_PER_SEC)
#define SILENT_NS      (60 * NS_PER_SEC) /* then we ask whether the peer is there */
#define ANSWER_NS      (20 * NS_PER_SEC) /* and give it so long */
#define PING_PERIOD_NS (10 * NS_PER_SEC)
#define MAX_PINGS      600 /* from the peer in that time */

static struct rpc_conn *conn_of(struct session *s)
{
	return container_of(s, struct rpc_conn, session);
}

static struct rpc_call *call_of(nghttp2_session *ng, int32_t id)
{
	return nghttp2_session_get_stream_user_data(ng, id);
}

static bool is_request(const nghttp2_frame *frame)
{
	return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
	if (is_request(frame))
		nghttp2_session_set_stream_user_data(ng, frame->hd.stream_id,
						     rpc_call_create(arg, frame->hd.stream_id));
	return 0;
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags,
		     void *arg)
{
	struct rpc_call *r = call_of(ng, frame->hd.stream_id);

	(void)flags, (void)arg;
	if (r && is_request(frame))
		rpc_call_header(r, (const char *)name, name_size, (const char *)value, value_size);
	return 0;
}

static void count_ping(struct rpc_conn *c)
{
	uint64_t now = loop_now_ns(c->server->loop);

	if (now - c->pings_since_ns > PING_PERIOD_NS) {
		c->pings_since_ns = now;
		c->n_pings = 0;
	}
	if (++c->n_pings == MAX_PINGS) {
		log_warn("gRPC client %s sends too many pings", c->session.stream->peer);
		nghttp2_session_terminate_session(c->session.ng, NGHTTP2_ENHANCE_YOUR_CALM);
	}
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
	struct rpc_call *r = frame->hd.stream_id ? call_of(ng, frame->hd.stream_id) : NULL;
	struct rpc_conn *c = arg;

	if (frame->hd.type == NGHTTP2_PING && !(frame->hd.flags & NGHTTP2_FLAG_ACK))
		count_ping(c);
	if (!r)
		return 0;
	if (is_request(frame))
		rpc_call_headers_done(r);
	if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
	    (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		rpc_call_half_closed(r);
	return 0;
}

static int on_chunk(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *data,
		    size_t size, void *arg)
{
	struct rpc_call *r = call_of(ng, id);

	(void)flags, (void)arg;
	if (r)
		rpc_call_data(r, data, size);
	return 0;
}

/* We answered before the request had ended: the rest of it is not wanted. */
static int on_sent(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
	(void)arg;
	if (frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
	    nghttp2_session_get_stream_remote_close(ng, frame->hd.stream_id) == 0)
		nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
					  NGHTTP2_NO_ERROR);
	return 0;
}

static int on_stream_closed(nghttp2_session *ng, int32_t id, uint32_t error_code, void *arg)
{
	struct rpc_call *r = call_of(ng, id);
	struct rpc_conn *c = arg;

	(void)error_code;
	if (r) {
		r->is_closed = true;
		session_turn(&c->session);
	}
	return 0;
}

static nghttp2_session *session_for(struct rpc_conn *c)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *options = session_options();
	nghttp2_session *ng;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		abort();
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_chunk);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_closed);
	if (nghttp2_session_server_new2(&ng, callbacks, c, options) != 0)
		abort();
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_option_del(options);
	return ng;
}

static void work(struct session *s)
{
	struct rpc_conn *c = conn_of(s);
	struct rpc_call *r, *next;

	LIST_FOREACH_SAFE (r, next, &c->calls, in_conn) {
		if (r->is_closed) {
			rpc_call_destroy(r);
			continue;
		}
		rpc_call_run(r);
		rpc_call_room(r);
	}
}

static void over(struct session *s, const char *why)
{
	log_debug("gRPC client %s: %s", s->stream->peer, why);
	rpc_conn_destroy(conn_of(s));
}

static void sweep_calls(struct rpc_conn *c)
{
	uint64_t now = loop_now_ns(c->server->loop);
	struct status st = STATUS_INIT;
	struct rpc_call *r, *next;

	status_set(&st, STATUS_DEADLINE_EXCEEDED, NULL, "the request did not arrive within 30 s");
	LIST_FOREACH_SAFE (r, next, &c->calls, in_conn) {
		if (!r->call && !r->has_ended && now - r->began_ns > REQUEST_NS)
			rpc_call_refuse(r, &st);
	}
}

static void on_sweep(struct timer *t, void *arg)
{
	struct rpc_conn *c = arg;
	uint64_t silent = loop_now_ns(c->server->loop) - c->session.heard_ns;

	if (silent < SILENT_NS)
		c->has_asked = false;
	if (silent > SILENT_NS + ANSWER_NS && c->has_asked) {
		log_debug("gRPC client %s does not answer", c->session.stream->peer);
		rpc_conn_destroy(c);
		return;
	}
	if (silent > SILENT_NS && !c->has_asked) {
		c->has_asked = true;
		nghttp2_submit_ping(c->session.ng, NGHTTP2_FLAG_NONE, NULL);
	}
	sweep_calls(c);
	session_turn(&c->session);
	timer_arm(c->server->loop, t, SWEEP_NS);
}

struct rpc_conn *rpc_conn_create(struct rpc_server *s, struct stream *stream)
{
	nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MAX_CALLS_EACH },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, SESSION_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 16384 },
	};
	struct rpc_conn *c = xcalloc(1, sizeof(*c));

	c->server = s;
	c->session.work = work;
	c->session.over = over;
	list_init(&c->calls);
	list_insert(&s->connections, &c->in_server);
	s->n_connections++;
	session_init(&c->session, s->loop, stream, session_for(c));
	nghttp2_submit_settings(c->session.ng, NGHTTP2_FLAG_NONE, settings, ARRAY_LENGTH(settings));
	nghttp2_session_set_local_window_size(c->session.ng, NGHTTP2_FLAG_NONE, 0,
					      2 * SESSION_WINDOW);
	timer_init(&c->sweep, on_sweep, c);
	timer_arm(s->loop, &c->sweep, SWEEP_NS);
	return c;
}

void rpc_conn_destroy(struct rpc_conn *c)
{
	struct rpc_call *r, *next;

	LIST_FOREACH_SAFE (r, next, &c->calls, in_conn)
		rpc_call_destroy(r);
	timer_cancel(c->server->loop, &c->sweep);
	list_remove(&c->in_server);
	c->server->n_connections--;
	session_fini(&c->session);
	free(c);
}

void rpc_conn_go_away(struct rpc_conn *c)
{
	nghttp2_submit_goaway(c->session.ng, NGHTTP2_FLAG_NONE,
			      nghttp2_session_get_last_proc_stream_id(c->session.ng),
			      NGHTTP2_NO_ERROR, NULL, 0);
	session_turn(&c->session);
}
