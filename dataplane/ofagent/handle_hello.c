#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "lib/log.h"
#include "proto/openflow/numbers.h"

/* Version negotiation (OF 1.3.5 section 6.3.1): the highest version that both bitmaps have, or
 * without bitmaps the lower of the two.  This switch speaks 1.3 alone. */

static bool can_agree(const struct of_msg *m)
{
	return m->hello.versions & 1u << OF_VERSION_1_3;
}

static void refuse(struct conn *c, const struct of_msg *m)
{
	static const char text[] = "this switch speaks OpenFlow 1.3 (version 0x04) only";
	struct of_msg e = {
		.kind = OF_ERROR,
		.xid = m->xid,
		.error = { .error = { OFPET_HELLO_FAILED, OFPHFC_INCOMPATIBLE },
			   .data = (const uint8_t *)text,
			   .size = sizeof(text) - 1 },
	};

	conn_send(c, &e);
	conn_close(c, "it does not speak OpenFlow 1.3");
}

static int handle_hello(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	if (c->state == CONN_OPEN)
		return 0; /* a second one changes nothing */
	if (!can_agree(m)) {
		refuse(c, m);
		return 0;
	}
	c->state = CONN_OPEN;
	log_info("%s: OpenFlow 1.3 connection open", c->peer);
	return 0;
}

static const struct of_handler hello = { OF_HELLO, .handle = handle_hello };
REGISTRY_ADD(of_handler, hello);

/* The peer refused something of ours; after a failed hello it will close. */
static int handle_error(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	char name[80];

	(void)err;
	log_info("%s: the peer answers with error %s", c->peer,
		 of_error_name(&m->error.error, name, sizeof(name)));
	if (m->error.error.type == OFPET_HELLO_FAILED)
		conn_close(c, "the peer does not accept our hello");
	return 0;
}

static const struct of_handler error = { OF_ERROR, .handle = handle_error };
REGISTRY_ADD(of_handler, error);
