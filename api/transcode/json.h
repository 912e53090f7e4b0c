#ifndef API_TRANSCODE_JSON_H
#define API_TRANSCODE_JSON_H

/* Messages of any type from and to proto3 JSON.
 *
 * Names are written in lowerCamelCase; both forms are read.  A field at its default is left out,
 * as proto3 has it.  Supported of google.protobuf: Timestamp, Duration, FieldMask, Empty; Any only
 * as the details of a google.rpc.Status, which api/errors.h writes.
 * Source: https://protobuf.dev/programming-guides/json/ */

#include "api/transcode/field.h"
#include "lib/buf.h"
#include "lib/status.h"

#define JSON_MAX_DEPTH 64

/* The message is A's.  NULL with ST filled: INVALID_ARGUMENT naming the field by its path below
 * FIELD (NULL or "": the top), or the place in the text where it is not JSON. */
ProtobufCMessage *json_read(struct arena *a, const message_desc *d, const char *text, size_t size,
			    const char *field, struct status *st);
/* The paths of the fields that the JSON of a D gives, for an update without a mask: of messages
 * the innermost fields, of lists and maps the whole.  TEXT was read by json_read() before. */
char **json_paths(struct arena *a, const message_desc *d, const char *text, size_t size,
		  size_t *n_paths);

enum json_style {
	JSON_ONE_LINE = 0,
	JSON_INDENTED = 1,   /* two spaces a level */
	JSON_ALL_FIELDS = 2, /* scalars, lists and maps at their default too */
};

void json_write(struct buf *out, const ProtobufCMessage *m, enum json_style style);

#endif
