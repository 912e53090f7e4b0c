#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/listing.h"
#include "lib/log.h"
#include "proto/openflow/numbers.h"

/* Roles (OF 1.3.5 sections 6.3.6 and 7.3.9, OF 1.5.1 section 7.3.8): at most one master, chosen by
 * the controllers among themselves; the generation id tells an old master's late request from a new
 * one's. */

static void demote_others(struct conn *master)
{
	struct conn *c;

	LIST_FOREACH (c, &master->dp->conns, in_conns) {
		if (c == master || c->role != OF_ROLE_MASTER)
			continue;
		log_info("%s: is slave now, %s is master", c->peer, master->peer);
		async_role_status(c);
		c->role = OF_ROLE_SLAVE;
		async_controller_status(c, ASYNC_CONTROLLER_ROLE, true);
	}
}

/* Modulo 2^64, so that a counter may wrap around. */
static bool is_stale(const struct datapath *dp, uint64_t generation)
{
	return dp->has_generation && (int64_t)(generation - dp->generation) < 0;
}

static bool is_short_id_taken(const struct conn *c, uint16_t short_id)
{
	const struct conn *other;

	LIST_FOREACH (other, &c->dp->conns, in_conns) {
		if (other != c && other->short_id == short_id)
			return true;
	}
	return false;
}

static void take_role(struct conn *c, uint32_t role)
{
	bool is_new = role != OF_ROLE_NOCHANGE && role != c->role;

	if (role != OF_ROLE_NOCHANGE)
		c->role = role;
	if (role == OF_ROLE_MASTER)
		demote_others(c);
	if (is_new)
		async_controller_status(c, ASYNC_CONTROLLER_ROLE, true);
}

static int handle_role(struct conn *asker, const struct of_msg *m, struct of_error *err)
{
	struct conn *c = conn_main(asker);
	struct datapath *dp = c->dp;
	uint32_t role = m->role.role;
	bool gives_id = asker->version >= OF_VERSION_1_5 && m->role.short_id != OF_NO_SHORT_ID;

	if (role > OF_ROLE_SLAVE)
		return of_error_set(err, OFPET_ROLE_REQUEST_FAILED, OFPRRFC_BAD_ROLE);
	if (gives_id && is_short_id_taken(c, m->role.short_id))
		return of_error_set(err, OFPET_ROLE_REQUEST_FAILED, OFPRRFC_ID_IN_USE);
	if (role == OF_ROLE_MASTER || role == OF_ROLE_SLAVE) {
		if (is_stale(dp, m->role.generation_id))
			return of_error_set(err, OFPET_ROLE_REQUEST_FAILED, OFPRRFC_STALE);
		dp->has_generation = true;
		dp->generation = m->role.generation_id;
	}
	take_role(c, role);
	if (gives_id && c->short_id != m->role.short_id) {
		c->short_id = m->role.short_id;
		async_controller_status(c, ASYNC_CONTROLLER_SHORT_ID, true);
	}
	/* All ones: no generation has been told yet (section 7.3.9). */
	conn_send(asker, &(struct of_msg){
				 .kind = OF_ROLE_REPLY,
				 .xid = m->xid,
				 .role = { .role = c->role,
					   .generation_id =
						   dp->has_generation ? dp->generation : UINT64_MAX,
					   .short_id = c->short_id },
			 });
	return 0;
}

static const struct of_handler role_request = { OF_ROLE_REQUEST, .handle = handle_role };
REGISTRY_ADD(of_handler, role_request);

/* All controllers that are connected (OF 1.5.1 section 7.3.5.21); the place of one is its number in
 * the list. */
static uint64_t fill_status(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			    void *entry)
{
	struct conn *other;
	uint64_t place = 0;

	(void)a, (void)only;
	LIST_FOREACH (other, &c->dp->conns, in_conns) {
		if (other->state != CONN_OPEN || other->auxiliary_id || place++ < from)
			continue;
		async_controller_describe(other, ASYNC_CONTROLLER_REQUEST, true, entry);
		return place - 1;
	}
	return UINT64_MAX;
}

static const struct listing_class status_listing = {
	OF_CONTROLLER_STATUS_REPLY,
	sizeof(struct of_controller_status),
	fill_status,
};

static int handle_status(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	listing_start(c, m->xid, &status_listing, 0, UINT64_MAX, 0);
	return 0;
}

static const struct of_handler controller_status_request = { OF_CONTROLLER_STATUS_REQUEST,
							     .handle = handle_status };
REGISTRY_ADD(of_handler, controller_status_request);
