#ifndef DATAPLANE_GROUP_GROUPS_H
#define DATAPLANE_GROUP_GROUPS_H

/* Changing groups, for whoever keeps the transactions (table/group_mod.c): each change here has its
 * opposite.  Control thread. */

#include "lib/id_slots.h"
#include "dataplane/group/group.h"
#include "dataplane/group/group_version.h"

struct group {
	struct id_slot *slot; /* named for the group's life, also while it waits to be undone */
	uint32_t id;
	struct group_version *version;
	struct counted *counted;
	uint64_t created_ns;
	unsigned n_flows;  /* that name it */
	unsigned n_groups; /* buckets that lead to it */
	uint64_t visit;	   /* of the search that came here last */
	bool is_live;	   /* found by that search */
};

struct groups {
	struct groups_env env;
	struct id_slots slots; /* things are struct group */
	unsigned n, n_buckets;
	uint64_t generation; /* changes with every change */
	uint64_t visit;
};

/* ENV is copied. */
struct groups *groups_create(const struct groups_env *env);
/* Snapshots made from them must have been released. */
void groups_destroy(struct groups *gs);
struct group *groups_get(const struct groups *gs, uint32_t group_id);
struct group *groups_at(const struct groups *gs, uint32_t slot); /* NULL: none */

/* A group that is not linked yet, or what G is to be next, as an add, a modification, an insertion
 * or removal of buckets asks for it.  Judges all of GM but its command and whether the group is
 * there.  NULL with ERR. */
struct group *group_create(struct groups *gs, const struct of_group_mod *gm, uint64_t now_ns,
			   struct of_error *err);
struct group_version *group_modified(struct groups *gs, const struct group *g,
				     const struct of_group_mod *gm, struct of_error *err);
struct group_version *group_with_buckets(struct groups *gs, const struct group *g,
					 const struct of_group_mod *gm, struct of_error *err);
struct group_version *group_without_buckets(struct groups *gs, const struct group *g,
					    const struct of_group_mod *gm, struct of_error *err);

void group_destroy(struct groups *gs, struct group *g);
void group_link(struct groups *gs, struct group *g);
/* Nothing leads to it any more. */
void group_unlink(struct groups *gs, struct group *g);
/* Returns the version that was G's. */
struct group_version *group_swap(struct groups *gs, struct group *g, struct group_version *v);

/* The lines (enum key_lines) of keys that buckets and selections look at or write. */
unsigned groups_lines(const struct groups *gs);
/* The slot of a group that is there, or -1. */
int64_t groups_slot(const struct groups *gs, uint32_t group_id);
/* A flow more (or less) names the group of that slot. */
void groups_count_flow(struct groups *gs, uint32_t slot, int n);
/* Calls CB for each group that V's buckets lead to, once a bucket. */
void group_version_each_next(const struct groups *gs, const struct group_version *v,
			     void (*cb)(void *ctx, struct group *next), void *ctx);

/* group_loop.c: whether G, were it of version V, would lead to or watch itself. */
bool group_makes_loop(struct groups *gs, const struct group *g, const struct group_version *v);

#endif
