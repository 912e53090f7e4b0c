#include <stdio.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "lib/log.h"
#include "proto/openflow/numbers.h"

/* Version negotiation (OF 1.5.1 section 6.3.2): the highest version that both bitmaps have, or
 * without a bitmap the lower of the two headers'. */

static const char *const version_names[] = {
	[OF_VERSION_1_3] = "1.3",
	[OF_VERSION_1_4] = "1.4",
	[OF_VERSION_1_5] = "1.5",
};

/* "1.3, 1.4, 1.5" */
static void name_versions(uint32_t versions, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned v = OF_VERSION_1_3; v <= OF_VERSION_1_5; v++) {
		if (versions >> v & 1 && n < size)
			n += snprintf(out + n, size - n, "%s%s", n ? ", " : "", version_names[v]);
	}
}

static void refuse(struct conn *c, const struct of_msg *m)
{
	char versions[32], text[80];
	struct of_msg e = {
		.kind = OF_ERROR,
		.xid = m->xid,
		.error = { .error = { OFPET_HELLO_FAILED, OFPHFC_INCOMPATIBLE },
			   .data = (const uint8_t *)text },
	};

	name_versions(c->dp->versions, versions, sizeof(versions));
	e.error.size = snprintf(text, sizeof(text), "this switch speaks OpenFlow %s", versions);
	conn_send(c, &e);
	conn_close(c, "no common version of OpenFlow");
}

static int handle_hello(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	uint32_t ours = c->main ? 1u << c->main->version : c->dp->versions;
	uint32_t common = m->hello.versions & ours;

	(void)err;
	if (c->state == CONN_OPEN)
		return 0; /* a second one changes nothing */
	if (!common) {
		refuse(c, m);
		return 0;
	}
	conn_opened(c, 31 - __builtin_clz(common));
	log_info("%s: OpenFlow %s%s connection open", c->peer, version_names[c->version],
		 c->main ? " auxiliary" : "");
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
