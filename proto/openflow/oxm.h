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
	bool is_length_right;         /* for the field; if not, value and mask are NULL */
	const uint8_t *value, *mask;  /* the field's n_bytes, lent; mask NULL without one */
};

/* The next TLV of C; -1 if it does not fit in. */
int oxm_read(struct cursor *c, struct oxm *oxm);
/* Append; MASK NULL: without. */
void oxm_write(const struct of_field *f, const uint8_t *value, const uint8_t *mask,
	       struct buf *out);
/* Bytes that oxm_write() appends. */
size_t oxm_size(const struct of_field *f, bool has_mask);

#endif
