/* Errors about packets of translated connections (nat.h): what is quoted, and the addresses of the
 * error itself.
 *
 * The quotation becomes what its sender sent.  The error's own addresses change as those of the
 * connection's packets of that direction do, whoever sent it: a router behind the NAT shows the
 * address that stands for the network, as Linux and Open vSwitch have it. */

#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/nat.h"
#include "dataplane/packet/edit.h"
#include "dataplane/packet/l4_sum.h"

#define MAX_EXTENSIONS 8

/* A packet within an error, as much as there is of it. */
struct quoted {
	uint8_t *l3, *l4, *end; /* l4 NULL: it is not there */
	uint8_t proto;
	bool is_v6;
	bool is_routed; /* the pseudo header has another destination */
	uint64_t delta; /* of all that was changed */
};

static void put(struct quoted *q, uint8_t *at, const void *bytes, size_t size)
{
	q->delta += checksum_delta(at, bytes, size);
	memcpy(at, bytes, size);
}

/* Past the extension headers of an IPv6 packet; false if its L4 header is not there. */
static bool find_l4_v6(struct quoted *q)
{
	uint8_t *at = q->l3 + 40;

	q->proto = q->l3[6];
	for (unsigned n = 0; n < MAX_EXTENSIONS && q->end - at >= 8; n++) {
		switch (q->proto) {
		case IPPROTO_ROUTING:
			q->is_routed |= at[3] > 0;
			/* fall through */
		case IPPROTO_HOPOPTS:
		case IPPROTO_DSTOPTS:
			q->proto = at[0];
			at += (at[1] + 1) * 8;
			break;
		case IPPROTO_AH:
			q->proto = at[0];
			at += (at[1] + 2) * 4;
			break;
		case IPPROTO_FRAGMENT:
			if (load_be16(at + 2) & 0xfff8)
				return false;
			q->proto = at[0];
			at += 8;
			break;
		default:
			q->l4 = at;
			return true;
		}
	}
	return false;
}

static bool find_l4(struct quoted *q)
{
	if (q->is_v6)
		return q->end - q->l3 >= 40 && find_l4_v6(q);
	if (q->end - q->l3 < 20)
		return false;
	q->proto = q->l3[9];
	q->l4 = q->l3 + (q->l3[0] & 15) * 4;
	return (load_be16(q->l3 + 6) & 0x1fff) == 0 && q->end - q->l4 >= 8;
}

static void fix_field(struct quoted *q, unsigned offset, uint64_t delta)
{
	uint8_t *field = q->l4 + offset, old[2];

	if (q->end - field < 2)
		return; /* as much as is quoted */
	if (q->proto == IPPROTO_UDP && field[0] == 0 && field[1] == 0)
		return;
	memcpy(old, field, 2);
	checksum_fix(field, delta);
	packet_settle_zero_sum(q->proto, q->l4, field);
	q->delta += checksum_delta(old, field, 2);
}

/* PSEUDO is the change of its pseudo header.  The checksum of SCTP is left: it is of bytes that are
 * not quoted, and who gets the error looks at the verification tag. */
static void write_l4(struct quoted *q, const struct ct_tuple *to, uint64_t pseudo)
{
	uint16_t ports[2] = { to->src_port, to->dst_port };
	uint64_t own;

	switch (q->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		own = checksum_delta(q->l4, ports, 4);
		put(q, q->l4, ports, 4);
		if (q->proto != IPPROTO_SCTP)
			fix_field(q, q->proto == IPPROTO_TCP ? 16 : 6, pseudo + own);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		own = checksum_delta(q->l4 + 4, ports, 2);
		put(q, q->l4 + 4, ports, 2);
		fix_field(q, 2, q->is_v6 ? pseudo + own : own);
		break;
	}
}

static void write_quoted(struct quoted *q, const struct ct_tuple *to)
{
	unsigned size = q->is_v6 ? 16 : 4;
	uint8_t *at = q->l3 + (q->is_v6 ? 8 : 12), sum[2];
	uint64_t src = checksum_delta(at, &to->src, size);
	uint64_t dst = checksum_delta(at + size, &to->dst, size);

	put(q, at, &to->src, size);
	put(q, at + size, &to->dst, size);
	if (!q->is_v6) {
		memcpy(sum, q->l3 + 10, 2);
		checksum_fix(sum, src + dst);
		put(q, q->l3 + 10, sum, 2);
	}
	write_l4(q, to, q->is_routed ? src : src + dst);
}

static struct quoted quoted_at(uint16_t at, const struct rte_mbuf *m, const struct flow_key *key,
			       const struct packet_layout *layout)
{
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *), *l3 = data + layout->l3;
	struct quoted q = { .l3 = data + at, .is_v6 = load_be16(&key->eth_type) == 0x86dd };
	uint32_t end = layout->l3 + (q.is_v6 ? 40u + load_be16(l3 + 4) : load_be16(l3 + 2));

	q.end = data + MIN_OF(end, m->data_len);
	return q;
}

static enum drop_reason write_address(enum of_field_id id, const struct ct_address *from,
				      const struct ct_address *to, struct rte_mbuf *m,
				      struct flow_key *key, struct packet_layout *layout)
{
	if (memcmp(from, to, sizeof(*from)) == 0)
		return DROP_NONE;
	return packet_set_field(m, key, layout, id, to, NULL);
}

enum drop_reason ct_nat_translate_error(const struct connection *c, bool is_reply, uint16_t at,
					struct rte_mbuf *m, struct flow_key *key,
					struct packet_layout *layout)
{
	struct quoted q = quoted_at(at, m, key, layout);
	struct ct_tuple in, sent; /* the error's direction; the quoted packet's, as it was sent */
	enum drop_reason why;

	if (!layout->l4 || !find_l4(&q))
		return DROP_NAT_IMPOSSIBLE;
	connection_tuple(c, is_reply, &in);
	connection_tuple(c, !is_reply, &sent);
	write_quoted(&q, &sent);
	packet_fix_l4_sum(m, key->ip_proto, rte_pktmbuf_mtod_offset(m, uint8_t *, layout->l4), 0,
			  q.delta);
	why = write_address(q.is_v6 ? OF_FIELD_IPV6_SRC : OF_FIELD_IPV4_SRC, &in.src, &sent.dst, m,
			    key, layout);
	if (why != DROP_NONE)
		return why;
	return write_address(q.is_v6 ? OF_FIELD_IPV6_DST : OF_FIELD_IPV4_DST, &in.dst, &sent.src, m,
			     key, layout);
}
