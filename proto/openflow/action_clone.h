#ifndef PROTO_OPENFLOW_ACTION_CLONE_H
#define PROTO_OPENFLOW_ACTION_CLONE_H

/* NXAST_CLONE: actions on a copy of the packet (Open vSwitch's ovs-actions manual).  Text:
 * "clone(set_field:10.0.0.1->ip_src,output:2)". */

#include "proto/openflow/action.h"

struct of_action_clone {
	struct of_action base;
	struct of_actions actions; /* in the arena, or in the copy of of_instructions_dup() */
};

struct of_action_clone *of_action_clone(struct arena *a, const struct of_actions *actions);
extern const struct of_action_class of_action_clone_class;

#endif
