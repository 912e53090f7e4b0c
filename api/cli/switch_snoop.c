/* `weft switch snoop`: the OpenFlow messages of all connections as they go by, in ovs-ofctl's
 * words. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "api/cli/switch_verbs.h"
#include "proto/openflow/msg.h"

#define POLL_US 50000

struct snoop {
	struct cli *cli;
	struct ctl_client *client;
	const char *peer, *type; /* only of these; NULL: all */
	uint64_t after, n_left;	 /* to print; UINT64_MAX: no end */
};

static void print_time(uint64_t ago_ns)
{
	struct timespec now;
	struct tm tm;
	time_t sec;
	int64_t ns;

	clock_gettime(CLOCK_REALTIME, &now);
	ns = (int64_t)now.tv_nsec - (int64_t)(ago_ns % NS_PER_SEC);
	sec = now.tv_sec - ago_ns / NS_PER_SEC - (ns < 0);
	localtime_r(&sec, &tm);
	printf("%02d:%02d:%02d.%03d ", tm.tm_hour, tm.tm_min, tm.tm_sec,
	       (int)((ns + (ns < 0 ? NS_PER_SEC : 0)) / NS_PER_MS));
}

/* What M is; one that makes no sense is told with its bytes, as far as they came. */
static void describe(struct arena *a, const Weft__Switch__V1__SnoopedMessage *m, const char **kind,
		     struct buf *out)
{
	struct of_error err = { 0 };
	struct of_msg msg;
	char name[80];

	if (of_msg_decode(m->data.data, m->data.len, a, &msg, &err) == 0) {
		of_msg_print(&msg, out);
		*kind = of_kind_name(msg.kind);
		return;
	}
	*kind = "UNKNOWN";
	if (m->data.len >= 8 && load_be16(m->data.data + 2) > m->data.len) {
		buf_printf(out, "type %u, %u bytes: too long to be shown", m->data.data[1],
			   load_be16(m->data.data + 2));
		return;
	}
	buf_printf(out, "not understood (%s): ", of_error_name(&err, name, sizeof(name)));
	for (size_t i = 0; i < m->data.len && i < 256; i++)
		buf_printf(out, "%02x", m->data.data[i]);
}

static const char *version_name(uint8_t version)
{
	switch (version) {
	case OF_VERSION_1_3:
		return "1.3";
	case OF_VERSION_1_4:
		return "1.4";
	case OF_VERSION_1_5:
		return "1.5";
	default:
		return "?";
	}
}

static void print_message(struct snoop *s, const Weft__Switch__V1__SnoopedMessage *m)
{
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT;
	const char *kind = "";

	describe(&a, m, &kind, &text);
	if ((!s->type || strncasecmp(kind, s->type, strlen(s->type)) == 0) &&
	    (!s->peer || strstr(m->peer, s->peer))) {
		print_time(m->time_ns);
		printf("%s %s OF%s %s\n", m->peer, m->is_sent ? "<-" : "->",
		       m->data.len ? version_name(m->data.data[0]) : "?", buf_str(&text));
		if (s->n_left != UINT64_MAX)
			s->n_left--;
	}
	buf_fini(&text);
	arena_clear(&a);
}

static int poll_once(struct snoop *s, bool from_now, bool *is_more, struct status *st)
{
	Weft__Switch__V1__SnoopRequest snoop = WEFT__SWITCH__V1__SNOOP_REQUEST__INIT;
	sw_request request = SW_REQUEST(SNOOP, snoop, &snoop);
	sw_reply *reply;

	snoop.after = s->after;
	snoop.from_now = from_now;
	reply = ctl_client_call(s->client, &request, st);
	if (!reply)
		return -1;
	for (size_t i = 0; i < reply->snoop->n_messages && s->n_left; i++) {
		const Weft__Switch__V1__SnoopedMessage *m = reply->snoop->messages[i];

		if (m->number > s->after + 1)
			printf("(%" PRIu64 " messages went by too fast)\n",
			       m->number - s->after - 1);
		s->after = m->number;
		print_message(s, m);
	}
	s->after = reply->snoop->next;
	*is_more = reply->snoop->n_messages > 0;
	weft__switch__v1__reply__free_unpacked(reply, NULL);
	fflush(stdout);
	return 0;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
	struct snoop s = { .cli = cli, .n_left = UINT64_MAX };
	struct status st = STATUS_INIT;
	bool is_more = false;

	s.peer = cli_arg(args, "peer");
	s.type = cli_arg(args, "type");
	if (cli_arg(args, "count") &&
	    cli_number(cli_arg(args, "count"), "count", 1, UINT32_MAX, &s.n_left, &st) < 0)
		return cli_error(&st);
	s.client = ctl_client_open(cli->socket, &st);
	if (!s.client || poll_once(&s, true, &is_more, &st) < 0)
		goto out;
	while (s.n_left && poll_once(&s, false, &is_more, &st) == 0)
		if (!is_more)
			usleep(POLL_US);
out:
	ctl_client_close(s.client);
	return status_ok(&st) ? CLI_OK : cli_error(&st);
}

static const struct cli_option options[] = {
	{ .name = "peer", .value = "TEXT", .help = "only connections whose name has this in it" },
	{ .name = "type",
	  .value = "KIND",
	  .help = "only messages whose kind begins so",
	  .choices = "FLOW_MOD GROUP_MOD METER_MOD PACKET_IN PACKET_OUT PORT_STATUS FLOW_REMOVED "
		     "BARRIER ERROR ECHO BUNDLE" },
	{ .name = "count", .value = "N", .help = "end after so many" },
	{ 0 },
};

static const struct cli_verb switch_snoop = {
	.words = "switch snoop",
	.help = "Show the OpenFlow messages of the local switch's connections as they go by.",
	.examples = "weft switch snoop --type FLOW_MOD\n",
	.options = options,
	.run = run,
};
REGISTRY_ADD(cli_verb, switch_snoop);
