/* One call to the local switch, printed: see switch_verbs.h. */

#include "api/cli/switch_verbs.h"
#include <stdio.h>
#include "api/cli/message_json.h"
#include "api/cli/print.h"

/* The part of a reply that answers: the oneof's only member. */
static json_t *answer_json(const sw_reply *reply)
{
	json_t *whole = message_json(&reply->base), *answer;
	void *it = json_object_iter(whole);

	answer = it ? json_incref(json_object_iter_value(it)) : json_object();
	json_decref(whole);
	return answer;
}

/* Lists of a later page go behind those of the pages before; returns where the next begins. */
static uint64_t join_page(json_t *all, const sw_reply *reply)
{
	json_t *page = answer_json(reply);
	uint64_t next = json_integer_value(json_object_get(page, "next"));

	for (void *it = json_object_iter(page); it; it = json_object_iter_next(page, it)) {
		json_t *value = json_object_iter_value(it);
		json_t *had = json_object_get(all, json_object_iter_key(it));

		if (json_is_array(had) && json_is_array(value))
			json_array_extend(had, value);
		else
			json_object_set(all, json_object_iter_key(it), value);
	}
	json_object_del(all, "next");
	json_decref(page);
	return next;
}

static int ask(struct ctl_client *c, const sw_request *request, uint64_t *after, json_t *answer,
	       struct status *st)
{
	uint64_t next;

	do {
		sw_reply *reply = ctl_client_call(c, request, st);

		if (!reply)
			return -1;
		next = join_page(answer, reply);
		weft__switch__v1__reply__free_unpacked(reply, NULL);
		if (after)
			*after = next;
	} while (next && after);
	return 0;
}

enum cli_exit sw_run(struct cli *cli, const sw_request *request, uint64_t *after,
		     sw_print_fn *print)
{
	struct status st = STATUS_INIT;
	struct ctl_client *c = ctl_client_open(cli->socket, &st);
	json_t *answer = json_object();
	struct buf out = BUF_INIT;

	if (c && ask(c, request, after, answer, &st) == 0) {
		if (cli->format == CLI_JSON)
			print_json(answer, &out);
		else if (cli->format == CLI_YAML)
			print_yaml(answer, &out);
		else
			print(&cli->arena, answer, &out);
		fputs(buf_str(&out), stdout);
	}
	ctl_client_close(c);
	buf_fini(&out);
	json_decref(answer);
	return status_ok(&st) ? CLI_OK : cli_error(&st);
}
