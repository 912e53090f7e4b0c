#ifndef PROTO_OPENFLOW_ACTION_CONTROLLER_H
#define PROTO_OPENFLOW_ACTION_CONTROLLER_H

/* NXAST_CONTROLLER and NXAST_CONTROLLER2: a packet-in with a reason, to the controllers of an
 * id, with data for the receiver, perhaps waiting for its answer (Open vSwitch's ovs-actions
 * manual).  Text: "controller(reason=no_match,max_len=128,id=5,userdata=01.02,pause)". */

#include "proto/openflow/action.h"

struct of_action_controller {
	struct of_action base;
	uint16_t max_len;	/* bytes of the packet, OF_CML_NO_BUFFER for all */
	uint16_t controller_id; /* as of NXT_SET_CONTROLLER_ID; 0: every one */
	uint8_t reason;		/* OFPR_* of the packet-in */
	bool pause;
	uint32_t meter_id; /* 0: the controller meter */
	uint16_t n_userdata;
	uint8_t userdata[];
};

/* A plain one of this much user data, the rest for the caller to fill in. */
struct of_action_controller *of_action_controller(struct arena *a, const void *userdata,
						  uint16_t n_userdata);
extern const struct of_action_class of_action_controller_class;

#endif
