#ifndef PROTO_OPENFLOW_OXM_H
#define PROTO_OPENFLOW_OXM_H

/* One OXM TLV, the form in which matches and set_field carry a field (OF 1.3.5 section
 * 7.2.3.2). */

#include "lib/buf.h"
#include "lib/cursor.h"
#include "proto/openflow/field.h"

struct oxm {
	const struct of_field *field; /* NULL: not known */
	bool has_mask;
	bool is_length_right; /* for the field; if not, value and mask are NULL */
	/* The field's n_bytes, lent; mask NULL without one. */
	const uint8_t *value, *mask;
	uint8_t wide[2][OF_FIELD_MAX_BYTES]; /* where those of variable size lie */
};

/* The next TLV of C; -1 if it does not fit in. */
int oxm_read(struct cursor *c, struct oxm *oxm);
/* Append, in the form of OpenFlow VERSION.  MASK NULL: without, and mostly
 * so if it is all ones. */
void oxm_put(const struct of_field *f, uint8_t version, const uint8_t *value, const uint8_t *mask,
	     struct buf *out);

/* A header alone, as in actions that name a field. */
struct oxm_header {
	uint32_t header, experimenter;
	const struct of_field *field; /* NULL: not known */
};

/* -1 if C ends before it does.  Its length and mask bit are for the caller to check. */
int oxm_read_header(struct cursor *c, struct oxm_header *h);
void oxm_put_header(const struct of_field *f, uint8_t version, struct buf *out);

#endif
