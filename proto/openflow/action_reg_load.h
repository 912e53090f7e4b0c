#ifndef PROTO_OPENFLOW_ACTION_REG_LOAD_H
#define PROTO_OPENFLOW_ACTION_REG_LOAD_H

/* NXAST_REG_LOAD: write bits of a field (Open vSwitch's ovs-actions manual).
 * Text: "load:0x1->NXM_NX_REG0[0..15]". */

#include "proto/openflow/action.h"
#include "proto/openflow/subfield.h"

struct of_action_reg_load {
	struct of_action base;
	struct of_subfield dst; /* at most 64 bits */
	uint64_t value;		/* fits the subfield */
};

/* Bits OFS to OFS + N_BITS - 1 of the field, 0 being the least significant. */
struct of_action_reg_load *of_action_reg_load(struct arena *a, enum of_field_id id, unsigned ofs,
					      unsigned n_bits, uint64_t value);
extern const struct of_action_class of_action_reg_load_class;

#endif
