#include <stdlib.h>
#include "api/schema.h"
#include "controller/model/reflect.h"

/* Update masks (AIP-134, AIP-161): "mtu", "labels.env", "limits.packets_per_second", "*". */

static const struct api_field *schema_of(const ProtobufCMessageDescriptor *type, unsigned i)
{
	const struct api_message *m = api_schema_message(&weft_schema, type);

	return m ? &m->fields[i] : NULL;
}

static bool is_output(const ProtobufCMessageDescriptor *type, unsigned i)
{
	const struct api_field *f = schema_of(type, i);

	/* The name is the address of an update, not one of its values; the etag is a condition. */
	return (f && f->is_output_only) || strcmp(type->fields[i].name, "name") == 0 ||
	       strcmp(type->fields[i].name, "etag") == 0;
}

void mask_apply_set(ProtobufCMessage *dst, const ProtobufCMessage *src)
{
	const ProtobufCMessageDescriptor *type = dst->descriptor;

	for (unsigned i = 0; i < type->n_fields; i++)
		if (!is_output(type, i) && msg_field_is_set(src, &type->fields[i]))
			msg_field_copy(dst, src, &type->fields[i]);
}

static void apply_all(ProtobufCMessage *dst, const ProtobufCMessage *src)
{
	const ProtobufCMessageDescriptor *type = dst->descriptor;

	for (unsigned i = 0; i < type->n_fields; i++)
		if (!is_output(type, i))
			msg_field_copy(dst, src, &type->fields[i]);
}

void msg_keep_outputs(ProtobufCMessage *dst, const ProtobufCMessage *src)
{
	const ProtobufCMessageDescriptor *type = dst->descriptor;

	for (unsigned i = 0; i < type->n_fields; i++) {
		if (!is_output(type, i))
			continue;
		if (src)
			msg_field_copy(dst, src, &type->fields[i]);
		else
			msg_field_clear(dst, &type->fields[i]);
	}
}

/* Map entries are messages {string key = 1; value = 2}. */
static ProtobufCMessage **find_entry(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
				     const char *key)
{
	size_t n = *(size_t *)((char *)m + f->quantifier_offset);
	ProtobufCMessage **entries = *(ProtobufCMessage ***)((char *)m + f->offset);

	for (size_t i = 0; i < n; i++)
		if (strcmp(msg_text(entries[i], "key"), key) == 0)
			return &entries[i];
	return NULL;
}

static void apply_entry(ProtobufCMessage *dst, const ProtobufCMessage *src,
			const ProtobufCFieldDescriptor *f, const char *key)
{
	size_t *n = (size_t *)((char *)dst + f->quantifier_offset);
	ProtobufCMessage ***entries = (ProtobufCMessage ***)((char *)dst + f->offset);
	ProtobufCMessage **from = find_entry(src, f, key), **to = find_entry(dst, f, key);

	if (to) {
		msg_free(*to);
		*to = (*entries)[--*n];
	}
	if (from) {
		*entries = xrealloc(*entries, (*n + 1) * sizeof(**entries));
		(*entries)[(*n)++] = msg_copy(*from);
	}
}

static int apply_path(ProtobufCMessage *dst, const ProtobufCMessage *src, const char *path,
		      struct status *st);

/* PATH inside of the message that is DST's field F. */
static int apply_member(ProtobufCMessage *dst, const ProtobufCMessage *src,
			const ProtobufCFieldDescriptor *f, const char *path, struct status *st)
{
	ProtobufCMessage **to = (ProtobufCMessage **)((char *)dst + f->offset);
	const ProtobufCMessage *from = *(ProtobufCMessage **)((char *)src + f->offset);
	ProtobufCMessage *none = msg_create(f->descriptor);
	int rc;

	if (!*to)
		*to = msg_create(f->descriptor);
	rc = apply_path(*to, from ? from : none, path, st);
	msg_free(none);
	return rc;
}

static int apply_path(ProtobufCMessage *dst, const ProtobufCMessage *src, const char *path,
		      struct status *st)
{
	const ProtobufCMessageDescriptor *type = dst->descriptor;
	const char *dot = strchr(path, '.');
	char name[64] = "";
	const ProtobufCFieldDescriptor *f;
	const struct api_field *schema;

	if (strcmp(path, "*") == 0) {
		apply_all(dst, src);
		return 0;
	}
	if (strcspn(path, ".") < sizeof(name))
		memcpy(name, path, strcspn(path, "."));
	f = protobuf_c_message_descriptor_get_field_by_name(type, name);
	if (!f)
		return status_set(st, STATUS_INVALID_ARGUMENT, "update_mask",
				  "update_mask: %.100s is no field of a %s", path,
				  type->short_name);
	if (is_output(type, f - type->fields))
		return 0; /* AIP-203: ignored */
	schema = schema_of(type, f - type->fields);
	if (!dot)
		msg_field_copy(dst, src, f);
	else if (schema && schema->is_map)
		apply_entry(dst, src, f, dot + 1);
	else if (f->type == PROTOBUF_C_TYPE_MESSAGE && f->label != PROTOBUF_C_LABEL_REPEATED &&
		 !(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
		return apply_member(dst, src, f, dot + 1, st);
	else
		return status_set(st, STATUS_INVALID_ARGUMENT, "update_mask",
				  "update_mask: %.100s: %s can only be changed as a whole", path,
				  name);
	return 0;
}

int mask_apply(ProtobufCMessage *dst, const ProtobufCMessage *src, char *const *paths,
	       size_t n_paths, struct status *st)
{
	for (size_t i = 0; i < n_paths; i++)
		if (apply_path(dst, src, paths[i], st) != 0)
			return -1;
	return 0;
}
