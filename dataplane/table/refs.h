#ifndef DATAPLANE_TABLE_REFS_H
#define DATAPLANE_TABLE_REFS_H

/* The groups and meters of the tables, and which flows name them.  Control thread. */

#include "dataplane/group/groups.h"
#include "dataplane/meter/meters.h"
#include "dataplane/table/flow.h"

struct tables;

struct refs {
	struct action_refs actions; /* what compiling asks */
	struct groups *groups;
	struct meters *meters;
	struct tables *tables;
};

/* T's counters and seed are there. */
struct refs *refs_create(struct tables *t);
void refs_destroy(struct refs *refs);
/* A flow has rule OLD no longer, or NEW from now on; either may be NULL. */
void refs_touch(struct refs *refs, struct rule *old, struct rule *new);
/* Remove the flows that name it, telling REASON. */
void refs_remove_flows(struct tables *t, enum action_kind kind, uint32_t id, uint8_t reason);

#endif
