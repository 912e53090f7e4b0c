#include "api/rest/router.h"

#include <stdlib.h>
#include "api/transcode/json.h"
#include "api/transcode/message.h"

struct router {
	struct arena arena; /* of the templates */
	struct route *routes;
	size_t n_routes;
};

static void add_route(struct router *r, const struct api_dispatch *d, const struct api_method *m,
		      const struct api_route *rule)
{
	struct status st = STATUS_INIT;
	struct route route = { .method = m, .rule = rule };

	route.endpoint = api_dispatch_find(d, m->path);
	if (path_template_parse(&route.template, &r->arena, rule->path, &st) != 0)
		abort(); /* apigen has parsed it before */
	r->routes = xrealloc(r->routes, (r->n_routes + 1) * sizeof(*r->routes));
	r->routes[r->n_routes++] = route;
}

struct router *router_create(const struct api_dispatch *d)
{
	const struct api_schema *s = api_dispatch_schema(d);
	struct router *r = xcalloc(1, sizeof(*r));

	for (size_t i = 0; i < s->n_services; i++) {
		for (size_t k = 0; k < s->services[i].n_methods; k++) {
			const struct api_method *m = &s->services[i].methods[k];

			for (size_t n = 0; n < m->n_routes; n++)
				add_route(r, d, m, &m->routes[n]);
		}
	}
	return r;
}

void router_destroy(struct router *r)
{
	if (!r)
		return;
	arena_clear(&r->arena);
	free(r->routes);
	free(r);
}

const struct route *router_find(const struct router *r, const char *verb, const char *path,
				struct request_path *split, struct arena *a, const char **allowed,
				struct status *st)
{
	bool is_path = request_path_split(split, a, path) == 0;

	*allowed = NULL;
	for (size_t i = 0; is_path && i < r->n_routes; i++) {
		const struct route *route = &r->routes[i];

		if (!path_template_matches(&route->template, split))
			continue;
		if (strcmp(route->rule->verb, verb) == 0)
			return route;
		*allowed = *allowed ? arena_printf(a, "%s, %s", *allowed, route->rule->verb)
				    : route->rule->verb;
	}
	if (*allowed)
		status_set(st, STATUS_UNIMPLEMENTED, NULL, "%s is not possible on %s: use %s", verb,
			   path, *allowed);
	else
		status_set(st, STATUS_NOT_FOUND, NULL,
			   "there is no path %s: GET /openapi.json lists those that are", path);
	return NULL;
}

static const field_desc *body_field(const struct route *route)
{
	const char *body = route->rule->body;

	return *body && strcmp(body, "*") != 0
		       ? field_find(route->method->input, body, strlen(body))
		       : NULL;
}

static ProtobufCMessage *set_body(const struct route *route, struct arena *a, const char *body,
				  size_t size, struct status *st)
{
	const field_desc *f = body_field(route);
	ProtobufCMessage *m;

	if (!*route->rule->body && size > 0) {
		status_set(st, STATUS_INVALID_ARGUMENT, NULL,
			   "%s %s takes no body: give the fields in the query", route->rule->verb,
			   route->rule->path);
		return NULL;
	}
	if (!f && size > 0)
		return json_read(a, route->method->input, body, size, NULL, st);
	m = message_create(route->method->input, a);
	if (f && size > 0) {
		ProtobufCMessage *value = json_read(a, f->descriptor, body, size, f->name, st);

		if (!value)
			return NULL;
		*(ProtobufCMessage **)field_at(m, f) = value;
	}
	return m;
}

/* A field that the path gives is not what the body said. */
static int set_variables(const struct route *route, ProtobufCMessage *m, struct arena *a,
			 const struct request_path *split, struct status *st)
{
	const struct path_template *t = &route->template;

	for (unsigned i = 0; i < t->n_variables; i++) {
		const char *value = path_template_value(t, i, split, a, st);

		if (!value || message_set_text(m, a, t->variables[i].field, value, st) != 0)
			return -1;
	}
	return 0;
}

static bool is_in_path(const struct route *route, const field_desc *f)
{
	const struct path_template *t = &route->template;

	for (unsigned i = 0; i < t->n_variables; i++) {
		if (message_field(route->method->input, t->variables[i].field) == f)
			return true;
	}
	return false;
}

static int set_parameter(const struct route *route, ProtobufCMessage *m, struct arena *a,
			 const char *name, const char *value, struct status *st)
{
	const field_desc *f = message_field(route->method->input, name), *body = body_field(route);

	if (strcmp(route->rule->body, "*") == 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, name,
				  "%s: %s %s takes its fields in the body, not in the query", name,
				  route->rule->verb, route->rule->path);
	if (f && is_in_path(route, f))
		return status_set(st, STATUS_INVALID_ARGUMENT, name,
				  "%s: the path gives it already", name);
	if (body && field_find(route->method->input, name, strcspn(name, ".")) == body)
		return status_set(st, STATUS_INVALID_ARGUMENT, name,
				  "%s: give it in the body, not in the query", name);
	return message_set_text(m, a, name, value, st);
}

/* A field that takes one value is given once; GIVEN has a bit for each field. */
static int check_once(const struct route *route, const char *name, uint64_t *given,
		      struct status *st)
{
	const ProtobufCMessageDescriptor *type = route->method->input;
	const field_desc *f = field_find(type, name, strlen(name));
	uint64_t bit = f && !field_is_repeated(f) ? 1ull << ((f - type->fields) & 63) : 0;

	if (*given & bit)
		return status_set(st, STATUS_INVALID_ARGUMENT, name,
				  "%s: the query gives it twice: keep one", name);
	*given |= bit;
	return 0;
}

static int set_query(const struct route *route, ProtobufCMessage *m, struct arena *a,
		     const char *query, struct status *st)
{
	uint64_t given = 0;

	while (*query) {
		size_t size = strcspn(query, "&"), n = MIN_OF(strcspn(query, "="), size);
		const char *name = percent_decode(a, query, n, true, false), *value = "";

		if (n < size)
			value = percent_decode(a, query + n + 1, size - n - 1, true, false);
		if (!name || !value)
			return status_set(st, STATUS_INVALID_ARGUMENT, NULL,
					  "the query's \"%.*s\" is not percent-encoded UTF-8",
					  (int)MIN_OF(size, 80u), query);
		if (size > 0 && !*name)
			return status_set(
				st, STATUS_INVALID_ARGUMENT, NULL,
				"the query has \"%.*s\": a field's name belongs before the =",
				(int)MIN_OF(size, 80u), query);
		if (size > 0 && (check_once(route, name, &given, st) != 0 ||
				 set_parameter(route, m, a, name, value, st) != 0))
			return -1;
		query += size;
		query += *query == '&';
	}
	return 0;
}

static void set_mask(const struct route *route, ProtobufCMessage *m, struct arena *a,
		     const char *body, size_t size)
{
	const field_desc *f = field_find(route->method->input, "update_mask", 11);
	const field_desc *resource = body_field(route);
	Google__Protobuf__FieldMask **mask;

	if (!f || !resource || !size ||
	    f->descriptor != &google__protobuf__field_mask__descriptor ||
	    strcmp(route->rule->verb, "PATCH") != 0)
		return;
	mask = field_at(m, f);
	if (*mask)
		return;
	*mask = (void *)message_create(f->descriptor, a);
	(*mask)->paths = json_paths(a, resource->descriptor, body, size, &(*mask)->n_paths);
}

ProtobufCMessage *route_request(const struct route *route, struct arena *a,
				const struct request_path *split, const char *query,
				const char *body, size_t body_size, struct status *st)
{
	ProtobufCMessage *m = set_body(route, a, body, body_size, st);

	if (!m || set_variables(route, m, a, split, st) != 0 ||
	    set_query(route, m, a, query, st) != 0)
		return NULL;
	set_mask(route, m, a, body, body_size);
	return m;
}
