#ifndef PROTO_OPENFLOW_ACTION_VLAN_H
#define PROTO_OPENFLOW_ACTION_VLAN_H

/* OFPAT_PUSH_VLAN and OFPAT_POP_VLAN (OF 1.3.5 section 7.2.5).  Text: "push_vlan:0x8100",
 * "pop_vlan". */

#include "proto/openflow/action.h"

struct of_action_push_vlan {
	struct of_action base;
	uint16_t eth_type; /* 0x8100 or 0x88a8 */
};

/* It has no argument. */
struct of_action_pop_vlan {
	struct of_action base;
};

struct of_action_push_vlan *of_action_push_vlan(struct arena *a, uint16_t eth_type);
struct of_action_pop_vlan *of_action_pop_vlan(struct arena *a);
extern const struct of_action_class of_action_push_vlan_class;
extern const struct of_action_class of_action_pop_vlan_class;

#endif
