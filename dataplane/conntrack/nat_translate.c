/* Writing a connection's translation into its packets (nat.h).
 *
 * A packet of one direction is made to look as the answers of the other one expect it: its source
 * is the destination of the other direction's tuple, and the other way round. */

#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/nat.h"
#include "dataplane/packet/l4_sum.h"

/* What changes in sums by a new source and a new destination address. */
struct nat_delta {
	uint64_t src, dst;
};

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

/* Bytes of the packet from its L4 header on, by the IP header. */
static uint32_t l4_size(const struct rte_mbuf *m, const struct flow_key *key,
			const struct packet_layout *layout)
{
	const uint8_t *l3 = rte_pktmbuf_mtod_offset(m, const uint8_t *, layout->l3);
	bool is_v6 = load_be16(&key->eth_type) == 0x86dd;
	uint32_t size = is_v6 ? 40u + load_be16(l3 + 4) : load_be16(l3 + 2);

	return size - (layout->l4 - layout->l3);
}

static enum drop_reason write_sctp(const struct ct_ends *to, struct rte_mbuf *m,
				   struct flow_key *key, const struct packet_layout *layout)
{
	uint8_t *l4 = rte_pktmbuf_mtod_offset(m, uint8_t *, layout->l4);
	uint16_t ports[2] = { to->dst_port, to->src_port };
	uint32_t crc;

	if (memcmp(l4, ports, 4) == 0)
		return DROP_NONE;
	/* The checksum is of the whole packet, and the rest of it is not here. */
	if (key->ip_frag)
		return DROP_NAT_IMPOSSIBLE;
	if ((m->ol_flags & RTE_MBUF_F_TX_L4_MASK) != RTE_MBUF_F_TX_SCTP_CKSUM) {
		memcpy(&crc, l4 + 8, 4);
		crc ^= crc32c_delta(l4, ports, 4, l4_size(m, key, layout) - 4);
		memcpy(l4 + 8, &crc, 4);
	}
	memcpy(l4, ports, 4);
	key->tp_src = ports[0];
	key->tp_dst = ports[1];
	return DROP_NONE;
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
		return write_sctp(to, m, key, layout);
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
