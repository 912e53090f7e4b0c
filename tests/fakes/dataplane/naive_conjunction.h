#ifndef TESTS_FAKES_DATAPLANE_NAIVE_CONJUNCTION_H
#define TESTS_FAKES_DATAPLANE_NAIVE_CONJUNCTION_H

/* What conjunctions_find() finds, by looking at every rule for every conjunction.  IDS has room for
 * every clause of every rule; an id that two conjunctions have is there once. */

#include "dataplane/conjunction/conjunction.h"

unsigned conjunctions_find_naively(const struct conjunction_rule *rules, unsigned n,
				   const struct flow_key *key, int below, int floor, int *priority,
				   uint32_t *ids);

#endif
