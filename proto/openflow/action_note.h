#ifndef PROTO_OPENFLOW_ACTION_NOTE_H
#define PROTO_OPENFLOW_ACTION_NOTE_H

/* NXAST_NOTE: bytes that do nothing.  Text: "note:01.02.03.00.00.00". */

#include "proto/openflow/action.h"

struct of_action_note {
	struct of_action base;
	uint16_t n; /* bytes, the padding counted: 6, 14, 22 ... */
	uint8_t data[];
};

/* N bytes, filled up with zeros. */
struct of_action_note *of_action_note(struct arena *a, const void *data, uint16_t n);
extern const struct of_action_class of_action_note_class;

#endif
