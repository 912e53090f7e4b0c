/* Finding the headers of a packet that asks for an offload, and judging what it asks.  Called for
 * packets with a request only, so its cost does not matter to others. */

#include "dataplane/port/offload.h"

#include <netinet/in.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>
#include "dataplane/port/port_class.h"
#include "lib/cursor.h"

enum { MAX_VLANS = 2, MAX_EXTENSIONS = 8 };

static int parse_ipv4(struct cursor *c, struct offload_headers *h)
{
	const struct rte_ipv4_hdr *ip = (const void *)cursor_take(c, sizeof(*ip));

	if (!ip || ip->version != 4 || ip->ihl < 5)
		return -1;
	h->l3_size = ip->ihl * 4;
	h->ip_size = load_be16(&ip->total_length);
	h->proto = ip->next_proto_id;
	h->is_ipv4 = true;
	if (load_be16(&ip->fragment_offset) & (RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK))
		return -1;
	cursor_take(c, h->l3_size - sizeof(*ip));
	return cursor_ok(c) ? 0 : -1;
}

static int parse_ipv6(struct cursor *c, struct offload_headers *h)
{
	const uint8_t *start = c->at;
	const struct rte_ipv6_hdr *ip = (const void *)cursor_take(c, sizeof(*ip));

	if (!ip || start[0] >> 4 != 6)
		return -1;
	h->ip_size = sizeof(*ip) + load_be16(&ip->payload_len);
	h->proto = ip->proto;
	for (unsigned i = 0; i < MAX_EXTENSIONS; i++) {
		if (h->proto != IPPROTO_HOPOPTS && h->proto != IPPROTO_ROUTING &&
		    h->proto != IPPROTO_DSTOPTS)
			break;
		h->has_routing |= h->proto == IPPROTO_ROUTING;
		h->proto = cursor_u8(c);
		cursor_take(c, cursor_u8(c) * 8 + 6); /* RFC 8200 section 4.3 */
	}
	h->l3_size = c->at - start;
	return cursor_ok(c) ? 0 : -1;
}

static int parse_l4(struct cursor *c, struct offload_headers *h)
{
	const struct rte_tcp_hdr *tcp = (const void *)c->at;

	if (h->proto == IPPROTO_UDP) {
		h->l4_size = sizeof(struct rte_udp_hdr);
	} else if (h->proto == IPPROTO_TCP) {
		if (cursor_left(c) < sizeof(*tcp))
			return -1;
		h->l4_size = (tcp->data_off >> 4) * 4;
		if (h->l4_size < sizeof(*tcp))
			return -1;
	} else {
		return -1;
	}
	cursor_take(c, h->l4_size);
	return cursor_ok(c) ? 0 : -1;
}

static uint16_t parse_l2(struct cursor *c, struct offload_headers *h)
{
	uint16_t type;

	h->l2_size = RTE_ETHER_HDR_LEN;
	cursor_take(c, 2 * RTE_ETHER_ADDR_LEN);
	type = cursor_be16(c);
	for (unsigned i = 0; i < MAX_VLANS; i++) {
		if (type != RTE_ETHER_TYPE_VLAN && type != RTE_ETHER_TYPE_QINQ)
			break;
		cursor_be16(c);
		type = cursor_be16(c);
		h->l2_size += sizeof(struct rte_vlan_hdr);
	}
	return type;
}

/* The request was judged when the packet came; since then we put something before its IP header
 * and kept count. */
static uint16_t skip_l2(const struct rte_mbuf *m, struct cursor *c, struct offload_headers *h)
{
	h->l2_size = m->l2_len;
	cursor_take(c, m->l2_len);
	return m->ol_flags & RTE_MBUF_F_TX_IPV6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4;
}

int offload_parse(const struct rte_mbuf *m, struct offload_headers *h)
{
	struct cursor c = cursor_of(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
	uint16_t type;
	int ret;

	*h = (struct offload_headers){ 0 };
	type = m->ol_flags & PACKET_OFFLOAD_WRAPPED ? skip_l2(m, &c, h) : parse_l2(&c, h);
	if (type == RTE_ETHER_TYPE_IPV4)
		ret = parse_ipv4(&c, h);
	else if (type == RTE_ETHER_TYPE_IPV6)
		ret = parse_ipv6(&c, h);
	else
		return -1;
	if (ret < 0 || parse_l4(&c, h) < 0)
		return -1;
	if (h->ip_size < (uint32_t)h->l3_size + h->l4_size || h->l2_size + h->ip_size > m->pkt_len)
		return -1;
	return 0;
}

/* The bits that ask for the checksum of PROTO. */
static uint64_t csum_flag(uint8_t proto)
{
	return proto == IPPROTO_TCP ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
}

static int check_segment(struct rte_mbuf *m, const struct offload_headers *h)
{
	uint64_t flag = m->ol_flags & OFFLOAD_SEGMENT;
	uint32_t headers = (uint32_t)h->l2_size + h->l3_size + h->l4_size;

	if (flag != (h->proto == IPPROTO_TCP ? RTE_MBUF_F_TX_TCP_SEG : RTE_MBUF_F_TX_UDP_SEG))
		return -1;
	if (m->tso_segsz < OFFLOAD_MIN_SEGMENT || m->tso_segsz + headers > UINT16_MAX)
		return -1;
	/* nothing may follow the IP packet, or it would be taken for payload */
	if (h->l2_size + h->ip_size != m->pkt_len)
		return -1;
	m->ol_flags = (m->ol_flags & ~OFFLOAD_L4_CSUM) | csum_flag(h->proto);
	if (m->pkt_len - headers <= m->tso_segsz) { /* one segment: nothing to cut */
		m->ol_flags &= ~OFFLOAD_SEGMENT;
		m->tso_segsz = 0;
	}
	return 0;
}

int offload_check(struct rte_mbuf *m)
{
	const uint64_t family = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6;
	struct offload_headers h;

	m->ol_flags &= ~PACKET_OFFLOAD_WRAPPED;
	if (!(m->ol_flags & OFFLOAD_ANY)) {
		m->ol_flags &= ~(family | RTE_MBUF_F_TX_IP_CKSUM);
		return 0;
	}
	if (offload_parse(m, &h) < 0)
		return -1;
	if (m->ol_flags & OFFLOAD_SEGMENT) {
		if (check_segment(m, &h) < 0)
			return -1;
	} else {
		if ((m->ol_flags & OFFLOAD_L4_CSUM) != csum_flag(h.proto))
			return -1;
		m->tso_segsz = 0;
	}
	m->ol_flags &= ~(family | RTE_MBUF_F_TX_IP_CKSUM);
	m->ol_flags |= h.is_ipv4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6;
	m->l2_len = h.l2_size;
	m->l3_len = h.l3_size;
	m->l4_len = h.l4_size;
	return 0;
}

uint16_t offload_check_burst(struct rte_mbuf **pkts, uint16_t n, uint64_t *n_bad)
{
	uint64_t flags = 0;
	uint16_t n_good = 0;

	for (uint16_t i = 0; i < n; i++)
		flags |= pkts[i]->ol_flags;
	if (!(flags & RTE_MBUF_F_TX_OFFLOAD_MASK))
		return n;
	for (uint16_t i = 0; i < n; i++) {
		if (offload_check(pkts[i]) == 0)
			pkts[n_good++] = pkts[i];
		else
			rte_pktmbuf_free(pkts[i]);
	}
	if (n_good < n)
		port_count(n_bad, n - n_good);
	return n_good;
}
