#ifndef API_TRANSCODE_FIELD_H
#define API_TRANSCODE_FIELD_H

/* A message's fields by descriptor: names, presence, memory.  For the code of this directory
 * and others that walk messages of any type. */

#include <protobuf-c/protobuf-c.h>
#include "lib/arena.h"

typedef ProtobufCFieldDescriptor field_desc;
typedef ProtobufCMessageDescriptor message_desc;

/* By the .proto's name or the JSON name, of SIZE bytes; NULL if there is none. */
const field_desc *field_find(const message_desc *d, const char *name, size_t size);
/* "page_size" to "pageSize", as protoc does; TO has room for the name and its end. */
void field_json_name(char *to, const char *name);
#define FIELD_NAME_MAX 256

static inline bool field_is_repeated(const field_desc *f)
{
	return f->label == PROTOBUF_C_LABEL_REPEATED;
}

static inline bool field_is_message(const field_desc *f)
{
	return f->type == PROTOBUF_C_TYPE_MESSAGE;
}

/* Repeated entries {key, value}. */
bool field_is_map(const message_desc *parent, const field_desc *f);
/* Of one value of F in memory. */
size_t field_value_size(const field_desc *f);

/* Where M keeps F's value: the value itself, or for a repeated field the pointer to its array. */
static inline void *field_at(const ProtobufCMessage *m, const field_desc *f)
{
	return (char *)m + f->offset;
}

/* Of a repeated field. */
static inline size_t *field_count(const ProtobufCMessage *m, const field_desc *f)
{
	return (size_t *)((char *)m + f->quantifier_offset);
}

/* The I-th value of a repeated field. */
static inline void *field_element(const ProtobufCMessage *m, const field_desc *f, size_t i)
{
	return *(char **)field_at(m, f) + i * field_value_size(f);
}

/* The value is a member of a oneof. */
static inline bool field_is_oneof(const field_desc *f)
{
	return f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

/* Which member of F's oneof is set, by its number; 0 for none. */
static inline uint32_t *field_oneof_case(const ProtobufCMessage *m, const field_desc *f)
{
	return (uint32_t *)((char *)m + f->quantifier_offset);
}

/* Whether proto3 would send it: chosen in its oneof, or not its type's zero. */
bool field_is_set(const ProtobufCMessage *m, const field_desc *f);
/* Back to unset.  What it pointed to is the message's arena's. */
void field_clear(ProtobufCMessage *m, const field_desc *f);
/* Room for one more value of a repeated field, zeroed.  All of the field's values were added
 * by this function: arrays made elsewhere have no room to grow. */
void *field_append(ProtobufCMessage *m, const field_desc *f, struct arena *a);
/* An initialized message of type D. */
ProtobufCMessage *message_create(const message_desc *d, struct arena *a);

/* Where an error is, from the request on; on the stack of the code that walks. */
struct field_path {
	const struct field_path *parent; /* NULL at the top */
	const char *name;
	const char *key; /* of a map; NULL if none */
	long index;	 /* in a repeated field; -1 if none */
};

/* "network.labels[\"env\"]", "networks[2].mtu", cut if it does not fit; "" for NULL. */
const char *field_path_text(const struct field_path *p, char *text, size_t size);

#endif
