/* Flow monitors: what to watch, and what happened (OF 1.4.1 sections 7.3.5.18.1 and 7.3.5.18.2).
 * In OpenFlow 1.3 they are the ONF's extension 187; and Nicira's NXST_FLOW_MONITOR, its model,
 * is spoken too.  The text is monitor_text.c. */

#include <openflow/nicira-ext.h>

#include "proto/openflow/match_bare.h"
#include "proto/openflow/msg_priv.h"

#define MULTIPART_HEADER_SIZE	 16
#define EXPERIMENTER_HEADER_SIZE 8
#define REQUEST_SIZE		 16 /* without its match */
#define SHORT_UPDATE_SIZE	 8

#define EVENTS	  (OF_MONITOR_ADD | OF_MONITOR_REMOVED | OF_MONITOR_MODIFY)
/* The flags of the older forms are the first six; there NO_ABBREV is called OWN. */
#define OLD_FLAGS (EVENTS | OF_MONITOR_INITIAL | OF_MONITOR_INSTRUCTIONS | OF_MONITOR_NO_ABBREV)
#define ALL_FLAGS (OLD_FLAGS | OF_MONITOR_ONLY_OWN)

static int bad_monitor(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_FLOW_MONITOR_FAILED, code);
}

/* Version 1.3 has no standard form. */
static unsigned form_in(uint8_t version, uint8_t form)
{
	if (form == OF_MONITOR_NICIRA)
		return OF_MONITOR_NICIRA;
	return version < OF_VERSION_1_4 ? OF_MONITOR_ONF : OF_MONITOR_STANDARD;
}

/* Nicira's matches have no header. */
static int decode_bare_match(struct cursor *body, size_t size, struct arena *a, struct of_match *m,
			     struct of_error *err)
{
	if (of_match_decode_bare(body, size, a, true, m, err) != 0)
		return -1;
	cursor_take(body, -size & 7);
	return cursor_ok(body) ? 0 : of_bad_request(err, OFPBRC_BAD_LEN);
}

/* How long the match is, with the header if it has one. */
static size_t encode_match(const struct of_match *m, bool is_bare, uint8_t version, struct buf *out)
{
	size_t start = out->size, length;

	if (is_bare) {
		length = of_match_encode_bare(m, version, out);
		buf_zeros(out, -length & 7);
		return length;
	}
	of_match_encode(m, version, out);
	return load_be16(out->data + start + 2);
}

static uint32_t port_from_16(uint16_t port)
{
	return port >= 0xff00 ? 0xffff0000 | port : port;
}

static int check_old(const struct of_monitor *m, const uint8_t *zeros, size_t n_zeros,
		     struct of_error *err)
{
	if (!(m->flags & EVENTS) || m->flags & ~OLD_FLAGS)
		return bad_monitor(err, OFPMOFC_BAD_FLAGS);
	for (size_t i = 0; i < n_zeros; i++) {
		if (zeros[i])
			return of_error_set_nx(err, NXBRC_MUST_BE_ZERO);
	}
	return 0;
}

static int decode_nicira(struct cursor *body, struct arena *a, struct of_monitor *m,
			 struct of_error *err)
{
	const uint8_t *zeros;
	uint16_t match_size;

	m->monitor_id = cursor_be32(body);
	m->flags = cursor_be16(body);
	m->out_port = port_from_16(cursor_be16(body));
	match_size = cursor_be16(body);
	m->table_id = cursor_u8(body);
	zeros = cursor_take(body, 5);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (check_old(m, zeros, 5, err) != 0)
		return -1;
	return decode_bare_match(body, match_size, a, &m->match, err);
}

static int decode_onf(struct cursor *body, struct arena *a, struct of_monitor *m,
		      struct of_error *err)
{
	const uint8_t *zeros;

	m->monitor_id = cursor_be32(body);
	m->flags = cursor_be16(body);
	cursor_take(body, 2); /* the match tells its length itself */
	m->out_port = cursor_be32(body);
	m->table_id = cursor_u8(body);
	zeros = cursor_take(body, 3);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (check_old(m, zeros, 3, err) != 0)
		return -1;
	return of_match_decode(body, a, true, &m->match, err);
}

static int decode_standard(struct cursor *body, struct arena *a, struct of_monitor *m,
			   struct of_error *err)
{
	m->monitor_id = cursor_be32(body);
	m->out_port = cursor_be32(body);
	m->out_group = cursor_be32(body);
	m->flags = cursor_be16(body);
	m->table_id = cursor_u8(body);
	m->command = cursor_u8(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (m->command > OF_MONITOR_CMD_DELETE)
		return bad_monitor(err, OFPMOFC_BAD_COMMAND);
	if (m->command == OF_MONITOR_CMD_DELETE && !cursor_left(body))
		return 0; /* Open vSwitch leaves the match out */
	if (m->command != OF_MONITOR_CMD_DELETE &&
	    (!(m->flags & (EVENTS | OF_MONITOR_INITIAL)) || m->flags & ~ALL_FLAGS))
		return bad_monitor(err, OFPMOFC_BAD_FLAGS);
	return of_match_decode(body, a, true, &m->match, err);
}

static int decode_one(struct cursor *body, uint8_t form, struct arena *a, struct of_monitor *m,
		      struct of_error *err)
{
	m->form = form;
	m->out_group = OF_GROUP_ANY;
	if (form == OF_MONITOR_NICIRA)
		return decode_nicira(body, a, m, err);
	if (form == OF_MONITOR_ONF)
		return decode_onf(body, a, m, err);
	return decode_standard(body, a, m, err);
}

static int decode_request(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	struct of_monitor_request *r = &msg->monitor_request;
	size_t max_n = cursor_left(body) / REQUEST_SIZE;

	if (cursor_left(body))
		r->monitors = arena_alloc(a, (max_n + 1) * sizeof(*r->monitors));
	while (cursor_left(body)) {
		if (decode_one(body, msg->form, a, &r->monitors[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static void encode_one(const struct of_monitor *m, unsigned form, uint8_t version, struct buf *out)
{
	size_t start = out->size, size;

	buf_be32(out, m->monitor_id);
	if (form == OF_MONITOR_STANDARD) {
		buf_be32(out, m->out_port);
		buf_be32(out, m->out_group);
		buf_be16(out, m->flags);
		buf_be8(out, m->table_id);
		buf_be8(out, m->command);
		encode_match(&m->match, false, version, out);
		return;
	}
	buf_be16(out, m->flags & OLD_FLAGS);
	if (form == OF_MONITOR_ONF) {
		buf_zeros(out, 2);
		buf_be32(out, m->out_port);
		buf_be8(out, m->table_id);
		buf_zeros(out, 3);
		size = encode_match(&m->match, false, version, out);
		store_be16(out->data + start + 6, size);
	} else {
		buf_be16(out, m->out_port);
		buf_zeros(out, 2);
		buf_be8(out, m->table_id);
		buf_zeros(out, 5);
		size = encode_match(&m->match, true, version, out);
		store_be16(out->data + start + 8, size);
	}
}

static unsigned form_of_request(const struct of_msg *msg)
{
	const struct of_monitor_request *r = &msg->monitor_request;

	return form_in(msg->version, r->n ? r->monitors[0].form : msg->form);
}

static void encode_request(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->monitor_request.n; i++)
		encode_one(&msg->monitor_request.monitors[i], form_of_request(msg), msg->version,
			   out);
}

static void print_request(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->monitor_request.n; i++) {
		buf_puts(out, "\n ");
		of_monitor_print(&msg->monitor_request.monitors[i], out);
	}
}

const struct of_codec of_codec_MONITOR_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.form = form_of_request,
	.print = print_request,
};

static int decode_full_old(struct cursor *entry, const struct of_msg *msg, struct arena *a,
			   struct of_flow_update *u, struct of_error *err)
{
	uint16_t match_size;

	u->reason = cursor_be16(entry);
	u->priority = cursor_be16(entry);
	u->idle_timeout = cursor_be16(entry);
	u->hard_timeout = cursor_be16(entry);
	match_size = cursor_be16(entry);
	u->table_id = cursor_u8(entry);
	cursor_take(entry, 1);
	u->cookie = cursor_be64(entry);
	if (!cursor_ok(entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (msg->form == OF_MONITOR_ONF) {
		if (of_match_decode(entry, a, true, &u->match, err) != 0)
			return -1;
		return of_instructions_decode(entry, msg->version, a, &u->instructions, err);
	}
	if (decode_bare_match(entry, match_size, a, &u->match, err) != 0 ||
	    of_actions_decode(entry, cursor_left(entry), msg->version, a, &u->instructions.apply,
			      err) != 0)
		return -1;
	u->instructions.has_apply = u->instructions.apply.n > 0;
	return 0;
}

static int decode_full(struct cursor *entry, const struct of_msg *msg, struct arena *a,
		       struct of_flow_update *u, struct of_error *err)
{
	if (msg->form != OF_MONITOR_STANDARD)
		return decode_full_old(entry, msg, a, u, err);
	u->table_id = cursor_u8(entry);
	u->reason = cursor_u8(entry);
	u->idle_timeout = cursor_be16(entry);
	u->hard_timeout = cursor_be16(entry);
	u->priority = cursor_be16(entry);
	cursor_take(entry, 4);
	u->cookie = cursor_be64(entry);
	if (!cursor_ok(entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (of_match_decode(entry, a, true, &u->match, err) != 0)
		return -1;
	return of_instructions_decode(entry, msg->version, a, &u->instructions, err);
}

/* The older forms' events, as the standard's. */
static const uint8_t old_events[] = {
	[NXFME_ADDED] = OF_UPDATE_ADDED,
	[NXFME_DELETED] = OF_UPDATE_REMOVED,
	[NXFME_MODIFIED] = OF_UPDATE_MODIFIED,
	[NXFME_ABBREV] = OF_UPDATE_ABBREV,
};

static int decode_event(uint16_t event, uint8_t form, struct of_flow_update *u,
			struct of_error *err)
{
	bool is_old = form != OF_MONITOR_STANDARD;

	if (event >= (is_old ? ARRAY_LENGTH(old_events) : OF_UPDATE_RESUMED + 1u))
		return of_error_set_nx(err, NXBRC_FM_BAD_EVENT);
	u->event = is_old ? old_events[event] : event;
	return 0;
}

static int decode_update(struct cursor *body, const struct of_msg *msg, struct arena *a,
			 struct of_flow_update *u, struct of_error *err)
{
	uint16_t size = cursor_be16(body), event = cursor_be16(body);
	struct cursor entry = cursor_sub(body, size < 4 ? 0 : size - 4);
	int rc = 0;

	if (!cursor_ok(&entry) || size < SHORT_UPDATE_SIZE || size % 8)
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (decode_event(event, msg->form, u, err) != 0)
		return -1;
	if (u->event == OF_UPDATE_ABBREV)
		u->xid = cursor_be32(&entry);
	else if (u->event == OF_UPDATE_PAUSED || u->event == OF_UPDATE_RESUMED)
		cursor_take(&entry, 4);
	else
		rc = decode_full(&entry, msg, a, u, err);
	if (rc == 0 && (!cursor_ok(&entry) || cursor_left(&entry)))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return rc;
}

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_monitor_reply *r = &msg->monitor_reply;
	size_t max_n = cursor_left(body) / SHORT_UPDATE_SIZE;

	r->form = msg->form;
	if (cursor_left(body))
		r->updates = arena_alloc(a, (max_n + 1) * sizeof(*r->updates));
	while (cursor_left(body)) {
		if (decode_update(body, msg, a, &r->updates[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static uint16_t event_in(const struct of_flow_update *u, unsigned form)
{
	if (form == OF_MONITOR_STANDARD)
		return u->event;
	for (uint16_t i = 0; i < ARRAY_LENGTH(old_events); i++) {
		if (old_events[i] == u->event)
			return i;
	}
	return NXFME_ADDED; /* it was there initially */
}

static void encode_full(const struct of_flow_update *u, unsigned form, uint8_t version,
			struct buf *out)
{
	size_t start = out->size, size;

	if (form == OF_MONITOR_STANDARD) {
		buf_be8(out, u->table_id);
		buf_be8(out, u->reason);
		buf_be16(out, u->idle_timeout);
		buf_be16(out, u->hard_timeout);
		buf_be16(out, u->priority);
		buf_zeros(out, 4);
	} else {
		buf_be16(out, u->reason);
		buf_be16(out, u->priority);
		buf_be16(out, u->idle_timeout);
		buf_be16(out, u->hard_timeout);
		buf_zeros(out, 2);
		buf_be8(out, u->table_id);
		buf_zeros(out, 1);
	}
	buf_be64(out, u->cookie);
	size = encode_match(&u->match, form == OF_MONITOR_NICIRA, version, out);
	if (form == OF_MONITOR_NICIRA)
		of_actions_encode(&u->instructions.apply, version, out);
	else
		of_instructions_encode(&u->instructions, version, out);
	if (form != OF_MONITOR_STANDARD)
		store_be16(out->data + start + 8, size);
}

/* The older forms tell of pauses by messages of their own. */
static void encode_update(const struct of_flow_update *u, unsigned form, uint8_t version,
			  struct buf *out)
{
	bool is_pause = u->event == OF_UPDATE_PAUSED || u->event == OF_UPDATE_RESUMED;
	size_t start = out->size;

	if (is_pause && form != OF_MONITOR_STANDARD)
		return;
	buf_be16(out, 0);
	buf_be16(out, event_in(u, form));
	if (u->event == OF_UPDATE_ABBREV)
		buf_be32(out, u->xid);
	else if (is_pause)
		buf_zeros(out, 4);
	else
		encode_full(u, form, version, out);
	store_be16(out->data + start, out->size - start);
}

static unsigned form_of_reply(const struct of_msg *msg)
{
	return form_in(msg->version, msg->monitor_reply.form);
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->monitor_reply.n; i++)
		encode_update(&msg->monitor_reply.updates[i], form_of_reply(msg), msg->version,
			      out);
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_monitor_reply *r = &msg->monitor_reply;

	if (r->more)
		buf_puts(out, "more to come");
	for (unsigned i = 0; i < r->n; i++) {
		buf_puts(out, "\n ");
		of_flow_update_print(&r->updates[i], out);
	}
}

const struct of_codec of_codec_MONITOR_REPLY = {
	.is_array = true,
	.decode = decode_reply,
	.encode = encode_reply,
	.form = form_of_reply,
	.print = print_reply,
};

unsigned of_flow_updates_fits(const struct of_flow_update *updates, unsigned n, uint8_t form,
			      uint8_t version)
{
	size_t size = MULTIPART_HEADER_SIZE + EXPERIMENTER_HEADER_SIZE;
	struct buf b = BUF_INIT;
	unsigned i;

	for (i = 0; i < n; i++) {
		buf_clear(&b);
		encode_update(&updates[i], form_in(version, form), version, &b);
		size += b.size;
		if (size > OF_MAX_MESSAGE)
			break;
	}
	buf_fini(&b);
	return i;
}
