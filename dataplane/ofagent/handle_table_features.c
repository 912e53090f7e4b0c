#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/listing.h"
#include "dataplane/ofagent/table_features.h"
#include "dataplane/table/tlv_table.h"
#include "proto/openflow/numbers.h"

/* Table-features requests, which may come in several messages of one xid (OF 1.3.5 section 7.3.5):
 * they are gathered, and done together when the last is there.  The reply tells what holds then. */

#define GATHER_MAX_BYTES ((size_t)1 << 20) /* of one request, all its parts */
#define GATHER_IDLE_NS	 (10 * NS_PER_SEC) /* for the next part */

static uint64_t fill(struct conn *c, uint64_t from, uint32_t only, struct arena *a, void *entry)
{
	(void)only;
	if (from >= TABLES_N)
		return UINT64_MAX;
	tables_use(c->dp->tables);
	table_features_fill(c->dp, from, c->version, a, entry);
	return from;
}

static const struct listing_class features_listing = {
	OF_TABLE_FEATURES_REPLY,
	sizeof(struct of_table_features),
	fill,
};

static void forget(struct conn *c)
{
	timer_cancel(c->dp->loop, &c->gathering.timer);
	buf_fini(&c->gathering.messages);
	c->gathering.messages = BUF_INIT;
	c->gathering.is_refused = false;
}

/* One part was refused: without it the others are not what was meant. */
static void give_up(struct conn *c, uint32_t xid, bool more)
{
	forget(c);
	if (!more)
		return;
	c->gathering.is_refused = true;
	c->gathering.xid = xid;
	timer_arm(c->dp->loop, &c->gathering.timer, GATHER_IDLE_NS);
}

static void on_timeout(struct timer *t, void *arg)
{
	struct conn *c = arg;
	struct of_error err = { OFPET_BAD_REQUEST, OFPBRC_MULTIPART_REQUEST_TIMEOUT };
	const struct buf *kept = &c->gathering.messages;

	(void)t;
	if (!c->gathering.is_refused)
		conn_send_error(c, &err, c->gathering.xid, kept->data,
				of_msg_size(kept->data, kept->size));
	forget(c);
}

void gathering_init(struct conn *c)
{
	timer_init(&c->gathering.timer, on_timeout, c);
}

void gathering_fini(struct conn *c)
{
	forget(c);
}

/* Keep the message that is handled now. */
static int gather(struct conn *c, uint32_t xid, bool more, struct of_error *err)
{
	struct buf *kept = &c->gathering.messages;

	if (c->gathering.xid != xid)
		forget(c); /* the peer has begun anew */
	if (kept->size + c->message_size > GATHER_MAX_BYTES) {
		give_up(c, xid, more);
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_MULTIPART_BUFFER_OVERFLOW);
	}
	c->gathering.xid = xid;
	buf_add(kept, c->message, c->message_size);
	timer_arm(c->dp->loop, &c->gathering.timer, GATHER_IDLE_NS);
	return 0;
}

/* All parts, one behind the other, as one list. */
static int set_gathered(struct conn *c, struct of_error *err)
{
	const struct buf *kept = &c->gathering.messages;
	struct of_table_features tables[TABLES_N];
	struct arena a = ARENA_INIT;
	unsigned n = 0;
	int rc = 0;

	tables_use(c->dp->tables);
	for (size_t at = 0, size; at < kept->size && !rc; at += size) {
		struct of_msg m = { 0 };

		size = of_msg_size(kept->data + at, kept->size - at);
		rc = of_msg_decode(kept->data + at, size, &a, &m, err);
		if (!rc && n + m.table_features.n > TABLES_N)
			rc = of_error_set(err, OFPET_TABLE_FEATURES_FAILED, OFPTFFC_TOO_MANY);
		for (unsigned i = 0; !rc && i < m.table_features.n; i++)
			tables[n++] = m.table_features.tables[i];
	}
	if (!rc)
		rc = table_features_set(c->dp, tables, n, c->version, err);
	arena_clear(&a);
	return rc;
}

/* Whether an earlier part of that request was: the peer knows already. */
static bool is_refused(const struct conn *c, uint32_t xid)
{
	return c->gathering.is_refused && c->gathering.xid == xid;
}

static int handle(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	bool is_last = c->gathering.messages.size && c->gathering.xid == m->xid;
	bool is_setting = m->table_features.n || m->table_features.more || is_last;
	int rc;

	if (is_refused(c, m->xid)) {
		give_up(c, m->xid, m->table_features.more);
		return 0;
	}
	if (is_setting && conn_main(c)->role == OF_ROLE_SLAVE)
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_IS_SLAVE);
	if (is_setting) {
		if (gather(c, m->xid, m->table_features.more, err) < 0)
			return -1;
		if (m->table_features.more)
			return 0;
		rc = set_gathered(c, err);
		forget(c);
		if (rc < 0)
			return -1;
	}
	listing_start(c, m->xid, &features_listing, 0, TABLES_N, 0);
	return 0;
}

static void refused(struct conn *c, const struct of_msg *m)
{
	if (m->table_features.more || c->gathering.xid == m->xid)
		give_up(c, m->xid, m->table_features.more);
}

static const struct of_handler table_features_request = {
	OF_TABLE_FEATURES_REQUEST,
	.handle = handle,
	.refused = refused,
};
REGISTRY_ADD(of_handler, table_features_request);
