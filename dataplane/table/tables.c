/* The tables' flows: kept, found, listed. */

#include "dataplane/table/tables_priv.h"

#include <stdlib.h>
#include "lib/rng.h"
#include "proto/openflow/numbers.h"

#define DEFAULT_MAX_FLOWS (1u << 20)

struct tables *tables_create(const struct tables_limits *limits)
{
	struct tables *t = xcalloc(1, sizeof(*t));
	struct rng rng;

	rng_seed_from_system(&rng);
	t->seed = rng_u64(&rng);
	t->counters = counters_create();
	t->max_flows_per_table = limits && limits->max_flows_per_table ? limits->max_flows_per_table
								       : DEFAULT_MAX_FLOWS;
	for (unsigned id = 0; id < TABLES_N; id++)
		list_init(&t->tables[id].flows);
	list_init(&t->snapshots);
	t->retired_end = &t->retired;
	return t;
}

void tables_destroy(struct tables *t)
{
	struct flow *f, *next;

	if (!t)
		return;
	assert(list_is_empty(&t->snapshots));
	journal_undo(t, 0);
	for (unsigned id = 0; id < TABLES_N; id++) {
		sorted_forget(&t->tables[id].sorted);
		LIST_FOREACH_SAFE (f, next, &t->tables[id].flows, node) {
			tables_unlink(t, f);
			flow_destroy(t, f);
		}
		hmap_fini(&t->tables[id].by_match);
	}
	free(t->timeouts.flows);
	free(t->changes);
	counters_destroy(t->counters);
	free(t);
}

void tables_on_removed(struct tables *t, tables_removed_cb cb, void *ctx)
{
	t->removed = cb;
	t->removed_ctx = ctx;
}

struct counters *tables_counters(struct tables *t)
{
	return t->counters;
}

static uint64_t flow_hash(const struct of_match *match, uint16_t priority)
{
	return of_match_hash(match) ^ priority * 0x9e3779b97f4a7c15ull;
}

void tables_touch(struct tables *t, const struct rule *old, const struct rule *new)
{
	struct table *table = &t->tables[old ? old->table_id : new->table_id];

	if (old)
		delta_note(&table->delta, old, true);
	if (new)
		delta_note(&table->delta, new, false);
	table->generation = ++t->generation;
}

void tables_link(struct tables *t, struct flow *f)
{
	struct table *table = &t->tables[f->rule->table_id];

	hmap_insert(&table->by_match, &f->by_match,
		    flow_hash(f->rule->of_match, f->rule->priority));
	list_insert(&table->flows, &f->node);
	sorted_added(&table->sorted, f, table->n_flows++);
	timeouts_add(t, f);
	tables_touch(t, NULL, f->rule);
}

void tables_unlink(struct tables *t, struct flow *f)
{
	struct table *table = &t->tables[f->rule->table_id];

	hmap_remove(&table->by_match, &f->by_match);
	list_remove(&f->node);
	sorted_removed(&table->sorted, f, table->n_flows--);
	timeouts_remove(t, f);
	tables_touch(t, f->rule, NULL);
}

struct flow *tables_find(const struct tables *t, uint8_t table_id, const struct of_match *match,
			 uint16_t priority)
{
	HMAP_FOREACH_HASH (n, &t->tables[table_id].by_match, flow_hash(match, priority)) {
		struct flow *f = container_of(n, struct flow, by_match);

		if (f->rule->priority == priority && of_match_equal(f->rule->of_match, match))
			return f;
	}
	return NULL;
}

void flow_destroy(struct tables *t, struct flow *f)
{
	rule_retire(t, f->rule);
	free(f);
}

bool flow_passes(const struct flow *f, const struct flow_filter *filter)
{
	const struct rule *r = f->rule;

	if ((r->cookie ^ filter->cookie) & filter->cookie_mask)
		return false;
	if (filter->out_group != OF_GROUP_ANY)
		return false;
	if (filter->out_port != OF_PORT_ANY && !rule_outputs_to(r, filter->out_port))
		return false;
	return !filter->match || of_match_covers(filter->match, r->of_match);
}

const struct flow *const *tables_sorted(struct tables *t, uint8_t table_id, unsigned *n)
{
	struct table *table = &t->tables[table_id];

	*n = table->n_flows;
	return *n ? sorted_get(&table->sorted, &table->flows, *n) : NULL;
}

/* Returns whether CB wants to go on. */
static bool each_of_table(struct tables *t, uint8_t table_id, const struct flow_filter *filter,
			  bool (*cb)(void *ctx, const struct flow *flow), void *ctx)
{
	unsigned n;
	const struct flow *const *flows = tables_sorted(t, table_id, &n);
	bool goes_on = true;

	for (unsigned i = 0; i < n && goes_on; i++)
		if (flow_passes(flows[i], filter))
			goes_on = cb(ctx, flows[i]);
	return goes_on;
}

void tables_each(struct tables *t, const struct flow_filter *filter,
		 bool (*cb)(void *ctx, const struct flow *flow), void *ctx)
{
	if (filter->table_id < TABLES_N) {
		each_of_table(t, filter->table_id, filter, cb, ctx);
		return;
	}
	if (filter->table_id != OF_TABLE_ALL)
		return;
	for (unsigned id = 0; id < TABLES_N; id++)
		if (!each_of_table(t, id, filter, cb, ctx))
			return;
}

unsigned tables_n_flows(const struct tables *t, uint8_t table_id)
{
	return table_id < TABLES_N ? t->tables[table_id].n_flows : 0;
}

uint64_t tables_seed(const struct tables *t)
{
	return t->seed;
}

uint64_t tables_generation(const struct tables *t, uint8_t table_id)
{
	return t->tables[table_id].generation;
}

struct counter flow_counts(const struct tables *t, const struct flow *f)
{
	struct counter c = counters_sum(t->counters, f->rule->slot);

	c.n_packets -= f->base.n_packets;
	c.n_bytes -= f->base.n_bytes;
	c.n_dropped -= f->base.n_dropped;
	c.used_ns = MAX_OF(c.used_ns, f->base.used_ns);
	return c;
}

void flow_stats(const struct tables *t, const struct flow *f, uint64_t now_ns,
		struct of_flow_stats *out)
{
	struct counter c = flow_counts(t, f);
	uint64_t age_ns = now_ns - f->created_ns;

	*out = (struct of_flow_stats){
		.table_id = f->rule->table_id,
		.priority = f->rule->priority,
		.idle_timeout = f->idle_timeout,
		.hard_timeout = f->hard_timeout,
		.flags = f->flags,
		.duration_sec = age_ns / NS_PER_SEC,
		.duration_nsec = age_ns % NS_PER_SEC,
		.cookie = f->rule->cookie,
		.n_packets = c.n_packets,
		.n_bytes = c.n_bytes,
		.match = *f->rule->of_match,
		.instructions = *f->rule->of_instructions,
	};
}
