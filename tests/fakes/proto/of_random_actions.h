#ifndef TESTS_FAKES_PROTO_OF_RANDOM_ACTIONS_H
#define TESTS_FAKES_PROTO_OF_RANDOM_ACTIONS_H

/* Random actions of the less common kinds, for of_random_actions(). */

#include "lib/rng.h"
#include "proto/openflow/action.h"

/* One that makes sense on packets of M and leaves their headers in place. */
const struct of_action *of_random_extension(struct rng *rng, struct arena *a,
					    const struct of_match *m);

#endif
