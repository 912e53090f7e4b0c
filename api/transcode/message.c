#include "api/transcode/message.h"

#include <stdlib.h>
#include "api/transcode/scalar.h"
#include "api/transcode/well_known.h"
#include "api/utf8.h"

/* What protobuf-c unpacks with: an arena, up to a limit. */
struct budget {
	struct arena *arena;
	bool has_no_limit;
	bool is_spent;
};

static void *alloc_in_arena(void *budget, size_t size)
{
	struct budget *b = budget;

	if (!b->has_no_limit &&
	    (size > MESSAGE_MAX_MEMORY || b->arena->total_bytes + size > MESSAGE_MAX_MEMORY)) {
		b->is_spent = true;
		return NULL;
	}
	return arena_alloc(b->arena, size);
}

static void free_nothing(void *budget, void *p)
{
	(void)budget;
	(void)p;
}

static int check(ProtobufCMessage *m, const struct field_path *parent, struct status *st);

static int check_value(const field_desc *f, const void *value, const struct field_path *path,
		       struct status *st)
{
	const char *text;
	char field[128];

	if (field_is_message(f))
		return *(void *const *)value ? check(*(ProtobufCMessage *const *)value, path, st)
					     : 0;
	if (f->type != PROTOBUF_C_TYPE_STRING)
		return 0;
	text = *(const char *const *)value;
	if (!text || utf8_is_valid(text, strlen(text)))
		return 0;
	field_path_text(path, field, sizeof(field));
	return status_set(st, STATUS_INVALID_ARGUMENT, field, "%s: the text is not UTF-8", field);
}

/* All text is UTF-8.  Fields that we do not know are forgotten: nobody reads them, and protobuf-c
 * takes forms of them that it cannot read again once packed. */
static int check(ProtobufCMessage *m, const struct field_path *parent, struct status *st)
{
	m->n_unknown_fields = 0;
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const field_desc *f = &m->descriptor->fields[i];
		struct field_path path = {.parent = parent, .name = f->name, .index = -1};

		if (f->type != PROTOBUF_C_TYPE_STRING && !field_is_message(f))
			continue;
		if (!field_is_repeated(f)) {
			if (field_is_set(m, f) && check_value(f, field_at(m, f), &path, st) != 0)
				return -1;
			continue;
		}
		for (size_t k = 0; k < *field_count(m, f); k++) {
			path.index = k;
			if (check_value(f, field_element(m, f, k), &path, st) != 0)
				return -1;
		}
	}
	return 0;
}

ProtobufCMessage *message_unpack(struct arena *a, const message_desc *d, const void *data,
				 size_t size, struct status *st)
{
	struct budget budget = {.arena = a};
	ProtobufCAllocator allocator = {alloc_in_arena, free_nothing, &budget};
	ProtobufCMessage *m = protobuf_c_message_unpack(d, &allocator, size, data);

	if (!m && budget.is_spent)
		status_set(st, STATUS_RESOURCE_EXHAUSTED, NULL,
			   "the message would take more than %u MiB of memory: send fewer elements",
			   MESSAGE_MAX_MEMORY >> 20);
	else if (!m)
		status_set(st, STATUS_INVALID_ARGUMENT, NULL, "the bytes are no %s", d->name);
	else if (check(m, NULL, st) != 0)
		return NULL;
	return m;
}

ProtobufCMessage *message_copy(struct arena *a, const ProtobufCMessage *m)
{
	struct budget budget = {.arena = a, .has_no_limit = true};
	ProtobufCAllocator allocator = {alloc_in_arena, free_nothing, &budget};
	size_t size = protobuf_c_message_get_packed_size(m);
	uint8_t *data = xmalloc(size);
	ProtobufCMessage *copy;

	protobuf_c_message_pack(m, data);
	copy = protobuf_c_message_unpack(m->descriptor, &allocator, size, data);
	free(data);
	return copy;
}

bool message_is_equal(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	size_t size = protobuf_c_message_get_packed_size(a);
	uint8_t *x, *y;
	bool is_equal;

	if (a->descriptor != b->descriptor || size != protobuf_c_message_get_packed_size(b))
		return false;
	x = xmalloc(size);
	y = xmalloc(size);
	protobuf_c_message_pack(a, x);
	protobuf_c_message_pack(b, y);
	is_equal = memcmp(x, y, size) == 0;
	free(x);
	free(y);
	return is_equal;
}

const field_desc *message_field(const message_desc *d, const char *path)
{
	for (;;) {
		size_t n = strcspn(path, ".");
		const field_desc *f = field_find(d, path, n);

		if (!f || !path[n])
			return f;
		if (!field_is_message(f) || field_is_repeated(f))
			return NULL;
		d = f->descriptor;
		path += n + 1;
	}
}

static int set_value(void *to, const field_desc *f, struct arena *a, const char *text,
		     const struct field_path *path, struct status *st)
{
	const struct well_known *w;
	ProtobufCMessage *m;

	if (!field_is_message(f))
		return scalar_from_text(to, f, text, a, path, st);
	w = well_known_find(f->descriptor);
	if (!w)
		return refuse_text(st, path, "a field within it, as in \"field.of_it\"", text);
	m = message_create(f->descriptor, a);
	if (w->read(m, text, a) != 0)
		return refuse_text(st, path, w->expected, text);
	*(ProtobufCMessage **)to = m;
	return 0;
}

static int set_entry(ProtobufCMessage *m, const field_desc *f, struct arena *a, const char *key,
		     const char *text, const struct field_path *path, struct status *st)
{
	const message_desc *d = f->descriptor;
	ProtobufCMessage *entry = message_create(d, a);

	if (scalar_from_text(field_at(entry, &d->fields[0]), &d->fields[0], key, a, path, st) !=
		    0 ||
	    set_value(field_at(entry, &d->fields[1]), &d->fields[1], a, text, path, st) != 0)
		return -1;
	*(ProtobufCMessage **)field_append(m, f, a) = entry;
	return 0;
}

/* The message in M's field F, made if it is not there. */
static ProtobufCMessage *enter(ProtobufCMessage *m, const field_desc *f, struct arena *a)
{
	ProtobufCMessage **child = field_at(m, f);

	if (field_is_oneof(f) && *field_oneof_case(m, f) != f->id) {
		*child = NULL;
		*field_oneof_case(m, f) = f->id;
	}
	if (!*child)
		*child = message_create(f->descriptor, a);
	return *child;
}

static int set_field(ProtobufCMessage *m, const field_desc *f, struct arena *a, const char *text,
		     const struct field_path *path, struct status *st)
{
	if (field_is_repeated(f))
		return set_value(field_append(m, f, a), f, a, text, path, st);
	if (field_is_oneof(f)) {
		memset(field_at(m, f), 0, field_value_size(f));
		*field_oneof_case(m, f) = f->id;
	}
	return set_value(field_at(m, f), f, a, text, path, st);
}

int message_set_text(ProtobufCMessage *m, struct arena *a, const char *path, const char *text,
		     struct status *st)
{
	struct field_path whole = {.name = path, .index = -1};
	const char *at = path;

	if (!utf8_is_valid(text, strlen(text)))
		return refuse_text(st, &whole, "UTF-8", "...");
	for (;;) {
		size_t n = strcspn(at, ".");
		const field_desc *f = field_find(m->descriptor, at, n);

		if (!f)
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: there is no such field", path);
		if (field_is_map(m->descriptor, f) && at[n])
			return set_entry(m, f, a, at + n + 1, text, &whole, st);
		if (field_is_map(m->descriptor, f))
			return refuse_text(st, &whole, "a key behind it, as in \"map.key\"", text);
		if (!at[n])
			return set_field(m, f, a, text, &whole, st);
		if (!field_is_message(f) || field_is_repeated(f) || well_known_find(f->descriptor))
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: there is no such field", path);
		m = enter(m, f, a);
		at += n + 1;
	}
}
