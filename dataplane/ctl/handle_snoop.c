#include "dataplane/ctl/handler.h"
#include "dataplane/ofagent/snoop.h"

#define MAX_DATA 40000u /* of one message: it fits a page */

static Weft__Switch__V1__SnoopedMessage *message(struct ctl_call *call,
						 const struct snoop_message *m)
{
	Weft__Switch__V1__SnoopedMessage *out = arena_alloc(&call->arena, sizeof(*out));

	weft__switch__v1__snooped_message__init(out);
	out->number = m->number;
	out->time_ns = loop_now_ns(call->ctl->config.loop) - m->time_ns;
	out->peer = arena_strdup(&call->arena, m->peer);
	out->is_sent = m->is_sent;
	out->data.len = MIN_OF(m->size, MAX_DATA);
	out->data.data = arena_dup(&call->arena, m->data, out->data.len);
	return out;
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__SnoopReply out = WEFT__SWITCH__V1__SNOOP_REPLY__INIT;
	struct datapath *dp = call->ctl->config.datapath;
	struct ctl_page page = { .arena = &call->arena };
	uint64_t last = snoop_listen(dp);
	struct snoop_message m;

	out.next = req->snoop->from_now ? last : req->snoop->after;
	while (snoop_next(dp, out.next, &m) && ctl_page_add(&page, &message(call, &m)->base))
		out.next = m.number;
	out.n_messages = page.n;
	out.messages = (Weft__Switch__V1__SnoopedMessage **)page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_SNOOP, &out);
}

static const struct ctl_handler snoop_handler = { WEFT__SWITCH__V1__REQUEST__REQUEST_SNOOP,
						  handle };
REGISTRY_ADD(ctl_handler, snoop_handler);
