#include "dataplane/table/refs.h"

#include <stdlib.h>
#include "dataplane/table/group_mod.h"
#include "dataplane/table/meter_mod.h"
#include "dataplane/table/tables_priv.h"
#include "dataplane/table/tlv_table.h"

static int64_t take_slot(void *ctx)
{
	return counters_take_slot(ctx);
}

static void give_slot(void *ctx, uint32_t slot)
{
	counters_give_slot(ctx, slot);
}

static void sum_slot(void *ctx, uint32_t slot, uint64_t *n_packets, uint64_t *n_bytes)
{
	struct counter sum = counters_sum(ctx, slot);

	*n_packets = sum.n_packets;
	*n_bytes = sum.n_bytes;
}

static int64_t group_slot(void *ctx, uint32_t group_id)
{
	struct refs *refs = ctx;

	return groups_slot(refs->groups, group_id);
}

static int64_t meter_slot(void *ctx, uint32_t meter_id)
{
	struct refs *refs = ctx;

	return meters_slot(refs->meters, meter_id);
}

static uint64_t generation(void *ctx)
{
	return refs_generation(ctx);
}

static void name_meter(void *ctx, uint32_t meter_id, bool is_named)
{
	struct id_slots *slots = &((struct refs *)ctx)->meters->slots;

	if (is_named)
		id_slots_name(slots, meter_id);
	else
		id_slots_unname(slots, id_slots_find(slots, meter_id));
}

static struct learn_count *learned(void *ctx, uint8_t table_id, uint64_t cookie, const uint32_t **n)
{
	struct refs *refs = ctx;

	return learned_ref(refs->tables, table_id, cookie, n);
}

struct refs *refs_create(struct tables *t)
{
	struct refs *refs = xcalloc(1, sizeof(*refs));
	struct groups_env env = {
		.counting = { take_slot, give_slot, sum_slot, t->counters },
		.refs = { .group = group_slot,
			  .meter = meter_slot,
			  .generation = generation,
			  .learned = learned,
			  .learned_unref = learned_unref,
			  .ctx = refs },
		.name_meter = name_meter,
		.ctx = refs,
		.seed = t->seed,
		.n_tables = TABLES_N,
	};

	refs->tables = t;
	refs->actions = env.refs;
	refs->groups = groups_create(&env);
	refs->meters = meters_create(&env.counting);
	return refs;
}

void refs_destroy(struct refs *refs)
{
	groups_destroy(refs->groups);
	meters_destroy(refs->meters);
	free(refs);
}

uint64_t refs_generation(const struct refs *refs)
{
	return refs->groups->generation + refs->meters->generation;
}

struct groups *tables_groups(struct tables *t)
{
	return t->named->groups;
}

struct meters *tables_meters(struct tables *t)
{
	return t->named->meters;
}

const struct action_refs *tables_refs(struct tables *t)
{
	tables_use(t);
	return &t->named->actions;
}

bool rule_names(const struct rule *r, enum action_kind kind, uint32_t id)
{
	return names_have(&r->effect->names, kind, id);
}

/* A flow counts once for what it names several times. */
static void count_rule(struct refs *refs, const struct rule *r, int n)
{
	for (unsigned i = 0; i < r->effect->names.n; i++) {
		const struct name *name = &r->effect->names.list[i];

		if (name->kind == ACTION_GROUP)
			groups_count_flow(refs->groups, name->slot, n);
		else
			meters_count_flow(refs->meters, name->slot, n);
	}
}

void refs_touch(struct refs *refs, const struct rule *old, const struct rule *new)
{
	if (!refs->groups->n && !refs->meters->n)
		return;
	if (old)
		count_rule(refs, old, -1);
	if (new)
		count_rule(refs, new, 1);
}

void refs_remove_flows(struct tables *t, enum action_kind kind, uint32_t id, unsigned n,
		       uint8_t reason)
{
	for (unsigned table_id = 0; table_id < TABLES_N && n; table_id++) {
		const struct sorted *s = &t->tables[table_id].sorted;
		struct sorted_at at = sorted_from(s, 0);
		struct flow *f;

		while (n && (f = sorted_next(&at))) {
			uint64_t rank = f->rule->rank;

			if (!rule_names(f->rule, kind, id))
				continue;
			journal_removed(t, f, reason);
			at = sorted_from(s, rank);
			n--;
		}
	}
}
