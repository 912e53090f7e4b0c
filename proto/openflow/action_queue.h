#ifndef PROTO_OPENFLOW_ACTION_QUEUE_H
#define PROTO_OPENFLOW_ACTION_QUEUE_H

/* OFPAT_SET_QUEUE: the queue of the port that the packet leaves by (OF 1.3.5 section 7.2.5),
 * and NXAST_POP_QUEUE: again the queue it had at first.  Text: "set_queue:5", "pop_queue". */

#include "proto/openflow/action.h"

struct of_action_set_queue {
	struct of_action base;
	uint32_t queue_id;
};

/* It has no argument. */
struct of_action_pop_queue {
	struct of_action base;
};

struct of_action_set_queue *of_action_set_queue(struct arena *a, uint32_t queue_id);
struct of_action_pop_queue *of_action_pop_queue(struct arena *a);
extern const struct of_action_class of_action_set_queue_class;
extern const struct of_action_class of_action_pop_queue_class;

#endif
