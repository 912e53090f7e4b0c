#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"

/* Port-mod (OF 1.3.5 section 7.3.4.3): what the tables' outputs do with a port. */

static int handle_port_mod(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return datapath_port_mod(c->dp, &m->port_mod, false, err);
}

static const struct of_handler port_mod = {
	OF_PORT_MOD,
	.is_write = true,
	.handle = handle_port_mod,
};
REGISTRY_ADD(of_handler, port_mod);
