#ifndef PROTO_OPENFLOW_ACTION_SET_FIELD_H
#define PROTO_OPENFLOW_ACTION_SET_FIELD_H

/* OFPAT_SET_FIELD: write a whole field (OF 1.3.5 section 7.2.5).
 * Text: "set_field:10.0.0.1->ip_dst". */

#include "proto/openflow/action.h"
#include "proto/openflow/field.h"

struct of_action_set_field {
	struct of_action base;
	const struct of_field *field;
	uint8_t value[OF_FIELD_MAX_BYTES]; /* n_bytes of it; zero beyond */
};

/* VALUE: the field's n_bytes bytes, network order. */
struct of_action_set_field *of_action_set_field(struct arena *a, enum of_field_id id,
						const void *value);
/* The same for a number, right-aligned; for fields of up to 64 bits. */
struct of_action_set_field *of_action_set_field_u64(struct arena *a, enum of_field_id id,
						    uint64_t value);
extern const struct of_action_class of_action_set_field_class;

#endif
