#ifndef PROTO_OPENFLOW_ACTION_FIN_TIMEOUT_H
#define PROTO_OPENFLOW_ACTION_FIN_TIMEOUT_H

/* NXAST_FIN_TIMEOUT: shorter timeouts of the flow once a TCP connection ends (Open vSwitch's
 * ovs-actions manual).  Text: "fin_timeout(idle_timeout=10,hard_timeout=20)". */

#include "proto/openflow/action.h"

struct of_action_fin_timeout {
	struct of_action base;
	uint16_t idle_timeout, hard_timeout; /* seconds; 0: stays */
};

struct of_action_fin_timeout *of_action_fin_timeout(struct arena *a, uint16_t idle_timeout,
						    uint16_t hard_timeout);
extern const struct of_action_class of_action_fin_timeout_class;

#endif
