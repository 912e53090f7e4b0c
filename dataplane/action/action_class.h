#ifndef DATAPLANE_ACTION_ACTION_CLASS_H
#define DATAPLANE_ACTION_ACTION_CLASS_H

/* For implementers of actions: action_NAME.c here is the dataplane's side of the codec's
 * proto/openflow/action_NAME.c; one REGISTRY_ADD(action_class, ...) and it exists. */

#include "lib/registry.h"
#include "dataplane/action/program.h"
#include "dataplane/packet/packet_ops.h"
#include "dataplane/packet/parse.h"

struct rte_mbuf;

/* The packets that a program runs on; all arrays are indexed by a packet's place in the burst. */
struct action_batch {
	struct flow_key *keys;
	struct packet_layout *layouts;
	struct rte_mbuf **pkts;
	/* Packets that an op could not be done for; layouts[i].drop says why. */
	uint64_t failed;
};

struct action_class {
	const char *name; /* of_action_class.name */
	/* Check ACT and fill OP (zeroed; `class` is set).  MATCH is what is known of the packet
	 * at this place of the list: the flow's match with what earlier actions did to it; ops
	 * that set a prerequisite field change it.  0, or -1 with ERR. */
	int (*compile)(const struct of_action *act, const struct action_env *env,
		       struct action_op *op, struct of_error *err);
	/* What an op does, in words, for a trace; optional (default: the action's text). */
	void (*describe)(const struct action_op *op, struct buf *out);
};
REGISTRY_DECLARE(action_class);

#endif
