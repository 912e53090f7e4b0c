#ifndef PROTO_OPENFLOW_ACTION_OUTPUT_REG_H
#define PROTO_OPENFLOW_ACTION_OUTPUT_REG_H

/* NXAST_OUTPUT_REG and OUTPUT_REG2: output to the port whose number bits of a field are; and
 * NXAST_OUTPUT_TRUNC: output of the packet's beginning (Open vSwitch's ovs-actions manual).
 * Text: "output:NXM_NX_REG0[0..15]", "output(port=1,max_len=100)". */

#include "proto/openflow/action.h"
#include "proto/openflow/subfield.h"

struct of_action_output_reg {
	struct of_action base;
	struct of_subfield src;
	uint16_t max_len; /* to the controller */
};

struct of_action_output_trunc {
	struct of_action base;
	uint32_t port;
	uint32_t max_len; /* bytes, 14 at least */
};

struct of_action_output_reg *of_action_output_reg(struct arena *a, const struct of_subfield *src,
						  uint16_t max_len);
struct of_action_output_trunc *of_action_output_trunc(struct arena *a, uint32_t port,
						      uint32_t max_len);
extern const struct of_action_class of_action_output_reg_class;
extern const struct of_action_class of_action_output_trunc_class;

#endif
