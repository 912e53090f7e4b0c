/* Which buckets are live, and the groups of a snapshot (group_path.h). */

#include "dataplane/group/group_path.h"

#include <stdlib.h>
#include "dataplane/group/groups.h"
#include "proto/openflow/numbers.h"

/* A search through groups that watch each other; every group is judged once. */
struct judging {
	struct groups *gs;
	bool (*is_port_live)(void *ctx, uint32_t port);
	void *ctx;
};

static bool is_group_live(const struct judging *j, struct group *g, unsigned depth);

/* OF 1.3.5 section 6.5: by its port or its group, whichever lives; what watches nothing does. */
static bool is_bucket_live(const struct judging *j, const struct of_bucket *b, unsigned depth)
{
	struct group *watched;

	if (b->watch_port == OF_PORT_ANY && b->watch_group == OF_GROUP_ANY)
		return true;
	if (b->watch_port != OF_PORT_ANY && j->is_port_live(j->ctx, b->watch_port))
		return true;
	if (b->watch_group == OF_GROUP_ANY)
		return false;
	watched = groups_get(j->gs, b->watch_group);
	return watched && is_group_live(j, watched, depth + 1);
}

static bool is_group_live(const struct judging *j, struct group *g, unsigned depth)
{
	const struct group_version *v = g->version;

	if (g->visit == j->gs->visit)
		return g->is_live;
	if (depth > GROUP_MAX_DEPTH)
		return false;
	g->is_live = false;
	for (unsigned i = 0; i < v->n_buckets && !g->is_live; i++)
		g->is_live = is_bucket_live(j, &v->configs[i], depth);
	g->visit = j->gs->visit;
	return g->is_live;
}

static bool is_set(const uint64_t *live, unsigned i)
{
	return live[i / 64] >> i % 64 & 1;
}

/* A live bucket in place of a dead one for slot S: the first in an order that is the slot's own, so
 * that a death moves only the dead one's flows, and they come back with it. */
static uint16_t find_live(const struct group_version *v, const uint64_t *live, uint32_t s)
{
	uint32_t at = s;

	for (unsigned k = 1; k <= 256; k++) {
		at = group_hash_mix(s + 1, GROUP_HASH_K1 * k) & v->choice_mask;
		if (is_set(live, v->choice[at]))
			return v->choice[at];
	}
	/* Few are left: the next in the table. */
	while (!is_set(live, v->choice[at]))
		at = (at + 1) & v->choice_mask;
	return v->choice[at];
}

static uint16_t *choose_live(const struct group_version *v, const uint64_t *live)
{
	uint16_t *choice = NULL;
	bool is_any = false;

	for (uint32_t s = 0; s <= v->choice_mask && !is_any; s++)
		is_any = is_set(live, v->choice[s]);
	if (!is_any)
		return NULL;
	choice = xmalloc((v->choice_mask + 1) * sizeof(*choice));
	for (uint32_t s = 0; s <= v->choice_mask; s++)
		choice[s] = is_set(live, v->choice[s]) ? v->choice[s] : find_live(v, live, s);
	return choice;
}

/* Takes over no reference of V, but makes one. */
static struct group_path *path_create(struct group_version *v, const uint64_t *live)
{
	struct group_path *path = xcalloc(1, sizeof(*path));
	unsigned n_live = 0;

	path->version = group_version_ref(v);
	path->group_id = v->group_id;
	path->type = v->type;
	path->n_buckets = v->n_buckets;
	path->buckets = v->buckets;
	path->n_refs = 1;
	path->first_live = -1;
	memcpy(path->live, live, sizeof(path->live));
	for (unsigned i = v->n_buckets; i-- > 0;) {
		if (!is_set(live, i))
			continue;
		path->first_live = i;
		n_live++;
	}
	if (!v->choice)
		return path;
	path->choice_mask = v->choice_mask;
	if (n_live < v->n_buckets)
		path->own_choice = choose_live(v, live);
	path->choice = n_live < v->n_buckets ? path->own_choice : v->choice;
	return path;
}

static void path_unref(struct group_path *path)
{
	if (!path || --path->n_refs)
		return;
	group_version_unref(path->version);
	free(path->own_choice);
	free(path);
}

void group_path_forget(struct group_version *v)
{
	struct group_path *path = v->path;

	v->path = NULL;
	path_unref(path);
}

/* The path of G as things stand, one more reference for the caller. */
static struct group_path *path_for(const struct judging *j, struct group *g)
{
	struct group_version *v = g->version;
	uint64_t live[GROUP_LIVE_WORDS] = { 0 };

	if (v->path && !v->has_watches) {
		v->path->n_refs++;
		return v->path;
	}
	for (unsigned i = 0; i < v->n_buckets; i++)
		if (is_bucket_live(j, &v->configs[i], 0))
			live[i / 64] |= 1ull << i % 64;
	if (!v->path || memcmp(v->path->live, live, sizeof(live)) != 0) {
		group_path_forget(v);
		v->path = path_create(v, live);
	}
	v->path->n_refs++;
	return v->path;
}

struct group_set *group_set_create(struct groups *gs, struct group_set *previous, bool has_news,
				   bool (*is_port_live)(void *ctx, uint32_t port), void *ctx)
{
	struct judging j = { .gs = gs, .is_port_live = is_port_live, .ctx = ctx };
	uint32_t n = gs->slots.n_slots;
	struct group_set *set;

	if (previous && previous->generation == gs->generation &&
	    !(has_news && previous->has_watches)) {
		previous->n_refs++;
		return previous;
	}
	gs->visit++;
	set = xcalloc(1, sizeof(*set) + n * sizeof(set->by_slot[0]));
	set->n_refs = 1;
	set->generation = gs->generation;
	set->n = n;
	for (uint32_t i = 0; i < n; i++) {
		struct group *g = groups_at(gs, i);

		if (!g)
			continue;
		set->by_slot[i] = path_for(&j, g);
		set->depth = MAX_OF(set->depth, g->version->depth);
		set->lines |= g->version->lines;
		set->has_watches |= g->version->has_watches;
	}
	return set;
}

void group_set_unref(struct group_set *set)
{
	if (--set->n_refs)
		return;
	for (uint32_t i = 0; i < set->n; i++)
		path_unref(set->by_slot[i]);
	free(set);
}
