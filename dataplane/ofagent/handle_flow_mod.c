#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "proto/openflow/numbers.h"

#include <openflow/openflow-common.h>

/* Flow-mod (OF 1.3.5 section 6.4).  The tables judge it; the workers see it when they are compiled
 * next (datapath_publish.c). */

static int handle_flow_mod(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct datapath *dp = c->dp;

	/* No packet is ever buffered, so none can be released by this flow. */
	if (m->flow_mod.buffer_id != OF_NO_BUFFER && m->flow_mod.command <= OFPFC_MODIFY_STRICT)
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BUFFER_UNKNOWN);
	if (tables_flow_mod(dp->tables, &m->flow_mod, loop_now_ns(dp->loop), err) < 0) {
		datapath_budget_refused(dp, c->peer);
		return -1;
	}
	datapath_changed(dp);
	datapath_expiry_update(dp);
	return 0;
}

static const struct of_handler flow_mod = {
	OF_FLOW_MOD,
	.is_write = true,
	.handle = handle_flow_mod,
};
REGISTRY_ADD(of_handler, flow_mod);
