#include "dataplane/ofagent/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ofagent/call.h"
#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/snoop.h"
#include "lib/log.h"
#include "proto/openflow/numbers.h"

/* Nothing of the connection may be freed while one of its handlers runs: a closed one waits on
 * the datapath's list of the dead for the next turn of the loop. */

/* End it in a turn of its own, when whoever goes through the connections now is done.  WHY is
 * shared for ever. */
static void doom(struct conn *c, const char *why)
{
	if (c->state == CONN_CLOSED || c->doom)
		return;
	c->doom = why;
	conn_continue(c);
}

/* No auxiliary connection without its main one. */
static void orphan_auxiliaries(struct conn *main)
{
	struct conn *c;

	LIST_FOREACH (c, &main->dp->conns, in_conns) {
		if (c->main != main)
			continue;
		c->main = NULL;
		doom(c, "the main connection has ended");
	}
}

static void detach(struct conn *c)
{
	struct datapath *dp = c->dp;

	if (c->state == CONN_OPEN)
		async_controller_status(c, ASYNC_CONTROLLER_REMOVED, false);
	c->state = CONN_CLOSED;
	timer_cancel(dp->loop, &c->work);
	timer_cancel(dp->loop, &c->alive);
	datapath_wait_cancel(&c->wait);
	calls_abandon(c);
	bundles_fini(&c->bundles);
	gathering_fini(c);
	monitors_fini(c);
	stream_close(c->stream);
	c->stream = NULL;
	list_remove(&c->in_conns);
	list_insert(&dp->dead, &c->in_conns);
	timer_arm(dp->loop, &dp->reap, 0);
	orphan_auxiliaries(c);
}

void conn_close(struct conn *c, const char *why)
{
	if (c->state == CONN_CLOSED)
		return;
	log_info("%s: OpenFlow connection closed: %s", c->peer, why);
	detach(c);
	if (c->closed)
		c->closed(c->closed_arg, why);
}

void conn_destroy(struct conn *c)
{
	if (c && c->state != CONN_CLOSED)
		detach(c);
}

static void conn_free(struct conn *c)
{
	dump_destroy(c->dump);
	buf_fini(&c->in);
	arena_clear(&c->arena);
	free(c);
}

void conn_reap(struct datapath *dp)
{
	struct conn *c, *next;

	LIST_FOREACH_SAFE (c, next, &dp->dead, in_conns) {
		list_remove(&c->in_conns);
		conn_free(c);
	}
}

bool conn_is_full(const struct conn *c)
{
	return c->stream && stream_pending(c->stream) > CONN_PAUSE_BYTES;
}

static void send_bytes(struct conn *c, const struct buf *b)
{
	int rc;

	if (!c->stream || c->doom)
		return;
	rc = stream_send(c->stream, b->data, b->size);
	if (!rc) {
		c->n_sent++;
		snoop_note(c->dp, c->peer, true, b->data, b->size);
	}
	if (rc == -ENOBUFS)
		doom(c, "the peer reads too slowly");
	/* Otherwise the stream has ended, and says so in its event. */
}

/* Before one is agreed: the highest, as in our hello. */
static uint8_t version_of(const struct conn *c)
{
	return c->version ? c->version : 31 - __builtin_clz(c->dp->versions);
}

int conn_send(struct conn *c, const struct of_msg *m)
{
	struct of_msg copy = *m;
	struct buf *b = &c->dp->scratch;

	copy.version = version_of(c);
	buf_clear(b);
	if (of_msg_encode(&copy, b) < 0)
		return -1;
	send_bytes(c, b);
	return 0;
}

void conn_send_encoded(struct conn *c, struct buf *b)
{
	store_be16(b->data + 2, b->size);
	send_bytes(c, b);
}

void conn_send_error(struct conn *c, const struct of_error *err, uint32_t xid, const uint8_t *req,
		     size_t size)
{
	struct buf *b = &c->dp->scratch;
	char name[80];

	log_debug("%s: refused a message: %s", c->peer, of_error_name(err, name, sizeof(name)));
	buf_clear(b);
	of_error_reply(err, version_of(c), xid, req, size, b);
	send_bytes(c, b);
}

/* What keeps the messages that have come from being handled now. */
static bool is_blocked(const struct conn *c)
{
	return c->state == CONN_CLOSED || c->doom || c->is_waiting || c->dump ||
	       c->n_calls >= CONN_MAX_CALLS || conn_is_full(c);
}

/* A message that only a switch sends, or only a controller gets. */
static int refuse_kind(const struct conn *c, struct of_error *err)
{
	switch (c->message[1]) {
	case OFPT_MULTIPART_REQUEST:
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_MULTIPART);
	case OFPT_EXPERIMENTER:
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_EXP_TYPE);
	default:
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_TYPE);
	}
}

static void handle(struct conn *c, const struct of_msg *m)
{
	const struct of_handler *h = of_handler_find(m->kind);
	struct of_error err = { 0 };
	int rc;

	if (!h)
		rc = refuse_kind(c, &err);
	else if (h->is_write && conn_main(c)->role == OF_ROLE_SLAVE)
		rc = of_error_set(&err, OFPET_BAD_REQUEST, OFPBRC_IS_SLAVE);
	else {
		tables_set_author(c->dp->tables, c, m->xid);
		rc = h->handle(c, m, &err);
		tables_set_author(c->dp->tables, NULL, 0);
	}
	if (rc < 0)
		conn_send_error(c, &err, m->xid, c->message, c->message_size);
}

/* The first message must be a hello (OF 1.3.5 section 6.3.1); anything else from a peer that has
 * not told its version could mean anything. */
static bool is_out_of_order(struct conn *c, const struct of_msg *m)
{
	if (c->state != CONN_HELLO || m->kind == OF_HELLO || m->kind == OF_ERROR)
		return false;
	conn_send_error(c, &(struct of_error){ OFPET_HELLO_FAILED, OFPHFC_EPERM }, m->xid,
			c->message, c->message_size);
	conn_close(c, "its first message was no hello");
	return true;
}

static void refuse(struct conn *c, const struct of_msg *m, const struct of_error *err)
{
	const struct of_handler *h = of_handler_find(m->kind);

	if (h && h->refused)
		h->refused(c, m);
	conn_send_error(c, err, m->xid, c->message, c->message_size);
}

/* After the hellos all is of the version that was agreed; another hello changes nothing. */
static bool is_of_other_version(const struct conn *c, const uint8_t *data)
{
	return c->state == CONN_OPEN && data[0] != c->version && data[1] != OFPT_HELLO;
}

/* Whatever is in it. */
static bool is_only_sent(uint8_t type)
{
	switch (type) {
	case OFPT_FEATURES_REPLY:
	case OFPT_GET_CONFIG_REPLY:
	case OFPT_PACKET_IN:
	case OFPT_FLOW_REMOVED:
	case OFPT_PORT_STATUS:
	case OFPT_MULTIPART_REPLY:
	case OFPT_BARRIER_REPLY:
	case OFPT_QUEUE_GET_CONFIG_REPLY:
	case OFPT_ROLE_REPLY:
	case OFPT_GET_ASYNC_REPLY:
	case OFPT_ROLE_STATUS:
	case OFPT_TABLE_STATUS:
	case OFPT_REQUESTFORWARD:
	case OFPT_CONTROLLER_STATUS:
		return true;
	default:
		return false;
	}
}

static int decode(struct conn *c, const uint8_t *data, size_t size, struct arena *a,
		  struct of_msg *m, struct of_error *err)
{
	*m = (struct of_msg){ .kind = OF_N_KINDS, .version = data[0], .xid = load_be32(data + 4) };
	if (is_of_other_version(c, data))
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_VERSION);
	if (c->state == CONN_OPEN && is_only_sent(data[1]))
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_TYPE);
	return of_msg_decode(data, size, a, m, err);
}

static void handle_bytes(struct conn *c, const uint8_t *data, size_t size)
{
	struct of_error err = { 0 };
	struct of_msg m = { 0 };
	int rc;

	c->n_received++;
	snoop_note(c->dp, c->peer, false, data, size);
	c->message = data;
	c->message_size = size;
	rc = decode(c, data, size, &c->arena, &m, &err);
	if (is_out_of_order(c, &m))
		;
	else if (rc < 0)
		refuse(c, &m, &err);
	else
		handle(c, &m);
	arena_reset(&c->arena);
}

/* A peer that sends faster than it is served waits in its own kernel. */
static void update_reading(struct conn *c)
{
	bool is_wanted = !is_blocked(c) && c->in.size < CONN_IN_BYTES;

	if (c->is_reading == is_wanted)
		return;
	c->is_reading = is_wanted;
	stream_set_reading(c->stream, is_wanted);
}

/* Handle what has come, as far as it may be.  After a while the others have their turn. */
static void work(struct conn *c)
{
	uint64_t end_ns = loop_now_ns(c->dp->loop) + CONN_TURN_NS;
	size_t at = 0;

	while (!is_blocked(c)) {
		long size = of_msg_size(c->in.data + at, c->in.size - at);

		if (size < 0) {
			conn_close(c, "a message's length was below 8");
			return;
		}
		if (!size)
			break;
		handle_bytes(c, c->in.data + at, size);
		at += size;
		if (loop_now_ns(c->dp->loop) >= end_ns) {
			conn_continue(c);
			break;
		}
	}
	if (c->state == CONN_CLOSED)
		return;
	buf_pull(&c->in, at);
	update_reading(c);
}

static void on_work(struct timer *t, void *arg)
{
	struct conn *c = arg;

	(void)t;
	if (c->doom) {
		conn_close(c, c->doom);
		return;
	}
	if (c->dump)
		dump_continue(c);
	monitors_catch_up(c);
	work(c);
}

void conn_continue(struct conn *c)
{
	if (c->state != CONN_CLOSED && !timer_is_armed(&c->work))
		timer_arm(c->dp->loop, &c->work, 0);
}

static void on_seen(void *arg)
{
	struct conn *c = arg;

	c->is_waiting = false;
	c->waited(c, c->wait_xid);
	conn_continue(c);
}

void conn_wait_seen(struct conn *c, uint32_t xid, void (*done)(struct conn *c, uint32_t xid))
{
	c->is_waiting = true;
	c->wait_xid = xid;
	c->waited = done;
	datapath_wait_seen(c->dp, &c->wait, on_seen, c);
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct conn *c = arg;

	conn_alive_heard(c);
	buf_add(&c->in, data, size);
	if (!timer_is_armed(&c->work))
		work(c);
	else
		update_reading(c);
}

static void on_closed(void *arg, const char *why)
{
	conn_close(arg, why);
}

static void on_drained(void *arg)
{
	struct conn *c = arg;

	conn_continue(c);
}

static const struct stream_events conn_events = {
	.data = on_data,
	.closed = on_closed,
	.drained = on_drained,
};

static void say_hello(struct conn *c)
{
	uint32_t versions = c->main ? 1u << c->main->version : c->dp->versions;

	conn_send(c, &(struct of_msg){ .kind = OF_HELLO, .xid = 1, .hello.versions = versions });
}

void conn_opened(struct conn *c, uint8_t version)
{
	c->version = version;
	c->state = CONN_OPEN;
	async_config_init(&c->async, version);
	async_controller_status(c, ASYNC_CONTROLLER_ADDED, true);
	if (c->opened)
		c->opened(c->closed_arg);
}

struct conn *conn_main(struct conn *c)
{
	return c->main ? c->main : c;
}

static struct conn *create(struct datapath *dp, struct stream *stream, bool is_active,
			   void (*closed)(void *arg, const char *why), void *arg)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->dp = dp;
	c->stream = stream;
	c->is_active = is_active;
	c->is_reading = true;
	c->closed = closed;
	c->closed_arg = arg;
	c->role = OF_ROLE_EQUAL;
	c->short_id = OF_NO_SHORT_ID;
	c->config.miss_send_len = 128;
	snprintf(c->peer, sizeof(c->peer), "%s", stream->peer);
	timer_init(&c->work, on_work, c);
	datapath_wait_init(&c->wait);
	list_init(&c->calls);
	gathering_init(c);
	monitors_init(&c->monitors);
	bundles_init(&c->bundles, c, dp->loop, &dp->n_bundle_bytes, bundle_due);
	list_insert(&dp->conns, &c->in_conns);
	stream->max_pending_bytes = CONN_MAX_PENDING;
	stream_set_events(stream, &conn_events, c);
	conn_alive_start(c);
	return c;
}

struct conn *conn_create(struct datapath *dp, struct stream *stream, bool is_active,
			 void (*closed)(void *arg, const char *why), void *arg)
{
	struct conn *c = create(dp, stream, is_active, closed, arg);

	say_hello(c);
	return c;
}

struct conn *conn_create_auxiliary(struct conn *main, uint8_t id, struct stream *stream,
				   void (*closed)(void *arg, const char *why), void *arg)
{
	struct conn *c = create(main->dp, stream, true, closed, arg);

	c->main = main;
	c->auxiliary_id = id;
	c->version = main->version;
	say_hello(c);
	return c;
}

void conn_on_open(struct conn *c, void (*opened)(void *arg))
{
	c->opened = opened;
}

void conn_info_get(const struct conn *c, struct conn_info *info)
{
	*info = (struct conn_info){
		.peer = c->peer,
		.state = c->state,
		.version = c->version,
		.role = c->main ? c->main->role : c->role,
		.auxiliary_id = c->auxiliary_id,
		.is_active = c->is_active,
		.age_ns = loop_now_ns(c->dp->loop) - c->opened_ns,
		.n_received = c->n_received,
		.n_sent = c->n_sent,
		.n_punts_left_out = c->n_punts_left_out,
	};
}

struct conn *conn_next(struct datapath *dp, struct conn *c)
{
	struct list *next = c ? c->in_conns.next : dp->conns.next;

	return next == &dp->conns ? NULL : container_of(next, struct conn, in_conns);
}
