#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "api/schema.h"
#include "controller/model/model_priv.h"

/* What holds for resources of all kinds before they may be stored. */

#define MAX_DISPLAY_NAME 127 /* characters */
#define MAX_DESCRIPTION	 1000
#define MAX_LABELS	 64
#define MAX_LABEL	 63

const char *field_path(char path[FIELD_SIZE], const struct resource_class *class, const char *fmt,
		       ...)
{
	int n = snprintf(path, FIELD_SIZE, "%s.", class->type);
	va_list args;

	va_start(args, fmt);
	vsnprintf(path + n, FIELD_SIZE - n, fmt, args);
	va_end(args);
	return path;
}

static size_t n_characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

/* What a terminal would take as a command: C0, DEL and C1 controls (ISO 6429). */
static bool has_controls(const char *text)
{
	for (const uint8_t *c = (const uint8_t *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return true;
	return false;
}

int text_check(const char *text, const char *path, size_t max, struct status *st)
{
	if (has_controls(text))
		return status_set(st, STATUS_INVALID_ARGUMENT, path,
				  "%s: contains a control character: give one line of text", path);
	if (n_characters(text) <= max && strlen(text) <= 4 * max)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, path, "%s: %zu characters: give at most %zu",
			  path, n_characters(text), max);
}

/* The texts for people: every kind has a display name, some a description. */
static int check_texts(const struct resource_class *class, const ProtobufCMessage *msg,
		       struct status *st)
{
	const char *description = msg_text(msg, "description");
	char path[FIELD_SIZE];

	field_path(path, class, "display_name");
	if (text_check(msg_text(msg, "display_name"), path, MAX_DISPLAY_NAME, st) != 0)
		return -1;
	field_path(path, class, "description");
	return description ? text_check(description, path, MAX_DESCRIPTION, st) : 0;
}

static bool is_label_key(const char *key)
{
	size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-_./");

	return n > 0 && n <= MAX_LABEL && !key[n];
}

static int check_labels(const struct resource_class *class, const ProtobufCMessage *msg,
			struct status *st)
{
	const ProtobufCFieldDescriptor *f = msg_field(msg, "labels");
	size_t n = *(const size_t *)((const char *)msg + f->quantifier_offset);
	ProtobufCMessage **entries = *(ProtobufCMessage ***)((char *)msg + f->offset);
	char path[FIELD_SIZE];

	field_path(path, class, "labels");
	if (n > MAX_LABELS)
		return status_set(st, STATUS_INVALID_ARGUMENT, path,
				  "%s: %zu labels: give at most %d", path, n, MAX_LABELS);
	for (size_t i = 0; i < n; i++) {
		const char *key = msg_text(entries[i], "key");

		if (!is_label_key(key))
			return status_set(
				st, STATUS_INVALID_ARGUMENT, path,
				"%s: \"%.80s\" is no label: give 1 to %d of a-z, 0-9, '-', '_', "
				"'.', '/'",
				path, key, MAX_LABEL);
		if (has_controls(msg_text(entries[i], "value")))
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: the value of %s contains a control character: give "
					  "one line of text",
					  path, key);
		if (n_characters(msg_text(entries[i], "value")) > MAX_LABEL)
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: the value of %s has more than %d characters", path,
					  key, MAX_LABEL);
	}
	return 0;
}

static int check_schema(const struct resource_class *class, const ProtobufCMessage *before,
			const ProtobufCMessage *after, struct status *st)
{
	const struct api_message *schema = api_schema_message(&weft_schema, class->descriptor);
	char path[FIELD_SIZE];

	for (unsigned i = 0; i < class->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &class->descriptor->fields[i];

		field_path(path, class, "%s", f->name);
		if (schema->fields[i].is_required && !msg_field_is_set(after, f))
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: is required: give it", path);
		if (before && schema->fields[i].is_immutable && !msg_field_equal(before, after, f))
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: cannot be changed: delete the %s and create another",
					  path, class_noun(class));
	}
	return 0;
}

uint32_t model_take_id(struct model *m)
{
	uint32_t id;
	bool is_used;

	do {
		id = m->next_id;
		m->next_id = id == UINT32_MAX ? 1 : id + 1;
		is_used = hmap_first_hash(&m->by_id, id) != NULL;
	} while (is_used);
	return id;
}

/* RFC 9562, version 4. */
static void set_uid(struct model *m, ProtobufCMessage *msg)
{
	uint64_t a = rng_u64(m->rng), b = rng_u64(m->rng);
	char text[37];

	snprintf(text, sizeof(text), "%08llx-%04llx-4%03llx-%04llx-%012llx",
		 (unsigned long long)(a >> 32), (unsigned long long)(a >> 16 & 0xffff),
		 (unsigned long long)(a & 0xfff), (unsigned long long)(0x8000 | (b >> 48 & 0x3fff)),
		 (unsigned long long)(b & 0xffffffffffff));
	msg_set_text(msg, "uid", text);
}

static void set_etag(struct model *m, ProtobufCMessage *msg)
{
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)rng_u64(m->rng));
	msg_set_text(msg, "etag", text);
}

void resource_touch(struct model *m, ProtobufCMessage *msg)
{
	msg_set_time(msg, "update_time", loop_wall_ns(m->loop));
}

static int check_size(const struct resource_class *class, const ProtobufCMessage *msg,
		      struct status *st)
{
	size_t max = class->max_bytes ? class->max_bytes : MAX_RESOURCE_BYTES;

	if (protobuf_c_message_get_packed_size(msg) <= max)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, class->type,
			  "%s: more than %zu bytes in all", class->type, max);
}

void resource_renew(struct model *m, ProtobufCMessage *msg)
{
	resource_touch(m, msg);
	set_etag(m, msg);
}

int resource_complete(struct model *m, const struct resource_class *class, const char *name,
		      const ProtobufCMessage *before, ProtobufCMessage *after, struct status *st)
{
	msg_keep_outputs(after, before);
	msg_set_text(after, "name", name);
	if (check_texts(class, after, st) != 0 || check_labels(class, after, st) != 0 ||
	    check_schema(class, before, after, st) != 0)
		return -1;
	if (class->check(m, before, after, st) != 0)
		return -1;
	if (!before) {
		set_uid(m, after);
		msg_set_uint64(after, "id", model_take_id(m));
	}
	if (before && msg_equal(before, after))
		return 0;
	resource_renew(m, after);
	if (!before)
		msg_set_sub(after, "create_time", msg_copy(msg_sub(after, "update_time")));
	return check_size(class, after, st);
}
