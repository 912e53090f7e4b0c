/* `weft switch tables|workers`: what packets cost in the local switch, table by table and stage by
 * stage. */

#include <inttypes.h>
#include "api/cli/print.h"
#include "api/cli/switch_verbs.h"
#include "api/cli/table.h"

static uint64_t number_at(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static double real_at(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static const char *cycles_text(struct arena *arena, double cycles)
{
	return arena_printf(arena, "%.*f", cycles < 9.95 ? 1 : 0, cycles);
}

/* NULL, which is shown as a dash: nothing was measured. */
static const char *cost_text(struct arena *arena, const json_t *object, const char *key)
{
	const json_t *cost = json_object_get(object, key);

	return cost ? cycles_text(arena, real_at(cost, "cycles")) : NULL;
}

static const char *why_text(struct arena *arena, const json_t *t)
{
	const char *why = print_value(arena, t, "why");
	uint64_t n_links = number_at(t, "nLinks");

	if (json_is_true(json_object_get(t, "isOverBudget")))
		why = arena_printf(arena, "over budget; %s", why);
	if (n_links)
		why = arena_printf(arena, "%s; linked from %" PRIu64 " flow%s", why, n_links,
				   n_links == 1 ? "" : "s");
	return why;
}

static void print_tables(struct arena *arena, const json_t *answer, struct buf *out)
{
	static const char *const heads[] = { ">TABLE",	       ">FLOWS",	"LOOK-UP",
					     ">CACHE LINES",   ">MODEL CYCLES", ">CYCLES",
					     ">ACTION CYCLES", ">MEMORY",	">LOOK-UPS",
					     ">MATCHES",       "WHY",		NULL };
	struct cli_table table;
	const json_t *t;
	size_t i;

	cli_table_init(&table, arena, heads);
	json_array_foreach (json_object_get(answer, "tables"), i, t) {
		cli_table_row(&table, (const char *const[]){
					      cli_count_text(arena, number_at(t, "id")),
					      cli_count_text(arena, number_at(t, "nFlows")),
					      print_value(arena, t, "lookup"),
					      cli_count_text(arena, number_at(t, "maxLines")),
					      cli_count_text(arena, number_at(t, "modelCycles")),
					      cost_text(arena, t, "find"),
					      cost_text(arena, t, "run"),
					      cli_bytes_text(arena, number_at(t, "memoryBytes")),
					      cli_count_text(arena, number_at(t, "nLookups")),
					      cli_count_text(arena, number_at(t, "nMatches")),
					      why_text(arena, t),
				      });
	}
	cli_table_format(&table, out);
}

static enum cli_exit run_tables(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__TablesRequest tables = WEFT__SWITCH__V1__TABLES_REQUEST__INIT;
	sw_request request = SW_REQUEST(TABLES, tables, &tables);

	return sw_watch(cli, args, &request, &tables.after, print_tables);
}

static const struct cli_option options[] = { SW_WATCH_OPTIONS, { 0 } };

static const struct cli_verb switch_tables = {
	.words = "switch tables",
	.help = "List flow tables: rules, the look-up chosen and why, cycles a packet, memory and "
		"hits.",
	.examples = "weft switch tables\nweft switch tables --interval 5\n",
	.options = options,
	.run = run_tables,
};
REGISTRY_ADD(cli_verb, switch_tables);

static const char *cached_text(struct arena *arena, const json_t *worker)
{
	if (json_is_true(json_object_get(worker, "isCacheOff")))
		return "off";
	return json_is_true(json_object_get(worker, "isCacheUsed"))
		       ? arena_printf(arena, "%.0f %%", 100 * real_at(worker, "cached"))
		       : "by-passed";
}

static void print_threads(struct arena *arena, const json_t *workers, double hz, struct buf *out)
{
	static const char *const heads[] = {
		">WORKER",    ">CORE",		">PORTS",	  ">LOAD",
		">PACKETS/S", ">PACKETS/BURST", ">CYCLES/PACKET", ">CACHED",
		">PACKETS",   ">BUSY",		">SLEEPS",	  "NOW",
		NULL
	};
	struct cli_table table;
	const json_t *w;
	size_t i;

	cli_table_init(&table, arena, heads);
	json_array_foreach (workers, i, w) {
		double busy = number_at(w, "busyCycles"), now = real_at(w, "cyclesNow");
		double a_burst = real_at(w, "packetsPerBurst");

		cli_table_row(
			&table,
			(const char *const[]){
				cli_count_text(arena, number_at(w, "id")),
				arena_printf(arena, "%" PRId64, (int64_t)number_at(w, "core")),
				cli_count_text(arena, number_at(w, "nPorts")),
				arena_printf(arena, "%.1f %%", 100 * real_at(w, "load")),
				cli_count_text(arena, real_at(w, "packetsPerSecond") + 0.5),
				a_burst ? arena_printf(arena, "%.1f", a_burst) : NULL,
				now ? cycles_text(arena, now) : NULL,
				now ? cached_text(arena, w) : NULL,
				cli_count_text(arena, number_at(w, "nPackets")),
				arena_printf(arena, "%.3f s", hz ? busy / hz : 0),
				cli_count_text(arena, number_at(w, "nSleeps")),
				json_is_true(json_object_get(w, "isSleeping")) ? "asleep" : "awake",
			});
	}
	cli_table_format(&table, out);
}

static const char *stage_name(struct arena *arena, const json_t *stage)
{
	const char *name = print_value(arena, stage, "name");

	return strcmp(name, "table")
		       ? name
		       : arena_printf(arena, "table %" PRIu64, number_at(stage, "table"));
}

/* One block for each worker that has measured something. */
static void print_stages(struct arena *arena, const json_t *worker, struct buf *out)
{
	static const char *const heads[] = { "STAGE",	 ">CYCLES",   ">LOOKING UP",
					     ">ACTIONS", ">MEASURED", NULL };
	const json_t *stages = json_object_get(worker, "stages"), *s;
	struct cli_table table;
	size_t i;

	if (!json_array_size(stages))
		return;
	buf_printf(out, "\nworker %" PRIu64 ", cycles a packet\n", number_at(worker, "id"));
	cli_table_init(&table, arena, heads);
	json_array_foreach (stages, i, s) {
		const json_t *cost = json_object_get(s, "cost");

		cli_table_row(&table, (const char *const[]){
					      stage_name(arena, s),
					      cost_text(arena, s, "cost"),
					      cost_text(arena, s, "find"),
					      cost_text(arena, s, "run"),
					      cli_count_text(arena, number_at(cost, "nPackets")),
				      });
	}
	cli_table_format(&table, out);
}

static void print_workers(struct arena *arena, const json_t *answer, struct buf *out)
{
	const json_t *workers = json_object_get(answer, "workers"), *w;
	size_t i;

	print_threads(arena, workers, real_at(answer, "tscHz"), out);
	json_array_foreach (workers, i, w)
		print_stages(arena, w, out);
}

static enum cli_exit run_workers(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__WorkersRequest workers = WEFT__SWITCH__V1__WORKERS_REQUEST__INIT;
	sw_request request = SW_REQUEST(WORKERS, workers, &workers);

	return sw_watch(cli, args, &request, NULL, print_workers);
}

static const struct cli_verb switch_workers = {
	.words = "switch workers",
	.help = "Show the forwarding threads: load, packets, cycles a packet of each stage.",
	.examples = "weft switch workers\nweft switch workers --interval 1\n",
	.options = options,
	.run = run_workers,
};
REGISTRY_ADD(cli_verb, switch_workers);
