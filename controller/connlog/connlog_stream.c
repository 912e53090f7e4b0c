/* ConnectionLogService: events as a stream. */

#include <arpa/inet.h>
#include <stdlib.h>
#include "controller/connlog/connlog_priv.h"
#include "proto/weft/v1/connection_log.pb-c.h"

struct stream {
	struct list in_streams;
	struct connlog_listener listener;
	struct connlog *log;
	struct api_call *call;
	char *parent;
	Weft__V1__ConnectionVerdict verdict;
};

static void stream_free(struct stream *s)
{
	connlog_unlisten(&s->listener);
	list_remove(&s->in_streams);
	free(s->parent);
	free(s);
}

static void end(struct stream *s, enum status_code code, const char *message)
{
	struct status st = STATUS_INIT;

	status_set(&st, code, NULL, "%s", message);
	api_fail(s->call, &st);
	stream_free(s);
}

static bool is_wanted(const struct stream *s, const struct connlog_event *e)
{
	size_t n = strlen(s->parent);

	if (s->verdict && (s->verdict == WEFT__V1__CONNECTION_VERDICT__REFUSED) != e->is_refused)
		return false;
	if (strcmp(s->parent, "infrastructure") == 0)
		return true;
	/* Of a packet for several ports, by the group that decided. */
	return (strncmp(e->port, s->parent, n) == 0 && (!e->port[n] || e->port[n] == '/')) ||
	       (!*e->port && strncmp(e->policy, s->parent, n) == 0 && e->policy[n] == '/');
}

/* 0, or -ENOBUFS. */
static int send_event(struct stream *s, const struct connlog_event *e)
{
	Weft__V1__ConnectionLogEntry m = WEFT__V1__CONNECTION_LOG_ENTRY__INIT;
	Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
	int family = e->packet.version == 6 ? AF_INET6 : AF_INET;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

	time.seconds = e->wall_ns / NS_PER_SEC;
	time.nanos = e->wall_ns % NS_PER_SEC;
	m.time = &time;
	m.verdict = e->is_refused ? WEFT__V1__CONNECTION_VERDICT__REFUSED
				  : WEFT__V1__CONNECTION_VERDICT__ACCEPTED;
	m.host = (char *)e->host;
	m.port = (char *)e->port;
	m.direction = (char *)(e->is_egress ? "EGRESS" : "INGRESS");
	m.policy = (char *)e->policy;
	m.reason = (char *)e->reason;
	m.protocol = e->packet.protocol;
	m.source_address = (char *)inet_ntop(family, e->packet.src, src, sizeof(src));
	m.destination_address = (char *)inet_ntop(family, e->packet.dst, dst, sizeof(dst));
	m.source_port = e->packet.src_port;
	m.destination_port = e->packet.dst_port;
	m.icmp_type = e->packet.icmp_type;
	m.icmp_code = e->packet.icmp_code;
	m.tcp_flags = e->packet.tcp_flags;
	m.size = e->size;
	m.lost = e->n_lost;
	return api_send(s->call, &m.base);
}

static void on_event(struct connlog_listener *l, const struct connlog_event *e)
{
	struct stream *s = container_of(l, struct stream, listener);

	if (is_wanted(s, e) && send_event(s, e) != 0)
		end(s, STATUS_RESOURCE_EXHAUSTED,
		    "the reader is too slow: watch again, with `recent` for what was missed");
}

static void cancelled(void *arg)
{
	stream_free(arg);
}

/* The RECENT newest that are wanted, oldest first.  False: the reader is too slow. */
static bool send_recent(struct stream *s, unsigned recent)
{
	const struct connlog_event *e;
	unsigned n = 0, wanted = 0;

	while (wanted < recent && (e = connlog_kept(s->log, n))) {
		wanted += is_wanted(s, e);
		n++;
	}
	while (n--) {
		e = connlog_kept(s->log, n);
		if (is_wanted(s, e) && send_event(s, e) != 0)
			return false;
	}
	return true;
}

static int check(const struct connlog *log, const Weft__V1__WatchConnectionLogRequest *r,
		 struct status *st)
{
	const struct resource *res;

	if (r->recent < 0 || r->recent > CONNLOG_KEPT)
		return status_set(st, STATUS_INVALID_ARGUMENT, "recent",
				  "recent: %d entries: give 0 to %d", r->recent, CONNLOG_KEPT);
	if (strcmp(r->parent, "infrastructure") == 0)
		return 0;
	res = model_find(log->options.model, r->parent);
	if (!res || !resource_msg(res))
		return status_set_resource(st, STATUS_NOT_FOUND, "parent", r->parent,
					   "there is no %s", r->parent);
	return 0;
}

static void watch(struct api_call *call, const ProtobufCMessage *msg, void *ctx)
{
	const Weft__V1__WatchConnectionLogRequest *r = (const void *)msg;
	struct connlog *log = ctx;
	struct status st = STATUS_INIT;
	struct stream *s;

	if (check(log, r, &st) < 0) {
		api_fail(call, &st);
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->log = log;
	s->call = call;
	s->parent = xstrdup(r->parent);
	s->verdict = r->verdict;
	s->listener.event = on_event;
	connlog_listen(log, &s->listener);
	list_insert(&log->streams, &s->in_streams);
	api_on_cancel(call, cancelled, s);
	if (!send_recent(s, r->recent)) {
		end(s, STATUS_RESOURCE_EXHAUSTED, "the reader is too slow: ask for fewer `recent`");
	} else if (r->recent_only) {
		api_finish(call);
		stream_free(s);
	}
}

void connlog_serve(struct connlog *log, struct api_dispatch *d)
{
	static const struct api_method_handler handlers[] = {
		{ "/weft.v1.ConnectionLogService/WatchConnectionLog", watch },
	};

	api_dispatch_add(d, handlers, ARRAY_LENGTH(handlers), log);
}

void connlog_end_streams(struct connlog *log)
{
	while (!list_is_empty(&log->streams))
		end(container_of(log->streams.next, struct stream, in_streams), STATUS_UNAVAILABLE,
		    "the controller is stopping: watch again");
}
