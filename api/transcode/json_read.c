#include "api/transcode/json.h"

#include "api/transcode/scalar.h"
#include "api/transcode/well_known.h"
#include "lib/cursor.h"

struct reader {
	struct arena *arena;
	struct status *st;
};

static int read_message(struct reader *r, ProtobufCMessage *m, json_t *v,
			const struct field_path *path);

static int refuse_field(struct reader *r, const struct field_path *path, const char *what)
{
	char field[sizeof(r->st->field)];

	field_path_text(path, field, sizeof(field));
	return status_set(r->st, STATUS_INVALID_ARGUMENT, field, "%s: %s", field, what);
}

/* One value, not a list or map, into TO. */
static int read_value(struct reader *r, void *to, const field_desc *f, json_t *v,
		      const struct field_path *path)
{
	ProtobufCMessage *m;

	if (!field_is_message(f))
		return scalar_from_json(to, f, v, r->arena, path, r->st);
	m = message_create(f->descriptor, r->arena);
	*(ProtobufCMessage **)to = m;
	return read_message(r, m, v, path);
}

static int read_list(struct reader *r, ProtobufCMessage *m, const field_desc *f, json_t *v,
		     const struct field_path *path)
{
	struct field_path at = *path;
	json_t *element;
	size_t i;

	if (!json_is_array(v))
		return refuse_json(r->st, path, "a list", v);
	json_array_foreach(v, i, element)
	{
		at.index = i;
		if (json_is_null(element))
			return refuse_json(r->st, &at, "a value", element);
		if (read_value(r, field_append(m, f, r->arena), f, element, &at) != 0)
			return -1;
	}
	return 0;
}

static int read_map(struct reader *r, ProtobufCMessage *m, const field_desc *f, json_t *v,
		    const struct field_path *path)
{
	const message_desc *d = f->descriptor;
	struct field_path at = *path;
	const char *key;
	json_t *element;

	if (!json_is_object(v))
		return refuse_json(r->st, path, "an object", v);
	json_object_foreach(v, key, element)
	{
		ProtobufCMessage *entry = message_create(d, r->arena);

		at.key = key;
		if (scalar_from_text(field_at(entry, &d->fields[0]), &d->fields[0], key, r->arena,
				     &at, r->st) != 0)
			return -1;
		if (json_is_null(element))
			return refuse_json(r->st, &at, "a value", element);
		if (read_value(r, field_at(entry, &d->fields[1]), &d->fields[1], element, &at) != 0)
			return -1;
		*(ProtobufCMessage **)field_append(m, f, r->arena) = entry;
	}
	return 0;
}

static int read_field(struct reader *r, ProtobufCMessage *m, const field_desc *f, json_t *v,
		      const struct field_path *path)
{
	if (field_is_map(m->descriptor, f))
		return read_map(r, m, f, v, path);
	if (field_is_repeated(f))
		return read_list(r, m, f, v, path);
	if (field_is_oneof(f)) {
		if (*field_oneof_case(m, f) != 0)
			return refuse_field(r, path, "only one field of its group may be given");
		*field_oneof_case(m, f) = f->id;
	}
	return read_value(r, field_at(m, f), f, v, path);
}

/* A field may be given by either of its names, but not by both. */
static bool is_given_twice(json_t *object, const field_desc *f, const char *name)
{
	char json[FIELD_NAME_MAX];

	field_json_name(json, f->name);
	return strcmp(name, f->name) == 0 && strcmp(json, f->name) != 0 &&
	       json_object_get(object, json);
}

static int read_fields(struct reader *r, ProtobufCMessage *m, json_t *object,
		       const struct field_path *path)
{
	const char *name;
	json_t *v;

	json_object_foreach(object, name, v)
	{
		const field_desc *f = field_find(m->descriptor, name, strlen(name));
		struct field_path at = {.parent = path, .name = f ? f->name : name, .index = -1};

		if (!f)
			return refuse_field(r, &at, "there is no such field");
		if (is_given_twice(object, f, name))
			return refuse_field(r, &at, "given twice, by both of its names");
		if (json_is_null(v))
			continue;
		if (read_field(r, m, f, v, &at) != 0)
			return -1;
	}
	return 0;
}

static int read_message(struct reader *r, ProtobufCMessage *m, json_t *v,
			const struct field_path *path)
{
	const struct well_known *w = well_known_find(m->descriptor);

	if (!w && !json_is_object(v))
		return refuse_json(r->st, path, "an object", v);
	if (!w)
		return read_fields(r, m, v, path);
	if (!json_is_string(v) || w->read(m, json_string_value(v), r->arena) != 0)
		return refuse_json(r->st, path, w->expected, v);
	return 0;
}

/* jansson's parser recurses; this bounds it before it runs. */
static bool is_too_deep(const char *text, size_t size)
{
	struct cursor c = cursor_of(text, size);
	bool in_string = false;
	unsigned depth = 0;

	while (cursor_left(&c) > 0) {
		uint8_t byte = cursor_u8(&c);

		if (in_string && byte == '\\')
			cursor_u8(&c);
		else if (byte == '"')
			in_string = !in_string;
		else if (!in_string && (byte == '{' || byte == '['))
			depth++;
		else if (!in_string && (byte == '}' || byte == ']') && depth > 0)
			depth--;
		if (depth > JSON_MAX_DEPTH)
			return true;
	}
	return false;
}

static void refuse_text_of(const json_error_t *e, const char *field, struct status *st)
{
	const char *what = e->text;

	if (json_error_code(e) == json_error_numeric_overflow)
		what = "the number is too big: write a 64-bit integer as a text";
	else if (json_error_code(e) == json_error_null_character)
		what = "a text cannot contain \\u0000";
	status_set(st, STATUS_INVALID_ARGUMENT, field, "line %d, column %d: not JSON: %s", e->line,
		   e->column, what);
}

static json_t *parse(const char *text, size_t size, const char *field, struct status *st)
{
	json_error_t e;
	json_t *v;

	if (is_too_deep(text, size)) {
		status_set(st, STATUS_INVALID_ARGUMENT, field,
			   "the JSON is nested deeper than %d levels", JSON_MAX_DEPTH);
		return NULL;
	}
	v = json_loadb(text, size, JSON_REJECT_DUPLICATES, &e);
	if (v)
		return v;
	refuse_text_of(&e, field, st);
	return NULL;
}

ProtobufCMessage *json_read(struct arena *a, const message_desc *d, const char *text, size_t size,
			    const char *field, struct status *st)
{
	struct field_path top = {.name = field ? field : "", .index = -1};
	struct reader r = {.arena = a, .st = st};
	ProtobufCMessage *m = message_create(d, a);
	json_t *v = parse(text, size, field, st);
	int err;

	if (!v)
		return NULL;
	err = read_message(&r, m, v, field && *field ? &top : NULL);
	json_decref(v);
	return err ? NULL : m;
}

struct paths {
	struct arena *arena;
	char **list;
	size_t n;
};

static void add_path(struct paths *p, char *path)
{
	if ((p->n & (p->n - 1)) == 0) {
		char **bigger = arena_alloc(p->arena, MAX_OF(p->n * 2, 1u) * sizeof(*bigger));

		if (p->n)
			memcpy(bigger, p->list, p->n * sizeof(*bigger));
		p->list = bigger;
	}
	p->list[p->n++] = path;
}

static void collect_paths(struct paths *p, const message_desc *d, json_t *object,
			  const char *prefix)
{
	const char *name;
	json_t *v;

	json_object_foreach(object, name, v)
	{
		const field_desc *f = field_find(d, name, strlen(name));
		char *path;

		if (!f)
			continue;
		path = arena_printf(p->arena, "%s%s%s", prefix, *prefix ? "." : "", f->name);
		if (json_is_object(v) && json_object_size(v) > 0 && field_is_message(f) &&
		    !field_is_repeated(f))
			collect_paths(p, f->descriptor, v, path);
		else
			add_path(p, path);
	}
}

char **json_paths(struct arena *a, const message_desc *d, const char *text, size_t size,
		  size_t *n_paths)
{
	struct paths p = {.arena = a};
	json_t *v = parse(text, size, NULL, NULL);

	if (json_is_object(v))
		collect_paths(&p, d, v, "");
	json_decref(v);
	*n_paths = p.n;
	return p.list;
}
