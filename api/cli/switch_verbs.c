/* One call to the local switch, printed: see switch_verbs.h. */

#include "api/cli/switch_verbs.h"
#include <stdio.h>
#include <unistd.h>
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

static int show(const struct cli *cli, struct ctl_client *c, const sw_request *request,
		uint64_t *after, sw_print_fn *print, struct status *st)
{
	json_t *answer = json_object();
	struct arena arena = ARENA_INIT;
	struct buf out = BUF_INIT;
	int rc = ask(c, request, after, answer, st);

	if (rc == 0) {
		if (cli->format == CLI_JSON)
			print_json(answer, &out);
		else if (cli->format == CLI_YAML)
			print_yaml(answer, &out);
		else
			print(&arena, answer, &out);
		fputs(buf_str(&out), stdout);
	}
	buf_fini(&out);
	arena_clear(&arena);
	json_decref(answer);
	return rc;
}

enum cli_exit sw_run(struct cli *cli, const sw_request *request, uint64_t *after,
		     sw_print_fn *print)
{
	struct status st = STATUS_INIT;
	struct ctl_client *c = ctl_client_open(cli->socket, &st);

	if (c)
		show(cli, c, request, after, print, &st);
	ctl_client_close(c);
	return status_ok(&st) ? CLI_OK : cli_error(&st);
}

enum cli_exit sw_each_page(struct cli *cli, const sw_request *request, uint64_t *after,
			   bool (*page)(void *ctx, const sw_reply *reply, uint64_t *next),
			   void *ctx)
{
	struct status st = STATUS_INIT;
	struct ctl_client *c = ctl_client_open(cli->socket, &st);
	bool wants_more = c != NULL;

	while (wants_more) {
		sw_reply *reply = ctl_client_call(c, request, &st);
		uint64_t next = 0;

		if (!reply)
			break;
		wants_more = page(ctx, reply, &next) && next;
		*after = next;
		weft__switch__v1__reply__free_unpacked(reply, NULL);
	}
	ctl_client_close(c);
	return status_ok(&st) ? CLI_OK : cli_error(&st);
}

/* Between two views: on a terminal the next one takes the place of the one before. */
static void part_views(const struct cli *cli)
{
	if (cli->format == CLI_YAML)
		fputs("---\n", stdout);
	else if (cli->format == CLI_TABLE)
		fputs(isatty(STDOUT_FILENO) ? "\033[H\033[2J" : "\n", stdout);
}

/* Until it is interrupted, or nobody reads any more, which cli_main() tells. */
static void show_again_and_again(const struct cli *cli, struct ctl_client *c, uint64_t seconds,
				 const sw_request *request, uint64_t *after, sw_print_fn *print,
				 struct status *st)
{
	if (cli->format == CLI_TABLE && isatty(STDOUT_FILENO))
		part_views(cli);
	while (show(cli, c, request, after, print, st) == 0 && fflush(stdout) == 0) {
		sleep(seconds);
		part_views(cli);
		if (after)
			*after = 0;
	}
}

enum cli_exit sw_watch(struct cli *cli, const struct cli_args *args, const sw_request *request,
		       uint64_t *after, sw_print_fn *print)
{
	const char *interval = cli_arg(args, "interval");
	struct status st = STATUS_INIT;
	struct ctl_client *c;
	uint64_t seconds = 1;

	if (!interval && !cli_arg(args, "watch"))
		return sw_run(cli, request, after, print);
	if (interval && cli_number(interval, "interval", 1, 3600, &seconds, &st) < 0)
		return cli_error(&st);
	c = ctl_client_open(cli->socket, &st);
	if (c)
		show_again_and_again(cli, c, seconds, request, after, print, &st);
	ctl_client_close(c);
	return status_ok(&st) ? CLI_OK : cli_error(&st);
}
