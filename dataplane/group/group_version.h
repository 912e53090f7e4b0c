#ifndef DATAPLANE_GROUP_GROUP_VERSION_H
#define DATAPLANE_GROUP_GROUP_VERSION_H

/* What a group was told to be, compiled; immutable but for its references, which the control
 * thread counts.  The group and the snapshots share it. */

#include "dataplane/action/program.h"
#include "dataplane/group/group_hash.h"
#include "dataplane/packet/counting.h"
#include "proto/openflow/group.h"

struct group_path;

struct group_bucket {
	/* for packets */
	const struct action_program *program; /* an action set in its order */
	uint32_t slot;			      /* its counter */
	bool changes_key, changes_packet;
	/* for the control thread */
	struct of_instructions *owned; /* the actions as they were given */
	struct counted *counted;
};

struct group_version {
	unsigned n_refs;
	uint32_t group_id;
	uint8_t type;
	uint8_t depth, lines; /* of the packet that buckets and selection look at */
	bool has_watches;
	uint32_t slot; /* the group's counter */
	struct counted *counted;
	const struct groups_env *env;
	struct of_group_selection selection; /* the fields are owned */
	struct of_match *selection_fields;   /* or NULL */
	struct group_hash hash;
	/* Select groups: hash & choice_mask leads to a bucket's index.  NULL: all weights are 0. */
	uint16_t *choice;
	uint32_t choice_mask;
	struct group_path *path;   /* the latest that was made of it */
	struct of_bucket *configs; /* [n_buckets], as they were given */
	unsigned n_buckets;
	struct group_bucket buckets[];
};

/* What groups need of those who own them. */
struct groups_env {
	struct counting counting;
	struct action_refs refs;
	/* A bucket names that meter, or does so no longer: its slot must stay. */
	void (*name_meter)(void *ctx, uint32_t meter_id, bool is_named);
	void *ctx;
	uint64_t seed; /* of the hash: strangers choose the packets */
	uint8_t n_tables;
};

/* What a version is made of. */
struct group_plan {
	uint32_t group_id;
	uint8_t type;
	unsigned n_buckets;
	const struct of_bucket *buckets;
	const struct of_group_selection *selection;
	const struct group_version *old; /* what it replaces, or NULL */
	bool keeps_counters;		 /* buckets of the old one with the same ids go on */
};

/* The plan was judged but for its actions.  COUNTED is the group's; a reference is taken.  NULL
 * with ERR. */
struct group_version *group_version_create(const struct groups_env *env,
					   const struct group_plan *plan, struct counted *counted,
					   struct of_error *err);
struct group_version *group_version_ref(struct group_version *v);
void group_version_unref(struct group_version *v);

/* group_choice.c: fill in v->choice.  Slots are given out by weight, exact to one slot by largest
 * remainders.  What the replaced version gave to a bucket that stays is kept as far as its share
 * goes; so removing a bucket moves only its own flows, and adding one takes from each other bucket
 * just what the new one gets. */
void group_choice_make(struct group_version *v, const struct group_version *old);

#endif
