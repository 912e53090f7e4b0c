#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/handler.h"

/* Which unasked-for messages a connection gets, by role (OF 1.3.5 section 7.3.10, OF 1.4.1 section
 * 7.3.10), and the Nicira extension that has 1.4's form for 1.3. */

static int handle_get(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	conn_send(c, &(struct of_msg){ .kind = OF_GET_ASYNC_REPLY,
				       .xid = m->xid,
				       .async = conn_main(c)->async });
	return 0;
}

/* What is not told stays as it was. */
static int handle_set(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct of_async_config *to = &conn_main(c)->async;

	(void)err;
	for (unsigned kind = 0; kind < OF_N_ASYNC_KINDS; kind++) {
		for (unsigned column = 0; column < 2; column++) {
			if (m->async.has[column] >> kind & 1)
				to->mask[kind][column] = m->async.mask[kind][column];
		}
	}
	return 0;
}

static const struct of_handler get_async = { OF_GET_ASYNC_REQUEST, .handle = handle_get };
REGISTRY_ADD(of_handler, get_async);
static const struct of_handler set_async = { OF_SET_ASYNC, .handle = handle_set };
REGISTRY_ADD(of_handler, set_async);
static const struct of_handler nx_set_async2 = { OF_NX_SET_ASYNC2, .handle = handle_set };
REGISTRY_ADD(of_handler, nx_set_async2);
