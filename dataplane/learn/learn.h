#ifndef DATAPLANE_LEARN_LEARN_H
#define DATAPLANE_LEARN_LEARN_H

/* Learn actions, on the control thread: the flow that a packet teaches, and its way into the
 * tables (Open vSwitch's ovs-actions manual, "learn"). */

#include "dataplane/action/action_learn.h"
#include "dataplane/table/tables.h"
#include "proto/openflow/msg.h"

/* Make the flow, or refresh the one that is there: its hard timeout begins anew.  Returns whether
 * the tables changed; a flow beyond the action's limit, or one that they refuse, changes nothing.
 * Not within a transaction. */
bool learn_apply(struct tables *t, const struct action_learn *learn, const struct flow_key *key,
		 uint64_t now_ns);

/* "learns table=1,..." for traces. */
void learn_describe(const struct of_action_learn *learn, const struct flow_key *key,
		    bool is_learned, struct buf *out);

#endif
