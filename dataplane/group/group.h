#ifndef DATAPLANE_GROUP_GROUP_H
#define DATAPLANE_GROUP_GROUP_H

/* Groups as the controllers see them (OF 1.3.5 section 5.6): authoritative, of the control thread
 * alone, owned by `struct tables`, which changes them in its transactions (table/group_mod.h).
 * What a group is told to be is an immutable version of it (group_version.h), which snapshots
 * share; the packet path sees those (group_path.h) and never this.
 *
 * A group has a slot, its place in the snapshots' arrays, for as long as anything names its id.
 * Iterating is by ascending id, and a group may come or go between two calls. */

#include "lib/arena.h"
#include "proto/openflow/group.h"

#define GROUPS_MAX	   65536  /* groups of all types; above: OFPGMFC_OUT_OF_GROUPS */
#define GROUP_MAX_BUCKETS  1024	  /* of one group; above: OFPGMFC_OUT_OF_BUCKETS */
#define GROUPS_MAX_BUCKETS 262144 /* of all groups */

struct group;
struct groups;

unsigned groups_count(const struct groups *gs);
/* NULL if there is none. */
const struct group *groups_find(const struct groups *gs, uint32_t group_id);
/* The group with the smallest id above GROUP_ID, or the first one if IS_FIRST; NULL: no more. */
const struct group *groups_next(const struct groups *gs, uint32_t group_id, bool is_first);
uint32_t group_id(const struct group *g);

/* For a group-desc reply; all of it is lent until the group changes. */
void group_desc(const struct group *g, struct of_group_desc *out);
/* For a group-stats reply, counters summed over the threads now; the buckets are in A. */
void group_stats(const struct groups *gs, const struct group *g, uint64_t now_ns, struct arena *a,
		 struct of_group_stats *out);
void groups_features(struct of_group_features *out);

#endif
