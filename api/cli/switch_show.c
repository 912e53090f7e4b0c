/* `weft switch info|flows|trace`: look into the local switch. */

#include <inttypes.h>
#include "api/cli/print.h"
#include "api/cli/switch_verbs.h"
#include "api/cli/table.h"

static uint64_t number_at(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_budget(struct arena *arena, const json_t *answer, struct buf *out)
{
	uint64_t worst = number_at(answer, "worstCycles");
	uint64_t budget = number_at(answer, "cycleBudget");
	uint64_t n_refused = number_at(answer, "nRefused");
	const json_t *tables = json_object_get(answer, "worstTables");

	buf_printf(out, "looking a packet up costs at most %s by the model",
		   cli_things_text(arena, worst, "cycle"));
	if (json_array_size(tables))
		buf_printf(out, ", in table%s %s", json_array_size(tables) == 1 ? "" : "s",
			   print_value(arena, answer, "worstTables"));
	if (budget)
		buf_printf(out, "; %s the budget of %" PRIu64,
			   worst > budget ? "over budget: more than" : "within", budget);
	if (n_refused)
		buf_printf(out, ", %s refused", cli_things_text(arena, n_refused, "flow"));
	buf_puts(out, "\n");
}

static void print_info(struct arena *arena, const json_t *answer, struct buf *out)
{
	static const struct print_column columns[] = {
		{ "OPENFLOW PEER", "peer" },
		{ "STATE", "state" },
		{ "VERSION", "ofVersion" },
		{ "ROLE", "role" },
		{ ">RECEIVED", "nReceived" },
		{ ">SENT", "nSent" },
		{ "LAST ERROR", "lastError" },
		{ NULL, NULL },
	};

	buf_printf(out, "weft-dataplane %s on %s, datapath %016" PRIx64 ", up %s\n",
		   print_value(arena, answer, "version"), print_value(arena, answer, "host"),
		   number_at(answer, "datapathId"),
		   cli_age_text(arena, number_at(answer, "uptimeNs")));
	buf_printf(out, "%s, %s, %s, %s, %s huge pages\n",
		   cli_things_text(arena, number_at(answer, "nPorts"), "port"),
		   cli_things_text(arena, number_at(answer, "nFlows"), "flow"),
		   cli_things_text(arena, number_at(answer, "nTracked"), "tracked connection"),
		   cli_things_text(arena, number_at(answer, "nWorkers"), "worker"),
		   json_is_true(json_object_get(answer, "hasHugePages")) ? "with" : "without");
	print_budget(arena, answer, out);
	if (json_array_size(json_object_get(answer, "connections")))
		print_rows(arena, json_object_get(answer, "connections"), columns, out);
}

static enum cli_exit run_info(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__InfoRequest info = WEFT__SWITCH__V1__INFO_REQUEST__INIT;
	sw_request request = SW_REQUEST(INFO, info, &info);

	(void)args;
	return sw_run(cli, &request, NULL, print_info);
}

static const struct cli_verb switch_info = {
	.words = "switch info",
	.help = "Show the local switch and its OpenFlow connections.",
	.run = run_info,
};
REGISTRY_ADD(cli_verb, switch_info);

static void print_flows(struct arena *arena, const json_t *answer, struct buf *out)
{
	uint64_t table = UINT64_MAX;
	const json_t *f;
	size_t i;

	json_array_foreach (json_object_get(answer, "flows"), i, f) {
		const char *match = print_value(arena, f, "match");
		const char *actions = print_value(arena, f, "actions");

		if (number_at(f, "table") != table) {
			table = number_at(f, "table");
			buf_printf(out, "%stable %" PRIu64 "\n", i ? "\n" : "", table);
		}
		buf_printf(out, "  %5" PRIu64 "  %s\n         -> %s  [%" PRIu64 " packets]\n",
			   number_at(f, "priority"), *match ? match : "any packet",
			   *actions ? actions : "drop", number_at(f, "nPackets"));
	}
	if (table == UINT64_MAX)
		buf_puts(out, "no flows\n");
}

static enum cli_exit run_flows(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__FlowsRequest flows = WEFT__SWITCH__V1__FLOWS_REQUEST__INIT;
	sw_request request = SW_REQUEST(FLOWS, flows, &flows);
	struct status st = STATUS_INIT;
	uint64_t table = 0;

	if (cli_arg(args, "table") &&
	    cli_number(cli_arg(args, "table"), "table", 0, 253, &table, &st) < 0)
		return cli_error(&st);
	flows.has_table = cli_arg(args, "table") != NULL;
	flows.table = table;
	if (cli_arg(args, "match"))
		flows.match = (char *)cli_arg(args, "match");
	return sw_run(cli, &request, &flows.after, print_flows);
}

static const struct cli_option flows_options[] = {
	{ .name = "table", .value = "N", .help = "only this table, 0 to 253" },
	{ .name = "match",
	  .value = "MATCH",
	  .help = "only flows that match at least this: 'in_port=1'" },
	{ 0 },
};

static const struct cli_verb switch_flows = {
	.words = "switch flows",
	.help = "List the flows of the local switch: priority, match, actions, packets.",
	.examples = "weft switch flows --table 30\n",
	.options = flows_options,
	.run = run_flows,
};
REGISTRY_ADD(cli_verb, switch_flows);

static void print_trace(struct arena *arena, const json_t *answer, struct buf *out)
{
	const char *text = print_value(arena, answer, "text");
	size_t n = strlen(text);

	buf_puts(out, text);
	if (n && text[n - 1] != '\n')
		buf_puts(out, "\n");
}

static enum cli_exit run_trace(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__TraceRequest trace = WEFT__SWITCH__V1__TRACE_REQUEST__INIT;
	sw_request request = SW_REQUEST(TRACE, trace, &trace);

	trace.key = (char *)args->words[0];
	return sw_run(cli, &request, NULL, print_trace);
}

static const struct cli_verb switch_trace = {
	.words = "switch trace",
	.operands = "PACKET",
	.help = "Follow a made-up packet through the tables; nothing is sent.",
	.examples =
		"weft switch trace 'in_port=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tcp_dst=80'\n",
	.min_words = 1,
	.max_words = 1,
	.run = run_trace,
};
REGISTRY_ADD(cli_verb, switch_trace);
