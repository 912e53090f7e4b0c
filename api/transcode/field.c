#include "api/transcode/field.h"

#include <ctype.h>
#include <stdio.h>

void field_json_name(char *to, const char *name)
{
	bool is_upper = false;

	for (; *name; name++) {
		if (*name == '_') {
			is_upper = true;
			continue;
		}
		*to++ = is_upper ? toupper((unsigned char)*name) : *name;
		is_upper = false;
	}
	*to = '\0';
}

static bool is_json_name(const field_desc *f, const char *name, size_t size)
{
	char json[FIELD_NAME_MAX];

	if (strlen(f->name) >= sizeof(json))
		return false;
	field_json_name(json, f->name);
	return strlen(json) == size && memcmp(json, name, size) == 0;
}

const field_desc *field_find(const message_desc *d, const char *name, size_t size)
{
	for (unsigned i = 0; i < d->n_fields; i++) {
		const field_desc *f = &d->fields[i];

		if (strlen(f->name) == size && memcmp(f->name, name, size) == 0)
			return f;
	}
	for (unsigned i = 0; i < d->n_fields; i++) {
		if (is_json_name(&d->fields[i], name, size))
			return &d->fields[i];
	}
	return NULL;
}

/* protoc names the entry of map field `shard_sizes` of message M `M.ShardSizesEntry`, and lets
 * no message of ours have that name. */
bool field_is_map(const message_desc *parent, const field_desc *f)
{
	const message_desc *entry = f->descriptor;
	char want[FIELD_NAME_MAX + 8];
	size_t n = strlen(parent->name);

	if (!field_is_repeated(f) || !field_is_message(f) || strlen(f->name) >= FIELD_NAME_MAX)
		return false;
	field_json_name(want, f->name);
	want[0] = toupper((unsigned char)want[0]);
	strcat(want, "Entry");
	return strncmp(entry->name, parent->name, n) == 0 && entry->name[n] == '.' &&
	       strcmp(entry->name + n + 1, want) == 0;
}

size_t field_value_size(const field_desc *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	default:
		return 4;
	}
}

static bool is_zero(const void *p, size_t size)
{
	for (const char *c = p; size > 0; c++, size--) {
		if (*c)
			return false;
	}
	return true;
}

bool field_is_set(const ProtobufCMessage *m, const field_desc *f)
{
	const void *at = field_at(m, f);

	if (field_is_repeated(f))
		return *field_count(m, f) > 0;
	if (field_is_oneof(f))
		return *field_oneof_case(m, f) == f->id;
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return *(char *const *)at && **(char *const *)at;
	case PROTOBUF_C_TYPE_BYTES:
		return ((const ProtobufCBinaryData *)at)->len > 0;
	default:
		return !is_zero(at, field_value_size(f));
	}
}

void field_clear(ProtobufCMessage *m, const field_desc *f)
{
	if (field_is_repeated(f)) {
		*field_count(m, f) = 0;
		*(void **)field_at(m, f) = NULL;
		return;
	}
	if (field_is_oneof(f)) {
		if (*field_oneof_case(m, f) != f->id)
			return;
		*field_oneof_case(m, f) = 0;
	}
	memset(field_at(m, f), 0, field_value_size(f));
	if (f->type == PROTOBUF_C_TYPE_STRING && !field_is_oneof(f))
		*(const char **)field_at(m, f) = protobuf_c_empty_string;
}

/* Arrays have room for a power of two: a full one is copied to twice its size. */
void *field_append(ProtobufCMessage *m, const field_desc *f, struct arena *a)
{
	size_t *n = field_count(m, f), size = field_value_size(f);
	char **array = field_at(m, f);

	if ((*n & (*n - 1)) == 0) {
		char *bigger = arena_alloc(a, MAX_OF(*n * 2, 1u) * size);

		if (*n)
			memcpy(bigger, *array, *n * size);
		*array = bigger;
	}
	return memset(*array + (*n)++ * size, 0, size);
}

ProtobufCMessage *message_create(const message_desc *d, struct arena *a)
{
	ProtobufCMessage *m = arena_alloc(a, d->sizeof_message);

	protobuf_c_message_init(d, m);
	return m;
}

static size_t put(char *text, size_t size, size_t at, const char *what)
{
	int n = snprintf(text + at, size - at, "%s", what);

	return MIN_OF(at + n, size - 1);
}

static size_t put_path(const struct field_path *p, char *text, size_t size)
{
	size_t at = p->parent ? put_path(p->parent, text, size) : 0;
	char index[32];

	if (at > 0 && *p->name)
		at = put(text, size, at, ".");
	at = put(text, size, at, p->name);
	if (p->key) {
		at = put(text, size, at, "[\"");
		at = put(text, size, at, p->key);
		at = put(text, size, at, "\"]");
	} else if (p->index >= 0) {
		snprintf(index, sizeof(index), "[%ld]", p->index);
		at = put(text, size, at, index);
	}
	return at;
}

const char *field_path_text(const struct field_path *p, char *text, size_t size)
{
	text[0] = '\0';
	if (p)
		put_path(p, text, size);
	return text;
}
