#ifndef CONTROLLER_MODEL_REFLECT_H
#define CONTROLLER_MODEL_REFLECT_H

/* Messages handled by the names of their fields, so that what all resources have alike is written
 * once.  Messages here are on the heap, as protobuf_c_message_unpack() makes them. */

#include <protobuf-c/protobuf-c.h>
#include "lib/buf.h"
#include "lib/status.h"

ProtobufCMessage *msg_create(const ProtobufCMessageDescriptor *type);
ProtobufCMessage *msg_copy(const ProtobufCMessage *m);
/* NULL if the bytes are no such message. */
ProtobufCMessage *msg_unpack(const ProtobufCMessageDescriptor *type, const void *data, size_t size);
void msg_pack(const ProtobufCMessage *m, struct buf *out);
bool msg_equal(const ProtobufCMessage *a, const ProtobufCMessage *b);
void msg_free(ProtobufCMessage *m); /* NULL is allowed */

const ProtobufCFieldDescriptor *msg_field(const ProtobufCMessage *m, const char *name);

/* Fields of M by name; NULL, 0 or false if M has no such field or it is not of that type. */
const char *msg_text(const ProtobufCMessage *m, const char *name);
bool msg_flag(const ProtobufCMessage *m, const char *name);
int32_t msg_int32(const ProtobufCMessage *m, const char *name);
const ProtobufCMessage *msg_sub(const ProtobufCMessage *m, const char *name);

/* Setters copy; the field has to be there and of the type. */
void msg_set_text(ProtobufCMessage *m, const char *name, const char *value);
void msg_set_uint64(ProtobufCMessage *m, const char *name, uint64_t value);
void msg_set_int64(ProtobufCMessage *m, const char *name, int64_t value);
void msg_set_enum(ProtobufCMessage *m, const char *name, int value);
/* A google.protobuf.Timestamp. */
void msg_set_time(ProtobufCMessage *m, const char *name, int64_t wall_ns);
/* VALUE is given. */
void msg_set_sub(ProtobufCMessage *m, const char *name, ProtobufCMessage *value);

/* Replace a text that a message owns. */
void text_set(char **field, const char *value);
/* At most MAX characters on one line; -1: ST names PATH. */
int text_check(const char *text, const char *path, size_t max, struct status *st);
/* Append to a repeated text that a message owns. */
void texts_add(char ***fields, size_t *n, const char *value);

bool msg_field_is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f);
bool msg_field_equal(const ProtobufCMessage *a, const ProtobufCMessage *b,
		     const ProtobufCFieldDescriptor *f);
/* DST's field becomes a copy of SRC's, or its default. */
void msg_field_copy(ProtobufCMessage *dst, const ProtobufCMessage *src,
		    const ProtobufCFieldDescriptor *f);
void msg_field_clear(ProtobufCMessage *dst, const ProtobufCFieldDescriptor *f);

/* The fields of DST that PATHS name become those of SRC; "*" is all.  Fields that only the
 * controller sets are left as they are.  -1: a path is wrong; ST names it. */
int mask_apply(ProtobufCMessage *dst, const ProtobufCMessage *src, char *const *paths,
	       size_t n_paths, struct status *st);
/* Without a mask: the fields that are set in SRC. */
void mask_apply_set(ProtobufCMessage *dst, const ProtobufCMessage *src);
/* DST's fields that only the controller sets become those of SRC (NULL: defaults). */
void msg_keep_outputs(ProtobufCMessage *dst, const ProtobufCMessage *src);

#endif
