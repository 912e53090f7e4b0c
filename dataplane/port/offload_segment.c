/* Cutting a TCP or UDP frame into packets that fit a wire, each complete with lengths and
 * checksums: what a network card does with a segmentation offload.  For ports that cannot take
 * one; two that can never come here. */

#include "dataplane/port/offload.h"

#include <netinet/in.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>
#include "dataplane/port/pool.h"

int offload_cut_init(struct offload_cut *cut, struct rte_mbuf *m)
{
	*cut = (struct offload_cut){ .m = m, .segment_size = m->tso_segsz };
	if (offload_parse(m, &cut->h) < 0 || cut->h.has_routing ||
	    cut->segment_size < OFFLOAD_MIN_SEGMENT)
		return -1;
	cut->header_size = cut->h.l2_size + cut->h.l3_size + cut->h.l4_size;
	cut->payload_size = cut->h.l2_size + cut->h.ip_size - cut->header_size;
	return cut->payload_size ? 0 : -1;
}

/* Append N bytes of FROM's data from OFFSET to the packet TO. */
static int append(struct rte_mbuf *to, const struct rte_mbuf *from, uint32_t offset, uint32_t n)
{
	struct rte_mbuf *last = to;

	while (n) {
		uint32_t room = rte_pktmbuf_tailroom(last), part;
		const void *src;
		char *dst;

		if (!room) {
			last->next = rte_pktmbuf_alloc(pool_small());
			if (!last->next)
				return -1;
			last = last->next;
			to->nb_segs++;
			continue;
		}
		part = MIN_OF(room, n);
		dst = rte_pktmbuf_mtod_offset(last, char *, last->data_len);
		src = rte_pktmbuf_read(from, offset, part, dst);
		if (!src)
			return -1;
		if (src != dst)
			memcpy(dst, src, part);
		last->data_len += part;
		to->pkt_len += part;
		offset += part;
		n -= part;
	}
	return 0;
}

static void set_ip(const struct offload_cut *cut, struct rte_mbuf *seg)
{
	void *l3 = rte_pktmbuf_mtod_offset(seg, void *, cut->h.l2_size);
	uint16_t size = seg->pkt_len - cut->h.l2_size;

	if (cut->h.is_ipv4) {
		struct rte_ipv4_hdr *ip = l3;

		store_be16(&ip->total_length, size);
		store_be16(&ip->packet_id, load_be16(&ip->packet_id) + cut->n);
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	} else {
		struct rte_ipv6_hdr *ip = l3;

		store_be16(&ip->payload_len, size - sizeof(*ip));
	}
}

/* The pseudo-header's sum for an L4 part of SIZE bytes.  Not rte_ipv6_phdr_cksum(): that one
 * takes protocol and length from the IPv6 header, which are others behind extension headers. */
static uint16_t pseudo_sum(const struct offload_cut *cut, const void *l3, uint16_t size)
{
	struct {
		uint8_t addresses[32];
		uint32_t size, proto;
	} ph = { .size = rte_cpu_to_be_32(size), .proto = rte_cpu_to_be_32(cut->h.proto) };

	if (cut->h.is_ipv4)
		memcpy(ph.addresses, &((const struct rte_ipv4_hdr *)l3)->src_addr, 8);
	else
		memcpy(ph.addresses, ((const struct rte_ipv6_hdr *)l3)->src_addr, 32);
	return rte_raw_cksum(&ph, sizeof(ph));
}

static void set_l4(const struct offload_cut *cut, struct rte_mbuf *seg, bool is_last)
{
	void *l3 = rte_pktmbuf_mtod_offset(seg, void *, cut->h.l2_size);
	void *l4 = (char *)l3 + cut->h.l3_size;
	uint16_t size = seg->pkt_len - cut->h.l2_size - cut->h.l3_size;

	if (cut->h.proto == IPPROTO_TCP) {
		struct rte_tcp_hdr *tcp = l4;

		store_be32(&tcp->sent_seq, load_be32(&tcp->sent_seq) + cut->at);
		if (!is_last)
			tcp->tcp_flags &= ~(RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG);
		if (cut->at)
			tcp->tcp_flags &= ~RTE_TCP_CWR_FLAG; /* RFC 3168: on the first only */
		tcp->cksum = pseudo_sum(cut, l3, size);
		seg->ol_flags = RTE_MBUF_F_TX_TCP_CKSUM;
	} else {
		struct rte_udp_hdr *udp = l4;

		store_be16(&udp->dgram_len, size);
		udp->dgram_cksum = pseudo_sum(cut, l3, size);
		seg->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM;
	}
}

struct rte_mbuf *offload_cut_next(struct offload_cut *cut, bool *failed)
{
	uint32_t n = MIN_OF(cut->segment_size, cut->payload_size - cut->at);
	struct rte_mbuf *seg;

	*failed = false;
	if (!n)
		return NULL;
	seg = rte_pktmbuf_alloc(pool_small());
	if (!seg || append(seg, cut->m, 0, cut->header_size) < 0 ||
	    append(seg, cut->m, cut->header_size + cut->at, n) < 0) {
		pool_count_failed();
		rte_pktmbuf_free(seg);
		*failed = true;
		return NULL;
	}
	set_ip(cut, seg);
	set_l4(cut, seg, cut->at + n == cut->payload_size);
	if (cut->m->ol_flags & PACKET_OFFLOAD_WRAPPED) {
		seg->ol_flags |= cut->m->ol_flags & (PACKET_OFFLOAD_WRAPPED | RTE_MBUF_F_TX_IPV6);
		seg->l2_len = cut->m->l2_len;
	}
	cut->at += n;
	cut->n++;
	if (offload_checksum(seg) < 0) {
		rte_pktmbuf_free(seg);
		*failed = true;
		return NULL;
	}
	return seg;
}
