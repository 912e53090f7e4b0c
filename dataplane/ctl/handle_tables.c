#include "dataplane/ctl/handler.h"
#include "dataplane/table/budget.h"

Weft__Switch__V1__Cost *ctl_cost_message(struct arena *a, struct stage_cost cost)
{
	Weft__Switch__V1__Cost *m;

	if (!cost.n_packets)
		return NULL;
	m = arena_alloc(a, sizeof(*m));
	weft__switch__v1__cost__init(m);
	m->cycles = stage_cost_each(cost);
	m->n_packets = cost.n_packets;
	return m;
}

static Weft__Switch__V1__Table *message(struct ctl_call *call, const struct pipeline *p,
					unsigned id)
{
	struct tables *tables = datapath_tables(call->ctl->config.datapath);
	struct table_counter sum = counters_table_sum(tables_counters(tables), id);
	Weft__Switch__V1__Table *t = arena_alloc(&call->arena, sizeof(*t));
	struct stage_costs costs = costs_of_table(call->ctl->costs, id);
	const struct tables_budget *budget = tables_budget(tables);
	const struct tables_way *way = tables_worst_way(tables);
	struct pipeline_table_info info = { 0 };

	pipeline_table_info(p, id, &info);
	weft__switch__v1__table__init(t);
	t->id = id;
	t->n_flows = tables_n_flows(tables, id);
	t->lookup = arena_strdup(&call->arena, info.lookup);
	t->why = arena_strdup(&call->arena, info.reason);
	t->memory_bytes = info.bytes;
	t->max_lines = info.max_lines;
	t->n_links = info.n_links;
	t->n_lookups = sum.n_lookups;
	t->n_matches = sum.n_matched;
	t->model_cycles = info.cycles;
	t->find = ctl_cost_message(&call->arena, costs.find);
	t->run = ctl_cost_message(&call->arena, costs.run);
	t->budget_cycles = tables_estimate(tables, id);
	t->is_on_worst_way = tables_way_has(way, id);
	t->is_over_budget = t->is_on_worst_way && budget->cycles && way->cycles > budget->cycles;
	return t;
}

/* `after` is the id of the last table told, plus one. */
static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__TablesReply out = WEFT__SWITCH__V1__TABLES_REPLY__INIT;
	const struct pipeline *p = datapath_current(call->ctl->config.datapath);
	struct tables *tables = datapath_tables(call->ctl->config.datapath);
	struct ctl_page page = { .arena = &call->arena };

	for (uint64_t id = req->tables->after; id < TABLES_N; id++) {
		if (!tables_n_flows(tables, id))
			continue;
		if (!ctl_page_add(&page, &message(call, p, id)->base)) {
			out.next = id;
			break;
		}
	}
	out.n_tables = page.n;
	out.tables = (Weft__Switch__V1__Table **)page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_TABLES, &out);
}

static const struct ctl_handler tables_handler = { WEFT__SWITCH__V1__REQUEST__REQUEST_TABLES,
						   handle };
REGISTRY_ADD(ctl_handler, tables_handler);
