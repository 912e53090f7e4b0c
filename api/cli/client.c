/* Calls of the controller's API for the command line: see client.h. */

#include "api/cli/client.h"
#include <stdlib.h>
#include "api/h2rpc/client.h"
#include "api/transcode/json.h"
#include "lib/loop_uv.h"

#define TIMEOUT_NS (30 * NS_PER_SEC)
#define PAGE_SIZE  500

static struct rpc_client *open_client(struct cli *cli, struct status *st)
{
	struct addr addr;

	if (cli->rpc)
		return cli->rpc;
	if (addr_parse(&addr, cli->server, "server", st) < 0)
		return NULL;
	cli->loop = loop_uv_create();
	cli->rpc = rpc_client_create(cli->loop, &addr);
	return cli->rpc;
}

void client_close(struct cli *cli)
{
	if (!cli->rpc)
		return;
	rpc_client_destroy(cli->rpc);
	loop_uv_destroy(cli->loop);
	cli->rpc = NULL;
	cli->loop = NULL;
}

static json_t *json_of(const ProtobufCMessage *m)
{
	struct buf text = BUF_INIT;
	json_t *j;

	json_write(&text, m, JSON_ALL_FIELDS);
	j = json_loadb((const char *)text.data, text.size, JSON_DECODE_ANY, NULL);
	buf_fini(&text);
	return j;
}

/* Of the cli's arena. */
static ProtobufCMessage *message_of(struct cli *cli, const struct api_method *method,
				    const json_t *request, struct status *st)
{
	char *text = json_dumps(request, JSON_COMPACT);
	ProtobufCMessage *m;

	m = json_read(&cli->arena, method->input, text, strlen(text), NULL, st);
	free(text);
	return m;
}

/* That nobody listens is the first thing a beginner meets. */
static void explain_unreachable(const struct cli *cli, struct status *st)
{
	struct status cause = *st;

	if (cause.code != STATUS_UNAVAILABLE || rpc_client_is_connected(cli->rpc))
		return;
	*st = STATUS_INIT;
	status_set(st, STATUS_UNAVAILABLE, NULL,
		   "no controller answers at %s (%.200s). Start weft-controller there, or name its "
		   "gRPC address with --server or WEFT_SERVER",
		   cli->server, cause.message);
}

json_t *client_call(struct cli *cli, const struct api_method *method, const json_t *request,
		    struct status *st)
{
	struct rpc_client *rpc = open_client(cli, st);
	ProtobufCMessage *m = rpc ? message_of(cli, method, request, st) : NULL, *answer;
	json_t *j;

	if (!m)
		return NULL;
	answer = rpc_client_run(rpc, method, m, TIMEOUT_NS, st);
	if (!answer) {
		explain_unreachable(cli, st);
		return NULL;
	}
	j = json_of(answer);
	protobuf_c_message_free_unpacked(answer, NULL);
	return j;
}

/* The list's elements: the only array of the response. */
static void take_rows(json_t *rows, const json_t *page)
{
	for (void *it = json_object_iter((json_t *)page); it;
	     it = json_object_iter_next((json_t *)page, it))
		if (json_is_array(json_object_iter_value(it)))
			json_array_extend(rows, json_object_iter_value(it));
}

json_t *client_list(struct cli *cli, const struct api_method *method, json_t *request,
		    struct status *st)
{
	json_t *rows = json_array();
	const char *token;

	json_object_set_new(request, "pageSize", json_integer(PAGE_SIZE));
	do {
		json_t *page = client_call(cli, method, request, st);

		if (!page) {
			json_decref(rows);
			return NULL;
		}
		take_rows(rows, page);
		token = json_string_value(json_object_get(page, "nextPageToken"));
		token = arena_strdup(&cli->arena, token ? token : "");
		json_decref(page);
		json_object_set_new(request, "pageToken", json_string(token));
	} while (*token);
	return rows;
}

struct stream_run {
	bool (*event)(void *arg, const json_t *message);
	void *arg;
};

static bool each(void *arg, const ProtobufCMessage *m)
{
	struct stream_run *run = arg;
	json_t *j = json_of(m);
	bool goes_on = run->event(run->arg, j);

	json_decref(j);
	return goes_on;
}

int client_stream(struct cli *cli, const struct api_method *method, const json_t *request,
		  bool (*event)(void *arg, const json_t *message), void *arg, struct status *st)
{
	struct stream_run run = { .event = event, .arg = arg };
	struct rpc_client *rpc = open_client(cli, st);
	ProtobufCMessage *m = rpc ? message_of(cli, method, request, st) : NULL;

	if (!m)
		return -1;
	if (rpc_client_run_stream(rpc, method, m, 0, each, &run, st) == 0)
		return 0;
	explain_unreachable(cli, st);
	return -1;
}
