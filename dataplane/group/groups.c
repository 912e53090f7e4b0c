/* The groups as they are told: kept, linked to each other, listed, counted. */

#include "dataplane/group/groups.h"

#include <assert.h>
#include <stdlib.h>
#include <openflow/openflow-common.h>
#include "dataplane/group/group_path.h"
#include "proto/openflow/numbers.h"

struct groups *groups_create(const struct groups_env *env)
{
	struct groups *gs = xcalloc(1, sizeof(*gs));

	gs->env = *env;
	gs->generation = 1;
	return gs;
}

void groups_destroy(struct groups *gs)
{
	for (uint32_t i = 0; i < gs->slots.n_slots; i++)
		if (groups_at(gs, i))
			group_destroy(gs, groups_at(gs, i));
	id_slots_fini(&gs->slots);
	free(gs);
}

struct group *groups_get(const struct groups *gs, uint32_t group_id)
{
	struct id_slot *slot = id_slots_find(&gs->slots, group_id);

	return slot ? slot->thing : NULL;
}

struct group *groups_at(const struct groups *gs, uint32_t slot)
{
	return gs->slots.by_slot[slot] ? gs->slots.by_slot[slot]->thing : NULL;
}

unsigned groups_lines(const struct groups *gs)
{
	unsigned lines = 0;

	for (uint32_t slot = 0; slot < gs->slots.n_slots; slot++) {
		const struct group *g = groups_at(gs, slot);

		if (g)
			lines |= g->version->lines;
	}
	return lines;
}

int64_t groups_slot(const struct groups *gs, uint32_t group_id)
{
	struct group *g = groups_get(gs, group_id);

	return g ? (int64_t)g->slot->slot : -1;
}

void groups_count_flow(struct groups *gs, uint32_t slot, int n)
{
	groups_at(gs, slot)->n_flows += n;
}

void group_version_each_next(const struct groups *gs, const struct group_version *v,
			     void (*cb)(void *ctx, struct group *next), void *ctx)
{
	for (unsigned i = 0; i < v->n_buckets; i++) {
		const struct action_program *p = v->buckets[i].program;

		for (unsigned k = 0; k < p->n_ops; k++)
			if (p->ops[k].kind == ACTION_GROUP)
				cb(ctx, groups_at(gs, p->ops[k].group.slot));
	}
}

static void lead_more(void *ctx, struct group *next)
{
	(void)ctx;
	next->n_groups++;
}

static void lead_less(void *ctx, struct group *next)
{
	(void)ctx;
	next->n_groups--;
}

static void take_in(struct groups *gs, const struct group_version *v)
{
	group_version_each_next(gs, v, lead_more, NULL);
	gs->n_buckets += v->n_buckets;
	gs->generation++;
}

static void take_out(struct groups *gs, const struct group_version *v)
{
	group_version_each_next(gs, v, lead_less, NULL);
	gs->n_buckets -= v->n_buckets;
	gs->generation++;
}

void group_link(struct groups *gs, struct group *g)
{
	assert(!g->slot->thing);
	g->slot->thing = g;
	gs->n++;
	take_in(gs, g->version);
}

void group_unlink(struct groups *gs, struct group *g)
{
	assert(!g->n_groups && !g->n_flows);
	take_out(gs, g->version);
	g->slot->thing = NULL;
	gs->n--;
}

struct group_version *group_swap(struct groups *gs, struct group *g, struct group_version *v)
{
	struct group_version *old = g->version;

	take_out(gs, old);
	g->version = v;
	take_in(gs, v);
	return old;
}

void group_destroy(struct groups *gs, struct group *g)
{
	if (g->version) {
		group_path_forget(g->version);
		group_version_unref(g->version);
	}
	counted_unref(g->counted);
	id_slots_unname(&gs->slots, g->slot);
	free(g);
}

/* --- for those who answer controllers --- */

unsigned groups_count(const struct groups *gs)
{
	return gs->n;
}

const struct group *groups_find(const struct groups *gs, uint32_t group_id)
{
	return groups_get(gs, group_id);
}

const struct group *groups_next(const struct groups *gs, uint32_t group_id, bool is_first)
{
	uint32_t i = is_first		      ? 0
		     : group_id == UINT32_MAX ? gs->slots.n
					      : id_slots_place(&gs->slots, group_id + 1);

	for (; i < gs->slots.n; i++)
		if (gs->slots.by_id[i]->thing)
			return gs->slots.by_id[i]->thing;
	return NULL;
}

uint32_t group_id(const struct group *g)
{
	return g->id;
}

void group_desc(const struct group *g, struct of_group_desc *out)
{
	const struct group_version *v = g->version;

	*out = (struct of_group_desc){
		.type = v->type,
		.group_id = g->id,
		.n_buckets = v->n_buckets,
		.buckets = v->configs,
		.selection = v->selection,
	};
}

void group_stats(const struct groups *gs, const struct group *g, uint64_t now_ns, struct arena *a,
		 struct of_group_stats *out)
{
	const struct group_version *v = g->version;
	uint64_t age_ns = now_ns - g->created_ns;

	(void)gs;
	*out = (struct of_group_stats){
		.group_id = g->id,
		.ref_count = g->n_flows + g->n_groups,
		.duration_sec = age_ns / NS_PER_SEC,
		.duration_nsec = age_ns % NS_PER_SEC,
		.n_buckets = v->n_buckets,
		.buckets = arena_alloc(a, v->n_buckets * sizeof(out->buckets[0])),
	};
	counted_get(g->counted, &out->n_packets, &out->n_bytes);
	for (unsigned i = 0; i < v->n_buckets; i++)
		counted_get(v->buckets[i].counted, &out->buckets[i].n_packets,
			    &out->buckets[i].n_bytes);
}

static const uint8_t actions[] = {
	OFPAT_OUTPUT,	    OFPAT_COPY_TTL_OUT, OFPAT_COPY_TTL_IN, OFPAT_SET_MPLS_TTL,
	OFPAT_DEC_MPLS_TTL, OFPAT_PUSH_VLAN,	OFPAT_POP_VLAN,	   OFPAT_PUSH_MPLS,
	OFPAT_POP_MPLS,	    OFPAT_SET_QUEUE,	OFPAT_GROUP,	   OFPAT_SET_NW_TTL,
	OFPAT_DEC_NW_TTL,   OFPAT_SET_FIELD,	OFPAT_PUSH_PBB,	   OFPAT_POP_PBB,
	OFPAT_COPY_FIELD,   OFPAT_METER,
};

void groups_features(struct of_group_features *out)
{
	*out = (struct of_group_features){
		.types = (1u << OF_N_GROUP_TYPES) - 1,
		.capabilities = OFPGFC_SELECT_WEIGHT | OFPGFC_SELECT_LIVENESS | OFPGFC_CHAINING |
				OFPGFC_CHAINING_CHECKS,
	};
	for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++) {
		out->max_groups[i] = GROUPS_MAX;
		for (unsigned k = 0; k < ARRAY_LENGTH(actions); k++)
			out->actions[i] |= 1u << actions[k];
	}
}
