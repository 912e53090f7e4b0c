#ifndef TESTS_FAKES_PROTO_OF_SAMPLES_H
#define TESTS_FAKES_PROTO_OF_SAMPLES_H

/* OpenFlow messages for tests: one sample of every kind, and any number of random ones. */

#include "lib/rng.h"
#include "proto/openflow/msg.h"
#include "proto/openflow/table_features_props.h"

/* A message of KIND and VERSION, which must have it, with every member set to something telling. */
void of_sample(enum of_kind kind, uint8_t version, struct arena *a, struct of_msg *msg);
/* Any version that has the kind. */
uint8_t of_random_version(struct rng *rng, enum of_kind kind);

/* Random but valid: what decodes again to the same. */
void of_random_match(struct rng *rng, struct arena *a, struct of_match *m);
void of_random_actions(struct rng *rng, struct arena *a, const struct of_match *m,
		       struct of_actions *acts);
void of_random_instructions(struct rng *rng, struct arena *a, const struct of_match *m,
			    uint8_t table_id, struct of_instructions *ins);
void of_random_group_mod(struct rng *rng, struct arena *a, uint8_t version,
			 struct of_group_mod *gm);
void of_random_table_abilities(struct rng *rng, struct of_table_abilities *ab);
/* A message that is a sample, made random if it is of of_sample_state()'s. */
void of_random_state(struct rng *rng, struct arena *a, struct of_msg *msg);
/* The same for the switch, its ports and queues, and its controllers. */
void of_random_switch(struct rng *rng, struct arena *a, struct of_msg *msg);
void of_random_msg(struct rng *rng, struct arena *a, struct of_msg *msg);

/* The part of of_sample() for groups, meters and tables; false if KIND is none of them. */
bool of_sample_state(enum of_kind kind, struct arena *a, struct of_msg *msg);

#endif
