#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/handler.h"

/* Echo (OF 1.3.5 section 7.5.2).  A reply needs no answer: that it came is what counts. */

static int handle_request(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	conn_send(c, &(struct of_msg){ .kind = OF_ECHO_REPLY, .xid = m->xid, .echo = m->echo });
	return 0;
}

static int handle_reply(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)c, (void)m, (void)err;
	return 0;
}

static const struct of_handler echo_request = { OF_ECHO_REQUEST, .handle = handle_request };
REGISTRY_ADD(of_handler, echo_request);
static const struct of_handler echo_reply = { OF_ECHO_REPLY, .handle = handle_reply };
REGISTRY_ADD(of_handler, echo_reply);
