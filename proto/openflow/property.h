#ifndef PROTO_OPENFLOW_PROPERTY_H
#define PROTO_OPENFLOW_PROPERTY_H

/* Properties, the type-length-value lists that end most messages since OpenFlow 1.4 (OF 1.4.1
 * section 7.2.1.2): type 16 bits, length 16 bits without the padding, the experimenter's id and
 * type for type 0xffff, a body, and padding to 8 bytes. */

#include "lib/buf.h"
#include "lib/cursor.h"
#include "proto/openflow/error.h"

#define OF_PROPERTY_EXPERIMENTER 0xffffu

struct of_property {
	uint16_t type;
	uint32_t experimenter, exp_type; /* when type is OF_PROPERTY_EXPERIMENTER */
	struct cursor body;		 /* what follows the headers, lent */
};

/* Take the next property off LIST, with its padding.  -1 with ERR (OFPBPC_BAD_LEN) when it does
 * not fit.  Loop while cursor_left(LIST). */
int of_property_next(struct cursor *list, struct of_property *p, struct of_error *err);
/* After reading P's body: -1 with ERR unless it was of just the right size. */
int of_property_end(const struct of_property *p, struct of_error *err);
/* ERR for a property that is not known here: OFPBPC_BAD_TYPE or _BAD_EXPERIMENTER; -1. */
int of_property_unknown(const struct of_property *p, struct of_error *err);

static inline int of_bad_property(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_BAD_PROPERTY, code);
}

/* Append a header; the return value is for of_property_finish(), which sets the length and
 * pads. */
size_t of_property_start(struct buf *out, uint16_t type);
size_t of_property_start_experimenter(struct buf *out, uint32_t experimenter, uint32_t exp_type);
void of_property_finish(struct buf *out, size_t start);

#endif
