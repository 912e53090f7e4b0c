#include "dataplane/conntrack/connection.h"
#include "dataplane/ctl/conntrack_text.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* Which connections are tracked, and forgetting them. */

/* A walk step: below 1 ms, most of it the connections' cache lines. */
#define LOOKED_AT_ONCE 4096

#define FLUSHED_AT_ONCE 1024

/* Room that one more connection may need. */
#define CONNECTION_BYTES 1024

struct listing {
	struct ctl_call *call;
	struct ctl_page page;
	unsigned limit;
};

static Weft__Switch__V1__TrackedTuple *tuple(struct arena *a, const struct ct_tuple *t)
{
	Weft__Switch__V1__TrackedTuple *m = arena_alloc(a, sizeof(*m));
	int family = t->family == 6 ? AF_INET6 : AF_INET;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

	weft__switch__v1__tracked_tuple__init(m);
	inet_ntop(family, t->src.bytes, src, sizeof(src));
	inet_ntop(family, t->dst.bytes, dst, sizeof(dst));
	m->source = arena_strdup(a, src);
	m->destination = arena_strdup(a, dst);
	if (t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6) {
		m->icmp_id = ntohs(t->src_port);
		m->icmp_type = ntohs(t->dst_port) >> 8;
		m->icmp_code = ntohs(t->dst_port) & 0xff;
	} else {
		m->source_port = ntohs(t->src_port);
		m->destination_port = ntohs(t->dst_port);
	}
	return m;
}

static Weft__Switch__V1__TrackedConnection *message(struct arena *a,
						    const struct conntrack_entry *e)
{
	Weft__Switch__V1__TrackedConnection *m = arena_alloc(a, sizeof(*m));
	const char *protocol = conntrack_protocol_name(e->original.proto);

	weft__switch__v1__tracked_connection__init(m);
	m->zone = e->original.zone;
	m->protocol_number = e->original.proto;
	m->protocol = protocol ? (char *)protocol : arena_printf(a, "%u", e->original.proto);
	m->state = (char *)(e->state_name ? e->state_name : "");
	m->original = tuple(a, &e->original);
	m->reply = tuple(a, &e->reply);
	if (e->flags & CONNECTION_RELATED)
		m->parent = tuple(a, &e->parent);
	m->mark = e->mark;
	m->label = (char *)conntrack_label_text(a, e->label);
	m->timeout_ms = e->timeout_ms;
	m->has_reply = e->flags & CONNECTION_SEEN_REPLY;
	m->is_assured = e->flags & CONNECTION_ASSURED;
	m->is_snat = e->flags & CONNECTION_SNAT;
	m->is_dnat = e->flags & CONNECTION_DNAT;
	m->is_helped = e->flags & CONNECTION_HELPED;
	return m;
}

static bool add(void *ctx, const struct conntrack_entry *e)
{
	struct listing *l = ctx;

	ctl_page_add(&l->page, &message(&l->call->arena, e)->base);
	return l->page.n < l->limit && l->page.bytes + CONNECTION_BYTES < CTL_PAGE_BYTES;
}

static void handle_list(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__ConntrackListReply out = WEFT__SWITCH__V1__CONNTRACK_LIST_REPLY__INIT;
	const Weft__Switch__V1__ConntrackListRequest *in = req->conntrack_list;
	struct listing l = {
		.call = call,
		.page = { .arena = &call->arena },
		.limit = in->limit ? in->limit : UINT32_MAX,
	};
	struct conntrack *ct = datapath_conntrack(call->ctl->config.datapath);
	struct status st = STATUS_INIT;
	struct conntrack_filter filter;
	uint64_t cursor = in->after;
	bool is_empty;

	if (conntrack_filter_read(in->filter, &filter, &is_empty, &st) < 0) {
		ctl_fail(call, &st);
		return;
	}
	if (conntrack_each(ct, &cursor, LOOKED_AT_ONCE, loop_now_ns(call->ctl->config.loop),
			   is_empty ? NULL : &filter, add, &l))
		out.next = cursor;
	out.n_connections = l.page.n;
	out.connections = (Weft__Switch__V1__TrackedConnection **)l.page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_CONNTRACK_LIST, &out);
}

static const struct ctl_handler list = { WEFT__SWITCH__V1__REQUEST__REQUEST_CONNTRACK_LIST,
					 handle_list };
REGISTRY_ADD(ctl_handler, list);

/* In steps, with turns for everybody else between them. */
struct flushing {
	struct list in_flushes;
	struct ctl_call *call;
	struct conntrack_filter filter; /* its state name is the arena's */
	bool is_all;
	uint64_t cursor, n_flushed;
	struct timer step;
};

static void end(struct flushing *f)
{
	Weft__Switch__V1__ConntrackFlushReply out = WEFT__SWITCH__V1__CONNTRACK_FLUSH_REPLY__INIT;
	struct ctl_call *call = f->call;

	out.n_flushed = f->n_flushed;
	timer_cancel(call->ctl->config.loop, &f->step);
	list_remove(&f->in_flushes);
	free(f);
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_CONNTRACK_FLUSH, &out);
}

static void on_step(struct timer *t, void *arg)
{
	struct flushing *f = arg;
	struct ctl *ctl = f->call->ctl;

	if (conntrack_flush_some(datapath_conntrack(ctl->config.datapath), &f->cursor,
				 FLUSHED_AT_ONCE, f->is_all ? NULL : &f->filter, &f->n_flushed))
		timer_arm(ctl->config.loop, t, 0);
	else
		end(f);
}

void ctl_flushes_end(struct ctl *ctl)
{
	while (!list_is_empty(&ctl->flushes))
		end(container_of(ctl->flushes.next, struct flushing, in_flushes));
}

static void handle_flush(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	const Weft__Switch__V1__ConntrackFlushRequest *in = req->conntrack_flush;
	struct status st = STATUS_INIT;
	struct conntrack_filter filter;
	struct flushing *f;
	bool is_empty;

	if (conntrack_filter_read(in->filter, &filter, &is_empty, &st) == 0 && is_empty && !in->all)
		status_set(&st, STATUS_INVALID_ARGUMENT, "filter",
			   "nothing says which connections to forget: give a filter, or all");
	if (!status_ok(&st)) {
		ctl_fail(call, &st);
		return;
	}
	f = xcalloc(1, sizeof(*f));
	f->call = call;
	f->is_all = is_empty;
	f->filter = filter;
	if (filter.state_name)
		f->filter.state_name = arena_strdup(&call->arena, filter.state_name);
	timer_init(&f->step, on_step, f);
	list_insert(&call->ctl->flushes, &f->in_flushes);
	on_step(&f->step, f);
}

static const struct ctl_handler flush = { WEFT__SWITCH__V1__REQUEST__REQUEST_CONNTRACK_FLUSH,
					  handle_flush };
REGISTRY_ADD(ctl_handler, flush);
