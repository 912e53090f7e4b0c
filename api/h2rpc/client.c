#include "api/h2rpc/client.h"

#include <stdio.h>
#include <stdlib.h>
#include "api/base64.h"
#include "api/errors.h"
#include "api/h2rpc/session.h"
#include "api/h2rpc/wire.h"
#include "lib/list.h"
#include "lib/stream_uv.h"

#define MAX_RESPONSE (64u << 20) /* of a message from the server */
#define DIAL_NS	     (10 * NS_PER_SEC)

struct rpc_client {
	struct loop *loop;
	struct addr addr;
	struct stream_dial *dial;
	struct timer dial_timeout;
	struct session session;
	struct list calls;
	bool is_connected;  /* session is initialized */
	bool is_going_away; /* the server takes no new call on this connection */
	bool cannot_dial;
};

struct rpc_client_call {
	struct list in_client;
	struct rpc_client *client;
	const struct api_method *method;
	const struct rpc_client_events *events;
	void *arg;
	struct timer deadline;
	uint64_t timeout_ns;
	int32_t id; /* of the HTTP/2 stream; 0 before it is sent */
	struct buf out;
	size_t out_at;
	struct buf in;
	struct status st; /* the end, so far as known */
	int http_code;
	bool has_status;       /* grpc-status came */
	enum status_code code; /* and said this, whatever the details say */
	bool has_details;
	bool is_closed; /* told in the loop's next turn */
};

static void call_free(struct rpc_client_call *call)
{
	list_remove(&call->in_client);
	timer_cancel(call->client->loop, &call->deadline);
	if (call->id && !call->is_closed && call->client->is_connected) {
		nghttp2_session_set_stream_user_data(call->client->session.ng, call->id, NULL);
		nghttp2_submit_rst_stream(call->client->session.ng, NGHTTP2_FLAG_NONE, call->id,
					  NGHTTP2_CANCEL);
		session_turn(&call->client->session);
	}
	buf_fini(&call->out);
	buf_fini(&call->in);
	free(call);
}

static void call_end(struct rpc_client_call *call, const struct status *st)
{
	const struct rpc_client_events *events = call->events;
	struct status copy = *st;
	void *arg = call->arg;

	call_free(call);
	events->end(arg, &copy);
}

/* The first call that has ended; telling one may end or make others. */
static struct rpc_client_call *next_closed(struct rpc_client *c)
{
	struct rpc_client_call *call;

	LIST_FOREACH (call, &c->calls, in_client) {
		if (call->is_closed)
			return call;
	}
	return NULL;
}

static void tell_closed(struct rpc_client *c)
{
	struct rpc_client_call *call;

	while ((call = next_closed(c)))
		call_end(call, &call->st);
}

/* ---- what the server says ---- */

static bool is_name(const uint8_t *name, size_t size, const char *want)
{
	return strlen(want) == size && memcmp(name, want, size) == 0;
}

static void take_details(struct rpc_client_call *call, const uint8_t *value, size_t size)
{
	uint8_t *data = xmalloc(size * 3 / 4 + 3);
	ssize_t n = base64_read(data, (const char *)value, size);

	if (n >= 0 && status_from_rpc(&call->st, data, n) == 0)
		call->has_details = true;
	free(data);
}

static int number_of(const uint8_t *value, size_t size)
{
	int v = 0;

	for (size_t i = 0; i < size && i < 4; i++) {
		if (value[i] < '0' || value[i] > '9')
			return -1;
		v = v * 10 + (value[i] - '0');
	}
	return v;
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags,
		     void *arg)
{
	struct rpc_client_call *call =
		nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);

	(void)flags, (void)arg;
	if (!call)
		return 0;
	if (is_name(name, name_size, ":status")) {
		call->http_code = number_of(value, value_size);
	} else if (is_name(name, name_size, "grpc-status")) {
		int code = number_of(value, value_size);

		call->has_status = true;
		call->code = code >= 0 && code <= STATUS_UNAUTHENTICATED ? code : STATUS_UNKNOWN;
	} else if (is_name(name, name_size, "grpc-message") && !call->has_details) {
		rpc_message_decode(call->st.message, sizeof(call->st.message), value, value_size);
	} else if (is_name(name, name_size, "grpc-status-details-bin")) {
		take_details(call, value, value_size);
	}
	return 0;
}

static int on_chunk(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *data,
		    size_t size, void *arg)
{
	struct rpc_client_call *call = nghttp2_session_get_stream_user_data(ng, id);
	struct rpc_client *c = arg;

	(void)flags;
	if (call && call->http_code == 200) {
		buf_add(&call->in, data, size);
		session_turn(&c->session);
	}
	return 0;
}

static int on_stream_closed(nghttp2_session *ng, int32_t id, uint32_t error_code, void *arg)
{
	struct rpc_client_call *call = nghttp2_session_get_stream_user_data(ng, id);
	struct rpc_client *c = arg;

	if (!call)
		return 0;
	call->is_closed = true;
	session_turn(&c->session);
	if (call->has_status) {
		call->st.code = call->code;
		return 0;
	}
	call->st = STATUS_INIT;
	if (call->http_code && call->http_code != 200)
		status_set(&call->st, rpc_code_of_http(call->http_code), NULL,
			   "%s answers with HTTP code %d: it is no gRPC server", c->addr.text,
			   call->http_code);
	else
		status_set(&call->st, rpc_code_of_reset(error_code), NULL, "%s reset the call (%s)",
			   c->addr.text, nghttp2_http2_strerror(error_code));
	return 0;
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
	struct rpc_client *c = arg;

	(void)ng;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		c->is_going_away = true;
	return 0;
}

/* ---- events, from the loop ---- */

static void fail_call(struct rpc_client_call *call, enum status_code code, const char *why)
{
	struct status st = STATUS_INIT;

	status_set(&st, code, NULL, "%s", why);
	call_end(call, &st);
}

static bool has_message(const struct rpc_client_call *call)
{
	if (call->in.size < RPC_PREFIX_SIZE)
		return false;
	return call->in.data[0] != 0 || load_be32(call->in.data + 1) > MAX_RESPONSE ||
	       call->in.size - RPC_PREFIX_SIZE >= load_be32(call->in.data + 1);
}

/* The event may end the call. */
static void take_message(struct rpc_client_call *call)
{
	uint32_t size = load_be32(call->in.data + 1);
	ProtobufCMessage *m;

	if (call->in.data[0] != 0 || size > MAX_RESPONSE) {
		fail_call(call, STATUS_INTERNAL, "the server's message is compressed or too big");
		return;
	}
	m = protobuf_c_message_unpack(call->method->output, NULL, size,
				      call->in.data + RPC_PREFIX_SIZE);
	if (!m) {
		fail_call(call, STATUS_INTERNAL, "the server's message cannot be read");
		return;
	}
	buf_pull(&call->in, RPC_PREFIX_SIZE + size);
	call->events->message(call->arg, m);
	protobuf_c_message_free_unpacked(m, NULL);
}

static struct rpc_client_call *next_with_message(struct rpc_client *c)
{
	struct rpc_client_call *call;

	LIST_FOREACH (call, &c->calls, in_client) {
		if (has_message(call))
			return call;
	}
	return NULL;
}

static void work(struct session *s)
{
	struct rpc_client *c = container_of(s, struct rpc_client, session);
	struct rpc_client_call *call;

	while ((call = next_with_message(c)))
		take_message(call);
	tell_closed(c);
}

/* Calls on the connection that broke, or all if there is no connection to be had. */
static void fail_calls(struct rpc_client *c, bool is_all, const char *why)
{
	struct status st = STATUS_INIT;
	struct rpc_client_call *call;

	status_set(&st, STATUS_UNAVAILABLE, NULL, "%s", why);
	LIST_FOREACH (call, &c->calls, in_client) {
		if (!call->id && !is_all)
			continue;
		call->st = st;
		call->is_closed = true;
	}
	tell_closed(c);
}

static void dial(struct rpc_client *c);

static void over(struct session *s, const char *why)
{
	struct rpc_client *c = container_of(s, struct rpc_client, session);
	char *text = xasprintf("the connection to %s broke: %s", c->addr.text, why);

	c->is_connected = false;
	session_fini(s);
	fail_calls(c, false, text);
	free(text);
	if (!list_is_empty(&c->calls))
		dial(c);
}

static void on_deadline(struct timer *t, void *arg)
{
	struct rpc_client_call *call = arg;
	struct status st = STATUS_INIT;

	(void)t;
	status_set(&st, STATUS_DEADLINE_EXCEEDED, NULL, "%s did not answer within %.1f s",
		   call->client->addr.text, call->timeout_ns / (double)NS_PER_SEC);
	call_end(call, &st);
}

/* ---- the request ---- */

static ssize_t read_request(nghttp2_session *ng, int32_t id, uint8_t *to, size_t size,
			    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct rpc_client_call *call = nghttp2_session_get_stream_user_data(ng, id);
	size_t n;

	(void)source, (void)arg;
	if (!call)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	n = MIN_OF(size, call->out.size - call->out_at);
	memcpy(to, call->out.data + call->out_at, n);
	call->out_at += n;
	if (call->out_at == call->out.size)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return n;
}

static void submit(struct rpc_client_call *call)
{
	struct session *s = &call->client->session;
	nghttp2_data_provider provider = { .read_callback = read_request };
	char timeout[RPC_TIMEOUT_SIZE] = "";
	nghttp2_nv headers[] = {
		session_header(":method", "POST"),
		session_header(":scheme", "http"),
		session_header(":path", call->method->path),
		session_header(":authority", "localhost"),
		session_header("te", "trailers"),
		session_header("content-type", "application/grpc"),
		session_header("user-agent", "weft/" WEFT_VERSION),
		session_header("grpc-timeout", timeout),
	};

	if (call->timeout_ns)
		rpc_timeout_format(timeout, call->timeout_ns);
	headers[7].valuelen = strlen(timeout);
	call->id = nghttp2_submit_request(s->ng, NULL, headers,
					  ARRAY_LENGTH(headers) - (call->timeout_ns == 0),
					  &provider, call);
	session_turn(s);
}

static void connected(struct rpc_client *c, struct stream *stream)
{
	nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, SESSION_WINDOW },
	};
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *options = session_options();
	struct rpc_client_call *call;
	nghttp2_session *ng;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		abort();
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_chunk);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_closed);
	if (nghttp2_session_client_new2(&ng, callbacks, c, options) != 0)
		abort();
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_option_del(options);
	c->session = (struct session){ .work = work, .over = over };
	c->is_connected = true;
	c->is_going_away = false;
	session_init(&c->session, c->loop, stream, ng);
	nghttp2_submit_settings(ng, NGHTTP2_FLAG_NONE, settings, ARRAY_LENGTH(settings));
	nghttp2_session_set_local_window_size(ng, NGHTTP2_FLAG_NONE, 0, 2 * SESSION_WINDOW);
	LIST_FOREACH (call, &c->calls, in_client)
		submit(call);
}

static void dial_failed(struct rpc_client *c, const char *why)
{
	char *text = xasprintf("cannot connect to %s: %s; is the server running there?",
			       c->addr.text, why);

	fail_calls(c, true, text);
	free(text);
}

static void on_dialed(void *arg, struct stream *stream, const char *why)
{
	struct rpc_client *c = arg;

	c->dial = NULL;
	timer_cancel(c->loop, &c->dial_timeout);
	if (stream)
		connected(c, stream);
	else
		dial_failed(c, why);
}

static void on_dial_timeout(struct timer *t, void *arg)
{
	struct rpc_client *c = arg;

	(void)t;
	if (c->dial)
		stream_dial_cancel(c->dial);
	c->dial = NULL;
	dial_failed(c, c->cannot_dial ? "the connection is closed" : "no answer");
}

struct rpc_client *rpc_client_create(struct loop *loop, const struct addr *addr)
{
	struct rpc_client *c = xcalloc(1, sizeof(*c));

	c->loop = loop;
	c->addr = *addr;
	list_init(&c->calls);
	timer_init(&c->dial_timeout, on_dial_timeout, c);
	return c;
}

struct rpc_client *rpc_client_create_on(struct loop *loop, struct stream *stream)
{
	struct addr addr = { 0 };
	struct rpc_client *c;

	snprintf(addr.text, sizeof(addr.text), "%s", stream->peer);
	c = rpc_client_create(loop, &addr);
	c->cannot_dial = true;
	connected(c, stream);
	return c;
}

void rpc_client_destroy(struct rpc_client *c)
{
	struct rpc_client_call *call, *next;

	if (!c)
		return;
	LIST_FOREACH_SAFE (call, next, &c->calls, in_client)
		call_free(call);
	if (c->dial)
		stream_dial_cancel(c->dial);
	timer_cancel(c->loop, &c->dial_timeout);
	if (c->is_connected)
		session_fini(&c->session);
	free(c);
}

static void dial(struct rpc_client *c)
{
	if (c->dial)
		return;
	if (!c->cannot_dial)
		c->dial = stream_dial(c->loop, &c->addr, on_dialed, c);
	timer_arm(c->loop, &c->dial_timeout, c->dial ? DIAL_NS : 0);
}

struct rpc_client_call *rpc_client_call(struct rpc_client *c, const struct api_method *method,
					const ProtobufCMessage *request, uint64_t timeout_ns,
					const struct rpc_client_events *events, void *arg)
{
	struct rpc_client_call *call = xcalloc(1, sizeof(*call));

	call->client = c;
	call->method = method;
	call->events = events;
	call->arg = arg;
	call->st = STATUS_INIT;
	call->timeout_ns = timeout_ns;
	rpc_write_message(&call->out, request);
	list_insert(&c->calls, &call->in_client);
	timer_init(&call->deadline, on_deadline, call);
	if (timeout_ns)
		timer_arm(c->loop, &call->deadline, timeout_ns);
	if (!c->is_connected)
		dial(c);
	else if (!c->is_going_away)
		submit(call); /* otherwise it waits for a new connection */
	return call;
}

bool rpc_client_is_connected(const struct rpc_client *c)
{
	return c->is_connected;
}

struct loop *rpc_client_loop(const struct rpc_client *c)
{
	return c->loop;
}

void rpc_client_cancel(struct rpc_client_call *call)
{
	call_free(call);
}
