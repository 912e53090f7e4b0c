#ifndef API_TRANSCODE_MESSAGE_H
#define API_TRANSCODE_MESSAGE_H

/* Messages of any type in an arena: made from bytes, copied, changed by text or by mask. */

#include <google/protobuf/field_mask.pb-c.h>
#include "api/transcode/field.h"
#include "lib/status.h"

/* Memory that unpacking may take: small messages inside a message are many times bigger in memory
 * than in bytes. */
#define MESSAGE_MAX_MEMORY (64u << 20)

/* NULL with ST filled: INVALID_ARGUMENT if DATA is no D or has text that is not UTF-8,
 * RESOURCE_EXHAUSTED if it would take more memory than MESSAGE_MAX_MEMORY.  Fields that D does not
 * have are left out. */
ProtobufCMessage *message_unpack(struct arena *a, const message_desc *d, const void *data,
				 size_t size, struct status *st);
ProtobufCMessage *message_copy(struct arena *a, const ProtobufCMessage *m);
bool message_is_equal(const ProtobufCMessage *a, const ProtobufCMessage *b);

/* Set the field at PATH ("page_size", "book.nPages", "labels.env") to what TEXT says; a list gets
 * one more element.  M's lists were made in arenas by the functions of this directory, and A is
 * where new values go.  -1 with ST naming PATH. */
int message_set_text(ProtobufCMessage *m, struct arena *a, const char *path, const char *text,
		     struct status *st);
/* The field at PATH, through messages only; NULL if there is none. */
const field_desc *message_field(const message_desc *d, const char *path);

/* Every path names a field of D, or is "*".  -1 with ST filled; FIELD is the mask's name in the
 * request, for the message. */
int field_mask_check(const Google__Protobuf__FieldMask *mask, const message_desc *d,
		     const char *field, struct status *st);
/* Give those fields of TO that MASK names the values of FROM, also where FROM's is not set; "*" is
 * all fields, and an empty mask or NULL those that are set in FROM (AIP-134).  Values are copied to
 * A, which is TO's too; lists and maps are replaced as a whole.  MASK was checked. */
void message_merge(ProtobufCMessage *to, const ProtobufCMessage *from,
		   const Google__Protobuf__FieldMask *mask, struct arena *a);

#endif
