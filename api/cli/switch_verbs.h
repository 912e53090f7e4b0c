#ifndef API_CLI_SWITCH_VERBS_H
#define API_CLI_SWITCH_VERBS_H

/* What the verbs of `weft switch` share: one call to the local switch, and its answer printed. */

#include <jansson.h>
#include "api/cli/cli.h"
#include "api/cli/ctl_client.h"
#include "lib/buf.h"

typedef Weft__Switch__V1__Request sw_request;
typedef Weft__Switch__V1__Reply sw_reply;

#define SW_REQUEST(KIND, FIELD, MESSAGE)                                                           \
	{                                                                                          \
		.base = PROTOBUF_C_MESSAGE_INIT(&weft__switch__v1__request__descriptor),           \
		.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_##KIND, .FIELD = (MESSAGE)      \
	}

/* Print ANSWER, the reply's message as JSON, for people. */
typedef void sw_print_fn(struct arena *arena, const json_t *answer, struct buf *out);

/* Send REQUEST and print all pages of the answer; AFTER is the request's field of that name, NULL
 * for what has no pages. */
enum cli_exit sw_run(struct cli *cli, const sw_request *request, uint64_t *after,
		     sw_print_fn *print);
/* The same again each --interval seconds, if ARGS have one of SW_WATCH_OPTIONS. */
enum cli_exit sw_watch(struct cli *cli, const struct cli_args *args, const sw_request *request,
		       uint64_t *after, sw_print_fn *print);

/* Send REQUEST and give each page of the answer to PAGE as it comes, until it returns false: for lists
 * that may be longer than memory. */
enum cli_exit sw_each_page(struct cli *cli, const sw_request *request, uint64_t *after,
			   bool (*page)(void *ctx, const sw_reply *reply, uint64_t *next),
			   void *ctx);

#define SW_WATCH_OPTIONS                                                                           \
	{ .name = "watch", .help = "show it again each second, until interrupted" },               \
	{                                                                                          \
		.name = "interval", .value = "SECONDS",                                            \
		.help = "show it again each so many seconds, 1 to 3600, until interrupted"         \
	}

#endif
