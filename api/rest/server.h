#ifndef API_REST_SERVER_H
#define API_REST_SERVER_H

/* The API as REST, by transcoding of google.api.http, on libmicrohttpd in our loop.
 *
 * Errors are a google.rpc.Status in JSON.  A streaming method answers with one JSON object a line
 * (application/x-ndjson), or with server-sent events if the request accepts text/event-stream; an
 * error within a stream is its last line {"error":...}, or the event "error".
 * Also GET /openapi.json, /metrics, /healthz.
 *
 * Bounds: 512 connections, 1 MiB a body, 4 MiB of a stream that its reader has not taken, and times
 * that struct rest_limits gives. */

#include "api/dispatch.h"
#include "lib/addr.h"

struct rest_limits {
	uint64_t request_ns; /* for a request to arrive */
	unsigned idle_s;     /* for a connection on which nothing moves */
};

#define REST_LIMITS_DEFAULT ((struct rest_limits){ .request_ns = 30 * NS_PER_SEC, .idle_s = 60 })

struct rest_server;

/* LOOP is a loop_uv.  FIELD is the option's name for messages; TITLE that of the API in
 * OpenAPI.  NULL with ST filled. */
struct rest_server *rest_server_create(struct loop *loop, struct api_dispatch *d,
				       const struct addr *addr, const char *field,
				       const char *title, const struct rest_limits *limits,
				       struct status *st);
/* Calls under way are cancelled.  Not from within a handler.  NULL is allowed. */
void rest_server_destroy(struct rest_server *s);

#endif
