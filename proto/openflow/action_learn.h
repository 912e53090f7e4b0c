#ifndef PROTO_OPENFLOW_ACTION_LEARN_H
#define PROTO_OPENFLOW_ACTION_LEARN_H

/* NXAST_LEARN and NXAST_LEARN2: make a flow out of the packet (Open vSwitch's ovs-actions manual).
 * Text: "learn(table=1,idle_timeout=10,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])".
 */

#include "proto/openflow/action.h"
#include "proto/openflow/subfield.h"

/* NX_LEARN_DST_* */
enum of_learn_kind {
	OF_LEARN_MATCH,	 /* the flow matches that dst has the value */
	OF_LEARN_LOAD,	 /* the flow writes the value into dst */
	OF_LEARN_OUTPUT, /* the flow outputs to the port whose number is the value */
};

struct of_learn_spec {
	uint16_t kind;	 /* enum of_learn_kind */
	uint16_t n_bits; /* of src, or of the value, and of dst */
	uint32_t zero;
	struct of_subfield src;		   /* of the packet; field NULL: value below */
	struct of_subfield dst;		   /* field NULL for OF_LEARN_OUTPUT */
	uint8_t value[OF_FIELD_MAX_BYTES]; /* right-aligned */
};

#define OF_LEARN_SEND_FLOW_REM	0x1 /* of flags: NX_LEARN_F_* */
#define OF_LEARN_DELETE_LEARNED 0x2
#define OF_LEARN_WRITE_RESULT	0x4

struct of_action_learn {
	struct of_action base;
	uint16_t idle_timeout, hard_timeout, priority; /* of the flow to be made */
	uint16_t fin_idle_timeout, fin_hard_timeout;
	uint16_t flags;
	uint8_t table_id;
	uint64_t cookie;
	uint32_t limit;		   /* flows with the cookie in the table; 0: no limit */
	struct of_subfield result; /* one bit, whether it was learned; field NULL: nowhere */
	uint16_t n_specs;
	struct of_learn_spec specs[];
};

struct of_action_learn *of_action_learn(struct arena *a, const struct of_learn_spec *specs,
					uint16_t n_specs);
extern const struct of_action_class of_action_learn_class;

#endif
