#include "api/rest/openapi.h"

#include <stdlib.h>
#include "api/rest/template.h"
#include "api/transcode/field.h"
#include "api/transcode/message.h"
#include "api/transcode/scalar.h"
#include "api/transcode/well_known.h"

struct writer {
	struct buf *out;
	const struct api_schema *schema;
	struct arena arena;
};

static void put_text(struct writer *w, const char *name, const char *text)
{
	buf_printf(w->out, ",\"%s\":", name);
	json_write_string(w->out, text);
}

static void put_description(struct writer *w, const char *comment)
{
	if (*comment)
		put_text(w, "description", comment);
}

/* "shelves/{shelf}" needs no name in the document: messages are known by their full name. */
static void put_ref(struct writer *w, const char *name)
{
	buf_printf(w->out, "{\"$ref\":\"#/components/schemas/%s\"}", name);
}

static void put_enum(struct writer *w, const ProtobufCEnumDescriptor *d)
{
	buf_puts(w->out, "{\"type\":\"string\",\"enum\":[");
	for (unsigned i = 0; i < d->n_values; i++)
		buf_printf(w->out, "%s\"%s\"", i ? "," : "", d->values[i].name);
	buf_puts(w->out, "]}");
}

static const char *scalar_schema(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_BOOL:
		return "{\"type\":\"boolean\"}";
	case PROTOBUF_C_TYPE_STRING:
		return "{\"type\":\"string\"}";
	case PROTOBUF_C_TYPE_BYTES:
		return "{\"type\":\"string\",\"format\":\"byte\"}";
	case PROTOBUF_C_TYPE_DOUBLE:
		return "{\"type\":\"number\",\"format\":\"double\"}";
	case PROTOBUF_C_TYPE_FLOAT:
		return "{\"type\":\"number\",\"format\":\"float\"}";
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return "{\"type\":\"integer\",\"minimum\":0,\"maximum\":4294967295}";
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return "{\"type\":\"string\",\"format\":\"uint64\"}";
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return "{\"type\":\"string\",\"format\":\"int64\"}";
	default:
		return "{\"type\":\"integer\",\"format\":\"int32\"}";
	}
}

static void put_value(struct writer *w, const field_desc *f)
{
	const message_desc *d = f->descriptor;

	if (f->type == PROTOBUF_C_TYPE_ENUM)
		put_enum(w, f->descriptor);
	else if (!field_is_message(f))
		buf_puts(w->out, scalar_schema(f->type));
	else if (strcmp(d->name, "google.protobuf.Timestamp") == 0)
		buf_puts(w->out, "{\"type\":\"string\",\"format\":\"date-time\"}");
	else if (well_known_find(d))
		buf_puts(w->out, "{\"type\":\"string\"}");
	else
		put_ref(w, d->name);
}

static void put_type(struct writer *w, const message_desc *parent, const field_desc *f)
{
	if (field_is_map(parent, f)) {
		buf_puts(w->out, "{\"type\":\"object\",\"additionalProperties\":");
		put_value(w, &((const message_desc *)f->descriptor)->fields[1]);
		buf_puts(w->out, "}");
	} else if (field_is_repeated(f)) {
		buf_puts(w->out, "{\"type\":\"array\",\"items\":");
		put_value(w, f);
		buf_puts(w->out, "}");
	} else {
		put_value(w, f);
	}
}

/* A reference takes no siblings in OpenAPI 3.0, so the field's own words wrap it. */
static void put_property(struct writer *w, const message_desc *d, const field_desc *f,
			 const struct api_field *about)
{
	json_write_string(w->out, about->json_name);
	buf_puts(w->out, ":{\"allOf\":[");
	put_type(w, d, f);
	buf_puts(w->out, "]");
	put_description(w, about->comment);
	if (about->is_output_only)
		buf_puts(w->out, ",\"readOnly\":true");
	buf_puts(w->out, "}");
}

static void put_required(struct writer *w, const struct api_message *m)
{
	size_t n = 0;

	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		if (!m->fields[i].is_required)
			continue;
		buf_puts(w->out, n++ ? "," : ",\"required\":[");
		json_write_string(w->out, m->fields[i].json_name);
	}
	buf_puts(w->out, n ? "]" : "");
}

static void put_schema(struct writer *w, const struct api_message *m)
{
	json_write_string(w->out, m->name);
	buf_puts(w->out, ":{\"type\":\"object\",\"additionalProperties\":false");
	put_description(w, m->comment);
	put_required(w, m);
	buf_puts(w->out, ",\"properties\":{");
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		buf_puts(w->out, i ? "," : "");
		put_property(w, m->descriptor, &m->descriptor->fields[i], &m->fields[i]);
	}
	buf_puts(w->out, "}}");
}

static const char status_schema[] =
	"\"google.rpc.Status\":{\"type\":\"object\",\"description\":\"Why a call failed.\","
	"\"properties\":{"
	"\"code\":{\"type\":\"integer\",\"format\":\"int32\",\"description\":\"google.rpc.Code.\"},"
	"\"status\":{\"type\":\"string\",\"description\":\"The code's name.\"},"
	"\"message\":{\"type\":\"string\",\"description\":\"What is wrong and what to do.\"},"
	"\"details\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
	"\"properties\":{\"@type\":{\"type\":\"string\"}},\"additionalProperties\":true}}}}";

static bool is_entry_or_known(const struct api_schema *s, const struct api_message *m)
{
	if (well_known_find(m->descriptor))
		return true;
	for (size_t i = 0; i < s->n_messages; i++) {
		const message_desc *d = s->messages[i].descriptor;

		for (unsigned k = 0; k < d->n_fields; k++) {
			if (d->fields[k].descriptor == m->descriptor &&
			    field_is_map(d, &d->fields[k]))
				return true;
		}
	}
	return false;
}

static void put_components(struct writer *w)
{
	buf_puts(w->out, ",\"components\":{\"schemas\":{");
	for (size_t i = 0; i < w->schema->n_messages; i++) {
		if (is_entry_or_known(w->schema, &w->schema->messages[i]))
			continue;
		put_schema(w, &w->schema->messages[i]);
		buf_puts(w->out, ",");
	}
	buf_puts(w->out, status_schema);
	buf_puts(w->out, "}}");
}

/* OpenAPI knows no variable of several segments: each '*' becomes a parameter of its own, named
 * after the collection in front of it, "shelves/{shelves}"; "**" stands for the rest. */
static char *path_of(struct writer *w, const struct path_template *t)
{
	const char *path = "";

	for (unsigned i = 0; i < t->n_segments; i++) {
		const struct path_segment *s = &t->segments[i];
		const char *before = i > 0 && t->segments[i - 1].kind == SEGMENT_LITERAL
					     ? t->segments[i - 1].text
					     : "path";

		path = s->kind == SEGMENT_LITERAL
			       ? arena_printf(&w->arena, "%s/%s", path, s->text)
			       : arena_printf(&w->arena, "%s/{%s}", path, before);
	}
	return arena_printf(&w->arena, "%s%s%s", path, t->verb ? ":" : "", t->verb ? t->verb : "");
}

static void put_parameter(struct writer *w, const char *name, const char *in, const char *schema,
			  const char *comment, bool is_required)
{
	buf_puts(w->out, "{\"name\":");
	json_write_string(w->out, name);
	buf_printf(w->out, ",\"in\":\"%s\",\"required\":%s,\"schema\":%s", in,
		   is_required ? "true" : "false", schema);
	put_description(w, comment);
	buf_puts(w->out, "}");
}

static size_t put_path_parameters(struct writer *w, const struct path_template *t)
{
	size_t n = 0;

	for (unsigned i = 0; i < t->n_segments; i++) {
		const char *name = i > 0 && t->segments[i - 1].kind == SEGMENT_LITERAL
					   ? t->segments[i - 1].text
					   : "path";

		if (t->segments[i].kind == SEGMENT_LITERAL)
			continue;
		buf_puts(w->out, n++ ? "," : "");
		put_parameter(w, name, "path", "{\"type\":\"string\"}", "", true);
	}
	return n;
}

static bool is_variable(const struct path_template *t, const char *path)
{
	for (unsigned i = 0; i < t->n_variables; i++) {
		if (strcmp(t->variables[i].field, path) == 0)
			return true;
	}
	return false;
}

/* Fields that neither path nor body gives; those within messages by their path, lists of messages
 * and maps have no form in a query. */
static size_t put_query(struct writer *w, const struct path_template *t, const char *body,
			const message_desc *d, const char *prefix, const char *json_prefix,
			size_t n)
{
	const struct api_message *m = api_schema_message(w->schema, d);

	for (unsigned i = 0; i < d->n_fields; i++) {
		const field_desc *f = &d->fields[i];
		char *path = arena_printf(&w->arena, "%s%s", prefix, f->name);
		char *json = arena_printf(&w->arena, "%s%s", json_prefix, m->fields[i].json_name);
		struct buf schema = BUF_INIT, *out = w->out;

		if (is_variable(t, path) || strcmp(body, path) == 0)
			continue;
		if (field_is_message(f) && !well_known_find(f->descriptor)) {
			if (!field_is_repeated(f))
				n = put_query(w, t, body, f->descriptor,
					      arena_printf(&w->arena, "%s.", path),
					      arena_printf(&w->arena, "%s.", json), n);
			continue;
		}
		w->out = &schema;
		put_type(w, d, f);
		w->out = out;
		buf_puts(w->out, n++ ? "," : "");
		put_parameter(w, json, "query", buf_str(&schema), m->fields[i].comment, false);
		buf_fini(&schema);
	}
	return n;
}

static void put_body(struct writer *w, const struct api_method *m, const struct api_route *r)
{
	const field_desc *f = field_find(m->input, r->body, strlen(r->body));

	buf_puts(w->out, ",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":"
			 "{\"schema\":");
	put_ref(w, f ? ((const message_desc *)f->descriptor)->name : m->input->name);
	buf_puts(w->out, "}}}");
}

static void put_content(struct writer *w, const char *type, const char *name)
{
	buf_printf(w->out, "\"%s\":{\"schema\":", type);
	put_ref(w, name);
	buf_puts(w->out, "}");
}

static void put_responses(struct writer *w, const struct api_method *m)
{
	buf_printf(w->out, ",\"responses\":{\"200\":{\"description\":\"%s\",\"content\":{",
		   m->is_server_stream ? "A stream." : "The result.");
	if (m->is_server_stream) {
		put_content(w, "application/x-ndjson", m->output->name);
		buf_puts(w->out, ",");
		put_content(w, "text/event-stream", m->output->name);
	} else {
		put_content(w, "application/json", m->output->name);
	}
	buf_puts(w->out, "}},\"default\":{\"description\":\"The call failed.\",\"content\":{");
	put_content(w, "application/json", "google.rpc.Status");
	buf_puts(w->out, "}}}");
}

/* "/weft.v1.NetworkService/GetNetwork", unique also where a method has several routes. */
static void put_operation(struct writer *w, const struct api_method *m, const struct api_route *r,
			  const struct path_template *t)
{
	const char *service = strrchr(m->service, '.');
	size_t n;

	buf_puts(w->out, "{\"operationId\":\"");
	buf_printf(w->out, "%s_%s", service ? service + 1 : m->service, m->name);
	if (r != m->routes)
		buf_printf(w->out, "%d", (int)(r - m->routes) + 1);
	buf_printf(w->out, "\",\"tags\":[\"%s\"]", service ? service + 1 : m->service);
	put_description(w, m->comment);
	buf_puts(w->out, ",\"parameters\":[");
	n = put_path_parameters(w, t);
	if (strcmp(r->body, "*") != 0)
		put_query(w, t, r->body, m->input, "", "", n);
	buf_puts(w->out, "]");
	if (*r->body)
		put_body(w, m, r);
	put_responses(w, m);
	buf_puts(w->out, "}");
}

static const char *lower_verb(const char *verb)
{
	return strcmp(verb, "GET") == 0	     ? "get"
	       : strcmp(verb, "PUT") == 0    ? "put"
	       : strcmp(verb, "POST") == 0   ? "post"
	       : strcmp(verb, "DELETE") == 0 ? "delete"
					     : "patch";
}

/* A path stands once in the document, with all its verbs; so they are gathered first. */
struct operation {
	const char *path;
	const struct api_method *method;
	const struct api_route *route;
	struct path_template template;
};

static struct operation *gather(struct writer *w, size_t *n)
{
	const struct api_schema *s = w->schema;
	struct operation *all = NULL;

	*n = 0;
	for (size_t i = 0; i < s->n_services; i++) {
		for (size_t k = 0; k < s->services[i].n_methods; k++) {
			const struct api_method *m = &s->services[i].methods[k];

			for (size_t r = 0; r < m->n_routes; r++) {
				struct operation o = { .method = m, .route = &m->routes[r] };

				path_template_parse(&o.template, &w->arena, o.route->path, NULL);
				o.path = path_of(w, &o.template);
				all = xrealloc(all, (*n + 1) * sizeof(*all));
				all[(*n)++] = o;
			}
		}
	}
	return all;
}

static void put_path(struct writer *w, struct operation *all, size_t n, size_t first)
{
	size_t n_verbs = 0;

	json_write_string(w->out, all[first].path);
	buf_puts(w->out, ":{");
	for (size_t i = first; i < n; i++) {
		if (strcmp(all[i].path, all[first].path) != 0)
			continue;
		buf_printf(w->out, "%s\"%s\":", n_verbs++ ? "," : "",
			   lower_verb(all[i].route->verb));
		put_operation(w, all[i].method, all[i].route, &all[i].template);
	}
	buf_puts(w->out, "}");
}

static bool is_first_of_path(const struct operation *all, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (strcmp(all[i].path, all[at].path) == 0)
			return false;
	}
	return true;
}

static void put_paths(struct writer *w)
{
	size_t n, n_paths = 0;
	struct operation *all = gather(w, &n);

	buf_puts(w->out, ",\"paths\":{");
	for (size_t i = 0; i < n; i++) {
		if (!is_first_of_path(all, i))
			continue;
		buf_puts(w->out, n_paths++ ? "," : "");
		put_path(w, all, n, i);
	}
	buf_puts(w->out, "}");
	free(all);
}

static void put_tags(struct writer *w)
{
	buf_puts(w->out, ",\"tags\":[");
	for (size_t i = 0; i < w->schema->n_services; i++) {
		const struct api_service *s = &w->schema->services[i];
		const char *name = strrchr(s->name, '.');

		buf_printf(w->out, "%s{\"name\":\"%s\"", i ? "," : "", name ? name + 1 : s->name);
		put_description(w, s->comment);
		buf_puts(w->out, "}");
	}
	buf_puts(w->out, "]");
}

void openapi_write(struct buf *out, const struct api_schema *s, const char *title)
{
	struct writer w = { .out = out, .schema = s };

	buf_puts(out, "{\"openapi\":\"3.0.3\",\"info\":{\"title\":");
	json_write_string(out, title);
	put_text(&w, "version", WEFT_VERSION);
	buf_puts(out, "}");
	put_tags(&w);
	put_paths(&w);
	put_components(&w);
	buf_puts(out, "}\n");
	arena_clear(&w.arena);
}
