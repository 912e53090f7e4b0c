/* The state of one thread that runs packets, and what all of them counted. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <stdlib.h>
#include "dataplane/lookup/cpu.h"
#include "lib/hugemem.h"
#include "proto/openflow/numbers.h"

/* Most of it is room for a burst that sends the most it can.  In one huge page: a burst goes to
 * many places of it, and each would be a page. */
struct pipeline_thread *thread_create(const struct packet_ops *ops, struct counter_block *counts)
{
	struct pipeline_thread *t = huge_map(sizeof(*t));

	t->ops = *ops;
	t->counts = counts;
	t->cpu_level = cpu_level();
	t->batch.keys = t->keys;
	t->batch.layouts = t->layouts;
	t->batch.pkts = t->pkts;
	t->batch.stacks = t->stacks;
	return t;
}

void thread_destroy(struct pipeline_thread *t)
{
	conjunction_scratch_fini(&t->conjunctions);
	flow_cache_destroy(t->cache);
	flow_cache_destroy(t->est_cache);
	huge_unmap(t, sizeof(*t));
}

struct pipeline_thread *pipeline_thread_create(struct tables *tables, const struct packet_ops *ops)
{
	struct pipeline_thread *t =
		thread_create(ops, counters_take_block(tables_counters(tables)));

	t->seed = tables_seed(tables) ^ (uintptr_t)t;
	t->cache = flow_cache_create(t->seed, FLOW_CACHE_WAYS);
	if (tables_conntrack(tables))
		t->connections = conntrack_thread_create(tables_conntrack(tables));
	if (t->connections)
		t->est_cache = flow_cache_create(t->seed + 1, FLOW_CACHE_EST_WAYS);
	return t;
}

void pipeline_thread_destroy(struct tables *tables, struct pipeline_thread *t)
{
	if (!t)
		return;
	conntrack_thread_destroy(t->connections);
	counters_give_block(tables_counters(tables), t->counts);
	thread_destroy(t);
}

unsigned pipeline_thread_index(const struct pipeline_thread *t)
{
	return t->counts->index;
}

struct drop_listing {
	struct tables *tables;
	void (*cb)(void *ctx, const struct pipeline_drop *drop);
	void *ctx;
	uint64_t n_owned; /* "no-output" drops whose flows are still there */
};

static bool list_flow(void *ctx, const struct flow *f)
{
	struct drop_listing *l = ctx;
	struct counter counts = flow_counts(l->tables, f);
	struct pipeline_drop drop = {
		.reason = DROP_NO_OUTPUT,
		.table_id = f->rule->table_id,
		.has_cookie = true,
		.cookie = f->rule->cookie,
		.n_packets = counts.n_dropped,
	};

	if (drop.n_packets) {
		l->n_owned += drop.n_packets;
		l->cb(l->ctx, &drop);
	}
	return true;
}

static void list_one(const struct drop_listing *l, enum drop_reason reason, uint8_t table_id,
		     uint64_t n)
{
	struct pipeline_drop drop = { .reason = reason, .table_id = table_id, .n_packets = n };

	if (n)
		l->cb(l->ctx, &drop);
}

void pipeline_each_drop(struct tables *tables,
			void (*cb)(void *ctx, const struct pipeline_drop *drop), void *ctx)
{
	struct counters *c = tables_counters(tables);
	struct drop_listing l = { .tables = tables, .cb = cb, .ctx = ctx };
	struct flow_filter all = { .table_id = OF_TABLE_ALL,
				   .out_port = OF_PORT_ANY,
				   .out_group = OF_GROUP_ANY };
	uint64_t n;

	tables_each(tables, &all, list_flow, &l);
	for (unsigned id = 0; id < TABLES_N; id++)
		list_one(&l, DROP_TABLE_MISS, id, counters_table_sum(c, id).n_missed);
	for (unsigned r = DROP_NONE + 1; r < DROP_N_REASONS; r++) {
		n = counters_drop_sum(c, r);
		if (r == DROP_TABLE_MISS)
			continue;
		if (r == DROP_NO_OUTPUT)
			n -= MIN_OF(n, l.n_owned);
		list_one(&l, r, OF_TABLE_ALL, n);
	}
}
