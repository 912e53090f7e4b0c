#include "dataplane/ctl/handler.h"

#include <stdlib.h>

enum { MAX_STAGE_TABLES = 16 };

/* A table that packets went through, and what one costs there. */
struct dear {
	uint8_t id;
	struct stage_costs costs;
	uint64_t cycles; /* all that were measured */
};

static int by_cycles(const void *a, const void *b)
{
	const struct dear *x = a, *y = b;

	return x->cycles > y->cycles ? -1 : x->cycles < y->cycles;
}

static int by_id(const void *a, const void *b)
{
	return (int)((const struct dear *)a)->id - ((const struct dear *)b)->id;
}

/* The tables that cost worker I most, by ascending id; returns how many. */
static unsigned dear_tables(const struct costs *costs, unsigned i, struct dear *out)
{
	struct dear all[TABLES_N];
	unsigned n = 0;

	for (unsigned id = 0; id < TABLES_N; id++) {
		struct stage_costs c = costs_of_worker_table(costs, i, id);

		if (c.find.n_packets || c.run.n_packets)
			all[n++] = (struct dear){ id, c, c.find.cycles + c.run.cycles };
	}
	qsort(all, n, sizeof(all[0]), by_cycles);
	n = MIN_OF(n, (unsigned)MAX_STAGE_TABLES);
	qsort(all, n, sizeof(all[0]), by_id);
	memcpy(out, all, n * sizeof(all[0]));
	return n;
}

static Weft__Switch__V1__Stage *stage(struct arena *a, const char *name, struct stage_cost cost)
{
	Weft__Switch__V1__Stage *s = arena_alloc(a, sizeof(*s));

	weft__switch__v1__stage__init(s);
	s->name = (char *)name;
	s->cost = ctl_cost_message(a, cost);
	return s;
}

/* Of a packet that comes into the table, which is looked up and mostly does something then. */
static Weft__Switch__V1__Stage *table_stage(struct arena *a, const struct dear *d)
{
	Weft__Switch__V1__Stage *s =
		stage(a, "table",
		      (struct stage_cost){
			      d->cycles, MAX_OF(d->costs.find.n_packets, d->costs.run.n_packets) });

	s->table = d->id;
	s->find = ctl_cost_message(a, d->costs.find);
	s->run = ctl_cost_message(a, d->costs.run);
	return s;
}

static void add_stages(struct ctl_call *call, unsigned i, const struct costs_worker *lately,
		       Weft__Switch__V1__Worker *w)
{
	struct arena *a = &call->arena;
	struct dear tables[MAX_STAGE_TABLES];
	unsigned n = dear_tables(call->ctl->costs, i, tables);
	Weft__Switch__V1__Stage **stages = arena_alloc(a, (n + 5) * sizeof(*stages));

	w->stages = stages;
	if (lately->rx.n_packets)
		*stages++ = stage(a, "rx", lately->rx);
	if (lately->parse.n_packets)
		*stages++ = stage(a, "parse", lately->parse);
	if (lately->cache.n_packets)
		*stages++ = stage(a, "cache", lately->cache);
	for (unsigned t = 0; t < n; t++)
		*stages++ = table_stage(a, &tables[t]);
	if (lately->gather.n_packets)
		*stages++ = stage(a, "gather", lately->gather);
	if (lately->tx.n_packets)
		*stages++ = stage(a, "tx", lately->tx);
	w->n_stages = stages - w->stages;
}

static Weft__Switch__V1__Worker *message(struct ctl_call *call, unsigned i,
					 const struct ctl_worker *from)
{
	Weft__Switch__V1__Worker *w = arena_alloc(&call->arena, sizeof(*w));
	struct costs_worker lately;

	costs_of_worker(call->ctl->costs, i, &lately);
	weft__switch__v1__worker__init(w);
	w->id = i;
	w->core = from->core;
	w->busy_cycles = from->busy_cycles;
	w->idle_cycles = from->idle_cycles;
	w->n_packets = from->n_packets;
	w->n_bursts = from->n_bursts;
	if (from->n_packets)
		w->cycles_per_packet = (double)from->busy_cycles / from->n_packets;
	w->is_sleeping = from->is_sleeping;
	w->n_sleeps = from->n_sleeps;
	w->n_ports = from->n_ports;
	w->load = lately.load;
	w->packets_per_second = lately.packets_per_second;
	w->packets_per_burst = lately.packets_per_burst;
	w->cycles_now = lately.cycles_per_packet;
	w->is_cache_used = from->cache.is_used;
	w->is_cache_off = from->cache.is_off;
	w->cached = lately.cached;
	add_stages(call, i, &lately, w);
	return w;
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__WorkersReply out = WEFT__SWITCH__V1__WORKERS_REPLY__INIT;
	const struct ctl_config *config = &call->ctl->config;
	struct ctl_page page = { .arena = &call->arena };
	struct ctl_worker w;

	(void)req;
	if (config->workers) {
		out.tsc_hz = config->workers->tsc_hz;
		for (unsigned i = 0; config->workers->worker_at(config->workers_arg, i, &w); i++)
			ctl_page_add(&page, &message(call, i, &w)->base);
	}
	out.n_workers = page.n;
	out.workers = (Weft__Switch__V1__Worker **)page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_WORKERS, &out);
}

static const struct ctl_handler workers = { WEFT__SWITCH__V1__REQUEST__REQUEST_WORKERS, handle };
REGISTRY_ADD(ctl_handler, workers);
