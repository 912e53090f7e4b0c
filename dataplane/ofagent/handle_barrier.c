#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/handler.h"

/* Barrier (OF 1.3.5 section 6.1.1).  It is exact: the reply leaves when every worker runs what was
 * asked for before it, so the very next packet sees it. */

static void on_seen(struct conn *c, uint32_t xid)
{
	conn_send(c, &(struct of_msg){ .kind = OF_BARRIER_REPLY, .xid = xid });
}

static int handle_barrier(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	conn_wait_seen(c, m->xid, on_seen);
	return 0;
}

static const struct of_handler barrier = { OF_BARRIER_REQUEST, .handle = handle_barrier };
REGISTRY_ADD(of_handler, barrier);
