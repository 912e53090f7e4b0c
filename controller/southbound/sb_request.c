/* Questions to switches that somebody waits for: management requests and flow statistics.  Each is
 * answered once, whatever becomes of the connection. */

#include "controller/southbound/southbound_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/openflow/numbers.h"

struct sb_request {
	struct list node;
	uint32_t xid;
	uint64_t asked_ns;
	southbound_reply_fn *reply;
	southbound_flows_fn *flows_reply;
	void *arg;
	struct status st; /* why it failed */
	/* flow statistics so far */
	struct southbound_flow *flows;
	size_t n_flows;
};

static void end(struct sb_request *r)
{
	list_remove(&r->node);
	for (size_t i = 0; i < r->n_flows; i++)
		flow_entry_unref(r->flows[i].flow);
	free(r->flows);
	free(r);
}

/* Off the list first: what the callback does may end the connection. */
static void fail(struct sb_request *r)
{
	list_remove(&r->node);
	if (r->reply)
		r->reply(r->arg, NULL, &r->st);
	else
		r->flows_reply(r->arg, NULL, 0, &r->st);
	end(r);
}

void sb_request_fail_deferred(struct timer *t, void *arg)
{
	struct southbound *sb = arg;
	struct list now;

	(void)t;
	/* What the callbacks ask anew waits for the next turn. */
	list_init(&now);
	while (!list_is_empty(&sb->failed_requests)) {
		struct list *node = sb->failed_requests.next;

		list_remove(node);
		list_insert(&now, node);
	}
	while (!list_is_empty(&now))
		fail(container_of(now.next, struct sb_request, node));
}

static void fail_later(struct southbound *sb, struct sb_request *r)
{
	list_remove(&r->node);
	list_insert(&sb->failed_requests, &r->node);
	timer_arm(sb->options.loop, &sb->fail_requests, 0);
}

static struct sb_request *create(struct southbound *sb, void *arg)
{
	struct sb_request *r = xcalloc(1, sizeof(*r));

	list_init(&r->node);
	r->arg = arg;
	r->asked_ns = loop_now_ns(sb->options.loop);
	sb->counters.n_requests++;
	return r;
}

static struct sb_conn *find_conn(struct southbound *sb, uint64_t datapath_id, struct sb_request *r)
{
	struct sb_conn *c = sb_find(sb, datapath_id);

	if (c)
		return c;
	status_set(
		&r->st, STATUS_UNAVAILABLE, NULL,
		"the switch %016llx is not connected: start it, or look at its connection to the "
		"controller",
		(unsigned long long)datapath_id);
	fail_later(sb, r);
	return NULL;
}

void southbound_request(struct southbound *sb, uint64_t datapath_id,
			const Weft__Switch__V1__Request *request, southbound_reply_fn *done,
			void *arg)
{
	struct sb_request *r = create(sb, arg);
	struct sb_conn *c = find_conn(sb, datapath_id, r);
	size_t size = weft__switch__v1__request__get_packed_size(request);
	uint8_t *packed;

	r->reply = done;
	if (!c)
		return;
	if (!c->fact.is_pluggable || size > OF_MAX_MESSAGE - 16) {
		status_set(
			&r->st, STATUS_UNIMPLEMENTED, NULL,
			"the switch %s does not speak Weft's management messages: plug ports on it "
			"by its own means",
			c->fact.name);
		fail_later(sb, r);
		return;
	}
	packed = xmalloc(size);
	weft__switch__v1__request__pack(request, packed);
	list_insert(&c->requests, &r->node);
	r->xid = sb_conn_send(
		c, &(struct of_msg){ .kind = OF_WEFT_REQUEST, .weft_mgmt = { packed, size } });
	free(packed);
}

void southbound_read_flows(struct southbound *sb, uint64_t datapath_id, southbound_flows_fn *done,
			   void *arg)
{
	struct sb_request *r = create(sb, arg);
	struct sb_conn *c = find_conn(sb, datapath_id, r);

	r->flows_reply = done;
	if (!c)
		return;
	list_insert(&c->requests, &r->node);
	r->xid = sb_conn_send(
		c, &(struct of_msg){ .kind = OF_FLOW_STATS_REQUEST,
				     .flow_stats_request = { .table_id = OF_TABLE_ALL,
							     .out_port = OF_PORT_ANY,
							     .out_group = OF_GROUP_ANY } });
}

static struct sb_request *find(struct sb_conn *c, uint32_t xid)
{
	struct sb_request *r;

	LIST_FOREACH (r, &c->requests, node) {
		if (r->xid == xid)
			return r;
	}
	return NULL;
}

static void weft_reply(struct sb_conn *c, struct sb_request *r, const struct of_weft_mgmt *m)
{
	Weft__Switch__V1__Reply *reply = weft__switch__v1__reply__unpack(NULL, m->size, m->data);

	if (!reply || reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY__NOT_SET) {
		status_set(&r->st, STATUS_INTERNAL, NULL,
			   "the switch %s answers what cannot be "
			   "understood: are switch and controller of the same version?",
			   c->fact.name);
	} else if (reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY_ERROR) {
		const Weft__Switch__V1__Error *e = reply->error;

		status_set_resource(&r->st, e->code > 0 && e->code <= 16 ? e->code : STATUS_UNKNOWN,
				    *e->field ? e->field : NULL, e->resource, "%s", e->message);
	}
	if (status_ok(&r->st)) {
		list_remove(&r->node);
		r->reply(r->arg, reply, &r->st);
		end(r);
	} else {
		fail(r);
	}
	if (reply)
		weft__switch__v1__reply__free_unpacked(reply, NULL);
}

static void flow_stats(struct sb_request *r, const struct of_flow_stats_reply *reply)
{
	if (r->n_flows + reply->n > SB_MAX_FLOWS) {
		status_set(&r->st, STATUS_RESOURCE_EXHAUSTED, NULL,
			   "the switch has more than %u flows", SB_MAX_FLOWS);
		fail(r);
		return;
	}
	r->flows = xrealloc(r->flows, (r->n_flows + reply->n + 1) * sizeof(*r->flows));
	for (unsigned i = 0; i < reply->n; i++)
		r->flows[r->n_flows++] = (struct southbound_flow){
			.flow = sb_flow_of_stats(&reply->stats[i]),
			.n_packets = reply->stats[i].n_packets,
			.n_bytes = reply->stats[i].n_bytes,
		};
	if (reply->more)
		return;
	list_remove(&r->node);
	r->flows_reply(r->arg, r->flows, r->n_flows, &r->st);
	end(r);
}

static void error(struct sb_conn *c, struct sb_request *r, const struct of_error *e)
{
	char name[128];

	status_set(&r->st, STATUS_INTERNAL, NULL, "the switch %s refuses the request with %s",
		   c->fact.name, of_error_name(e, name, sizeof(name)));
	fail(r);
}

bool sb_request_handle(struct sb_conn *c, const struct of_msg *m)
{
	struct sb_request *r;

	if (m->kind != OF_WEFT_REPLY && m->kind != OF_FLOW_STATS_REPLY && m->kind != OF_ERROR)
		return false;
	r = find(c, m->xid);
	if (!r)
		return false;
	if (m->kind == OF_WEFT_REPLY && r->reply)
		weft_reply(c, r, &m->weft_mgmt);
	else if (m->kind == OF_FLOW_STATS_REPLY && r->flows_reply)
		flow_stats(r, &m->flow_stats_reply);
	else if (m->kind == OF_ERROR)
		error(c, r, &m->error.error);
	else
		return false;
	return true;
}

void sb_request_tick(struct sb_conn *c)
{
	uint64_t now_ns = loop_now_ns(c->sb->options.loop);

	while (!c->is_dead && !list_is_empty(&c->requests)) {
		struct sb_request *r = container_of(c->requests.next, struct sb_request, node);

		if (now_ns - r->asked_ns < c->sb->options.timing.request_ns)
			return;
		status_set(&r->st, STATUS_DEADLINE_EXCEEDED, NULL,
			   "the switch %s did not answer in time: try again", c->fact.name);
		fail(r);
	}
}

void sb_request_close(struct sb_conn *c, const char *why)
{
	while (!list_is_empty(&c->requests)) {
		struct sb_request *r = container_of(c->requests.next, struct sb_request, node);

		status_set(&r->st, STATUS_UNAVAILABLE, NULL,
			   "the switch %s went away before it answered: %s", c->fact.name, why);
		fail_later(c->sb, r);
	}
}
