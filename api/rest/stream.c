#include <errno.h>
#include "api/errors.h"
#include "api/rest/server_priv.h"
#include "api/transcode/field.h"
#include "api/transcode/json.h"
#include "api/transcode/message.h"

static size_t unread(const struct rest_request *r)
{
	return r->out.size - r->out_at;
}

/* After each change of what is unread. */
static void count_unread(struct rest_request *r)
{
	r->server->n_unread_bytes += unread(r) - r->n_counted;
	r->n_counted = unread(r);
}

void rest_stream_fini(struct rest_request *r)
{
	r->server->n_unread_bytes -= r->n_counted;
}

static const field_desc *integer_of(const message_desc *d, const char *name)
{
	const field_desc *f = field_find(d, name, strlen(name));

	return f && f->type == PROTOBUF_C_TYPE_INT64 && !field_is_repeated(f) ? f : NULL;
}

/* Events tell where to go on from: after the data, so that half an event does not count. */
static void add_event_id(struct buf *out, const ProtobufCMessage *m)
{
	const field_desc *f = integer_of(m->descriptor, "revision");
	int64_t revision = f ? *(const int64_t *)field_at(m, f) : 0;

	if (revision)
		buf_printf(out, "\nid: %lld", (long long)revision);
}

int rest_stream_resume(struct rest_request *r, ProtobufCMessage *request, struct status *st)
{
	const field_desc *f = integer_of(request->descriptor, "from_revision");
	const char *id = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, "Last-Event-ID");

	if (!r->is_sse || !f || !id || !*id)
		return 0;
	return message_set_text(request, api_arena(r->call), f->name, id, st);
}

int rest_stream_add(struct rest_request *r, const ProtobufCMessage *m)
{
	if (unread(r) > MAX_UNREAD ||
	    (unread(r) > 0 && r->server->n_unread_bytes > MAX_UNREAD_ALL)) {
		r->was_full = true;
		return -ENOBUFS;
	}
	buf_puts(&r->out, r->is_sse ? "data: " : "");
	json_write(&r->out, m, JSON_ONE_LINE);
	if (r->is_sse)
		add_event_id(&r->out, m);
	buf_puts(&r->out, r->is_sse ? "\n\n" : "\n");
	count_unread(r);
	rest_resume(r);
	return 0;
}

/* A reader that was too slow gets the rest of the line it is in, and then why no more comes. */
static void drop_unread(struct rest_request *r)
{
	uint8_t *from = r->out.data + r->out_at, *end = memchr(from, '\n', unread(r));

	if (!end)
		return;
	r->out.size = end + 1 - r->out.data;
	if (r->is_sse)
		buf_puts(&r->out, "\n");
}

void rest_stream_end(struct rest_request *r, const struct status *st)
{
	if (!status_ok(st)) {
		if (r->was_full)
			drop_unread(r);
		buf_puts(&r->out, r->is_sse ? "event: error\ndata: " : "{\"error\":");
		status_to_json(&r->out, st);
		buf_puts(&r->out, r->is_sse ? "\n\n" : "}\n");
	}
	count_unread(r);
	r->has_ended = true;
	rest_resume(r);
}

static ssize_t read_more(void *arg, uint64_t at, char *to, size_t size)
{
	struct rest_request *r = arg;
	size_t n = MIN_OF(size, unread(r));

	(void)at;
	if (n == 0 && r->has_ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == 0) {
		rest_suspend(r);
		return 0;
	}
	memcpy(to, r->out.data + r->out_at, n);
	r->out_at += n;
	r->sent_ns = loop_now_ns(r->server->loop);
	if (r->out_at > r->out.size / 2) {
		buf_pull(&r->out, r->out_at);
		r->out_at = 0;
	}
	count_unread(r);
	if (r->was_full)
		rest_turn(r->server);
	return n;
}

enum MHD_Result rest_stream_answer(struct rest_request *r)
{
	struct MHD_Response *response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 32768, read_more, r, NULL);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type",
				r->is_sse ? "text/event-stream" : "application/x-ndjson");
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Request-Id", r->id);
	r->sent_ns = loop_now_ns(r->server->loop);
	r->state = REST_ANSWERED;
	result = MHD_queue_response(r->mhd, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

void rest_stream_room(struct rest_request *r)
{
	if (!r->was_full || !r->call || unread(r) > MAX_UNREAD / 2)
		return;
	r->was_full = false;
	api_call_ready(r->call);
}

void rest_stream_tick(struct rest_request *r, uint64_t now_ns)
{
	if (!r->is_stream || r->has_ended || !r->is_sse || unread(r) > 0 ||
	    now_ns - r->sent_ns < HEARTBEAT_NS)
		return;
	buf_puts(&r->out,
		 ":\n\n"); /* a comment, as the HTML standard recommends against time-outs */
	rest_resume(r);
}
