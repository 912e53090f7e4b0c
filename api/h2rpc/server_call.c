#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "api/base64.h"
#include "api/errors.h"
#include "api/h2rpc/server_priv.h"
#include "api/h2rpc/wire.h"
#include "api/transcode/message.h"

/* Sent at once when so much is queued; smaller pieces wait for the end of the loop's turn. */
#define FLUSH_SIZE (64u << 10)

struct rpc_call *rpc_call_create(struct rpc_conn *c, int32_t id)
{
	struct rpc_call *r = xcalloc(1, sizeof(*r));

	r->conn = c;
	r->id = id;
	r->began_ns = loop_now_ns(c->server->loop);
	r->trailer = STATUS_INIT;
	list_insert(&c->calls, &r->in_conn);
	return r;
}

static void count_request(struct rpc_call *r, ssize_t size)
{
	r->conn->n_request_bytes += size;
	r->conn->server->n_request_bytes += size;
}

static void forget_request(struct rpc_call *r)
{
	count_request(r, -(ssize_t)r->in.size);
	buf_fini(&r->in);
}

static size_t unread(const struct rpc_call *r)
{
	return r->out.size - r->out_at;
}

/* After each change of what is unread. */
static void count_unread(struct rpc_call *r)
{
	r->conn->server->n_unread_bytes += unread(r) - r->n_counted;
	r->n_counted = unread(r);
}

void rpc_call_destroy(struct rpc_call *r)
{
	struct api_call *call = r->call;

	r->call = NULL;
	r->is_closed = true;
	if (call)
		api_call_cancel(call);
	forget_request(r);
	r->conn->server->n_unread_bytes -= r->n_counted;
	buf_fini(&r->out);
	list_remove(&r->in_conn);
	free(r);
}

/* ---- the response ---- */

#define MAX_HEADERS 8

struct headers {
	nghttp2_nv list[MAX_HEADERS];
	size_t n;
	struct buf message, details;
	char code[16], id[32];
};

static void add_header(struct headers *h, const char *name, const char *value)
{
	h->list[h->n++] = session_header(name, value);
}

static void add_response_headers(struct headers *h, const struct rpc_call *r)
{
	add_header(h, ":status", "200");
	add_header(h, "content-type", "application/grpc");
	add_header(h, "grpc-accept-encoding", "identity");
	if (!r->call)
		return;
	snprintf(h->id, sizeof(h->id), "%llu", (unsigned long long)api_call_id(r->call));
	add_header(h, "x-request-id", h->id);
}

static void add_trailer(struct headers *h, const struct status *st)
{
	struct arena a = ARENA_INIT;

	snprintf(h->code, sizeof(h->code), "%d", st->code);
	add_header(h, "grpc-status", h->code);
	if (*st->message) {
		rpc_message_encode(&h->message, st->message);
		add_header(h, "grpc-message", buf_str(&h->message));
	}
	if (*st->field || *st->resource) {
		Google__Rpc__Status *rpc = status_to_rpc(st, &a);
		size_t size = google__rpc__status__get_packed_size(rpc);
		uint8_t *data = arena_alloc(&a, size);

		google__rpc__status__pack(rpc, data);
		base64_write(&h->details, data, size, false);
		add_header(h, "grpc-status-details-bin", buf_str(&h->details));
	}
	arena_clear(&a);
}

static void free_headers(struct headers *h)
{
	buf_fini(&h->message);
	buf_fini(&h->details);
}

static void submit_trailer(struct rpc_call *r)
{
	struct headers h = { .n = 0 };

	add_trailer(&h, &r->trailer);
	nghttp2_submit_trailer(r->conn->session.ng, r->id, h.list, h.n);
	free_headers(&h);
}

static ssize_t read_response(nghttp2_session *ng, int32_t id, uint8_t *to, size_t size,
			     uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct rpc_call *r = source->ptr;
	size_t n = MIN_OF(size, unread(r));

	(void)ng, (void)id, (void)arg;
	if (n > 0)
		memcpy(to, r->out.data + r->out_at, n);
	r->out_at += n;
	if (unread(r) == 0) {
		buf_clear(&r->out);
		r->out_at = 0;
	} else if (r->out_at > r->out.size / 2) {
		buf_pull(&r->out, r->out_at);
		r->out_at = 0;
	}
	count_unread(r);
	if (r->was_full && unread(r) < MAX_UNREAD / 2)
		session_turn(&r->conn->session);
	if (unread(r) == 0 && r->has_ended) {
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		submit_trailer(r);
		return n;
	}
	return n > 0 ? (ssize_t)n : NGHTTP2_ERR_DEFERRED;
}

static void send_headers(struct rpc_call *r)
{
	nghttp2_data_provider provider = { .source.ptr = r, .read_callback = read_response };
	struct headers h = { .n = 0 };

	if (r->has_headers)
		return;
	r->has_headers = true;
	add_response_headers(&h, r);
	nghttp2_submit_response(r->conn->session.ng, r->id, h.list, h.n, &provider);
	free_headers(&h);
}

/* The end of a call that sent nothing: headers and trailer are one. */
static void send_trailer_only(struct rpc_call *r)
{
	struct headers h = { .n = 0 };

	r->has_headers = true;
	add_response_headers(&h, r);
	add_trailer(&h, &r->trailer);
	nghttp2_submit_response(r->conn->session.ng, r->id, h.list, h.n, NULL);
	free_headers(&h);
}

/* No room for SIZE more; what is empty takes one message of any size. */
static bool is_full(const struct rpc_call *r, size_t size)
{
	if (unread(r) == 0)
		return false;
	return unread(r) + size > MAX_UNREAD ||
	       r->conn->server->n_unread_bytes + size > MAX_UNREAD_ALL;
}

static int door_send(void *arg, const ProtobufCMessage *m)
{
	struct rpc_call *r = arg;
	bool is_stream = api_endpoint_method(r->endpoint)->is_server_stream;

	if (r->is_closed)
		return 0;
	if (is_stream && is_full(r, protobuf_c_message_get_packed_size(m))) {
		r->was_full = true;
		return -ENOBUFS;
	}
	rpc_write_message(&r->out, m);
	count_unread(r);
	if (r->has_headers)
		nghttp2_session_resume_data(r->conn->session.ng, r->id);
	send_headers(r);
	if (unread(r) > FLUSH_SIZE)
		session_flush(&r->conn->session);
	else
		session_turn(&r->conn->session);
	return 0;
}

/* A reader that was too slow may never open its window again: what it did not take is dropped, and
 * the trailer, to which no window applies, goes at once. */
static void drop_unread(struct rpc_call *r)
{
	buf_clear(&r->out);
	r->out_at = 0;
	count_unread(r);
	submit_trailer(r);
}

static void finish(struct rpc_call *r, const struct status *st)
{
	r->trailer = *st;
	r->has_ended = true;
	if (!r->has_headers)
		send_trailer_only(r);
	else if (r->was_full && !status_ok(st))
		drop_unread(r);
	else
		nghttp2_session_resume_data(r->conn->session.ng, r->id);
}

static void door_end(void *arg, const struct status *st)
{
	struct rpc_call *r = arg;

	if (!r->is_closed && !r->has_ended) {
		finish(r, st);
		session_turn(&r->conn->session);
	}
	r->call = NULL;
}

static const struct api_door door = { .send = door_send, .end = door_end };

void rpc_call_room(struct rpc_call *r)
{
	if (!r->was_full || !r->call || unread(r) >= MAX_UNREAD / 2)
		return;
	r->was_full = false;
	api_call_ready(r->call);
}

void rpc_call_refuse(struct rpc_call *r, const struct status *st)
{
	forget_request(r);
	if (r->has_ended || r->is_closed)
		return;
	if (r->call) {
		struct api_call *call = r->call;

		r->call = NULL;
		api_call_cancel(call);
	}
	finish(r, st);
	session_turn(&r->conn->session);
}

/* ---- the request ---- */

static bool is_name(const char *name, size_t size, const char *want)
{
	return strlen(want) == size && memcmp(name, want, size) == 0;
}

/* What is longer than anything we know becomes "". */
static void copy(char *to, size_t room, const char *value, size_t size)
{
	size_t n = size < room ? size : 0;

	memcpy(to, value, n);
	to[n] = '\0';
}

void rpc_call_header(struct rpc_call *r, const char *name, size_t name_size, const char *value,
		     size_t value_size)
{
	char text[RPC_TIMEOUT_SIZE];

	if (is_name(name, name_size, ":path")) {
		copy(r->path, sizeof(r->path), value, value_size);
	} else if (is_name(name, name_size, ":method")) {
		r->is_post = is_name(value, value_size, "POST");
	} else if (is_name(name, name_size, "content-type")) {
		copy(r->content_type, sizeof(r->content_type), value, value_size);
	} else if (is_name(name, name_size, "grpc-encoding")) {
		r->has_encoding = !is_name(value, value_size, "identity");
	} else if (is_name(name, name_size, "grpc-timeout")) {
		copy(text, sizeof(text), value, value_size);
		r->has_timeout = true;
		r->has_bad_timeout = rpc_timeout_parse(text, &r->timeout_ns) != 0;
	}
}

static bool is_grpc(const char *content_type)
{
	size_t n = strlen("application/grpc");

	return strncmp(content_type, "application/grpc", n) == 0 &&
	       (content_type[n] == '\0' || content_type[n] == '+' || content_type[n] == ';') &&
	       (content_type[n] != '+' || strncmp(content_type + n, "+proto", 6) == 0);
}

/* Something else than gRPC speaks: it gets an answer of HTTP. */
static void refuse_http(struct rpc_call *r, const char *code)
{
	nghttp2_nv nv = session_header(":status", code);

	r->has_ended = true;
	r->has_headers = true;
	nghttp2_submit_response(r->conn->session.ng, r->id, &nv, 1, NULL);
	session_turn(&r->conn->session);
}

void rpc_call_headers_done(struct rpc_call *r)
{
	struct status st = STATUS_INIT;

	if (!r->is_post) {
		refuse_http(r, "405");
		return;
	}
	if (!is_grpc(r->content_type)) {
		refuse_http(r, "415");
		return;
	}
	r->endpoint = api_dispatch_find(r->conn->server->dispatch, r->path);
	if (!r->endpoint)
		status_set(&st, STATUS_UNIMPLEMENTED, NULL, "there is no method %s", r->path);
	else if (r->has_bad_timeout)
		status_set(&st, STATUS_INVALID_ARGUMENT, NULL,
			   "grpc-timeout is not a number of up to 8 digits and one of H M S m u n");
	else if (r->conn->server->n_unread_bytes > MAX_UNREAD_ALL)
		status_set(&st, STATUS_RESOURCE_EXHAUSTED, NULL,
			   "clients do not read their responses: try again when they do");
	else if (r->conn->server->is_draining)
		status_set(&st, STATUS_UNAVAILABLE, NULL, "the server is stopping: try again");
	if (!status_ok(&st))
		rpc_call_refuse(r, &st);
}

/* The deadline counts from the first header on. */
static bool begin(struct rpc_call *r, struct status *st)
{
	struct rpc_server *s = r->conn->server;
	uint64_t left = 0, waited = loop_now_ns(s->loop) - r->began_ns;

	if (r->has_timeout) {
		if (waited >= r->timeout_ns) {
			status_set(st, STATUS_DEADLINE_EXCEEDED, NULL,
				   "the deadline passed before the request had arrived");
			return false;
		}
		left = r->timeout_ns - waited;
	}
	if (!r->call)
		r->call = api_call_begin(s->dispatch, r->endpoint, &door, r, left, st);
	return r->call;
}

/* Give the handler the message of SIZE bytes with which `in` begins. */
static void take_message(struct rpc_call *r, size_t size)
{
	const struct api_method *m = api_endpoint_method(r->endpoint);
	struct status st = STATUS_INIT;
	ProtobufCMessage *request;

	if (!r->call && !begin(r, &st)) {
		rpc_call_refuse(r, &st);
		return;
	}
	request = message_unpack(api_arena(r->call), m->input, r->in.data + RPC_PREFIX_SIZE, size,
				 &st);
	buf_pull(&r->in, RPC_PREFIX_SIZE + size);
	count_request(r, -(ssize_t)(RPC_PREFIX_SIZE + size));
	if (!request) {
		api_fail(r->call, &st);
		return;
	}
	api_call_request(r->call, request);
	if (m->is_server_stream && r->call)
		send_headers(r);
	session_turn(&r->conn->session);
}

void rpc_call_data(struct rpc_call *r, const uint8_t *data, size_t size)
{
	struct status st = STATUS_INIT;
	size_t message;

	if (r->has_ended)
		return;
	buf_add(&r->in, data, size);
	count_request(r, size);
	if (r->conn->n_request_bytes > MAX_REQUESTS ||
	    r->conn->server->n_request_bytes > MAX_REQUESTS_ALL) {
		status_set(&st, STATUS_RESOURCE_EXHAUSTED, NULL,
			   "too many big requests at once: send them one by one");
		rpc_call_refuse(r, &st);
		return;
	}
	if (api_endpoint_method(r->endpoint)->is_client_stream) {
		r->has_input = true;
		return;
	}
	if (rpc_peek_message(&r->in, r->has_encoding, &message, &st) == 1 &&
	    r->in.size > RPC_PREFIX_SIZE + message)
		status_set(&st, STATUS_INTERNAL, NULL, "more than one message in the request");
	if (!status_ok(&st))
		rpc_call_refuse(r, &st);
}

void rpc_call_half_closed(struct rpc_call *r)
{
	r->is_half_closed = true;
	r->has_input = true;
}

/* The client said all it has to say. */
static void take_end(struct rpc_call *r)
{
	struct status st = STATUS_INIT;

	if (r->was_told_end)
		return;
	r->was_told_end = true;
	if (r->in.size > 0)
		status_set(&st, STATUS_INTERNAL, NULL, "the request ended within its message");
	else if (r->call || begin(r, &st))
		api_call_request(r->call, NULL);
	if (!status_ok(&st))
		rpc_call_refuse(r, &st);
}

static void run_stream(struct rpc_call *r)
{
	struct status st = STATUS_INIT;
	size_t size;
	int whole;

	while (!r->has_ended &&
	       (whole = rpc_peek_message(&r->in, r->has_encoding, &size, &st)) != 0) {
		if (whole < 0)
			rpc_call_refuse(r, &st);
		else
			take_message(r, size);
	}
	if (!r->has_ended && r->is_half_closed)
		take_end(r);
}

static void run_unary(struct rpc_call *r)
{
	struct status st = STATUS_INIT;
	size_t size;

	if (!r->is_half_closed)
		return;
	if (rpc_peek_message(&r->in, r->has_encoding, &size, &st) == 1) {
		take_message(r, size);
		return;
	}
	status_set(&st, STATUS_INTERNAL, NULL, "the request ended within its message");
	rpc_call_refuse(r, &st);
}

void rpc_call_run(struct rpc_call *r)
{
	if (!r->has_input || r->has_ended)
		return;
	r->has_input = false;
	if (api_endpoint_method(r->endpoint)->is_client_stream)
		run_stream(r);
	else
		run_unary(r);
}
