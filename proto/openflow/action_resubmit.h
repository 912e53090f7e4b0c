#ifndef PROTO_OPENFLOW_ACTION_RESUBMIT_H
#define PROTO_OPENFLOW_ACTION_RESUBMIT_H

/* NXAST_RESUBMIT_TABLE: look the packet up in another table, then go on here (Open
 * vSwitch's ovs-actions manual).  Text: "resubmit(,5)", "resubmit:3", "resubmit(,5,ct)".  The older
 * form NXAST_RESUBMIT is understood and becomes table_id OF_TABLE_ALL. */

#include "proto/openflow/action.h"
#include "proto/openflow/numbers.h"

struct of_action_resubmit {
	struct of_action base;
	uint32_t in_port; /* looked up as if from there; OF_PORT_IN_PORT: as it is */
	uint8_t table_id; /* OF_TABLE_ALL: the current one */
	bool with_ct;	  /* NXAST_RESUBMIT_TABLE_CT: as the connection's first packet was */
};

struct of_action_resubmit *of_action_resubmit(struct arena *a, uint32_t in_port, uint8_t table_id);
extern const struct of_action_class of_action_resubmit_class;

#endif
