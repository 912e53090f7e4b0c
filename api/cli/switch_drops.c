/* `weft switch drops`: what the local switch has dropped, and what that was in the words of the
 * controller's API, if one answers: only it knows whose rule a flow is. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "api/cli/client.h"
#include "api/cli/print.h"
#include "api/cli/switch_verbs.h"
#include "api/cli/table.h"

#define METHOD(NAME) api_schema_method(&weft_schema, "/weft.v1." NAME)

static uint64_t number_at(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_drops(struct arena *arena, const json_t *answer, struct buf *out)
{
	static const char *const heads[] = { "REASON", ">PACKETS", "WHERE", "WHY", NULL };
	struct cli_table table;
	const json_t *d;
	size_t i;

	cli_table_init(&table, arena, heads);
	json_array_foreach (json_object_get(answer, "drops"), i, d) {
		const char *where = "";

		if (json_is_true(json_object_get(d, "hasFlow")))
			where = arena_printf(arena, "table %" PRIu64 " priority %" PRIu64 " %s",
					     number_at(d, "table"), number_at(d, "priority"),
					     print_value(arena, d, "match"));
		else if (json_is_true(json_object_get(d, "hasTable")))
			where = arena_printf(arena, "table %" PRIu64, number_at(d, "table"));
		else if (json_is_true(json_object_get(d, "hasPort")))
			where = arena_printf(arena, "port %" PRIu64 " (%s)", number_at(d, "port"),
					     print_value(arena, d, "portName"));
		cli_table_row(&table, (const char *const[]){
					      print_value(arena, d, "reason"),
					      cli_count_text(arena, number_at(d, "nPackets")),
					      where,
					      print_value(arena, d, "description"),
				      });
	}
	if (i)
		cli_table_format(&table, out);
	else
		buf_puts(out, "no packet was dropped\n");
}

/* 0 if it does not say. */
static uint64_t datapath_id(const struct cli *cli)
{
	Weft__Switch__V1__InfoRequest info = WEFT__SWITCH__V1__INFO_REQUEST__INIT;
	sw_request request = SW_REQUEST(INFO, info, &info);
	struct status st = STATUS_INIT;
	struct ctl_client *c = ctl_client_open(cli->socket, &st);
	sw_reply *reply = c ? ctl_client_call(c, &request, &st) : NULL;
	uint64_t id = reply && reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY_INFO
			      ? reply->info->datapath_id
			      : 0;

	if (reply)
		weft__switch__v1__reply__free_unpacked(reply, NULL);
	ctl_client_close(c);
	return id;
}

/* The controller's name of the host with this switch; NULL if no controller knows it. */
static const char *host_of(struct cli *cli, uint64_t id)
{
	json_t *request = json_pack("{s:s}", "parent", "infrastructure"), *hosts, *host;
	struct status st = STATUS_INIT;
	const char *name = NULL;
	size_t i;

	hosts = client_list(cli, METHOD("HostService/ListHosts"), request, &st);
	json_decref(request);
	json_array_foreach (hosts, i, host)
		if (strtoull(print_value(&cli->arena, host, "datapathId"), NULL, 16) == id)
			name = arena_strdup(&cli->arena, print_value(&cli->arena, host, "name"));
	json_decref(hosts);
	return name;
}

/* Of what the controller tells about HOST, what its own flows did. */
static void print_named(struct cli *cli, const char *host)
{
	static const struct print_column columns[] = {
		{ ">PACKETS", "packets" },
		{ "BY A RULE OF THE CONTROLLER", "reason" },
		{ "RESOURCE", "resource" },
		{ NULL, NULL },
	};
	json_t *request = json_pack("{s:s}", "parent", host), *answer, *drop, *rows = json_array();
	struct status st = STATUS_INIT;
	struct buf out = BUF_INIT;
	size_t i;

	answer = client_call(cli, METHOD("DiagnosticsService/ListDrops"), request, &st);
	json_array_foreach (json_object_get(answer, "drops"), i, drop)
		if (*print_value(&cli->arena, drop, "app"))
			json_array_append(rows, drop);
	if (json_array_size(rows)) {
		buf_puts(&out, "\n");
		print_rows(&cli->arena, rows, columns, &out);
		fputs(buf_str(&out), stdout);
	}
	buf_fini(&out);
	json_decref(rows);
	json_decref(answer);
	json_decref(request);
}

static enum cli_exit run_drops(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__DropsRequest drops = WEFT__SWITCH__V1__DROPS_REQUEST__INIT;
	sw_request request = SW_REQUEST(DROPS, drops, &drops);
	enum cli_exit rc = sw_run(cli, &request, &drops.after, print_drops);
	const char *host;

	(void)args;
	if (rc != CLI_OK || cli->format != CLI_TABLE)
		return rc;
	host = host_of(cli, datapath_id(cli));
	if (host)
		print_named(cli, host);
	else
		puts("\nwhose rules these are, the controller tells: weft drops --host HOST");
	return rc;
}

static const struct cli_verb switch_drops = {
	.words = "switch drops",
	.help = "Count dropped packets by reason, port and flow, and by rule if the controller "
		"answers.",
	.run = run_drops,
};
REGISTRY_ADD(cli_verb, switch_drops);
