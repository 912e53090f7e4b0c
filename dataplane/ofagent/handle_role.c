#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "lib/log.h"
#include "proto/openflow/numbers.h"

/* Roles (OF 1.3.5 sections 6.3.6 and 7.3.9): at most one master, chosen by the controllers among
 * themselves; the generation id tells an old master's late request from a new one's. */

static void demote_others(struct conn *master)
{
	struct conn *c;

	LIST_FOREACH (c, &master->dp->conns, in_conns) {
		if (c != master && c->role == OF_ROLE_MASTER) {
			log_info("%s: is slave now, %s is master", c->peer, master->peer);
			c->role = OF_ROLE_SLAVE;
		}
	}
}

/* Modulo 2^64, so that a counter may wrap around. */
static bool is_stale(const struct datapath *dp, uint64_t generation)
{
	return dp->has_generation && (int64_t)(generation - dp->generation) < 0;
}

static int handle_role(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct datapath *dp = c->dp;
	struct conn *main = conn_main(c);
	uint32_t role = m->role.role;

	if (role > OF_ROLE_SLAVE)
		return of_error_set(err, OFPET_ROLE_REQUEST_FAILED, OFPRRFC_BAD_ROLE);
	if (role == OF_ROLE_MASTER || role == OF_ROLE_SLAVE) {
		if (is_stale(dp, m->role.generation_id))
			return of_error_set(err, OFPET_ROLE_REQUEST_FAILED, OFPRRFC_STALE);
		dp->has_generation = true;
		dp->generation = m->role.generation_id;
	}
	if (role != OF_ROLE_NOCHANGE)
		main->role = role;
	if (role == OF_ROLE_MASTER)
		demote_others(main);
	/* All ones: no generation has been told yet (section 7.3.9). */
	conn_send(c, &(struct of_msg){
			     .kind = OF_ROLE_REPLY,
			     .xid = m->xid,
			     .role = { main->role, dp->has_generation ? dp->generation : UINT64_MAX },
		     });
	return 0;
}

static const struct of_handler role_request = { OF_ROLE_REQUEST, .handle = handle_role };
REGISTRY_ADD(of_handler, role_request);
