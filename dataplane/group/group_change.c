/* What a group is to be: group-mods judged and turned into versions (OF 1.3.5 section 6.5, OF 1.5.1
 * section 7.3.4.3).  Nothing is changed here. */

#include <stdlib.h>
#include "dataplane/group/groups.h"
#include "proto/openflow/numbers.h"

static int fail(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_GROUP_MOD_FAILED, code);
}

/* --- judging --- */

static int check_watch(const struct groups *gs, uint32_t id, uint8_t type,
		       const struct of_bucket *b, struct of_error *err)
{
	bool has_watch = b->watch_port != OF_PORT_ANY || b->watch_group != OF_GROUP_ANY;

	if (type == OF_GROUP_ALL_BUCKETS || type == OF_GROUP_INDIRECT)
		return has_watch ? fail(err, OFPGMFC_WATCH_UNSUPPORTED) : 0;
	if (type == OF_GROUP_FAST_FAILOVER && !has_watch)
		return fail(err, OFPGMFC_INVALID_GROUP);
	/* A port may come later; what no port can be is an error. */
	if (b->watch_port != OF_PORT_ANY && (!b->watch_port || b->watch_port > OF_PORT_MAX))
		return fail(err, OFPGMFC_BAD_WATCH);
	if (b->watch_group == OF_GROUP_ANY)
		return 0;
	if (b->watch_group == id)
		return fail(err, OFPGMFC_LOOP);
	return groups_get(gs, b->watch_group) ? 0 : fail(err, OFPGMFC_BAD_WATCH);
}

static bool has_id_before(const struct of_bucket *buckets, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (buckets[i].id == buckets[n].id)
			return true;
	return false;
}

static int check_bucket(const struct groups *gs, const struct group_plan *plan, unsigned i,
			struct of_error *err)
{
	const struct of_bucket *b = &plan->buckets[i];

	if (b->id > OF_BUCKET_MAX)
		return fail(err, OFPGMFC_BAD_BUCKET);
	if (has_id_before(plan->buckets, i))
		return fail(err, OFPGMFC_BUCKET_EXISTS);
	if (b->weight && plan->type != OF_GROUP_SELECT)
		return fail(err, OFPGMFC_INVALID_GROUP);
	return check_watch(gs, plan->group_id, plan->type, b, err);
}

static int check_selection(const struct group_plan *plan, struct of_error *err)
{
	const struct of_group_selection *s = plan->selection;
	bool is_hash = strcmp(s->method, "hash") == 0;

	if (!*s->method)
		return 0;
	if (plan->type != OF_GROUP_SELECT || (!is_hash && strcmp(s->method, "dp_hash") != 0) ||
	    (s->fields.n && !is_hash))
		return of_error_set(err, OFPET_BAD_PROPERTY, OFPBPC_BAD_EXP_VALUE);
	/* Only what the key holds can be hashed. */
	for (unsigned i = 0; i < s->fields.n; i++)
		if (!key_place(s->fields.fields[i].id)->size)
			return of_error_set(err, OFPET_BAD_PROPERTY, OFPBPC_BAD_EXP_VALUE);
	return 0;
}

/* Whoever adds the group is told this by the codec; what buckets that are put in make of it is
 * known here. */
static bool can_be_told(const struct group_plan *plan)
{
	struct of_group_desc desc = {
		.type = plan->type,
		.group_id = plan->group_id,
		.n_buckets = plan->n_buckets,
		.buckets = (struct of_bucket *)plan->buckets,
		.selection = *plan->selection,
	};

	return !plan->keeps_counters || !of_group_desc_is_too_large(&desc);
}

static int check(const struct groups *gs, const struct group_plan *plan, struct of_error *err)
{
	unsigned n_old = plan->old ? plan->old->n_buckets : 0;

	if (plan->group_id > OF_GROUP_MAX)
		return fail(err, OFPGMFC_INVALID_GROUP);
	if (plan->type >= OF_N_GROUP_TYPES)
		return fail(err, OFPGMFC_BAD_TYPE);
	if (plan->n_buckets > GROUP_MAX_BUCKETS ||
	    gs->n_buckets - n_old + plan->n_buckets > GROUPS_MAX_BUCKETS)
		return fail(err, OFPGMFC_OUT_OF_BUCKETS);
	if (plan->type == OF_GROUP_INDIRECT && plan->n_buckets != 1)
		return fail(err, OFPGMFC_INVALID_GROUP);
	if (!can_be_told(plan))
		return fail(err, OFPGMFC_OUT_OF_BUCKETS);
	if (check_selection(plan, err) < 0)
		return -1;
	for (unsigned i = 0; i < plan->n_buckets; i++)
		if (check_bucket(gs, plan, i, err) < 0)
			return -1;
	return 0;
}

/* --- making --- */

struct group *group_create(struct groups *gs, const struct of_group_mod *gm, uint64_t now_ns,
			   struct of_error *err)
{
	struct group_plan plan = { .group_id = gm->group_id,
				   .type = gm->type,
				   .n_buckets = gm->n_buckets,
				   .buckets = gm->buckets,
				   .selection = &gm->selection };
	struct group *g;

	if (check(gs, &plan, err) < 0)
		return NULL;
	if (gs->n >= GROUPS_MAX) {
		fail(err, OFPGMFC_OUT_OF_GROUPS);
		return NULL;
	}
	g = xcalloc(1, sizeof(*g));
	g->slot = id_slots_name(&gs->slots, gm->group_id);
	g->id = gm->group_id;
	g->created_ns = now_ns;
	g->counted = counted_create(&gs->env.counting);
	if (g->counted)
		g->version = group_version_create(&gs->env, &plan, g->counted, err);
	else
		fail(err, OFPGMFC_OUT_OF_GROUPS);
	if (g->version)
		return g;
	group_destroy(gs, g);
	return NULL;
}

static struct group_version *next_version(struct groups *gs, const struct group *g,
					  const struct group_plan *plan, struct of_error *err)
{
	struct group_version *v;

	if (check(gs, plan, err) < 0)
		return NULL;
	v = group_version_create(&gs->env, plan, g->counted, err);
	if (!v || !group_makes_loop(gs, g, v))
		return v;
	group_version_unref(v);
	fail(err, OFPGMFC_LOOP);
	return NULL;
}

struct group_version *group_modified(struct groups *gs, const struct group *g,
				     const struct of_group_mod *gm, struct of_error *err)
{
	struct group_plan plan = { .group_id = g->id,
				   .type = gm->type,
				   .n_buckets = gm->n_buckets,
				   .buckets = gm->buckets,
				   .selection = &gm->selection,
				   .old = g->version };

	return next_version(gs, g, &plan, err);
}

/* Index of the bucket that a command names, -1 if there is none. */
static int find_bucket(const struct group_version *v, uint32_t id)
{
	if (id == OF_BUCKET_FIRST)
		return v->n_buckets ? 0 : -1;
	if (id == OF_BUCKET_LAST)
		return (int)v->n_buckets - 1;
	for (unsigned i = 0; i < v->n_buckets; i++)
		if (v->configs[i].id == id)
			return i;
	return -1;
}

static struct group_version *with_list(struct groups *gs, const struct group *g,
				       const struct of_bucket *buckets, unsigned n,
				       const struct of_group_selection *selection,
				       struct of_error *err)
{
	struct group_plan plan = { .group_id = g->id,
				   .type = g->version->type,
				   .n_buckets = n,
				   .buckets = buckets,
				   .selection = selection,
				   .old = g->version,
				   .keeps_counters = true };

	return next_version(gs, g, &plan, err);
}

/* Where new buckets go: before the one of that index. */
static int place_for(const struct group_version *v, uint32_t id, unsigned *at)
{
	int i;

	if (id == OF_BUCKET_FIRST || id == OF_BUCKET_LAST) {
		*at = id == OF_BUCKET_FIRST ? 0 : v->n_buckets;
		return 0;
	}
	i = find_bucket(v, id);
	*at = i + 1;
	return i < 0 ? -1 : 0;
}

/* Type and selection of the group stay, whatever the message says (ONF's EXT-570). */
struct group_version *group_with_buckets(struct groups *gs, const struct group *g,
					 const struct of_group_mod *gm, struct of_error *err)
{
	const struct group_version *old = g->version;
	unsigned n = old->n_buckets + gm->n_buckets, at;
	struct group_version *v = NULL;
	struct of_bucket *buckets;

	if (place_for(old, gm->command_bucket_id, &at) < 0) {
		fail(err, OFPGMFC_UNKNOWN_BUCKET);
		return NULL;
	}
	buckets = xcalloc(n + 1, sizeof(*buckets));
	for (unsigned i = 0; i < n; i++)
		buckets[i] = i < at		      ? old->configs[i]
			     : i < at + gm->n_buckets ? gm->buckets[i - at]
						      : old->configs[i - gm->n_buckets];
	v = with_list(gs, g, buckets, n, &old->selection, err);
	free(buckets);
	return v;
}

struct group_version *group_without_buckets(struct groups *gs, const struct group *g,
					    const struct of_group_mod *gm, struct of_error *err)
{
	const struct group_version *old = g->version;
	unsigned n = 0;
	struct group_version *v;
	struct of_bucket *buckets;
	int gone = -1;

	if (gm->n_buckets) {
		fail(err, OFPGMFC_BAD_BUCKET);
		return NULL;
	}
	if (gm->command_bucket_id != OF_BUCKET_ALL) {
		gone = find_bucket(old, gm->command_bucket_id);
		if (gone < 0) {
			fail(err, OFPGMFC_UNKNOWN_BUCKET);
			return NULL;
		}
	}
	buckets = xcalloc(old->n_buckets + 1, sizeof(*buckets));
	for (unsigned i = 0; i < old->n_buckets && gone >= 0; i++)
		if (i != (unsigned)gone)
			buckets[n++] = old->configs[i];
	v = with_list(gs, g, buckets, n, &old->selection, err);
	free(buckets);
	return v;
}
