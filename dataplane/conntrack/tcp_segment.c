/* Reading TCP segments (tcp_segment.h; RFC 9293 section 3.1, RFC 7323, RFC 2018). */

#include "dataplane/conntrack/tcp_segment.h"

#include "dataplane/conntrack/helper.h"
#include "dataplane/conntrack/proto_priv.h"
#include "dataplane/conntrack/proto_tcp.h"
#include "lib/cursor.h"

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
};

#define MAX_SCALE 14

/* Whether a TCP sends FLAGS together. */
static bool flags_are_sound(uint8_t flags)
{
	switch (flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) {
	case TCP_SYN:
	case TCP_ACK:
	case TCP_FIN | TCP_ACK:
		return true;
	case TCP_SYN | TCP_ACK:
	case TCP_RST:
	case TCP_RST | TCP_ACK:
		return !(flags & TCP_URG);
	default:
		return false;
	}
}

static enum tcp_kind kind_of(uint8_t flags)
{
	if (flags & TCP_RST)
		return TCP_KIND_RST;
	if (flags & TCP_SYN)
		return flags & TCP_ACK ? TCP_KIND_SYNACK : TCP_KIND_SYN;
	return flags & TCP_FIN ? TCP_KIND_FIN : TCP_KIND_ACK;
}

static void read_sack(struct cursor *c, const struct connection *conn, bool is_reply,
		      struct tcp_segment *out)
{
	while (cursor_left(c) >= 8) {
		uint32_t right;

		cursor_take(c, 4);
		right = cursor_be32(c);
		if (conn->flags & CONNECTION_HELPED)
			right = helped_ack(conn, is_reply, right);
		if (seq_before(out->sack, right))
			out->sack = right;
	}
}

/* Options that are damaged end the list, as TCPs have it. */
static void read_options(struct cursor c, const struct connection *conn, bool is_reply,
			 struct tcp_segment *out)
{
	while (cursor_left(&c) > 1) {
		uint8_t kind = cursor_u8(&c), size;
		struct cursor body;

		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		size = cursor_u8(&c);
		if (size < 2 || size - 2u > cursor_left(&c))
			return;
		body = cursor_sub(&c, size - 2);
		if (kind == OPTION_SACK && !(out->flags & TCP_SYN))
			read_sack(&body, conn, is_reply, out);
		if (!(out->flags & TCP_SYN))
			continue;
		if (kind == OPTION_SACK_PERMITTED && size == 2)
			out->options |= CT_TCP_SACKS;
		if (kind == OPTION_SCALE && size == 3) {
			uint8_t scale = cursor_u8(&body);

			out->options |= CT_TCP_SCALES;
			out->scale = MIN_OF(scale, MAX_SCALE);
		}
	}
}

bool tcp_segment_read(const struct ct_packet *p, const struct connection *c, bool is_reply,
		      struct tcp_segment *out)
{
	const uint8_t *h = packet_l4(p);
	struct ip_header ip;
	uint32_t size;

	*out = (struct tcp_segment){ 0 };
	if (!h || !ip_header_of(p, &ip))
		return false;
	size = (h[12] >> 4) * 4;
	out->flags = h[13] & 0x3f;
	if (size < 20 || size > ip.l4_size || !flags_are_sound(out->flags))
		return false;
	out->seq = load_be32(h + 4);
	out->ack = load_be32(h + 8);
	if (connection_flags(c) & CONNECTION_HELPED && out->flags & TCP_ACK)
		out->ack = helped_ack(c, is_reply, out->ack);
	out->sack = out->ack;
	out->win = load_be16(h + 14);
	out->kind = kind_of(out->flags);
	out->is_fragment = ip.is_fragment;
	out->end =
		out->seq + ip.l4_size - size + !!(out->flags & TCP_SYN) + !!(out->flags & TCP_FIN);
	if (size > 20 && p->layout->l4 + size <= p->m->data_len)
		read_options(cursor_of(h + 20, size - 20), c, is_reply, out);
	return true;
}
