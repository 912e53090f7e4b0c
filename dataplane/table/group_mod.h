#ifndef DATAPLANE_TABLE_GROUP_MOD_H
#define DATAPLANE_TABLE_GROUP_MOD_H

/* Group-mods (OF 1.3.5 section 6.5, OF 1.5.1 section 7.3.4.3).  Control thread. */

#include "dataplane/group/group.h"
#include "dataplane/table/tables.h"

struct groups *tables_groups(struct tables *t);
/* For compiling packet-outs: env.refs. */
const struct action_refs *tables_refs(struct tables *t);

/* All or nothing, and part of the transaction if one is open.  Deleting a group deletes the flows
 * that name it (OFPRR_GROUP_DELETE); a modified group keeps its counters and its age, of its
 * buckets only those that stay in an insertion or removal do.
 * 0, or -1 with the OFPT_ERROR to send. */
int tables_group_mod(struct tables *t, const struct of_group_mod *gm, uint64_t now_ns,
		     struct of_error *err);

#endif
