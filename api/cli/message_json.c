/* Messages as JSON by reflection: see message_json.h. */

#include "api/cli/message_json.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/util.h"

static void camel_case(const char *name, char *out, size_t size)
{
	size_t n = 0;
	bool up = false;

	for (; *name && n + 1 < size; name++) {
		if (*name == '_') {
			up = true;
			continue;
		}
		out[n++] = up ? toupper((unsigned char)*name) : *name;
		up = false;
	}
	out[n] = '\0';
}

/* Bytes as hexadecimal digits: packets are what people look at here. */
static json_t *bytes_json(const ProtobufCBinaryData *b)
{
	char *text = xmalloc(b->len * 2 + 1);
	json_t *j;

	text[0] = '\0';
	for (size_t i = 0; i < b->len; i++)
		snprintf(text + i * 2, 3, "%02x", b->data[i]);
	j = json_string(text);
	free(text);
	return j;
}

static json_t *enum_json(const ProtobufCFieldDescriptor *f, int value)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(f->descriptor, value);

	return v ? json_string(v->name) : json_integer(value);
}

/* One value of FIELD, at P as protobuf-c lays it out. */
static json_t *value_json(const ProtobufCFieldDescriptor *f, const void *p)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		return json_integer(*(const int32_t *)p);
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return json_integer(*(const uint32_t *)p);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return json_integer(*(const int64_t *)p);
	case PROTOBUF_C_TYPE_FLOAT:
		return json_real(*(const float *)p);
	case PROTOBUF_C_TYPE_DOUBLE:
		return json_real(*(const double *)p);
	case PROTOBUF_C_TYPE_BOOL:
		return json_boolean(*(const protobuf_c_boolean *)p);
	case PROTOBUF_C_TYPE_ENUM:
		return enum_json(f, *(const int *)p);
	case PROTOBUF_C_TYPE_STRING:
		return *(char *const *)p ? json_string(*(char *const *)p) : json_string("");
	case PROTOBUF_C_TYPE_BYTES:
		return bytes_json(p);
	case PROTOBUF_C_TYPE_MESSAGE:
		return message_json(*(ProtobufCMessage *const *)p);
	}
	return json_null();
}

static size_t element_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 4;
	}
}

static json_t *repeated_json(const ProtobufCFieldDescriptor *f, const uint8_t *base)
{
	size_t n = *(const size_t *)(base + f->quantifier_offset);
	const uint8_t *at = *(uint8_t *const *)(base + f->offset);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++, at += element_size(f->type))
		json_array_append_new(list, value_json(f, at));
	return list;
}

json_t *message_json(const ProtobufCMessage *message)
{
	json_t *out = json_object();

	for (unsigned i = 0; message && i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &message->descriptor->fields[i];
		const uint8_t *base = (const uint8_t *)message;
		char name[128];
		json_t *v;

		if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
		    *(const uint32_t *)(base + f->quantifier_offset) != f->id)
			continue;
		if (f->type == PROTOBUF_C_TYPE_MESSAGE && f->label != PROTOBUF_C_LABEL_REPEATED &&
		    !*(ProtobufCMessage *const *)(base + f->offset))
			continue;
		v = f->label == PROTOBUF_C_LABEL_REPEATED ? repeated_json(f, base)
							  : value_json(f, base + f->offset);
		camel_case(f->name, name, sizeof(name));
		json_object_set_new(out, name, v);
	}
	return out;
}
