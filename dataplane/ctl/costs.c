/* Moments of the counters, and the differences between them (costs.h). */

#include "dataplane/ctl/costs.h"

#include <stdlib.h>

#define TICK_NS NS_PER_SEC

/* Counts as they were: at the last tick, and before. */
struct window {
	struct stage_cost older, newer;
};

struct table_window {
	struct stage_costs older, newer;
};

struct moment {
	uint64_t at_ns, busy_cycles, n_packets, n_receives, n_cached;
};

struct worker_window {
	struct moment older, newer;
	struct window rx, parse, cache, gather, tx;
	struct table_window tables[TABLES_N];
};

struct costs {
	const struct ctl_config *config;
	const struct counters *counters;
	struct timer tick;
	struct table_window tables[TABLES_N]; /* of all threads */
	struct worker_window *workers;
	unsigned n_workers;
};

static struct stage_cost less(struct stage_cost a, struct stage_cost b)
{
	return (struct stage_cost){ a.cycles - b.cycles, a.n_packets - b.n_packets };
}

static struct stage_cost plus(struct stage_cost a, struct stage_cost b)
{
	return (struct stage_cost){ a.cycles + b.cycles, a.n_packets + b.n_packets };
}

static bool is_enough(struct stage_cost now, struct stage_cost before)
{
	return now.n_packets - before.n_packets >= COSTS_MIN_PACKETS;
}

static void move(struct window *w, struct stage_cost now)
{
	if (!is_enough(now, w->newer))
		return;
	w->older = w->newer;
	w->newer = now;
}

/* Both together, so that they are of the same packets. */
static void move_table(struct table_window *w, struct stage_costs now)
{
	if (!is_enough(now.find, w->newer.find) && !is_enough(now.run, w->newer.run))
		return;
	w->older = w->newer;
	w->newer = now;
}

static struct stage_costs table_since(const struct table_window *w, struct stage_costs now)
{
	return (struct stage_costs){ less(now.find, w->older.find), less(now.run, w->older.run) };
}

static struct stage_costs table_sum(const struct counters *counters, uint8_t id)
{
	struct stage_costs sum = { 0 };

	for (unsigned i = 0; i < counters_n_blocks(counters); i++) {
		struct stage_costs one = counters_table_costs(counters, i, id);

		sum.find = plus(sum.find, one.find);
		sum.run = plus(sum.run, one.run);
	}
	return sum;
}

static bool worker_at(const struct costs *c, unsigned i, struct ctl_worker *w)
{
	return c->config->workers && c->config->workers->worker_at(c->config->workers_arg, i, w);
}

static struct moment moment_of(const struct costs *c, const struct ctl_worker *w)
{
	return (struct moment){ loop_now_ns(c->config->loop), w->busy_cycles, w->n_packets,
				w->n_receives, w->cache.n_hit };
}

static void move_worker(struct costs *c, struct worker_window *ww, const struct ctl_worker *w)
{
	ww->older = ww->newer;
	ww->newer = moment_of(c, w);
	move(&ww->rx, w->rx);
	move(&ww->tx, w->tx);
	move(&ww->parse, counters_parse_cost(c->counters, w->counts_index));
	move(&ww->cache, counters_cache_cost(c->counters, w->counts_index));
	move(&ww->gather, counters_gather_cost(c->counters, w->counts_index));
	for (unsigned id = 0; id < TABLES_N; id++)
		move_table(&ww->tables[id], counters_table_costs(c->counters, w->counts_index, id));
}

static void on_tick(struct timer *t, void *arg)
{
	struct costs *c = arg;
	struct ctl_worker w;

	for (unsigned i = 0; i < c->n_workers && worker_at(c, i, &w); i++)
		move_worker(c, &c->workers[i], &w);
	for (unsigned id = 0; id < TABLES_N; id++)
		move_table(&c->tables[id], table_sum(c->counters, id));
	timer_arm(c->config->loop, t, TICK_NS);
}

struct costs *costs_create(const struct ctl_config *config)
{
	struct costs *c = xcalloc(1, sizeof(*c));
	struct ctl_worker w;

	c->config = config;
	c->counters = tables_counters(datapath_tables(config->datapath));
	timer_init(&c->tick, on_tick, c);
	while (worker_at(c, c->n_workers, &w))
		c->n_workers++;
	if (!c->n_workers)
		return c;
	c->workers = xcalloc(c->n_workers, sizeof(*c->workers));
	for (unsigned i = 0; i < c->n_workers && worker_at(c, i, &w); i++)
		c->workers[i].older = c->workers[i].newer = moment_of(c, &w);
	timer_arm(config->loop, &c->tick, TICK_NS);
	return c;
}

void costs_destroy(struct costs *c)
{
	if (!c)
		return;
	timer_cancel(c->config->loop, &c->tick);
	free(c->workers);
	free(c);
}

static void set_rates(const struct costs *c, const struct moment *from, const struct moment *to,
		      struct costs_worker *out)
{
	double seconds = (double)(to->at_ns - from->at_ns) / NS_PER_SEC;
	double busy = to->busy_cycles - from->busy_cycles;
	double packets = to->n_packets - from->n_packets;
	double receives = to->n_receives - from->n_receives;

	if (seconds > 0) {
		out->load = busy / (seconds * c->config->workers->tsc_hz);
		out->load = MIN_OF(out->load, 1.0);
		out->packets_per_second = packets / seconds;
	}
	if (packets > 0) {
		out->cycles_per_packet = busy / packets;
		out->cached = (double)(to->n_cached - from->n_cached) / packets;
	}
	if (receives > 0)
		out->packets_per_burst = packets / receives;
}

void costs_of_worker(const struct costs *c, unsigned i, struct costs_worker *out)
{
	const struct worker_window *ww = &c->workers[i];
	struct ctl_worker w;
	struct moment now;

	*out = (struct costs_worker){ 0 };
	if (i >= c->n_workers || !worker_at(c, i, &w))
		return;
	now = moment_of(c, &w);
	set_rates(c, &ww->older, &now, out);
	out->rx = less(w.rx, ww->rx.older);
	out->tx = less(w.tx, ww->tx.older);
	out->parse = less(counters_parse_cost(c->counters, w.counts_index), ww->parse.older);
	out->cache = less(counters_cache_cost(c->counters, w.counts_index), ww->cache.older);
	out->gather = less(counters_gather_cost(c->counters, w.counts_index), ww->gather.older);
}

struct stage_costs costs_of_worker_table(const struct costs *c, unsigned i, uint8_t table_id)
{
	struct ctl_worker w;

	if (i >= c->n_workers || !worker_at(c, i, &w))
		return (struct stage_costs){ 0 };
	return table_since(&c->workers[i].tables[table_id],
			   counters_table_costs(c->counters, w.counts_index, table_id));
}

struct stage_costs costs_of_table(const struct costs *c, uint8_t table_id)
{
	return table_since(&c->tables[table_id], table_sum(c->counters, table_id));
}
