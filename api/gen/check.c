#include "api/gen/check.h"

#include <stdio.h>
#include <stdlib.h>
#include "api/rest/template.h"

#define LABEL(X) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_##X
#define TYPE(X)	 GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##X

static const char *const well_known[] = {
	"google.protobuf.Duration",
	"google.protobuf.Empty",
	"google.protobuf.FieldMask",
	"google.protobuf.Timestamp",
};

static bool is_well_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(well_known); i++) {
		if (strcmp(name, well_known[i]) == 0)
			return true;
	}
	return false;
}

static void check_enum(const struct type *t)
{
	if (t->enumeration->options && t->enumeration->options->allow_alias)
		die("%s: allow_alias is not supported", t->name);
}

static void check_field(const struct type *t, const field_desc *f)
{
	if (f->proto3_optional)
		die("%s.%s: protobuf-c has no proto3 optional; use a field mask or a oneof",
		    t->name, f->name);
	if (f->type == TYPE(GROUP))
		die("%s.%s: groups are not supported", t->name, f->name);
}

void check_reach(const struct source *s, struct type *t)
{
	if (t->mark == IS_DONE)
		return;
	if (t->mark == IS_OPEN)
		die("%s contains itself: recursive messages are refused, since protobuf-c unpacks "
		    "them to any depth",
		    t->name);
	if (strncmp(t->name, "google.protobuf.", 16) == 0 && !is_well_known(t->name))
		die("%s is not supported in an API: its JSON form is special", t->name);
	t->mark = IS_OPEN;
	if (t->enumeration)
		check_enum(t);
	for (size_t i = 0; t->message && i < t->message->n_field; i++) {
		const field_desc *f = t->message->field[i];

		check_field(t, f);
		if (f->type == TYPE(MESSAGE) || f->type == TYPE(ENUM))
			check_reach(s, source_type(s, f->type_name));
	}
	t->mark = IS_DONE;
}

static const field_desc *field_named(const message_desc *m, const char *name, size_t size)
{
	for (size_t i = 0; i < m->n_field; i++) {
		if (strlen(m->field[i]->name) == size && memcmp(m->field[i]->name, name, size) == 0)
			return m->field[i];
	}
	return NULL;
}

static const field_desc *field_at(const struct source *s, const struct type *t, const char *path)
{
	for (;;) {
		size_t n = strcspn(path, ".");
		const field_desc *f = field_named(t->message, path, n);

		if (!f || !path[n])
			return f;
		if (f->type != TYPE(MESSAGE) || f->label == LABEL(REPEATED))
			return NULL;
		t = source_type(s, f->type_name);
		path += n + 1;
	}
}

/* The template without its variables' names: two that look the same match the same paths. */
static char *shape_of(const struct path_template *t, const char *verb)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, verb);
	for (unsigned i = 0; i < t->n_segments; i++) {
		const struct path_segment *seg = &t->segments[i];

		buf_printf(&b, "/%s",
			   seg->kind == SEGMENT_LITERAL ? seg->text
			   : seg->kind == SEGMENT_ONE	? "*"
							: "**");
	}
	buf_printf(&b, ":%s", t->verb ? t->verb : "");
	return buf_steal(&b);
}

static void check_unique(const char *method, char *shape)
{
	static struct {
		char *shape;
		const char *method;
	} * seen;
	static size_t n_seen;

	for (size_t i = 0; i < n_seen; i++) {
		if (strcmp(seen[i].shape, shape) == 0)
			die("%s and %s have the same route %s", seen[i].method, method, shape);
	}
	seen = xrealloc(seen, (n_seen + 1) * sizeof(*seen));
	seen[n_seen].shape = shape;
	seen[n_seen++].method = method;
}

void check_route(const struct source *s, const struct type *input, const char *method,
		 const char *verb, const char *path, const char *body)
{
	static struct arena arena;
	struct status st = STATUS_INIT;
	struct path_template t;

	if (path_template_parse(&t, &arena, path, &st) != 0)
		die("%s: %s", method, st.message);
	for (unsigned i = 0; i < t.n_variables; i++) {
		const field_desc *f = field_at(s, input, t.variables[i].field);

		if (!f || f->label == LABEL(REPEATED) || f->type == TYPE(MESSAGE))
			die("%s: {%s} of %s is no single scalar field of %s", method,
			    t.variables[i].field, path, input->name);
	}
	if (*body && strcmp(body, "*") != 0) {
		const field_desc *f = field_named(input->message, body, strlen(body));

		if (!f || f->type != TYPE(MESSAGE) || f->label == LABEL(REPEATED))
			die("%s: body \"%s\" is no message in %s", method, body, input->name);
	}
	if (*body && strcmp(verb, "GET") == 0)
		die("%s: GET has no body", method);
	check_unique(method, shape_of(&t, verb));
	arena_clear(&arena);
}
