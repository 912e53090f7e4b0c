#ifndef PROTO_OPENFLOW_ACTION_GROUP_H
#define PROTO_OPENFLOW_ACTION_GROUP_H

/* OFPAT_GROUP: process the packet in a group (OF 1.3.5 section 7.2.5).  Text: "group:3". */

#include "proto/openflow/action.h"

struct of_action_group {
	struct of_action base;
	uint32_t group_id;
};

struct of_action_group *of_action_group(struct arena *a, uint32_t group_id);
extern const struct of_action_class of_action_group_class;

#endif
