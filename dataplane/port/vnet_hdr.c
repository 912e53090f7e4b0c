#include "dataplane/port/vnet_hdr.h"

#include <rte_tcp.h>
#include <rte_udp.h>
#include "dataplane/port/offload.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* Linux 6.2 */
#endif

enum {
	TCP_CSUM_OFFSET = offsetof(struct rte_tcp_hdr, cksum),
	UDP_CSUM_OFFSET = offsetof(struct rte_udp_hdr, dgram_cksum),
};

static void forget_request(struct rte_mbuf *m)
{
	m->ol_flags &= ~RTE_MBUF_F_TX_OFFLOAD_MASK;
	m->tx_offload = 0;
}

static int receive_segments(const struct virtio_net_hdr *h, struct rte_mbuf *m)
{
	const uint8_t type = h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;

	switch (type) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		m->ol_flags |= RTE_MBUF_F_TX_UDP_SEG;
		break;
	default:
		return -1;
	}
	m->tso_segsz = h->gso_size;
	if (offload_check(m) < 0 || m->l2_len + m->l3_len != h->csum_start)
		return -1;
	if (type == VIRTIO_NET_HDR_GSO_UDP_L4)
		return 0;
	return (type == VIRTIO_NET_HDR_GSO_TCPV4) == !!(m->ol_flags & RTE_MBUF_F_TX_IPV4) ? 0 : -1;
}

int vnet_hdr_receive(const struct virtio_net_hdr *h, struct rte_mbuf *m)
{
	if (!(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return h->gso_type == VIRTIO_NET_HDR_GSO_NONE ? 0 : -1;
	if (h->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return receive_segments(h, m);
	if (h->csum_offset == TCP_CSUM_OFFSET)
		m->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM;
	else if (h->csum_offset == UDP_CSUM_OFFSET)
		m->ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM;
	if ((m->ol_flags & OFFLOAD_L4_CSUM) && offload_check(m) == 0 &&
	    m->l2_len + m->l3_len == h->csum_start)
		return 0;
	forget_request(m); /* SCTP, or within a tunnel */
	return offload_checksum_at(m, h->csum_start, h->csum_offset);
}

static uint8_t gso_type(const struct rte_mbuf *m)
{
	const struct rte_tcp_hdr *tcp;
	uint8_t type;

	if (m->ol_flags & RTE_MBUF_F_TX_UDP_SEG)
		return VIRTIO_NET_HDR_GSO_UDP_L4;
	type = m->ol_flags & RTE_MBUF_F_TX_IPV6 ? VIRTIO_NET_HDR_GSO_TCPV6
						: VIRTIO_NET_HDR_GSO_TCPV4;
	tcp = rte_pktmbuf_mtod_offset(m, const struct rte_tcp_hdr *, m->l2_len + m->l3_len);
	return tcp->tcp_flags & RTE_TCP_CWR_FLAG ? type | VIRTIO_NET_HDR_GSO_ECN : type;
}

void vnet_hdr_fill(struct virtio_net_hdr *h, const struct rte_mbuf *m)
{
	*h = (struct virtio_net_hdr){ .flags = 0 };
	if (!(m->ol_flags & OFFLOAD_ANY))
		return;
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = m->l2_len + m->l3_len;
	h->csum_offset = (m->ol_flags & OFFLOAD_L4_CSUM) == RTE_MBUF_F_TX_TCP_CKSUM
				 ? TCP_CSUM_OFFSET
				 : UDP_CSUM_OFFSET;
	h->hdr_len = m->l2_len + m->l3_len + m->l4_len;
	if (!(m->ol_flags & OFFLOAD_SEGMENT))
		return;
	h->gso_type = gso_type(m);
	h->gso_size = m->tso_segsz;
}
