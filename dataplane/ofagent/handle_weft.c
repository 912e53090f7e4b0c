#include <stdlib.h>

#include "dataplane/ofagent/call.h"
#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"

/* Weft's experimenter message: a management request of proto/switch/v1. */

struct call {
	struct list in_calls;
	struct conn *conn; /* NULL: it has ended */
	uint32_t xid;
};

void calls_abandon(struct conn *c)
{
	struct call *call, *next;

	LIST_FOREACH_SAFE (call, next, &c->calls, in_calls) {
		call->conn = NULL;
		list_remove(&call->in_calls);
	}
	c->n_calls = 0;
}

static void on_reply(void *arg, const uint8_t *reply, size_t size)
{
	struct call *call = arg;
	struct conn *c = call->conn;

	if (c) {
		list_remove(&call->in_calls);
		c->n_calls--;
		conn_send(c, &(struct of_msg){ .kind = OF_WEFT_REPLY,
					       .xid = call->xid,
					       .weft_mgmt = { reply, size } });
		conn_continue(c);
	}
	free(call);
}

static int handle_weft_request(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct datapath *dp = c->dp;
	struct call *call;

	if (!dp->ops->manage)
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_EXP_TYPE);
	call = xcalloc(1, sizeof(*call));
	call->conn = c;
	call->xid = m->xid;
	list_insert(&c->calls, &call->in_calls);
	c->n_calls++;
	dp->ops->manage(dp->arg, m->weft_mgmt.data, m->weft_mgmt.size, on_reply, call);
	return 0;
}

static const struct of_handler weft_request = {
	.kind = OF_WEFT_REQUEST,
	.is_write = true,
	.handle = handle_weft_request,
};
REGISTRY_ADD(of_handler, weft_request);
