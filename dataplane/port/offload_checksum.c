/* Completing checksums in software (RFC 1071): the field holds the sum of the pseudo-header, so
 * the sum over the L4 part including the field is the packet's. */

#include "dataplane/port/offload.h"

#include <netinet/in.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>
#include <string.h>

static uint16_t finished(uint16_t sum)
{
	sum = ~sum;
	return sum ? sum : UINT16_MAX; /* zero means "none" in UDP, and is the same number */
}

int offload_checksum(struct rte_mbuf *m)
{
	struct offload_headers h;
	uint32_t l4;
	uint16_t sum;

	if (offload_parse(m, &h) < 0)
		return -1;
	l4 = h.l2_size + h.l3_size;
	if (rte_raw_cksum_mbuf(m, l4, h.ip_size - h.l3_size, &sum) < 0)
		return -1;
	sum = finished(sum);
	l4 += h.proto == IPPROTO_TCP ? offsetof(struct rte_tcp_hdr, cksum)
				     : offsetof(struct rte_udp_hdr, dgram_cksum);
	memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, l4), &sum, sizeof(sum));
	m->ol_flags &= ~(OFFLOAD_L4_CSUM | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6 |
			 PACKET_OFFLOAD_WRAPPED);
	return 0;
}

int offload_checksum_at(struct rte_mbuf *m, uint32_t start, uint32_t offset)
{
	uint16_t sum;

	if (start >= m->pkt_len || start + offset + sizeof(sum) > m->data_len)
		return -1;
	if (rte_raw_cksum_mbuf(m, start, m->pkt_len - start, &sum) < 0)
		return -1;
	sum = finished(sum);
	/* the place is the sender's choice, and may be odd */
	memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, start + offset), &sum, sizeof(sum));
	return 0;
}
