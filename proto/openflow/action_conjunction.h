#ifndef PROTO_OPENFLOW_ACTION_CONJUNCTION_H
#define PROTO_OPENFLOW_ACTION_CONJUNCTION_H

/* NXAST_CONJUNCTION: the flow is one of several that together match a conjunction (Open
 * vSwitch's ovs-actions manual).  Text: "conjunction(10,1/3)". */

#include "proto/openflow/action.h"

struct of_action_conjunction {
	struct of_action base;
	uint32_t id;
	uint8_t clause;	   /* which one this is a member of, from 0; the text counts from 1 */
	uint8_t n_clauses; /* 2 to 64 */
};

struct of_action_conjunction *of_action_conjunction(struct arena *a, uint32_t id, uint8_t clause,
						    uint8_t n_clauses);
extern const struct of_action_class of_action_conjunction_class;

#endif
