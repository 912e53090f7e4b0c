#ifndef PROTO_OPENFLOW_ACTION_CHECK_PKT_LARGER_H
#define PROTO_OPENFLOW_ACTION_CHECK_PKT_LARGER_H

/* NXAST_CHECK_PKT_LARGER: whether the packet is longer than so many bytes, into a bit (Open
 * vSwitch's ovs-actions manual).  Text: "check_pkt_larger(1500)->NXM_NX_REG0[3]". */

#include "proto/openflow/action.h"
#include "proto/openflow/subfield.h"

struct of_action_check_pkt_larger {
	struct of_action base;
	uint16_t length;	/* bytes, the Ethernet header counted */
	struct of_subfield dst; /* one bit */
};

struct of_action_check_pkt_larger *of_action_check_pkt_larger(struct arena *a, uint16_t length,
							      const struct of_subfield *dst);
extern const struct of_action_class of_action_check_pkt_larger_class;

#endif
