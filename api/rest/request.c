#include <stdio.h>
#include <stdlib.h>
#include "api/errors.h"
#include "api/metrics.h"
#include "api/rest/server_priv.h"
#include "api/transcode/json.h"

struct rest_request *rest_request_create(struct rest_server *s, const char *uri)
{
	struct rest_request *r = xcalloc(1, sizeof(*r));
	char *query;

	r->server = s;
	r->st = STATUS_INIT;
	r->uri = xstrdup(uri);
	query = strchr(r->uri, '?');
	if (query)
		*query++ = '\0';
	r->path = r->uri;
	r->query = query ? query : "";
	s->n_requests++;
	return r;
}

void rest_request_abandon(struct rest_request *r)
{
	struct api_call *call = r->call;

	r->call = NULL;
	r->has_ended = true;
	if (call)
		api_call_cancel(call);
}

void rest_request_destroy(struct rest_request *r)
{
	rest_request_abandon(r);
	if (r->conn)
		r->conn->request = NULL;
	rest_stream_fini(r);
	arena_clear(&r->arena);
	buf_fini(&r->body);
	buf_fini(&r->out);
	free(r->uri);
	free(r);
}

/* ---- answers ---- */

/* BODY is given and may be empty. */
static enum MHD_Result answer(struct rest_request *r, unsigned code, const char *type,
			      struct buf *body, const char *allowed)
{
	size_t size = body->size;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, buf_steal(body), MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", type);
	if (*r->id)
		MHD_add_response_header(response, "X-Request-Id", r->id);
	if (allowed)
		MHD_add_response_header(response, "Allow", allowed);
	r->state = REST_ANSWERED;
	result = MHD_queue_response(r->mhd, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_error(struct rest_request *r, unsigned code, const struct status *st,
				    const char *allowed)
{
	struct buf body = BUF_INIT;

	status_to_json(&body, st);
	buf_puts(&body, "\n");
	return answer(r, code, "application/json", &body, allowed);
}

static enum MHD_Result answer_result(struct rest_request *r)
{
	if (!status_ok(&r->st))
		return answer_error(r, status_http_code(r->st.code), &r->st, NULL);
	return answer(r, MHD_HTTP_OK, "application/json", &r->out, NULL);
}

/* ---- the call ---- */

static int door_send(void *arg, const ProtobufCMessage *m)
{
	struct rest_request *r = arg;

	if (r->is_stream)
		return rest_stream_add(r, m);
	json_write(&r->out, m, JSON_ONE_LINE);
	buf_puts(&r->out, "\n");
	return 0;
}

static void door_end(void *arg, const struct status *st)
{
	struct rest_request *r = arg;

	r->call = NULL;
	/* a stream that fails at once has an answer like any other */
	if (r->is_stream && (r->state == REST_ANSWERED || r->out.size > 0)) {
		rest_stream_end(r, st);
		return;
	}
	r->is_stream = r->is_stream && status_ok(st);
	r->st = *st;
	r->has_ended = true;
	rest_resume(r);
}

static const struct api_door door = { .send = door_send, .end = door_end };

static bool accepts_events(struct rest_request *r)
{
	const char *accept = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, "Accept");

	return accept && strstr(accept, "text/event-stream");
}

static enum MHD_Result call(struct rest_request *r)
{
	struct status st = STATUS_INIT;
	ProtobufCMessage *request;

	r->is_stream = r->route->method->is_server_stream;
	r->is_sse = r->is_stream && accepts_events(r);
	r->call = api_call_begin(r->server->dispatch, r->route->endpoint, &door, r, 0, &st);
	if (!r->call)
		return answer_error(r, status_http_code(st.code), &st, NULL);
	snprintf(r->id, sizeof(r->id), "%llu", (unsigned long long)api_call_id(r->call));
	r->state = REST_CALLED;
	request = route_request(r->route, api_arena(r->call), &r->split, r->query,
				(const char *)r->body.data, r->body.size, &st);
	if (request && rest_stream_resume(r, request, &st) == 0)
		api_call_request(r->call, request);
	else
		api_fail(r->call, &st);
	buf_fini(&r->body);
	if (r->is_stream)
		return rest_stream_answer(r);
	if (r->has_ended)
		return answer_result(r);
	rest_suspend(r);
	return MHD_YES;
}

/* ---- the request ---- */

static enum MHD_Result serve_page(struct rest_request *r)
{
	struct buf body = BUF_INIT;

	if (strcmp(r->path, "/openapi.json") == 0) {
		buf_add(&body, r->server->openapi.data, r->server->openapi.size);
		return answer(r, MHD_HTTP_OK, "application/json", &body, NULL);
	}
	if (strcmp(r->path, "/metrics") == 0) {
		metrics_write(api_dispatch_metrics(r->server->dispatch), &body);
		return answer(r, MHD_HTTP_OK, "text/plain; version=0.0.4", &body, NULL);
	}
	buf_puts(&body, "ok\n");
	return answer(r, MHD_HTTP_OK, "text/plain", &body, NULL);
}

static bool is_page(const struct rest_request *r)
{
	return strcmp(r->path, "/openapi.json") == 0 || strcmp(r->path, "/metrics") == 0 ||
	       strcmp(r->path, "/healthz") == 0;
}

/* A browser says from which site a request comes: other sites must not use the reader's access to
 * this server. */
static bool is_from_other_site(struct rest_request *r)
{
	const char *origin = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, "Origin");
	const char *host = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, "Host");
	const char *site = origin ? strstr(origin, "://") : NULL;

	return origin && (!site || !host || strcmp(site + 3, host) != 0);
}

static enum MHD_Result refuse_too_big(struct rest_request *r)
{
	struct status st = STATUS_INIT;

	status_set(&st, STATUS_RESOURCE_EXHAUSTED, NULL, "the body is bigger than %u bytes",
		   MAX_BODY);
	return answer_error(r, MHD_HTTP_CONTENT_TOO_LARGE, &st, NULL);
}

static bool announces_too_much(struct rest_request *r)
{
	const char *length = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, "Content-Length");

	return length && strtoull(length, NULL, 10) > MAX_BODY;
}

/* The headers are there.  Answers what can be answered already; otherwise finds the route. */
static enum MHD_Result begin(struct rest_request *r, const char *verb, bool *has_answered)
{
	struct status st = STATUS_INIT;
	const char *allowed;

	*has_answered = true;
	if (strcmp(verb, "HEAD") == 0)
		verb = "GET";
	if (is_from_other_site(r)) {
		status_set(&st, STATUS_PERMISSION_DENIED, NULL,
			   "requests from pages of other sites are refused");
		return answer_error(r, MHD_HTTP_FORBIDDEN, &st, NULL);
	}
	if (is_page(r)) {
		if (strcmp(verb, "GET") == 0)
			return serve_page(r);
		status_set(&st, STATUS_UNIMPLEMENTED, NULL, "%s can only be read: use GET",
			   r->path);
		return answer_error(r, MHD_HTTP_METHOD_NOT_ALLOWED, &st, "GET");
	}
	r->route =
		router_find(r->server->router, verb, r->path, &r->split, &r->arena, &allowed, &st);
	if (!r->route)
		return answer_error(r, allowed ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND,
				    &st, allowed);
	if (announces_too_much(r))
		return refuse_too_big(r);
	*has_answered = false;
	return MHD_YES;
}

/* What is beyond the limit is read and dropped, so that the client gets to see our answer. */
static enum MHD_Result take_body(struct rest_request *r, const char *data, size_t *size)
{
	if (r->body.size + *size > MAX_BODY)
		r->is_too_big = true;
	else
		buf_add(&r->body, data, *size);
	*size = 0;
	return MHD_YES;
}

enum MHD_Result rest_request_handle(struct rest_request *r, const char *verb, const char *data,
				    size_t *size)
{
	bool has_answered;

	if (r->state == REST_CALLED)
		return r->has_ended ? answer_result(r) : MHD_YES;
	if (!r->route)
		return begin(r, verb, &has_answered);
	if (*size > 0)
		return take_body(r, data, size);
	return r->is_too_big ? refuse_too_big(r) : call(r);
}
