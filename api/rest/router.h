#ifndef API_REST_ROUTER_H
#define API_REST_ROUTER_H

/* Which method an HTTP request means, and the request message it makes.  No sockets. */

#include "api/dispatch.h"
#include "api/rest/template.h"

struct router;

struct route {
	const struct api_endpoint *endpoint;
	const struct api_method *method;
	const struct api_route *rule;
	struct path_template template;
};

/* Routes of all methods of D's schema. */
struct router *router_create(const struct api_dispatch *d);
void router_destroy(struct router *r);

/* VERB "GET" ...; PATH is still percent-encoded and without its query; SPLIT is filled for
 * route_request() and lives as long as A.  NULL with ST filled: NOT_FOUND, or UNIMPLEMENTED if
 * another verb would do; ALLOWED then lists those, "GET, PATCH". */
const struct route *router_find(const struct router *r, const char *verb, const char *path,
				struct request_path *split, struct arena *a, const char **allowed,
				struct status *st);

/* The request message, from the body, the path's variables and the query ("" for none), in this
 * order.  A PATCH without an update mask gets one of the fields its body has (AIP-134).  NULL with
 * ST filled. */
ProtobufCMessage *route_request(const struct route *route, struct arena *a,
				const struct request_path *split, const char *query,
				const char *body, size_t body_size, struct status *st);

#endif
