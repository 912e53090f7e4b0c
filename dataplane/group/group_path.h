#ifndef DATAPLANE_GROUP_GROUP_PATH_H
#define DATAPLANE_GROUP_GROUP_PATH_H

/* Groups as packets meet them: a version, and which of its buckets are live in this snapshot.  What
 * did not change since the previous snapshot is shared with it. */

#include "dataplane/group/group.h"
#include "dataplane/group/group_version.h"

#define GROUP_MAX_DEPTH	 64 /* of chains, for packets and for who watches whom */
#define GROUP_LIVE_WORDS (GROUP_MAX_BUCKETS / 64)

struct groups;

struct group_path {
	struct group_version *version;
	uint32_t group_id;
	uint8_t type;
	unsigned n_buckets;
	const struct group_bucket *buckets;
	/* Fast failover and indirect: the bucket, or -1 if none is live. */
	int first_live;
	/* Select: hash & mask leads to a live bucket's index; NULL: there is none. */
	const uint16_t *choice;
	uint32_t choice_mask;
	/* control thread */
	unsigned n_refs;
	uint16_t *own_choice; /* when some buckets are dead */
	uint64_t live[GROUP_LIVE_WORDS];
};

/* The bucket of a select or failover group that a packet takes; -1: none. */
static inline int group_path_choose(const struct group_path *path, const struct flow_key *key)
{
	if (path->type != OF_GROUP_SELECT)
		return path->first_live;
	if (!path->choice)
		return -1;
	return path->choice[group_hash(&path->version->hash, key) & path->choice_mask];
}

/* All groups of a snapshot. */
struct group_set {
	unsigned n_refs;
	uint64_t generation;
	uint8_t depth, lines; /* of packets that any of them looks at */
	bool has_watches;
	uint32_t n;
	struct group_path *by_slot[]; /* NULL where there is none */
};

/* PREVIOUS (may be NULL) itself with one more reference, if nothing changed.  IS_PORT_LIVE tells of
 * the ports that buckets watch; HAS_NEWS: it may tell otherwise than when PREVIOUS was made. */
struct group_set *group_set_create(struct groups *gs, struct group_set *previous, bool has_news,
				   bool (*is_port_live)(void *ctx, uint32_t port), void *ctx);
void group_set_unref(struct group_set *set);

/* V is a group's no longer: nothing more will be made of it. */
void group_path_forget(struct group_version *v);

#endif
