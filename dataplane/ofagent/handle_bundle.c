#include "dataplane/ofagent/bundle.h"
#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "lib/log.h"
#include "proto/openflow/numbers.h"

#include <openflow/openflow-1.4.h>

/* Bundle messages.  A bundle used wrongly is discarded with the error, as OpenFlow 1.4 section
 * 7.3.9 has it, so that no half of one is ever committed. */

#define BUNDLE_TIME (1 << 2) /* OFPBF_TIME (OF 1.5.1 section 7.3.9.4) */
#define FLAGS	    (OFPBF_ATOMIC | OFPBF_ORDERED)

static void reply(struct conn *c, uint32_t xid, uint32_t id, uint16_t type, uint16_t flags)
{
	conn_send(c, &(struct of_msg){ .kind = OF_BUNDLE_CTRL,
				       .xid = xid,
				       .bundle_ctrl = { id, type, flags } });
}

static int refuse(struct bundle *bundle, struct of_error *err, uint16_t code)
{
	if (bundle)
		bundle_discard(bundle);
	return of_error_set(err, OFPET_BUNDLE_FAILED, code);
}

/* What an error that comes later is to quote: the message that is handled now. */
static void keep_quote(struct conn *c, struct bundle *bundle, uint32_t xid)
{
	bundle->xid = xid;
	bundle->quote_size = MIN_OF(c->message_size, sizeof(bundle->quote));
	memcpy(bundle->quote, c->message, bundle->quote_size);
}

static void fail_later(struct bundle *bundle, uint16_t type, uint16_t code)
{
	struct of_error err = { type, code };

	conn_send_error(bundle->bundles->conn, &err, bundle->xid, bundle->quote,
			bundle->quote_size);
	bundle_discard(bundle);
}

static int handle_open(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_ctrl *b = &m->bundle_ctrl;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);

	if (bundle)
		return refuse(bundle, err, OFPBFC_BUNDLE_EXIST);
	if (b->flags & ~FLAGS)
		return refuse(NULL, err, OFPBFC_BAD_FLAGS);
	bundle = bundle_open(&c->bundles, b->bundle_id, b->flags);
	if (!bundle)
		return refuse(NULL, err, OFPBFC_OUT_OF_BUNDLES);
	keep_quote(c, bundle, m->xid);
	reply(c, m->xid, b->bundle_id, OFPBCT_OPEN_REPLY, b->flags);
	return 0;
}

static int handle_close(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_ctrl *b = &m->bundle_ctrl;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);

	if (!bundle)
		return refuse(NULL, err, OFPBFC_BAD_ID);
	if (bundle->is_closed)
		return refuse(bundle, err, OFPBFC_BUNDLE_CLOSED);
	if (bundle->flags != b->flags)
		return refuse(bundle, err, OFPBFC_BAD_FLAGS);
	bundle->is_closed = true;
	bundle_touch(bundle);
	reply(c, m->xid, b->bundle_id, OFPBCT_CLOSE_REPLY, b->flags);
	return 0;
}

/* The workers run the new tables. */
static void on_committed(struct conn *c, uint32_t xid)
{
	reply(c, xid, c->committed.id, OFPBCT_COMMIT_REPLY, c->committed.flags);
}

static int commit_now(struct conn *c, struct bundle *bundle, const struct of_msg *m,
		      struct of_error *err)
{
	struct bundle_failure failure = { 0 };

	if (bundle_apply(bundle, &failure) < 0) {
		conn_send_error(c, &failure.error, failure.xid, failure.message, failure.size);
		return refuse(bundle, err, OFPBFC_MSG_FAILED);
	}
	bundle_discard(bundle);
	c->committed.id = m->bundle_ctrl.bundle_id;
	c->committed.flags = m->bundle_ctrl.flags;
	conn_wait_seen(c, m->xid, on_committed);
	return 0;
}

/* --- commits at a time that is told (OF 1.5.1 section 6.9.6) --- */

static void on_scheduled_seen(void *arg)
{
	struct bundle *bundle = arg;

	reply(bundle->bundles->conn, bundle->xid, bundle->id, OFPBCT_COMMIT_REPLY,
	      bundle->flags | BUNDLE_TIME);
	bundle_discard(bundle);
}

static void commit_scheduled(struct bundle *bundle)
{
	struct conn *c = bundle->bundles->conn;
	struct bundle_failure failure = { 0 };
	int rc;

	/* Another has become master since. */
	if (conn_main(c)->role == OF_ROLE_SLAVE) {
		fail_later(bundle, OFPET_BAD_REQUEST, OFPBRC_IS_SLAVE);
		return;
	}
	tables_set_author(c->dp->tables, c, bundle->xid);
	rc = bundle_apply(bundle, &failure);
	tables_set_author(c->dp->tables, NULL, 0);
	if (rc < 0) {
		conn_send_error(c, &failure.error, failure.xid, failure.message, failure.size);
		fail_later(bundle, OFPET_BUNDLE_FAILED, OFPBFC_MSG_FAILED);
		return;
	}
	datapath_wait_seen(c->dp, &bundle->wait, on_scheduled_seen, bundle);
}

/* In 24 hours' worth of seconds more than all that is accepted, so that nothing overflows. */
static int64_t until(struct conn *c, const struct of_time *time)
{
	int64_t now_sec = loop_wall_ns(c->dp->loop) / (int64_t)NS_PER_SEC;
	int64_t now_nsec = loop_wall_ns(c->dp->loop) % (int64_t)NS_PER_SEC;
	int64_t sec = MIN_OF(time->sec, (uint64_t)INT64_MAX / 2) - now_sec;

	sec = MAX_OF(MIN_OF(sec, 86400), -86400);
	return sec * (int64_t)NS_PER_SEC + time->nsec - now_nsec;
}

static int schedule(struct conn *c, struct bundle *bundle, const struct of_msg *m,
		    struct of_error *err)
{
	int64_t in_ns;

	if (!m->bundle_ctrl.has_time || m->bundle_ctrl.time.nsec >= NS_PER_SEC)
		return refuse(bundle, err, OFPBFC_BAD_FLAGS);
	in_ns = until(c, &m->bundle_ctrl.time);
	if (in_ns > (int64_t)BUNDLE_FUTURE_NS)
		return refuse(bundle, err, OFPBFC_SCHED_FUTURE);
	if (in_ns < -(int64_t)BUNDLE_PAST_NS)
		return refuse(bundle, err, OFPBFC_SCHED_PAST);
	bundle->is_scheduled = true;
	keep_quote(c, bundle, m->xid);
	timer_arm(c->dp->loop, &bundle->timer, MAX_OF(in_ns, 0));
	return 0;
}

void bundle_due(struct timer *t, void *arg)
{
	struct bundle *bundle = arg;

	(void)t;
	if (bundle->is_scheduled) {
		commit_scheduled(bundle);
		return;
	}
	log_info("%s: bundle %u was left alone for 10 s and is dropped",
		 bundle->bundles->conn->peer, bundle->id);
	fail_later(bundle, OFPET_BUNDLE_FAILED, OFPBFC_TIMEOUT);
}

static int handle_commit(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_ctrl *b = &m->bundle_ctrl;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);
	bool is_timed = c->version >= OF_VERSION_1_5 && b->flags & BUNDLE_TIME;

	if (!bundle)
		return refuse(NULL, err, OFPBFC_BAD_ID);
	if (bundle->flags != (is_timed ? b->flags & ~BUNDLE_TIME : b->flags))
		return refuse(bundle, err, OFPBFC_BAD_FLAGS);
	/* A controller that sends ahead may commit before it has read that a message was refused.
	 */
	if (bundle->is_spoiled)
		return refuse(bundle, err, OFPBFC_MSG_FAILED);
	return is_timed ? schedule(c, bundle, m, err) : commit_now(c, bundle, m, err);
}

static int handle_discard(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_ctrl *b = &m->bundle_ctrl;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);

	if (!bundle)
		return refuse(NULL, err, OFPBFC_BAD_ID);
	bundle_discard(bundle);
	reply(c, m->xid, b->bundle_id, OFPBCT_DISCARD_REPLY, b->flags);
	return 0;
}

/* A scheduled bundle may be given up, and nothing else, until its time has come; and nothing
 * at all once it is being carried out. */
static bool is_in_progress(struct conn *c, uint32_t id, bool is_discard)
{
	const struct bundle *bundle = bundle_find(&c->bundles, id);

	return bundle && bundle->is_scheduled && !(is_discard && timer_is_armed(&bundle->timer));
}

static int handle_ctrl(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_ctrl *b = &m->bundle_ctrl;

	if (is_in_progress(c, b->bundle_id, b->type == OFPBCT_DISCARD_REQUEST))
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_BUNDLE_IN_PROGRESS);
	switch (b->type) {
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

static void refused_ctrl(struct conn *c, const struct of_msg *m)
{
	struct bundle *bundle = bundle_find(&c->bundles, m->bundle_ctrl.bundle_id);

	if (bundle && !bundle->is_scheduled)
		bundle_discard(bundle);
}

static const struct of_handler bundle_ctrl = {
	OF_BUNDLE_CTRL,
	.is_write = true,
	.handle = handle_ctrl,
	.refused = refused_ctrl,
};
REGISTRY_ADD(of_handler, bundle_ctrl);

/* What a message must be to stand in a bundle; that it can be applied, the commit will tell. */
static int check_inner(struct conn *c, const struct of_msg *m, struct bundle *bundle,
		       struct of_error *err)
{
	const struct of_bundle_add *b = &m->bundle_add;
	struct of_msg inner;
	int rc;

	if (of_msg_size(b->inner, b->inner_size) != (long)b->inner_size)
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_BAD_LEN);
	rc = of_msg_decode(b->inner, b->inner_size, &c->arena, &inner, err);
	if (inner.xid != m->xid)
		rc = of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_BAD_XID);
	else if (!rc && !bundle_takes(inner.kind))
		rc = of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_UNSUP);
	else if (!rc && inner.kind == OF_FLOW_MOD && inner.flow_mod.buffer_id != OF_NO_BUFFER &&
		 inner.flow_mod.command <= OFPFC_MODIFY_STRICT)
		rc = of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BUFFER_UNKNOWN);
	else if (!rc && inner.kind == OF_PACKET_OUT && ++bundle->n_outs > BUNDLE_MAX_OUTS)
		rc = of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_TOO_MANY);
	return rc;
}

/* Adding to a bundle that was not opened opens it. */
static int handle_add(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_add *b = &m->bundle_add;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);

	if (is_in_progress(c, b->bundle_id, false))
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_BUNDLE_IN_PROGRESS);
	if (bundle && bundle->is_closed)
		return refuse(bundle, err, OFPBFC_BUNDLE_CLOSED);
	if (b->flags & ~FLAGS || (bundle && bundle->flags != b->flags))
		return refuse(bundle, err, OFPBFC_BAD_FLAGS);
	if (!bundle) {
		bundle = bundle_open(&c->bundles, b->bundle_id, b->flags);
		if (!bundle)
			return refuse(NULL, err, OFPBFC_OUT_OF_BUNDLES);
		keep_quote(c, bundle, m->xid);
	}
	bundle_touch(bundle);
	if (check_inner(c, m, bundle, err) < 0)
		goto spoiled;
	if (bundle_add(bundle, b->inner, b->inner_size) < 0) {
		of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_TOO_MANY);
		goto spoiled;
	}
	return 0;

spoiled:
	bundle->is_spoiled = true;
	return -1;
}

/* What comes before the message that is added; there, the bundle's id and flags could be read. */
static bool has_head(const struct conn *c)
{
	return c->message_size >= (c->version == OF_VERSION_1_3 ? 24 : 16);
}

/* One that is not there is opened, as it would have been, for those that follow: else they would
 * be committed without the one that was refused. */
static void refused_add(struct conn *c, const struct of_msg *m)
{
	const struct of_bundle_add *b = &m->bundle_add;
	struct bundle *bundle = bundle_find(&c->bundles, b->bundle_id);

	if (!has_head(c) || conn_main(c)->role == OF_ROLE_SLAVE)
		return;
	if (!bundle && !(b->flags & ~FLAGS)) {
		bundle = bundle_open(&c->bundles, b->bundle_id, b->flags);
		if (bundle)
			keep_quote(c, bundle, m->xid);
	}
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

#define SET_SCHEDULE 2 /* OFPBF_TIME_SET_SCHED, in a request */

static bool is_seconds(const struct of_time *t, uint64_t ns)
{
	return t->sec == ns / NS_PER_SEC && !t->nsec;
}

/* What can be done, and within which times (OF 1.5.1 section 7.3.5.20).  Ours are not to be set to
 * others. */
static int handle_features(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_bundle_features *f = &m->bundle_features;
	int64_t now_ns = loop_wall_ns(c->dp->loop);

	if (f->features & SET_SCHEDULE &&
	    (!f->has_time || !is_seconds(&f->max_future, BUNDLE_FUTURE_NS) ||
	     !is_seconds(&f->max_past, BUNDLE_PAST_NS)))
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_MULTIPART_BAD_SCHED);
	conn_send(c, &(struct of_msg){ .kind = OF_BUNDLE_FEATURES_REPLY,
				       .xid = m->xid,
				       .bundle_features = {
					       .features = FLAGS | BUNDLE_TIME,
					       .has_time = true,
					       .accuracy = { 0, 10 * NS_PER_MS },
					       .max_future = { BUNDLE_FUTURE_NS / NS_PER_SEC, 0 },
					       .max_past = { BUNDLE_PAST_NS / NS_PER_SEC, 0 },
					       .timestamp = { now_ns / (int64_t)NS_PER_SEC,
							      now_ns % (int64_t)NS_PER_SEC },
				       } });
	return 0;
}

static const struct of_handler bundle_features = { OF_BUNDLE_FEATURES_REQUEST,
						   .handle = handle_features };
REGISTRY_ADD(of_handler, bundle_features);
