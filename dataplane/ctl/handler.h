#ifndef DATAPLANE_CTL_HANDLER_H
#define DATAPLANE_CTL_HANDLER_H

/* Management handlers: one object in one file a kind of request, registered there. */

#include "dataplane/ctl/costs.h"
#include "lib/arena.h"
#include "lib/registry.h"
#include "proto/switch/v1/switch.pb-c.h"

/* One request being answered. */
struct ctl_call {
	struct ctl *ctl;
	struct arena arena; /* for the reply; freed with the call */
	datapath_reply_fn *reply;
	void *reply_arg;
};

struct ctl_handler {
	Weft__Switch__V1__Request__RequestCase which;
	/* REQ is lent for the call; CALL is given: end it with ctl_reply() or ctl_fail(), now or
	 * later. */
	void (*handle)(struct ctl_call *call, const Weft__Switch__V1__Request *req);
};
REGISTRY_DECLARE(ctl_handler);

struct ctl {
	struct ctl_config config;
	struct costs *costs;
	struct list flushes; /* of connections, under way: handle_conntrack.c */
};

/* handle_conntrack.c: those that are under way end here. */
void ctl_flushes_end(struct ctl *ctl);
/* WHICH and BODY, one of the reply's messages. */
void ctl_reply(struct ctl_call *call, Weft__Switch__V1__Reply__ReplyCase which, void *body);
void ctl_fail(struct ctl_call *call, const struct status *st);

/* The entries of a page of a list, in the call's arena. */
struct ctl_page {
	struct arena *arena;
	void **entries;
	size_t n, capacity;
	size_t bytes; /* packed, so far */
};

/* False, and ENTRY is not added, when the page is full. */
bool ctl_page_add(struct ctl_page *page, const ProtobufCMessage *entry);

/* ctl_port_message.c: a port as clients are told of it, in the call's arena. */
Weft__Switch__V1__Port *ctl_port_message(struct ctl_call *call, const struct ctl_port *port);

/* handle_tables.c: in A; NULL if nothing was measured. */
Weft__Switch__V1__Cost *ctl_cost_message(struct arena *a, struct stage_cost cost);

#endif
