#ifndef DATAPLANE_OFAGENT_FLOW_WALK_H
#define DATAPLANE_OFAGENT_FLOW_WALK_H

/* Going through the flows of the tables in several steps, between which flows may come and go:
 * each flow that is there all the time is met once. */

#include "dataplane/table/tables.h"

struct flow_walk {
	struct flow_filter filter;
	/* where the next step goes on: at the first flow of that rank (struct rule) or behind it */
	uint8_t table_id;
	uint64_t rank;
};

/* Call CB for up to N flows, or until it returns false; that flow is met again in the next step.
 * True: there are no more. */
bool flow_walk_step(struct flow_walk *walk, struct tables *t, unsigned n,
		    bool (*cb)(void *ctx, const struct flow *flow), void *ctx);

/* A walk's place as one number, never 0, for clients that come back; and back again (0: the
 * beginning). */
uint64_t flow_walk_place(const struct flow_walk *walk);
void flow_walk_resume(struct flow_walk *walk, uint64_t place);

#endif
