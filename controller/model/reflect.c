#include "controller/model/reflect.h"

#include <assert.h>
#include <stdlib.h>
#include <google/protobuf/timestamp.pb-c.h>

ProtobufCMessage *msg_create(const ProtobufCMessageDescriptor *type)
{
	ProtobufCMessage *m = xmalloc(type->sizeof_message);

	protobuf_c_message_init(type, m);
	return m;
}

ProtobufCMessage *msg_unpack(const ProtobufCMessageDescriptor *type, const void *data, size_t size)
{
	return protobuf_c_message_unpack(type, NULL, size, data);
}

void msg_pack(const ProtobufCMessage *m, struct buf *out)
{
	size_t size = protobuf_c_message_get_packed_size(m);

	protobuf_c_message_pack(m, buf_grow(out, size));
}

ProtobufCMessage *msg_copy(const ProtobufCMessage *m)
{
	struct buf data = BUF_INIT;
	ProtobufCMessage *copy;

	msg_pack(m, &data);
	copy = msg_unpack(m->descriptor, data.data, data.size);
	buf_fini(&data);
	assert(copy);
	return copy;
}

bool msg_equal(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	bool is_equal;

	msg_pack(a, &x);
	msg_pack(b, &y);
	is_equal = x.size == y.size && (x.size == 0 || memcmp(x.data, y.data, x.size) == 0);
	buf_fini(&x);
	buf_fini(&y);
	return is_equal;
}

void msg_free(ProtobufCMessage *m)
{
	if (m)
		protobuf_c_message_free_unpacked(m, NULL);
}

const ProtobufCFieldDescriptor *msg_field(const ProtobufCMessage *m, const char *name)
{
	return protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
}

static void *member(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	return (char *)m + f->offset;
}

static size_t *count_of(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	return (size_t *)((char *)m + f->quantifier_offset);
}

/* The field NAME of TYPE, not repeated, or NULL. */
static void *typed_member(const ProtobufCMessage *m, const char *name, ProtobufCType type)
{
	const ProtobufCFieldDescriptor *f = msg_field(m, name);

	if (!f || f->type != type || f->label == PROTOBUF_C_LABEL_REPEATED)
		return NULL;
	return member(m, f);
}

const char *msg_text(const ProtobufCMessage *m, const char *name)
{
	char **text = typed_member(m, name, PROTOBUF_C_TYPE_STRING);

	return text ? *text : NULL;
}

bool msg_flag(const ProtobufCMessage *m, const char *name)
{
	protobuf_c_boolean *flag = typed_member(m, name, PROTOBUF_C_TYPE_BOOL);

	return flag && *flag;
}

int32_t msg_int32(const ProtobufCMessage *m, const char *name)
{
	int32_t *v = typed_member(m, name, PROTOBUF_C_TYPE_INT32);

	return v ? *v : 0;
}

const ProtobufCMessage *msg_sub(const ProtobufCMessage *m, const char *name)
{
	ProtobufCMessage **sub = typed_member(m, name, PROTOBUF_C_TYPE_MESSAGE);

	return sub ? *sub : NULL;
}

void text_set(char **field, const char *value)
{
	char *copy;

	if (strcmp(*field, value) == 0)
		return;
	copy = *value ? xstrdup(value) : (char *)protobuf_c_empty_string;
	if (*field != protobuf_c_empty_string)
		free(*field);
	*field = copy;
}

void texts_add(char ***fields, size_t *n, const char *value)
{
	*fields = xrealloc(*fields, (*n + 1) * sizeof(**fields));
	(*fields)[(*n)++] = xstrdup(value);
}

void msg_set_text(ProtobufCMessage *m, const char *name, const char *value)
{
	text_set(typed_member(m, name, PROTOBUF_C_TYPE_STRING), value);
}

void msg_set_uint64(ProtobufCMessage *m, const char *name, uint64_t value)
{
	*(uint64_t *)typed_member(m, name, PROTOBUF_C_TYPE_UINT64) = value;
}

void msg_set_int64(ProtobufCMessage *m, const char *name, int64_t value)
{
	*(int64_t *)typed_member(m, name, PROTOBUF_C_TYPE_INT64) = value;
}

void msg_set_enum(ProtobufCMessage *m, const char *name, int value)
{
	*(int *)typed_member(m, name, PROTOBUF_C_TYPE_ENUM) = value;
}

void msg_set_sub(ProtobufCMessage *m, const char *name, ProtobufCMessage *value)
{
	ProtobufCMessage **sub = typed_member(m, name, PROTOBUF_C_TYPE_MESSAGE);

	msg_free(*sub);
	*sub = value;
}

void msg_set_time(ProtobufCMessage *m, const char *name, int64_t wall_ns)
{
	ProtobufCMessage *t = msg_create(&google__protobuf__timestamp__descriptor);
	Google__Protobuf__Timestamp *ts = (Google__Protobuf__Timestamp *)t;

	ts->seconds = wall_ns / (int64_t)NS_PER_SEC;
	ts->nanos = wall_ns % (int64_t)NS_PER_SEC;
	msg_set_sub(m, name, t);
}

static size_t scalar_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 4;
	}
}

static size_t member_size(const ProtobufCFieldDescriptor *f)
{
	return f->label == PROTOBUF_C_LABEL_REPEATED ? sizeof(void *) : scalar_size(f->type);
}

/* Make FROM's field TO's as well, without copying what it points to. */
static void lend_field(ProtobufCMessage *to, const ProtobufCMessage *from,
		       const ProtobufCFieldDescriptor *f)
{
	memcpy(member(to, f), member(from, f), member_size(f));
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		*count_of(to, f) = *count_of(from, f);
}

static void swap_field(ProtobufCMessage *a, ProtobufCMessage *b, const ProtobufCFieldDescriptor *f)
{
	ProtobufCMessage *t = msg_create(a->descriptor), *fresh;

	lend_field(t, a, f);
	lend_field(a, b, f);
	lend_field(b, t, f);
	fresh = msg_create(a->descriptor);
	lend_field(t, fresh, f);
	msg_free(fresh);
	msg_free(t);
}

/* A message that has nothing but M's field F; its content is M's. */
static ProtobufCMessage *only_field(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	ProtobufCMessage *only = xmalloc(m->descriptor->sizeof_message);

	protobuf_c_message_init(m->descriptor, only);
	lend_field(only, m, f);
	return only;
}

bool msg_field_is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	ProtobufCMessage *only = only_field(m, f);
	bool is_set = protobuf_c_message_get_packed_size(only) != 0;

	free(only);
	return is_set;
}

bool msg_field_equal(const ProtobufCMessage *a, const ProtobufCMessage *b,
		     const ProtobufCFieldDescriptor *f)
{
	ProtobufCMessage *x = only_field(a, f), *y = only_field(b, f);
	bool is_equal = msg_equal(x, y);

	free(x);
	free(y);
	return is_equal;
}

void msg_field_copy(ProtobufCMessage *dst, const ProtobufCMessage *src,
		    const ProtobufCFieldDescriptor *f)
{
	ProtobufCMessage *only = only_field(src, f);
	ProtobufCMessage *copy = msg_copy(only);

	free(only);
	swap_field(dst, copy, f);
	msg_free(copy);
}

void msg_field_clear(ProtobufCMessage *dst, const ProtobufCFieldDescriptor *f)
{
	ProtobufCMessage *fresh = msg_create(dst->descriptor);

	swap_field(dst, fresh, f);
	msg_free(fresh);
}
