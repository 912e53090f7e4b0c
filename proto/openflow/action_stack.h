#ifndef PROTO_OPENFLOW_ACTION_STACK_H
#define PROTO_OPENFLOW_ACTION_STACK_H

/* NXAST_STACK_PUSH and NXAST_STACK_POP: bits of a field, kept aside (Open vSwitch's ovs-actions
 * manual).  Text: "push:NXM_NX_REG0[]", "pop:NXM_NX_REG1[0..7]". */

#include "proto/openflow/action.h"
#include "proto/openflow/subfield.h"

/* Both kinds: their classes tell them apart. */
struct of_action_stack {
	struct of_action base;
	struct of_subfield subfield;
};

struct of_action_stack *of_action_push(struct arena *a, const struct of_subfield *src);
struct of_action_stack *of_action_pop(struct arena *a, const struct of_subfield *dst);
extern const struct of_action_class of_action_push_class;
extern const struct of_action_class of_action_pop_class;

#endif
