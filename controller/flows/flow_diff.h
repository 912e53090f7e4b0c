#ifndef CONTROLLER_FLOWS_FLOW_DIFF_H
#define CONTROLLER_FLOWS_FLOW_DIFF_H

/* What a switch is to be sent so that its flows become the desired ones. */

#include "controller/flows/flow_map.h"
#include "proto/openflow/msg.h"

/* The changes that turn INSTALLED into DESIRED, each with one reference to `want`, or to `have`
 * when the flow is to go.  Ordered so that, applied one by one without a bundle, no packet of an
 * unchanged port is lost: first what is added or replaced, later tables before earlier ones; then
 * what goes, earlier tables first. */
struct flow_change {
	struct flow_entry *want; /* NULL: delete */
	struct flow_entry *have; /* NULL: add */
};

struct flow_changes {
	size_t n;
	struct flow_change *list;
};

void flow_diff(const struct flow_map *desired, const struct flow_map *installed,
	       struct flow_changes *changes);
/* The same for the keys of KEYS only. */
void flow_diff_keys(const struct flow_map *desired, const struct flow_map *installed,
		    const struct flow_map *keys, struct flow_changes *changes);
void flow_changes_fini(struct flow_changes *changes);
/* "+flow" added, "~flow" replaced, "-flow" removed, one a line. */
void flow_changes_print(const struct flow_changes *changes, struct buf *out);

/* The flow-mod of a change; it lends the flow's match and instructions. */
void flow_change_mod(const struct flow_change *change, struct of_flow_mod *fm);

#endif
