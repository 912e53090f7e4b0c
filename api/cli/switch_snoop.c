/* `weft switch snoop`: the OpenFlow messages of all connections as they go by, in ovs-ofctl's
 * words. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "api/cli/print.h"
#include "api/cli/switch_verbs.h"
#include "proto/openflow/msg.h"

#define POLL_US	  50000
#define MAX_LINES 24   /* of one message, unless all are asked for */
#define MAX_TEXT  2000 /* characters, to the end of a line */

#define TYPE_MULTIPART_REQUEST 18
#define TYPE_MULTIPART_REPLY   19

struct snoop {
	struct cli *cli;
	struct ctl_client *client;
	const char *peer, *type; /* only of these; NULL: all */
	bool is_full;
	struct timespec now;	/* when the page came that is being told */
	uint64_t after, n_left; /* to print; UINT64_MAX: no end */
};

/* A message, told. */
struct told {
	const Weft__Switch__V1__SnoopedMessage *m;
	const char *kind; /* our name of it */
	const char *name; /* ovs-ofctl's */
	const char *version;
	struct timespec time;
	uint32_t xid;
	struct buf text; /* what follows the name and the version */
};

static struct timespec time_of(struct timespec now, uint64_t ago_ns)
{
	now.tv_sec -= ago_ns / NS_PER_SEC;
	now.tv_nsec -= ago_ns % NS_PER_SEC;
	if (now.tv_nsec < 0) {
		now.tv_nsec += NS_PER_SEC;
		now.tv_sec--;
	}
	return now;
}

static const char *version_name(const Weft__Switch__V1__SnoopedMessage *m)
{
	switch (m->data.len ? m->data.data[0] : 0) {
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

static size_t without(const char *text, size_t size, const char *end)
{
	size_t n = strlen(end);

	return size > n && strncmp(text + size - n, end, n) == 0 ? size - n : size;
}

/* "OFPT_FLOW_MOD", "OFPST_FLOW request", "NXT_RESUME". */
static const char *ofctl_name(struct arena *a, const char *kind, uint8_t type)
{
	size_t size = strlen(kind);

	if (type == TYPE_MULTIPART_REQUEST || type == TYPE_MULTIPART_REPLY) {
		size = without(kind, size, type == TYPE_MULTIPART_REQUEST ? "_REQUEST" : "_REPLY");
		size = without(kind, size, "_STATS");
		return arena_printf(a, "OFPST_%s%.*s %s",
				    kind[0] == 'M' && kind[1] == 'O' ? "FLOW_" : "", (int)size,
				    kind, type == TYPE_MULTIPART_REQUEST ? "request" : "reply");
	}
	if (strncmp(kind, "NX_", 3) == 0)
		return arena_printf(a, "NXT_%s", kind + 3);
	return arena_printf(a, "%s%s", strncmp(kind, "WEFT_", 5) == 0 ? "" : "OFPT_", kind);
}

/* One that makes no sense is told with its bytes, as far as they came. */
static void describe(struct arena *a, struct told *t)
{
	const ProtobufCBinaryData *data = &t->m->data;
	uint8_t type = data->len > 1 ? data->data[1] : 0;
	size_t size = data->len >= 8 ? load_be16(data->data + 2) : data->len;
	struct of_msg msg = { .kind = OF_EXPERIMENTER };
	struct of_error err = { 0 };
	char name[80];

	if (size > data->len) /* it was cut: the kind is still found */
		store_be16(data->data + 2, data->len);
	if (of_msg_decode(data->data, data->len, a, &msg, &err) == 0) {
		t->kind = of_kind_name(msg.kind);
		of_msg_print(&msg, &t->text);
		buf_pull(&t->text, strlen(t->kind));
	} else {
		t->kind = *t->version == '?' ? "UNKNOWN" : of_kind_name(msg.kind);
		buf_printf(&t->text, " (xid=0x%x): not understood (%s): ", msg.xid,
			   of_error_name(&err, name, sizeof(name)));
		for (size_t i = 0; i < data->len && i < 256; i++)
			buf_printf(&t->text, "%02x", data->data[i]);
	}
	t->xid = msg.xid;
	t->name = ofctl_name(a, t->kind, type);
	if (size > data->len) {
		buf_clear(&t->text);
		buf_printf(&t->text, " (xid=0x%x): %zu bytes, too long to be shown", msg.xid, size);
	}
}

/* The rest of a long text is left out. */
static void shorten(struct buf *text)
{
	const char *s = buf_str(text), *at = s;
	unsigned n_more = 0;

	for (unsigned n = 0; at && n < MAX_LINES && at - s < MAX_TEXT; n++) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at || !*at)
		return;
	for (const char *c = at; c; c = strchr(c + 1, '\n'))
		n_more++;
	text->size = at - s;
	buf_printf(text, "  (%u more lines: --full shows them)", n_more);
}

static void print_text(const struct snoop *s, struct told *t)
{
	struct tm tm;

	if (!s->is_full)
		shorten(&t->text);
	localtime_r(&t->time.tv_sec, &tm);
	printf("%02d:%02d:%02d.%03d %s %s %s (OF%s)%s\n", tm.tm_hour, tm.tm_min, tm.tm_sec,
	       (int)(t->time.tv_nsec / NS_PER_MS), t->m->peer, t->m->is_sent ? "<-" : "->", t->name,
	       t->version, buf_str(&t->text));
}

static void print_object(const struct snoop *s, struct told *t)
{
	char when[32], full[64];
	const char *text = buf_str(&t->text);
	struct tm tm;
	json_t *o;

	text += strcspn(text, ")"); /* behind the xid, which has a member of its own */
	text += strspn(text, "): ");
	gmtime_r(&t->time.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(full, sizeof(full), "%s.%06ldZ", when, t->time.tv_nsec / 1000);
	o = json_pack("{s:I, s:s, s:s, s:b, s:s, s:s, s:I, s:s}", "number",
		      (json_int_t)t->m->number, "time", full, "peer", t->m->peer, "isSent",
		      t->m->is_sent, "version", t->version, "kind", t->kind, "xid",
		      (json_int_t)t->xid, "text", text);
	if (s->cli->format == CLI_YAML) {
		struct buf out = BUF_INIT;

		print_yaml(o, &out);
		printf("---\n%s", buf_str(&out));
		buf_fini(&out);
	} else {
		char *line = json_dumps(o, JSON_COMPACT);

		printf("%s\n", line);
		free(line);
	}
	json_decref(o);
}

/* Does NAME begin with WORD, whether or not both have their "OFPT_"? */
static bool begins(const char *name, const char *word)
{
	static const char *const heads[] = { "OFPT_", "OFPST_", "NXT_", "" };

	for (size_t i = 0; i < ARRAY_LENGTH(heads); i++) {
		size_t n = strlen(heads[i]);

		if (strncmp(name, heads[i], n) == 0 &&
		    strncasecmp(name + n, word, strlen(word)) == 0)
			return true;
	}
	return false;
}

static void tell(struct snoop *s, const Weft__Switch__V1__SnoopedMessage *m)
{
	struct told t = { .m = m,
			  .version = version_name(m),
			  .time = time_of(s->now, m->time_ns),
			  .text = BUF_INIT };
	struct arena a = ARENA_INIT;

	describe(&a, &t);
	if ((!s->type || begins(t.kind, s->type) || begins(t.name, s->type)) &&
	    (!s->peer || strstr(m->peer, s->peer))) {
		if (s->cli->format == CLI_TABLE)
			print_text(s, &t);
		else
			print_object(s, &t);
		if (s->n_left != UINT64_MAX)
			s->n_left--;
	}
	buf_fini(&t.text);
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
	clock_gettime(CLOCK_REALTIME, &s->now);
	for (size_t i = 0; i < reply->snoop->n_messages && s->n_left; i++) {
		const Weft__Switch__V1__SnoopedMessage *m = reply->snoop->messages[i];

		if (m->number > s->after + 1)
			fprintf(stderr, "weft: %" PRIu64 " messages went by too fast\n",
				m->number - s->after - 1);
		s->after = m->number;
		tell(s, m);
	}
	s->after = reply->snoop->next;
	*is_more = reply->snoop->n_messages > 0;
	weft__switch__v1__reply__free_unpacked(reply, NULL);
	return 0;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
	struct snoop s = { .cli = cli, .n_left = UINT64_MAX };
	struct status st = STATUS_INIT;
	bool is_more = false;

	s.peer = cli_arg(args, "peer");
	s.type = cli_arg(args, "type");
	s.is_full = cli_arg(args, "full") != NULL;
	if (cli_arg(args, "count") &&
	    cli_number(cli_arg(args, "count"), "count", 1, UINT32_MAX, &s.n_left, &st) < 0)
		return cli_error(&st);
	s.client = ctl_client_open(cli->socket, &st);
	if (!s.client || poll_once(&s, true, &is_more, &st) < 0)
		goto out;
	/* Until it is interrupted, or nobody reads any more, which cli_main() tells. */
	while (s.n_left && poll_once(&s, false, &is_more, &st) == 0 && fflush(stdout) == 0)
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
	  .help = "only messages whose kind begins so: FLOW_MOD, FLOW_STATS, ERROR ...",
	  .choices = "FLOW_MOD FLOW_REMOVED FLOW_STATS GROUP_MOD METER_MOD TABLE_MOD PORT_MOD "
		     "PORT_STATUS PACKET_IN PACKET_OUT BARRIER BUNDLE ROLE ERROR ECHO HELLO NX" },
	{ .name = "count", .value = "N", .help = "end after so many" },
	{ .name = "full", .help = "all lines of long messages, not only the first" },
	{ 0 },
};

static const struct cli_verb switch_snoop = {
	.words = "switch snoop",
	.help = "Show the OpenFlow messages of the local switch's connections as they go by.",
	.examples = "weft switch snoop --type FLOW_MOD\n"
		    "weft switch snoop --peer 10.0.0.1 --count 100 -o json\n",
	.options = options,
	.run = run,
};
REGISTRY_ADD(cli_verb, switch_snoop);
