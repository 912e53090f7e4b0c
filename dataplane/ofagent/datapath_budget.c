#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/table/budget.h"
#include "lib/log.h"

/* Who is told of a budget of cycles (table/budget.h): the log, when what the workers get is over
 * it, and when flows were refused for its sake. */

/* "tables 0, 2 and 7". */
static void print_tables(const struct tables_way *way, struct buf *out)
{
	unsigned n = 0, n_told = 0;

	for (unsigned id = 0; id < TABLES_N; id++)
		n += tables_way_has(way, id);
	buf_puts(out, n == 1 ? "table" : "tables");
	for (unsigned id = 0; id < TABLES_N; id++) {
		if (!tables_way_has(way, id))
			continue;
		buf_printf(out, "%s %u", !n_told ? "" : n_told + 1 == n ? " and" : ",", id);
		n_told++;
	}
}

static unsigned dearest_of(struct tables *t, const struct tables_way *way)
{
	unsigned dearest = 0, cycles = 0;

	for (unsigned id = 0; id < TABLES_N; id++) {
		if (!tables_way_has(way, id) || tables_estimate(t, id) <= cycles)
			continue;
		cycles = tables_estimate(t, id);
		dearest = id;
	}
	return dearest;
}

static void warn(struct datapath *dp, const struct tables_way *way)
{
	unsigned id = dearest_of(dp->tables, way);
	struct pipeline_table_info info;
	struct buf names = BUF_INIT;

	pipeline_table_info(dp->pipeline, id, &info);
	print_tables(way, &names);
	log_warn("over the budget: looking a packet up in %s can cost %u cycles, and cycle-budget "
		 "is "
		 "%u; most of it is table %u (%s), %u cycles: %s",
		 buf_str(&names), way->cycles, tables_budget(dp->tables)->cycles, id, info.lookup,
		 tables_estimate(dp->tables, id), info.reason);
	buf_fini(&names);
}

void datapath_budget_check(struct datapath *dp)
{
	const struct tables_budget *budget = tables_budget(dp->tables);
	const struct tables_way *way;
	unsigned over;

	if (!budget->cycles)
		return;
	way = tables_worst_way(dp->tables);
	over = way->cycles > budget->cycles ? way->cycles : 0;
	if (over > dp->over_budget)
		warn(dp, way);
	else if (!over && dp->over_budget)
		log_info("within the budget again: looking a packet up can cost %u cycles",
			 way->cycles);
	dp->over_budget = over;
}

void datapath_budget_refused(struct datapath *dp, const char *who)
{
	const struct tables_budget *budget = tables_budget(dp->tables);
	struct buf names = BUF_INIT;

	if (budget->n_refused == dp->n_refused)
		return;
	dp->n_refused = budget->n_refused;
	print_tables(&budget->refused, &names);
	log_warn("%s: refused a flow with which looking a packet up in %s could cost %u cycles; "
		 "cycle-budget is %u",
		 who, buf_str(&names), budget->refused.cycles, budget->cycles);
	buf_fini(&names);
}
