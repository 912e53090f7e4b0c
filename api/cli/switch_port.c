/* `weft switch port ...`: plug, unplug, list and count ports of the local switch. */

#include "api/cli/print.h"
#include "api/cli/switch_verbs.h"
#include "api/cli/table.h"

static void print_ports(struct arena *arena, const json_t *answer, struct buf *out)
{
	static const struct print_column columns[] = {
		{ ">NUMBER", "number" }, { "NAME", "name" },	 { "TYPE", "type" },
		{ "UP", "isUp" },	 { "STATE", "summary" }, { NULL, NULL },
	};

	print_rows(arena, json_object_get(answer, "ports"), columns, out);
}

static enum cli_exit run_list(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__PortListRequest list = WEFT__SWITCH__V1__PORT_LIST_REQUEST__INIT;
	sw_request request = SW_REQUEST(PORT_LIST, port_list, &list);

	(void)args;
	return sw_run(cli, &request, &list.after, print_ports);
}

static const struct cli_verb switch_port_list = {
	.words = "switch port list",
	.help = "List the ports of the local switch.",
	.run = run_list,
};
REGISTRY_ADD(cli_verb, switch_port_list);

static void print_port(struct arena *arena, const json_t *answer, struct buf *out)
{
	print_fields(arena, json_object_get(answer, "port"), out);
}

/* "key=value"; 0, or -1 with ST. */
static int parse_option(struct arena *arena, const char *text, Weft__Switch__V1__Option *o,
			struct status *st)
{
	const char *equals = strchr(text, '=');

	weft__switch__v1__option__init(o);
	if (!equals || equals == text)
		return status_set(st, STATUS_INVALID_ARGUMENT, "option",
				  "--option takes KEY=VALUE, not '%s'", text);
	o->key = arena_printf(arena, "%.*s", (int)(equals - text), text);
	o->value = arena_strdup(arena, equals + 1);
	return 0;
}

static int parse_options(struct arena *arena, const struct cli_args *args,
			 Weft__Switch__V1__PortAddRequest *add, struct status *st)
{
	add->n_options = cli_arg_count(args, "option");
	add->options = arena_alloc(arena, (add->n_options + 1) * sizeof(*add->options));
	for (size_t i = 0; i < add->n_options; i++) {
		add->options[i] = arena_alloc(arena, sizeof(*add->options[i]));
		if (parse_option(arena, cli_arg_at(args, "option", i), add->options[i], st) < 0)
			return -1;
	}
	return 0;
}

static enum cli_exit run_add(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__PortAddRequest add = WEFT__SWITCH__V1__PORT_ADD_REQUEST__INIT;
	sw_request request = SW_REQUEST(PORT_ADD, port_add, &add);
	struct status st = STATUS_INIT;
	uint64_t number = 0;

	add.name = (char *)args->words[0];
	add.type = (char *)cli_arg(args, "type");
	if (cli_arg(args, "number") &&
	    cli_number(cli_arg(args, "number"), "number", 1, 65279, &number, &st) < 0)
		return cli_error(&st);
	add.number = number;
	if (parse_options(&cli->arena, args, &add, &st) < 0)
		return cli_error(&st);
	return sw_run(cli, &request, NULL, print_port);
}

static const struct cli_option add_options[] = {
	{ .name = "type",
	  .value = "TYPE",
	  .help = "tap, veth, vhost-user ...: see `weft switch port types`",
	  .choices = "@port-types",
	  .is_required = true },
	{ .name = "option",
	  .value = "KEY=VALUE",
	  .help = "an option of the type; may be repeated",
	  .is_list = true },
	{ .name = "number",
	  .value = "N",
	  .help = "OpenFlow port number, 1 to 65279 (default: the switch chooses)" },
	{ 0 },
};

static const struct cli_verb switch_port_add = {
	.words = "switch port add",
	.operands = "NAME",
	.help = "Plug a port into the local switch.",
	.examples = "weft switch port add web0 --type tap --option netns=web --option ifname=eth0\n"
		    "weft switch port add vm1 --type vhost-user --number 7\n",
	.options = add_options,
	.min_words = 1,
	.max_words = 1,
	.run = run_add,
};
REGISTRY_ADD(cli_verb, switch_port_add);

static void print_nothing(struct arena *arena, const json_t *answer, struct buf *out)
{
	(void)arena;
	(void)answer;
	(void)out;
}

static enum cli_exit run_del(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__PortDelRequest del = WEFT__SWITCH__V1__PORT_DEL_REQUEST__INIT;
	sw_request request = SW_REQUEST(PORT_DEL, port_del, &del);

	del.name = (char *)args->words[0];
	return sw_run(cli, &request, NULL, print_nothing);
}

static const struct cli_verb switch_port_del = {
	.words = "switch port del",
	.operands = "NAME",
	.help = "Unplug a port from the local switch.",
	.min_words = 1,
	.max_words = 1,
	.completes = "@switch-ports",
	.run = run_del,
};
REGISTRY_ADD(cli_verb, switch_port_del);

static void print_stats(struct arena *arena, const json_t *answer, struct buf *out)
{
	static const struct print_column columns[] = {
		{ ">NUMBER", "number" },
		{ "NAME", "name" },
		{ ">RX PACKETS", "rxPackets" },
		{ ">RX BYTES", "rxBytes" },
		{ ">RX DROPPED", "rxDropped" },
		{ ">RX ERRORS", "rxErrors" },
		{ ">TX PACKETS", "txPackets" },
		{ ">TX BYTES", "txBytes" },
		{ ">TX DROPPED", "txDropped" },
		{ ">TX ERRORS", "txErrors" },
		{ NULL, NULL },
	};

	print_rows(arena, json_object_get(answer, "ports"), columns, out);
}

static enum cli_exit run_stats(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__PortStatsRequest stats = WEFT__SWITCH__V1__PORT_STATS_REQUEST__INIT;
	sw_request request = SW_REQUEST(PORT_STATS, port_stats, &stats);

	if (args->n_words)
		stats.name = (char *)args->words[0];
	return sw_run(cli, &request, &stats.after, print_stats);
}

static const struct cli_verb switch_port_stats = {
	.words = "switch port stats",
	.operands = "[NAME]",
	.help = "Count packets of the ports: rx is what the switch received.",
	.max_words = 1,
	.completes = "@switch-ports",
	.run = run_stats,
};
REGISTRY_ADD(cli_verb, switch_port_stats);

static void print_type(struct arena *arena, const json_t *type, struct buf *out)
{
	const json_t *option;
	size_t i;

	buf_printf(out, "%-12s %s\n", print_value(arena, type, "type"),
		   print_value(arena, type, "help"));
	json_array_foreach (json_object_get(type, "options"), i, option) {
		const char *initial = print_value(arena, option, "initial");

		const char *head = arena_printf(arena, "%s=%s", print_value(arena, option, "key"),
						print_value(arena, option, "value"));

		buf_printf(out, "    %-22s %s%s%s%s%s\n", head, print_value(arena, option, "help"),
			   json_is_true(json_object_get(option, "isRequired")) ? " (required)" : "",
			   *initial ? " (default " : "", initial, *initial ? ")" : "");
	}
}

static void print_types(struct arena *arena, const json_t *answer, struct buf *out)
{
	const json_t *type;
	size_t i;

	json_array_foreach (json_object_get(answer, "types"), i, type)
		print_type(arena, type, out);
}

static enum cli_exit run_types(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__PortTypesRequest types = WEFT__SWITCH__V1__PORT_TYPES_REQUEST__INIT;
	sw_request request = SW_REQUEST(PORT_TYPES, port_types, &types);

	(void)args;
	return sw_run(cli, &request, NULL, print_types);
}

static const struct cli_verb switch_port_types = {
	.words = "switch port types",
	.help = "List the types of ports and their options.",
	.run = run_types,
};
REGISTRY_ADD(cli_verb, switch_port_types);
