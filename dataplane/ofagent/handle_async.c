#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/handler.h"

/* Which unasked-for messages a connection gets, by role (OF 1.3.5 section 7.3.10). */

static int handle_get(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	conn_send(c,
		  &(struct of_msg){ .kind = OF_GET_ASYNC_REPLY, .xid = m->xid, .async = conn_main(c)->async });
	return 0;
}

static int handle_set(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	conn_main(c)->async = m->async;
	return 0;
}

static const struct of_handler get_async = { OF_GET_ASYNC_REQUEST, .handle = handle_get };
REGISTRY_ADD(of_handler, get_async);
static const struct of_handler set_async = { OF_SET_ASYNC, .handle = handle_set };
REGISTRY_ADD(of_handler, set_async);
