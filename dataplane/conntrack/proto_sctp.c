/* SCTP associations: states by the chunks of a packet, and the verification tags that both ends
 * chose (RFC 9260 sections 3, 5 and 8.5).
 *
 * An INIT has no tag, so anyone can send one.  On an association that is there it is let pass, and
 * what it and its answers choose is noted; it counts only when the handshake is through, which is
 * how an end restarts (section 5.2). */

#include "dataplane/conntrack/proto_priv.h"
#include "lib/cursor.h"

#define MAX_CHUNKS 16 /* that are looked at; control chunks come before data */

enum sctp_chunk {
	CHUNK_DATA = 0,
	CHUNK_INIT = 1,
	CHUNK_INIT_ACK = 2,
	CHUNK_HEARTBEAT = 4,
	CHUNK_HEARTBEAT_ACK = 5,
	CHUNK_ABORT = 6,
	CHUNK_SHUTDOWN = 7,
	CHUNK_SHUTDOWN_ACK = 8,
	CHUNK_COOKIE_ECHO = 10,
	CHUNK_COOKIE_ACK = 11,
	CHUNK_SHUTDOWN_COMPLETE = 14,
};

enum sctp_state {
	SCTP_NONE,
	SCTP_CLOSED,
	SCTP_COOKIE_WAIT,
	SCTP_COOKIE_ECHOED,
	SCTP_ESTABLISHED,
	SCTP_SHUTDOWN_SENT,
	SCTP_SHUTDOWN_RECD,
	SCTP_SHUTDOWN_ACK_SENT,
	SCTP_HEARTBEAT_SENT,
	SCTP_N_STATES
};

/* What a packet says. */
struct sctp_message {
	uint32_t vtag, init_tag; /* network order, as they are compared */
	uint16_t chunks;	 /* bit by type, of those above */
	unsigned n_chunks;
	bool is_reflected; /* the T bit: the tag is the sender's own */
};

#define HAS(M, CHUNK) ((M)->chunks & 1u << (CHUNK))

const char *sctp_state_name(uint8_t state)
{
	static const char *const names[SCTP_N_STATES] = {
		"NONE",		  "CLOSED",	   "COOKIE_WAIT",   "COOKIE_ECHOED",
		"ESTABLISHED",	  "SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT",
		"HEARTBEAT_SENT",
	};

	return state < SCTP_N_STATES ? names[state] : "";
}

static enum ct_timeout timeout_of(uint8_t state)
{
	switch (state) {
	case SCTP_COOKIE_WAIT:
		return CT_TIMEOUT_SCTP_COOKIE_WAIT;
	case SCTP_COOKIE_ECHOED:
		return CT_TIMEOUT_SCTP_COOKIE_ECHOED;
	case SCTP_ESTABLISHED:
		return CT_TIMEOUT_SCTP_ESTABLISHED;
	case SCTP_SHUTDOWN_SENT:
	case SCTP_SHUTDOWN_RECD:
	case SCTP_SHUTDOWN_ACK_SENT:
		return CT_TIMEOUT_SCTP_SHUTDOWN;
	case SCTP_HEARTBEAT_SENT:
		return CT_TIMEOUT_SCTP_HEARTBEAT_SENT;
	default:
		return CT_TIMEOUT_SCTP_CLOSED;
	}
}

static void note_chunk(const uint8_t *h, struct cursor *body, struct sctp_message *out)
{
	out->n_chunks++;
	if (h[0] >= 16)
		return;
	out->chunks |= 1u << h[0];
	if (h[0] == CHUNK_INIT || h[0] == CHUNK_INIT_ACK)
		cursor_copy(body, &out->init_tag, 4);
	if (h[0] == CHUNK_ABORT || h[0] == CHUNK_SHUTDOWN_COMPLETE)
		out->is_reflected = h[1] & 1;
}

/* False: the chunks contradict themselves or each other (section 6.10). */
static bool read_chunks(const struct ct_packet *p, struct sctp_message *out)
{
	static const uint32_t alone =
		1u << CHUNK_INIT | 1u << CHUNK_INIT_ACK | 1u << CHUNK_SHUTDOWN_COMPLETE;
	const uint8_t *header = packet_l4(p), *h;
	struct ip_header ip;
	struct cursor c, body;
	uint32_t size;

	*out = (struct sctp_message){ 0 };
	if (!header || !ip_header_of(p, &ip) || ip.l4_size < 16)
		return false;
	c = cursor_of(header, MIN_OF(ip.l4_size, (uint32_t)(p->m->data_len - p->layout->l4)));
	cursor_take(&c, 4);
	cursor_copy(&c, &out->vtag, 4);
	cursor_take(&c, 4);
	while (out->n_chunks < MAX_CHUNKS && cursor_left(&c) >= 4 && !HAS(out, CHUNK_DATA)) {
		h = cursor_take(&c, 4);
		size = load_be16(h + 2);
		if (size < 4)
			return false;
		size = MIN_OF((size + 3) / 4 * 4 - 4, cursor_left(&c));
		body = cursor_sub(&c, size);
		note_chunk(h, &body, out);
	}
	if (!out->n_chunks || (out->chunks & alone && out->n_chunks > 1))
		return false;
	if ((HAS(out, CHUNK_INIT) || HAS(out, CHUNK_INIT_ACK)) && !out->init_tag)
		return false;
	return HAS(out, CHUNK_INIT) ? out->vtag == 0 : out->vtag != 0;
}

bool sctp_begin(const struct ct_packet *p, struct connection *c)
{
	struct sctp_message m;

	if (!read_chunks(p, &m))
		return false;
	if (HAS(&m, CHUNK_INIT)) {
		c->sctp.vtags[1] = m.init_tag;
		c->proto_state = SCTP_COOKIE_WAIT;
	} else if (HAS(&m, CHUNK_HEARTBEAT)) {
		/* Another path of an association that goes other ways as well. */
		c->sctp.vtags[0] = m.vtag;
		c->proto_state = SCTP_HEARTBEAT_SENT;
	} else {
		return false;
	}
	c->timeout = timeout_of(c->proto_state);
	return true;
}

static uint8_t next_state(const struct sctp_message *m, bool is_reply, uint8_t state)
{
	if (HAS(m, CHUNK_ABORT))
		return SCTP_CLOSED;
	switch (state) {
	case SCTP_COOKIE_WAIT:
		return HAS(m, CHUNK_COOKIE_ECHO) ? SCTP_COOKIE_ECHOED : state;
	case SCTP_COOKIE_ECHOED:
		return HAS(m, CHUNK_COOKIE_ACK) ? SCTP_ESTABLISHED : state;
	case SCTP_ESTABLISHED:
		if (HAS(m, CHUNK_SHUTDOWN))
			return is_reply ? SCTP_SHUTDOWN_RECD : SCTP_SHUTDOWN_SENT;
		return state;
	case SCTP_SHUTDOWN_SENT:
	case SCTP_SHUTDOWN_RECD:
		return HAS(m, CHUNK_SHUTDOWN_ACK) ? SCTP_SHUTDOWN_ACK_SENT : state;
	case SCTP_SHUTDOWN_ACK_SENT:
		return HAS(m, CHUNK_SHUTDOWN_COMPLETE) ? SCTP_CLOSED : state;
	case SCTP_HEARTBEAT_SENT:
		return is_reply && HAS(m, CHUNK_HEARTBEAT_ACK) ? SCTP_ESTABLISHED : state;
	default:
		return state;
	}
}

static uint32_t load_tag(const uint32_t *tag)
{
	return __atomic_load_n(tag, __ATOMIC_RELAXED);
}

static void store_tag(uint32_t *tag, uint32_t value)
{
	__atomic_store_n(tag, value, __ATOMIC_RELAXED);
}

static bool tag_fits(const uint32_t tags[2], const struct sctp_message *m, bool is_reply)
{
	return m->vtag == load_tag(&tags[is_reply]) ||
	       (m->is_reflected && m->vtag == load_tag(&tags[!is_reply]));
}

/* Part of a handshake on an association that is there.  Its last message makes it count. */
static bool is_restart(struct connection *c, const struct sctp_message *m, bool is_reply)
{
	uint32_t *noted = c->sctp.noted_vtags;

	if (!(HAS(m, CHUNK_INIT_ACK) || HAS(m, CHUNK_COOKIE_ECHO) || HAS(m, CHUNK_COOKIE_ACK)) ||
	    m->vtag != load_tag(&noted[is_reply]))
		return false;
	if (HAS(m, CHUNK_INIT_ACK))
		store_tag(&noted[!is_reply], m->init_tag);
	if (HAS(m, CHUNK_COOKIE_ACK) && load_tag(&noted[!is_reply])) {
		store_tag(&c->sctp.vtags[0], load_tag(&noted[0]));
		store_tag(&c->sctp.vtags[1], load_tag(&noted[1]));
		store_tag(&noted[0], 0);
		store_tag(&noted[1], 0);
	}
	return true;
}

/* The tags of M in STATE; new ones are learnt.  False: somebody guessed. */
static bool check_tags(struct connection *c, const struct sctp_message *m, bool is_reply,
		       uint8_t state)
{
	uint32_t *vtags = c->sctp.vtags;

	if (HAS(m, CHUNK_INIT)) {
		/* Sent again, or with another tag, by an end that has not been answered. */
		if (state == SCTP_COOKIE_WAIT && !is_reply && !load_tag(&vtags[0]))
			store_tag(&vtags[1], m->init_tag);
		else
			store_tag(&c->sctp.noted_vtags[!is_reply], m->init_tag);
		return true;
	}
	if (state == SCTP_HEARTBEAT_SENT && is_reply && !load_tag(&vtags[1]) &&
	    HAS(m, CHUNK_HEARTBEAT_ACK))
		store_tag(&vtags[1], m->vtag);
	if (!tag_fits(vtags, m, is_reply))
		return is_restart(c, m, is_reply);
	if (HAS(m, CHUNK_INIT_ACK) && state == SCTP_COOKIE_WAIT && !load_tag(&vtags[!is_reply]))
		store_tag(&vtags[!is_reply], m->init_tag);
	return true;
}

enum ct_verdict sctp_update(const struct ct_packet *p, struct connection *c, bool is_reply)
{
	uint8_t state = __atomic_load_n(&c->proto_state, __ATOMIC_RELAXED), next, flags;
	struct sctp_message m;

	if (!read_chunks(p, &m))
		return CT_INVALID;
	if (state == SCTP_CLOSED && HAS(&m, CHUNK_INIT))
		return CT_BEGINS_ANEW;
	if (!check_tags(c, &m, is_reply, state))
		return CT_INVALID;
	next = next_state(&m, is_reply, state);
	flags = is_reply ? connection_set_flags(c, CONNECTION_SEEN_REPLY) : connection_flags(c);
	/* If another packet was quicker, its state holds. */
	if (connection_set_state(c, state, next)) {
		if (next == SCTP_ESTABLISHED && flags & CONNECTION_SEEN_REPLY)
			connection_set_flags(c, CONNECTION_ASSURED);
		connection_set_timeout(c, timeout_of(next));
	}
	return flags & CONNECTION_SEEN_REPLY ? CT_VALID : CT_VALID_NEW;
}
