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
	const struct refs *refs = ctx;

	return refs->groups->generation + refs->meters->generation;
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

struct groups *tables_groups(struct tables *t)
{
	return t->named->groups;
}

struct meters *tables_meters(struct tables *t)
{
	return t->named->meters;
}

void tables_use_conntrack(struct tables *t, struct conntrack *ct)
{
	t->conntrack = ct;
	t->named->actions.is_tracking = ct != NULL;
}

struct conntrack *tables_conntrack(const struct tables *t)
{
	return t->conntrack;
}

const struct action_refs *tables_refs(struct tables *t)
{
	tables_use(t);
	return &t->named->actions;
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

void refs_touch(struct refs *refs, struct rule *old, struct rule *new)
{
	if (old && old->effect->names.n) {
		count_rule(refs, old, -1);
		effect_unlink(old->effect, old);
	}
	if (new &&new->effect->names.n) {
		count_rule(refs, new, 1);
		effect_link(new->effect, new);
	}
}

struct rules {
	const struct rule **list;
	unsigned n;
};

static void add_rules(void *ctx, struct effect *x)
{
	struct rules *rules = ctx;

	rules->list = xrealloc(rules->list, (rules->n + x->n_rules) * sizeof(rules->list[0]));
	memcpy(rules->list + rules->n, x->rules, x->n_rules * sizeof(rules->list[0]));
	rules->n += x->n_rules;
}

static int by_table_and_rank(const void *a, const void *b)
{
	const struct rule *x = *(const struct rule **)a, *y = *(const struct rule **)b;

	if (x->table_id != y->table_id)
		return x->table_id < y->table_id ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

void refs_remove_flows(struct tables *t, enum action_kind kind, uint32_t id, uint8_t reason)
{
	struct rules rules = { 0 };

	effects_naming(&t->effects, kind, id, add_rules, &rules);
	if (rules.n)
		qsort(rules.list, rules.n, sizeof(rules.list[0]), by_table_and_rank);
	for (unsigned i = 0; i < rules.n; i++) {
		const struct rule *r = rules.list[i];
		struct sorted_at at = sorted_from(&t->tables[r->table_id].sorted, r->rank);

		journal_removed(t, sorted_next(&at), reason);
	}
	free(rules.list);
}
