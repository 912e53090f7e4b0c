#ifndef API_TRANSCODE_WELL_KNOWN_H
#define API_TRANSCODE_WELL_KNOWN_H

/* Messages of google.protobuf that JSON writes as text: Timestamp "2026-01-31T12:00:00.5Z",
 * Duration "1.5s", FieldMask "title,author.name" in JSON names. */

#include "api/transcode/field.h"
#include "lib/buf.h"

struct well_known {
	const message_desc *descriptor;
	const char *expected; /* for messages of errors */
	void (*write)(struct buf *out, const ProtobufCMessage *m);
	/* 0, or -1 if TEXT is wrong. */
	int (*read)(ProtobufCMessage *m, const char *text, struct arena *a);
};

/* NULL if D is an ordinary message. */
const struct well_known *well_known_find(const message_desc *d);

#endif
