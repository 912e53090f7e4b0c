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

/* Who states flows: a cookie without purpose, and a part of its flows, for owners whose flows are
 * not all stated together. */
struct flow_owner {
	uint64_t cookie;
	uint64_t part;
};

/* All flows of OWNER from now on.  The references in FLOWS are given, the array is lent.  Returns
 * whether anything changed.  Owners disappear when they are given none. */
bool flow_set_replace_part(struct flow_set *s, struct flow_owner owner, struct flow_entry **flows,
			   size_t n);
/* The same for an owner that has but one part. */
bool flow_set_replace(struct flow_set *s, uint64_t owner, struct flow_entry **flows, size_t n);
/* One flow more of OWNER, or another in the place of one with the same key.  F is given. */
bool flow_set_put(struct flow_set *s, struct flow_owner owner, struct flow_entry *f);
/* OWNER does not state the flow with KEY any more. */
bool flow_set_drop(struct flow_set *s, struct flow_owner owner, const struct flow_entry *key);

/* Meters that flows name.  RATE packets a second pass; 0: there is none any more. */
struct flow_meter {
	struct hmap_node node; /* by its number */
	uint32_t id, rate;
};

void flow_set_meter(struct flow_set *s, uint32_t id, uint32_t rate);
const struct hmap *flow_set_meters(const struct flow_set *s);

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
