#ifndef CONTROLLER_FLOWS_FLOW_SET_H
#define CONTROLLER_FLOWS_FLOW_SET_H

/* The desired flows of one switch.
 *
 * Apps state all flows of an owner (app and resource, see cookie.h) at once with
 * flow_set_replace(); what they state twice costs nothing, and a change costs no more than the
 * owner's flows.  Two owners that claim one key (two ports with one MAC, say) do not depend on
 * who came first: the smallest cookie has it, the others wait.
 *
 * The southbound reads `desired` and takes the keys that changed. */

#include "controller/flows/flow_map.h"

struct flow_set;

/* CHANGED(ARG) is called when the first key changes after flow_set_take_changed(). */
struct flow_set *flow_set_create(void (*changed)(void *arg), void *arg);
void flow_set_destroy(struct flow_set *s);

/* All flows of OWNER (a cookie without purpose) from now on; each must have its owner's cookie.
 * The references in FLOWS are given, the array is lent.  Returns whether anything changed. */
bool flow_set_replace(struct flow_set *s, uint64_t owner, struct flow_entry **flows, size_t n);
/* All owners of an app or a resource disappear with flow_set_replace(s, owner, NULL, 0). */

const struct flow_map *flow_set_desired(const struct flow_set *s);
/* Counts changes of `desired`: a switch that has acknowledged this generation has all of it. */
uint64_t flow_set_generation(const struct flow_set *s);
/* Flows whose key changed since the last call move into KEYS (empty before). */
void flow_set_take_changed(struct flow_set *s, struct flow_map *keys);
/* Work done so far, for tests: flows added, replaced or removed, claims compared. */
uint64_t flow_set_n_touched(const struct flow_set *s);

/* The sets of all switches, by datapath id.  A set lives as long as the directory. */
struct flow_sets;
struct flow_sets *flow_sets_create(void);
void flow_sets_destroy(struct flow_sets *sets);
struct flow_set *flow_sets_get(struct flow_sets *sets, uint64_t datapath_id); /* makes it */
struct flow_set *flow_sets_find(const struct flow_sets *sets, uint64_t datapath_id);
/* CHANGED(ARG, id) as in flow_set_create(), for each set; one listener. */
void flow_sets_listen(struct flow_sets *sets, void (*changed)(void *arg, uint64_t datapath_id),
		      void *arg);

#endif
