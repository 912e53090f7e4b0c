/* `weft watch`: changes as they happen, one line each. */

#include <stdio.h>
#include <stdlib.h>
#include "api/cli/client.h"
#include "api/cli/print.h"
#include "api/cli/resource.h"

#define METHOD "/weft.v1.WatchService/Watch"

struct watch {
	struct cli *cli;
	struct arena arena; /* of one event */
	bool until_synced;
};

/* The event's resource, the only member of its oneof that is there. */
static const json_t *resource_of(const json_t *event, const char **kind)
{
	for (void *it = json_object_iter((json_t *)event); it;
	     it = json_object_iter_next((json_t *)event, it)) {
		*kind = json_object_iter_key(it);
		if (json_is_object(json_object_iter_value(it)))
			return json_object_iter_value(it);
	}
	*kind = "";
	return NULL;
}

static void print_line(struct arena *arena, const json_t *event)
{
	const char *kind, *state;
	const json_t *r = resource_of(event, &kind);

	if (!r) {
		printf("%-8s %-9s now come changes, as they happen\n",
		       print_value(arena, event, "revision"), print_value(arena, event, "type"));
		return;
	}
	state = print_value(arena, r, "state");
	printf("%-8s %-9s %s  %s%s%s\n", print_value(arena, event, "revision"),
	       print_value(arena, event, "type"), print_value(arena, r, "name"), state,
	       *print_value(arena, r, "stateReason") ? ": " : "",
	       print_value(arena, r, "stateReason"));
}

static bool on_event(void *arg, const json_t *event)
{
	struct watch *w = arg;

	if (w->cli->format == CLI_TABLE)
		print_line(&w->arena, event);
	else
		print_streamed(event, w->cli->format == CLI_YAML);
	arena_clear(&w->arena);
	if (w->until_synced &&
	    strcmp(json_string_value(json_object_get(event, "type")) ?: "", "SYNCED") == 0)
		return false;
	return fflush(stdout) == 0;
}

static json_t *watch_request(struct cli *cli, const struct cli_args *args, struct status *st)
{
	json_t *request = json_object(), *types = json_array();
	uint64_t from = 0;

	if (cli->project)
		json_object_set_new(
			request, "parent",
			json_string(arena_printf(&cli->arena, "projects/%s", cli->project)));
	for (size_t i = 0; i < cli_arg_count(args, "type"); i++)
		json_array_append_new(types, json_string(cli_arg_at(args, "type", i)));
	json_object_set_new(request, "types", types);
	if (cli_arg(args, "from") &&
	    cli_number(cli_arg(args, "from"), "from", 0, INT64_MAX, &from, st)) {
		json_decref(request);
		return NULL;
	}
	json_object_set_new(request, "fromRevision", json_integer(from));
	return request;
}

static enum cli_exit run_watch(struct cli *cli, const struct cli_args *args)
{
	struct watch w = { .cli = cli, .until_synced = cli_arg(args, "until-synced") != NULL };
	struct status st = STATUS_INIT;
	json_t *request = watch_request(cli, args, &st);
	int rc;

	if (!request) {
		cli_error(&st);
		return CLI_USAGE;
	}
	rc = client_stream(cli, api_schema_method(&weft_schema, METHOD), request, on_event, &w,
			   &st);
	json_decref(request);
	arena_clear(&w.arena);
	return rc < 0 ? cli_error(&st) : CLI_OK;
}

static const struct cli_option watch_options[] = {
	{ .name = "type",
	  .value = "TYPE",
	  .help = "only project, network, subnet, port or host; may be repeated",
	  .choices = "project network subnet port host",
	  .is_list = true },
	{ .name = "from",
	  .value = "REVISION",
	  .help = "only changes after this revision (default 0: first all that exists)" },
	{ .name = "until-synced", .help = "end after what exists has been told" },
	{ 0 },
};

static const struct cli_verb watch = {
	.words = "watch",
	.help = "Tell what exists, and each change as it happens.",
	.examples = "weft watch\nweft watch --project acme --type port\n"
		    "weft watch --from 120 -o json\n",
	.options = watch_options,
	.run = run_watch,
};
REGISTRY_ADD(cli_verb, watch);
