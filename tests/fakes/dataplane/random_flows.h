#ifndef TESTS_FAKES_DATAPLANE_RANDOM_FLOWS_H
#define TESTS_FAKES_DATAPLANE_RANDOM_FLOWS_H

/* Random flow-mods that random packets (packets.h) have a chance to match. */

#include "lib/rng.h"
#include "proto/openflow/msg.h"

#define RANDOM_TABLES 5
#define RANDOM_PORTS  6

/* A flow-mod ADD in A.  The switch may refuse it: not every action is fit for its match. */
void random_flow(struct rng *rng, struct arena *a, struct of_flow_mod *fm);
void random_actions(struct rng *rng, struct arena *a, const struct of_match *match,
		    unsigned table_id, bool is_set, struct of_actions *acts);

#endif
