/* `weft trace`, `weft port explain`, `weft drops`, `weft flows`: what the switches do, in the words
 * of the API. */

#include <inttypes.h>
#include <stdio.h>
#include "api/cli/client.h"
#include "api/cli/print.h"
#include "api/cli/resource.h"
#include "api/cli/table.h"

#define METHOD(NAME) api_schema_method(&weft_schema, "/weft.v1.DiagnosticsService/" NAME)

typedef void print_fn(struct cli *cli, const json_t *answer, struct buf *out);

static enum cli_exit call_and_print(struct cli *cli, const struct api_method *method,
				    json_t *request, print_fn *print)
{
	struct status st = STATUS_INIT;
	json_t *answer = client_call(cli, method, request, &st);
	struct buf out = BUF_INIT;

	json_decref(request);
	if (!answer)
		return cli_error(&st);
	if (cli->format == CLI_TABLE) {
		print(cli, answer, &out);
		fputs(buf_str(&out), stdout);
	} else {
		resource_print_value(cli, answer);
	}
	buf_fini(&out);
	json_decref(answer);
	return CLI_OK;
}

/* -- trace -- */

static const char *receivers_text(struct arena *arena, const json_t *answer)
{
	const char *all = print_value(arena, answer, "receivers/");

	return *all ? all : "nobody";
}

static void print_trace(struct cli *cli, const json_t *answer, struct buf *out)
{
	struct arena *arena = &cli->arena;
	const char *text = print_value(arena, answer, "text");
	const json_t *step;
	size_t i;

	if (*text) {
		buf_printf(out, "%s%s", text, text[strlen(text) - 1] == '\n' ? "" : "\n");
		return;
	}
	json_array_foreach (json_object_get(answer, "steps"), i, step)
		buf_printf(out, "table %s (%s): %s\n", print_value(arena, step, "table"),
			   print_value(arena, step, "stage"), print_value(arena, step, "text"));
	if (json_is_true(json_object_get(answer, "isForwarded")))
		buf_printf(out, "delivered to %s\n", receivers_text(arena, answer));
	else
		buf_printf(out, "dropped: %s\n", print_value(arena, answer, "dropReason"));
}

static enum cli_exit follow(struct cli *cli, const char *from, const char *to, const char *packet,
			    print_fn *print)
{
	struct status st = STATUS_INIT;
	const char *port = resource_in_project(cli, "ports", from, &st);
	const char *receiver = to && port ? resource_in_project(cli, "ports", to, &st) : "";

	if (!port || !receiver) {
		cli_error(&st);
		return CLI_USAGE;
	}
	return call_and_print(
		cli, METHOD("TracePacket"),
		json_pack("{s:s, s:s, s:s}", "port", port, "packet", packet, "to", receiver),
		print);
}

static enum cli_exit run_trace(struct cli *cli, const struct cli_args *args)
{
	return follow(cli, cli_arg(args, "port"), cli_arg(args, "to"), args->words[0], print_trace);
}

static const struct cli_option trace_options[] = {
	{ .name = "port",
	  .value = "PORT",
	  .help = "the port that sends the packet",
	  .choices = "@ports",
	  .is_required = true },
	{ .name = "to",
	  .value = "PORT",
	  .help = "the port it is sent to: fills in the addresses",
	  .choices = "@ports" },
	{ 0 },
};

static const struct cli_verb trace = {
	.words = "trace",
	.operands = "PACKET",
	.help = "Tell where a made-up packet from a port would go, and why.",
	.examples = "weft trace --project acme --port web1 "
		    "'eth_dst=02:00:00:00:00:02,eth_type=0x0800,ipv4_dst=10.0.0.2'\n"
		    "weft trace --project acme --port web1 'eth_type=0x0800,ipv4_src=9.9.9.9'\n"
		    "weft trace --project acme --port web1 --to db1 tcp,tcp_dst=5432\n",
	.options = trace_options,
	.min_words = 1,
	.max_words = 1,
	.run = run_trace,
};
REGISTRY_ADD(cli_verb, trace);

/* -- port explain -- */

/* The verdict, then what each policy and group said. */
static void print_explanation(struct cli *cli, const json_t *answer, struct buf *out)
{
	struct arena *arena = &cli->arena;
	const json_t *step;
	size_t i;

	if (json_is_true(json_object_get(answer, "isForwarded")))
		buf_printf(out, "passes: received by %s\n", receivers_text(arena, answer));
	else
		buf_printf(out, "is dropped: %s\n", print_value(arena, answer, "dropReason"));
	json_array_foreach (json_object_get(answer, "steps"), i, step)
		if (strcmp(print_value(arena, step, "app"), "policy") == 0)
			buf_printf(out, "  %-10s  %s\n", print_value(arena, step, "stage"),
				   print_value(arena, step, "text"));
}

static enum cli_exit run_explain(struct cli *cli, const struct cli_args *args)
{
	return follow(cli, args->words[0], cli_arg(args, "to"), args->words[1], print_explanation);
}

static const struct cli_option explain_options[] = {
	{ .name = "to",
	  .value = "PORT",
	  .help = "the port it is sent to: fills in the addresses",
	  .choices = "@ports" },
	{ 0 },
};

static const struct cli_verb port_explain = {
	.words = "port explain",
	.operands = "NAME PACKET",
	.help = "Tell which rule lets a port send a packet, or refuses it, and what would allow "
		"it.",
	.examples = "weft port explain web1 --project acme --to db1 tcp,tcp_dst=5432\n"
		    "weft port explain web1 --project acme --to db1 icmp\n"
		    "weft port explain web1 --project acme --to db1 udp6,udp_dst=53\n",
	.options = explain_options,
	.min_words = 2,
	.max_words = 2,
	.completes = "@ports",
	.run = run_explain,
};
REGISTRY_ADD(cli_verb, port_explain);

/* -- drops -- */

static void print_drops(struct cli *cli, const json_t *answer, struct buf *out)
{
	static const struct print_column columns[] = {
		{ ">PACKETS", "packets" },  { "REASON", "reason" }, { "APP", "app" },
		{ "RESOURCE", "resource" }, { "HOST", "host/" },    { NULL, NULL },
	};
	const json_t *drops = json_object_get(answer, "drops");

	if (json_array_size(drops))
		print_rows(&cli->arena, drops, columns, out);
	else
		buf_puts(out, "no packet was dropped\n");
}

/* Of a network, a project or a host: the narrowest that was told. */
static const char *drops_parent(struct cli *cli, const struct cli_args *args, struct status *st)
{
	const char *host = cli_arg(args, "host"), *network = cli_arg(args, "network");

	if (host)
		return strchr(host, '/')
			       ? host
			       : arena_printf(&cli->arena, "infrastructure/hosts/%s", host);
	if (network)
		return resource_in_project(cli, "networks", network, st);
	if (cli->project)
		return arena_printf(&cli->arena, "projects/%s", cli->project);
	status_set(st, STATUS_INVALID_ARGUMENT, "project",
		   "tell whose drops: --project PROJECT [--network NETWORK], or --host HOST");
	return NULL;
}

static enum cli_exit run_drops(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	const char *parent = drops_parent(cli, args, &st);

	if (!parent) {
		cli_error(&st);
		return CLI_USAGE;
	}
	return call_and_print(cli, METHOD("ListDrops"), json_pack("{s:s}", "parent", parent),
			      print_drops);
}

static const struct cli_option drops_options[] = {
	{ .name = "network",
	  .value = "NETWORK",
	  .help = "only of this network",
	  .choices = "@networks" },
	{ .name = "host", .value = "HOST", .help = "all of this host", .choices = "@hosts" },
	{ 0 },
};

static const struct cli_verb drops = {
	.words = "drops",
	.help = "Count dropped packets, with the rule and resource that dropped them.",
	.examples = "weft drops --project acme\nweft drops --project acme --network blue\n"
		    "weft drops --host node1\n",
	.options = drops_options,
	.run = run_drops,
};
REGISTRY_ADD(cli_verb, drops);

/* -- flows -- */

static void print_flow(struct arena *arena, const json_t *f, struct buf *out)
{
	const char *match = print_value(arena, f, "match"),
		   *actions = print_value(arena, f, "actions");
	const char *app = print_value(arena, f, "app"),
		   *resource = print_value(arena, f, "resource");
	const char *packets = print_value(arena, f, "packets");

	buf_printf(out, "  %5s  %s\n         -> %s\n", print_value(arena, f, "priority"),
		   *match ? match : "any packet", *actions ? actions : "drop");
	buf_printf(out, "            %s packets; made by %s%s%s\n", *packets ? packets : "0",
		   *app ? app : "somebody else", *resource ? " for " : "", resource);
}

static void print_flows(struct cli *cli, const json_t *answer, struct buf *out)
{
	const char *table = NULL;
	const json_t *f;
	size_t i;

	json_array_foreach (json_object_get(answer, "flows"), i, f) {
		const char *number = print_value(&cli->arena, f, "table");
		const char *stage = print_value(&cli->arena, f, "stage");

		number = *number ? number : "0";
		if (!table || strcmp(table, number) != 0)
			buf_printf(out, "%stable %s%s%s\n", table ? "\n" : "", number,
				   *stage ? ": " : "", stage);
		table = number;
		print_flow(&cli->arena, f, out);
	}
	if (!table)
		buf_puts(out, "no flows\n");
}

static enum cli_exit run_flows(struct cli *cli, const struct cli_args *args)
{
	const char *host = args->words[0];

	if (!strchr(host, '/'))
		host = arena_printf(&cli->arena, "infrastructure/hosts/%s", host);
	return call_and_print(cli, METHOD("ListFlows"), json_pack("{s:s}", "parent", host),
			      print_flows);
}

static const struct cli_verb flows = {
	.words = "flows",
	.operands = "HOST",
	.help = "List the flows of a host's switch, and for which resource each was made.",
	.examples = "weft flows node1\n",
	.min_words = 1,
	.max_words = 1,
	.completes = "@hosts",
	.run = run_flows,
};
REGISTRY_ADD(cli_verb, flows);
