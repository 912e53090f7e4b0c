#ifndef PROTO_OPENFLOW_ACTION_SET_FIELD_H
#define PROTO_OPENFLOW_ACTION_SET_FIELD_H

/* OFPAT_SET_FIELD: write a field (OF 1.3.5 section 7.2.5), or the bits of a mask: OF 1.5.1
 * section 7.2.6.7, and NXAST_REG_LOAD2 before it.  Text: "set_field:10.0.0.1->ip_dst",
 * "set_field:0x10/0xf0->reg0". */

#include "proto/openflow/action.h"
#include "proto/openflow/field.h"

struct of_action_set_field {
	struct of_action base;
	const struct of_field *field;
	/* n_bytes of them; zero beyond, and the value where the mask is zero. */
	uint8_t value[OF_FIELD_MAX_BYTES];
	uint8_t mask[OF_FIELD_MAX_BYTES]; /* never zero; all of the field's bits: a whole one */
};

/* VALUE: the field's n_bytes bytes, network order. */
struct of_action_set_field *of_action_set_field(struct arena *a, enum of_field_id id,
						const void *value);
/* Only the bits of MASK. */
struct of_action_set_field *of_action_set_field_masked(struct arena *a, enum of_field_id id,
						       const void *value, const void *mask);
bool of_action_set_field_is_whole(const struct of_action_set_field *s);
/* The same for a number, right-aligned; for fields of up to 64 bits. */
struct of_action_set_field *of_action_set_field_u64(struct arena *a, enum of_field_id id,
						    uint64_t value);
extern const struct of_action_class of_action_set_field_class;

#endif
