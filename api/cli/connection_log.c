/* `weft connection-log`: connections that rules accepted or refused, one line each. */

#include <stdio.h>
#include <stdlib.h>
#include "api/cli/client.h"
#include "api/cli/print.h"
#include "api/cli/resource.h"

#define METHOD "/weft.v1.ConnectionLogService/WatchConnectionLog"

struct log_printing {
	struct cli *cli;
	struct arena arena; /* of one entry */
};

/* "tcp 10.0.0.1:4711 > 10.0.0.2:22", "icmp 10.0.0.1 > 10.0.0.2 type 8". */
static void print_connection(struct arena *a, const json_t *e, struct buf *out)
{
	static const char *const names[] = {
		[1] = "icmp", [6] = "tcp", [17] = "udp", [58] = "icmpv6", [132] = "sctp"
	};
	const char *src = print_value(a, e, "sourceAddress"),
		   *dst = print_value(a, e, "destinationAddress");
	unsigned protocol = json_integer_value(json_object_get(e, "protocol"));
	long long from = json_integer_value(json_object_get(e, "sourcePort"));
	long long to = json_integer_value(json_object_get(e, "destinationPort"));
	const char *open = strchr(src, ':') ? "[" : "", *close = *open ? "]" : "";

	if (protocol < ARRAY_LENGTH(names) && names[protocol])
		buf_printf(out, "%s ", names[protocol]);
	else
		buf_printf(out, "protocol %u ", protocol);
	if (to)
		buf_printf(out, "%s%s%s:%lld > %s%s%s:%lld", open, src, close, from, open, dst,
			   close, to);
	else
		buf_printf(out, "%s > %s", src, dst);
	if (protocol == 1 || protocol == 58)
		buf_printf(out, " type %lld",
			   (long long)json_integer_value(json_object_get(e, "icmpType")));
}

static void print_line(struct arena *a, const json_t *e)
{
	struct buf out = BUF_INIT;

	print_connection(a, e, &out);
	printf("%s %-8s %-7s %s: %s: %s\n", print_value(a, e, "time"), print_value(a, e, "verdict"),
	       print_value(a, e, "direction"), print_value(a, e, "port"), buf_str(&out),
	       print_value(a, e, "reason"));
	buf_fini(&out);
}

static bool on_entry(void *arg, const json_t *entry)
{
	struct log_printing *p = arg;

	if (p->cli->format == CLI_TABLE)
		print_line(&p->arena, entry);
	else
		print_streamed(entry, p->cli->format == CLI_YAML);
	arena_clear(&p->arena);
	return fflush(stdout) == 0;
}

static json_t *log_request(struct cli *cli, const struct cli_args *args, struct status *st)
{
	const char *verdict = cli_arg(args, "verdict"), *port = cli_arg(args, "port");
	json_t *request = json_object();
	uint64_t recent = 100;
	const char *parent = "infrastructure";

	if (cli->project && port)
		parent = arena_printf(&cli->arena, "projects/%s/ports/%s", cli->project, port);
	else if (cli->project)
		parent = arena_printf(&cli->arena, "projects/%s", cli->project);
	json_object_set_new(request, "parent", json_string(parent));
	if (cli_arg(args, "recent") &&
	    cli_number(cli_arg(args, "recent"), "recent", 0, 10000, &recent, st)) {
		json_decref(request);
		return NULL;
	}
	json_object_set_new(request, "recent", json_integer(recent));
	json_object_set_new(request, "recentOnly", json_boolean(!cli_arg(args, "follow")));
	if (verdict)
		json_object_set_new(
			request, "verdict",
			json_string(strcmp(verdict, "refused") == 0 ? "REFUSED" : "ACCEPTED"));
	return request;
}

static enum cli_exit run_log(struct cli *cli, const struct cli_args *args)
{
	struct log_printing p = { .cli = cli };
	struct status st = STATUS_INIT;
	json_t *request;
	int rc;

	if (cli_arg(args, "port") && !cli->project) {
		status_set(&st, STATUS_INVALID_ARGUMENT, "port",
			   "--port: say which project's: --project");
		cli_error(&st);
		return CLI_USAGE;
	}
	request = log_request(cli, args, &st);
	if (!request) {
		cli_error(&st);
		return CLI_USAGE;
	}
	rc = client_stream(cli, api_schema_method(&weft_schema, METHOD), request, on_entry, &p,
			   &st);
	json_decref(request);
	arena_clear(&p.arena);
	return rc < 0 ? cli_error(&st) : CLI_OK;
}

static const struct cli_option log_options[] = {
	{ .name = "follow", .help = "go on, and tell each connection as it happens" },
	{ .name = "recent",
	  .value = "N",
	  .help = "begin with the newest N that are kept, 0 to 10000 (default 100)" },
	{ .name = "port", .value = "PORT", .help = "only of this port of the project" },
	{ .name = "verdict",
	  .value = "VERDICT",
	  .help = "only what was accepted, or refused",
	  .choices = "accepted refused" },
	{ 0 },
};

static const struct cli_verb connection_log = {
	.words = "connection-log",
	.help = "Tell which connections rules with `log` have accepted and refused.",
	.examples = "weft connection-log --project acme\n"
		    "weft connection-log --project acme --port web1 --verdict refused --follow\n"
		    "weft connection-log --follow -o json\n",
	.options = log_options,
	.run = run_log,
};
REGISTRY_ADD(cli_verb, connection_log);
