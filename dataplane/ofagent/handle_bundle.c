#include "dataplane/ofagent/bundle.h"
#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "proto/openflow/numbers.h"

#include <openflow/openflow-1.4.h>

/* Bundle messages.  A bundle used wrongly is discarded with the error, as OpenFlow 1.4 section
 * 7.3.9 has it, so that no half of one is ever committed. */

#define FLAGS (OFPBF_ATOMIC | OFPBF_ORDERED)

static void reply(struct conn *c, uint32_t xid, uint32_t id, uint16_t type, uint16_t flags)
{
	conn_send(c, &(struct of_msg){ .kind = OF_BUNDLE_CTRL,
				       .xid = xid,
				       .bundle_ctrl = { id, type, flags } });
}

static int refuse(struct conn *c, struct bundle *bundle, struct of_error *err, uint16_t code)
{
	if (bundle)
		bundle_discard(&c->bundles, bundle);
	return of_error_set(err, OFPET_BUNDLE_FAILED, code);
}

static int handle_open(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_ctrl *b = &m->bundle_ctrl;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);

	if (bundle)
		return refuse(c, bundle, err, OFPBFC_BUNDLE_EXIST);
	if (b->flags & ~FLAGS)
		return refuse(c, NULL, err, OFPBFC_BAD_FLAGS);
	if (!bundle_open(&c->bundles, b->bundle_id, b->flags))
		return refuse(c, NULL, err, OFPBFC_OUT_OF_BUNDLES);
	reply(c, m->xid, b->bundle_id, OFPBCT_OPEN_REPLY, b->flags);
	return 0;
}

static int handle_close(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_ctrl *b = &m->bundle_ctrl;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);

	if (!bundle)
		return refuse(c, NULL, err, OFPBFC_BAD_ID);
	if (bundle->is_closed)
		return refuse(c, bundle, err, OFPBFC_BUNDLE_CLOSED);
	if (bundle->flags != b->flags)
		return refuse(c, bundle, err, OFPBFC_BAD_FLAGS);
	bundle->is_closed = true;
	reply(c, m->xid, b->bundle_id, OFPBCT_CLOSE_REPLY, b->flags);
	return 0;
}

/* The workers run the new tables. */
static void on_committed(struct conn *c, uint32_t xid)
{
	reply(c, xid, c->committed.id, OFPBCT_COMMIT_REPLY, c->committed.flags);
}

static int handle_commit(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_ctrl *b = &m->bundle_ctrl;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);
	struct bundle_failure failure = { 0 };

	if (!bundle)
		return refuse(c, NULL, err, OFPBFC_BAD_ID);
	if (bundle->flags != b->flags)
		return refuse(c, bundle, err, OFPBFC_BAD_FLAGS);
	/* A controller that sends ahead may commit before it has read that a message was refused.
	 */
	if (bundle->is_spoiled)
		return refuse(c, bundle, err, OFPBFC_MSG_FAILED);
	if (bundle_apply(bundle, c->dp, &failure) < 0) {
		conn_send_error(c, &failure.error, failure.xid, failure.message, failure.size);
		return refuse(c, bundle, err, OFPBFC_MSG_FAILED);
	}
	bundle_discard(&c->bundles, bundle);
	c->committed.id = b->bundle_id;
	c->committed.flags = b->flags;
	conn_wait_seen(c, m->xid, on_committed);
	return 0;
}

static int handle_discard(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_ctrl *b = &m->bundle_ctrl;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);

	if (!bundle)
		return refuse(c, NULL, err, OFPBFC_BAD_ID);
	bundle_discard(&c->bundles, bundle);
	reply(c, m->xid, b->bundle_id, OFPBCT_DISCARD_REPLY, b->flags);
	return 0;
}

static int handle_ctrl(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	switch (m->bundle_ctrl.type) {
	case OFPBCT_OPEN_REQUEST:
		return handle_open(c, m, err);
	case OFPBCT_CLOSE_REQUEST:
		return handle_close(c, m, err);
	case OFPBCT_COMMIT_REQUEST:
		return handle_commit(c, m, err);
	case OFPBCT_DISCARD_REQUEST:
		return handle_discard(c, m, err);
	default:
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_BAD_TYPE);
	}
}

static const struct of_handler bundle_ctrl = {
	OF_BUNDLE_CTRL,
	.is_write = true,
	.handle = handle_ctrl,
};
REGISTRY_ADD(of_handler, bundle_ctrl);

/* What a message must be to stand in a bundle; that it can be applied, the commit will tell. */
static int check_inner(const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_add *b = &m->bundle_add;
	struct arena a = ARENA_INIT;
	struct of_msg inner = { 0 };
	int rc;

	if (of_msg_size(b->inner, b->inner_size) != (long)b->inner_size)
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_BAD_LEN);
	rc = of_msg_decode(b->inner, b->inner_size, &a, &inner, err);
	if (inner.xid != m->xid)
		rc = of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_BAD_XID);
	else if (!rc && inner.kind != OF_FLOW_MOD && inner.kind != OF_PORT_MOD)
		rc = of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_UNSUP);
	else if (!rc && inner.kind == OF_FLOW_MOD && inner.flow_mod.buffer_id != OF_NO_BUFFER &&
		 inner.flow_mod.command <= OFPFC_MODIFY_STRICT)
		rc = of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BUFFER_UNKNOWN);
	arena_clear(&a);
	return rc;
}

/* Adding to a bundle that was not opened opens it. */
static int handle_add(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_add *b = &m->bundle_add;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);

	if (bundle && bundle->is_closed)
		return refuse(c, bundle, err, OFPBFC_BUNDLE_CLOSED);
	if (b->flags & ~FLAGS || (bundle && bundle->flags != b->flags))
		return refuse(c, bundle, err, OFPBFC_BAD_FLAGS);
	if (!bundle)
		bundle = bundle_open(&c->bundles, b->bundle_id, b->flags);
	if (!bundle)
		return refuse(c, NULL, err, OFPBFC_OUT_OF_BUNDLES);
	if (check_inner(m, err) < 0)
		goto spoiled;
	if (bundle_add(&c->bundles, bundle, b->inner, b->inner_size) < 0) {
		of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_TOO_MANY);
		goto spoiled;
	}
	return 0;

spoiled:
	bundle->is_spoiled = true;
	return -1;
}

static void refused_add(struct conn *c, const struct of_msg *m)
{
	struct bundle *bundle = bundle_find(&c->bundles, m->bundle_add.bundle_id);

	if (bundle)
		bundle->is_spoiled = true;
}

static const struct of_handler bundle_add_message = {
	OF_BUNDLE_ADD,
	.is_write = true,
	.handle = handle_add,
	.refused = refused_add,
};
REGISTRY_ADD(of_handler, bundle_add_message);
