/* Writing a connection's translation into its packets (nat.h).
 *
 * A packet of one direction is made to look as the answers of the other one expect it: its source
 * is the destination of the other direction's tuple, and the other way round. */

#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/nat.h"
#include "dataplane/conntrack/nat_priv.h"
#include "dataplane/packet/edit.h"
#include "dataplane/packet/l4_sum.h"

/* Write addresses of SIZE bytes (constant), the source first.  */
static inline __attribute__((always_inline)) struct nat_delta
write_addresses(uint8_t *at, const void *src, const void *dst, size_t size)
{
	struct nat_delta d = { checksum_delta(at, src, size),
			       checksum_delta(at + size, dst, size) };

	memcpy(at, src, size);
	memcpy(at + size, dst, size);
	return d;
}

static inline uint64_t write_ports(uint8_t *l4, uint16_t src, uint16_t dst)
{
	uint16_t ports[2] = { src, dst };
	uint64_t delta = checksum_delta(l4, ports, 4);

	memcpy(l4, ports, 4);
	return delta;
}

/* The ports or the identifier of an L4 header, and its checksum. */
static enum drop_reason write_l4(const struct ct_ends *to, uint64_t pseudo, struct rte_mbuf *m,
				 struct flow_key *key, struct packet_layout *layout)
{
	uint8_t *l4 = rte_pktmbuf_mtod_offset(m, uint8_t *, layout->l4);
	uint64_t own;

	switch (key->ip_proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		own = write_ports(l4, to->dst_port, to->src_port);
		key->tp_src = to->dst_port;
		key->tp_dst = to->src_port;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		own = checksum_delta(l4 + 4, &to->src_port, 2);
		memcpy(l4 + 4, &to->src_port, 2);
		break;
	case IPPROTO_SCTP:
		return nat_write_sctp(m, key, layout, to->dst_port, to->src_port);
	default:
		return DROP_NONE;
	}
	packet_fix_l4_sum(m, key->ip_proto, l4, pseudo, own);
	return DROP_NONE;
}

static enum drop_reason translate_v4(const struct ct_ends *to, struct rte_mbuf *m,
				     struct flow_key *key, struct packet_layout *layout)
{
	uint8_t *l3 = rte_pktmbuf_mtod_offset(m, uint8_t *, layout->l3);
	struct nat_delta d = write_addresses(l3 + 12, &to->dst, &to->src, 4);

	checksum_fix(l3 + 10, d.src + d.dst);
	key->ipv4_src = to->dst;
	key->ipv4_dst = to->src;
	if (!layout->l4)
		return DROP_NONE;
	return write_l4(to, d.src + d.dst, m, key, layout);
}

static enum drop_reason translate_v6(const struct connection *c, bool is_reply, struct rte_mbuf *m,
				     struct flow_key *key, struct packet_layout *layout)
{
	const struct connection_large *l = (const struct connection_large *)c;
	const struct ct_address *src = is_reply ? &l->dst : &l->reply_dst;
	const struct ct_address *dst = is_reply ? &l->src : &l->reply_src;
	uint8_t *l3 = rte_pktmbuf_mtod_offset(m, uint8_t *, layout->l3);
	struct nat_delta d = write_addresses(l3 + 8, src, dst, 16);

	memcpy(key->ipv6_src, src, 16);
	memcpy(key->ipv6_dst, dst, 16);
	if (!layout->l4)
		return DROP_NONE;
	/* With segments left in a routing header, the pseudo header has the final destination,
	 * which is not this one (RFC 8200 section 8.1). */
	return write_l4(is_reply ? &c->ends : &c->reply_ends,
			layout->is_routed ? d.src : d.src + d.dst, m, key, layout);
}

enum drop_reason ct_nat_translate(const struct connection *c, bool is_reply, struct rte_mbuf *m,
				  struct flow_key *key, struct packet_layout *layout)
{
	if (c->family == 6)
		return translate_v6(c, is_reply, m, key, layout);
	return translate_v4(is_reply ? &c->ends : &c->reply_ends, m, key, layout);
}

enum drop_reason nat_write_sctp(struct rte_mbuf *m, struct flow_key *key,
				struct packet_layout *layout, uint16_t src, uint16_t dst)
{
	enum drop_reason why;

	if (src == key->tp_src && dst == key->tp_dst)
		return DROP_NONE;
	/* The checksum is of the whole packet, and the rest of it is not here. */
	if (key->ip_frag)
		return DROP_NAT_IMPOSSIBLE;
	why = packet_set_field(m, key, layout, OF_FIELD_SCTP_SRC, &src, NULL);
	if (why != DROP_NONE)
		return why;
	return packet_set_field(m, key, layout, OF_FIELD_SCTP_DST, &dst, NULL);
}
