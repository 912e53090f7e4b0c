#ifndef PROTO_OPENFLOW_ACTION_REG_MOVE_H
#define PROTO_OPENFLOW_ACTION_REG_MOVE_H

/* NXAST_REG_MOVE: copy bits between fields (Open vSwitch's ovs-actions manual); OFPAT_COPY_FIELD
 * of OpenFlow 1.5 (section 7.2.6.8) and of ONF extension 320 before are other forms of it.
 * Text: "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]". */

#include "proto/openflow/action.h"
#include "proto/openflow/subfield.h"

struct of_action_reg_move {
	struct of_action base;
	struct of_subfield src, dst; /* of equal n_bits */
};

/* Whole fields of one width. */
struct of_action_reg_move *of_action_reg_move(struct arena *a, enum of_field_id src,
					      enum of_field_id dst);
extern const struct of_action_class of_action_reg_move_class;

#endif
