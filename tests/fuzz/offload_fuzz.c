/* fuzz: component=dataplane */

/* Any virtio_net_hdr before any bytes, in one segment or two, as a guest or a container may hand
 * them to us.  What is accepted must be consistent with the packet, and can be carried out. */

#include <stdlib.h>
#include "dataplane/packet/heap_packet.h"
#include "dataplane/port/offload.h"
#include "dataplane/port/vnet_hdr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rte_mbuf *make(const uint8_t *data, size_t size, size_t first)
{
	struct rte_mbuf *m = heap_packet_create(data, MIN_OF(first, size));

	if (size > first) {
		m->next = heap_packet_create(data + first, size - first);
		m->next->pkt_len = 0;
		m->nb_segs = 2;
		m->pkt_len = size;
	}
	return m;
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What other ports, and guests behind them, may rely on. */
static void check_request(const struct rte_mbuf *m)
{
	uint32_t headers = m->l2_len + m->l3_len;
	struct virtio_net_hdr h;

	if (!(m->ol_flags & OFFLOAD_ANY))
		return;
	require(!!(m->ol_flags & RTE_MBUF_F_TX_IPV4) != !!(m->ol_flags & RTE_MBUF_F_TX_IPV6));
	require(m->ol_flags & OFFLOAD_L4_CSUM);
	require(headers + m->l4_len <= m->data_len);
	vnet_hdr_fill(&h, m);
	require(h.csum_start + h.csum_offset + 2u <= m->data_len);
	if (!(m->ol_flags & OFFLOAD_SEGMENT))
		return;
	require(m->tso_segsz >= OFFLOAD_MIN_SEGMENT);
	require(m->pkt_len > headers + m->l4_len + m->tso_segsz);
	require(h.hdr_len + h.gso_size <= UINT16_MAX);
}

static void carry_out(struct rte_mbuf *m)
{
	struct offload_cut cut;

	if (m->ol_flags & OFFLOAD_SEGMENT) {
		if (offload_cut_init(&cut, m) == 0)
			require(offload_cut_count(&cut) >= 2);
	} else if (m->ol_flags & OFFLOAD_ANY) {
		require(offload_checksum(m) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct virtio_net_hdr h;
	struct rte_mbuf *m;
	size_t first;

	/* a byte that says where the second segment begins, the header, the frame */
	if (size < 1 + sizeof(h) + 1 || size > 65535)
		return 0;
	first = data[0] ? data[0] : size;
	memcpy(&h, data + 1, sizeof(h));
	data += 1 + sizeof(h);
	size -= 1 + sizeof(h);
	m = make(data, size, first);
	if (vnet_hdr_receive(&h, m) == 0) {
		check_request(m);
		carry_out(m);
	}
	heap_packet_destroy(m);
	return 0;
}
