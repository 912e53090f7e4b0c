#include "dataplane/port/frame_io.h"

#include <assert.h>
#include <rte_ether.h>
#include "dataplane/port/pool.h"
#include "dataplane/port/vnet_hdr.h"
#include "lib/util.h"

int frame_slot_prepare(struct frame_slot *slot, struct iovec iov[FRAME_RX_IOVECS])
{
	if (!slot->small)
		slot->small = rte_pktmbuf_alloc(pool_small());
	if (!slot->large)
		slot->large = rte_pktmbuf_alloc(pool_large());
	if (!slot->small || !slot->large) {
		pool_count_failed();
		return -1;
	}
	iov[0].iov_base = rte_pktmbuf_mtod(slot->small, char *) - VNET_HDR_SIZE;
	iov[0].iov_len = VNET_HDR_SIZE + POOL_SMALL_SIZE;
	iov[1].iov_base = rte_pktmbuf_mtod(slot->large, char *);
	iov[1].iov_len = POOL_LARGE_SIZE;
	return 0;
}

/* The buffers as a packet of SIZE bytes; the large one is chained if the frame reaches into it. */
static struct rte_mbuf *take_buffers(struct frame_slot *slot, size_t size)
{
	struct rte_mbuf *m = slot->small;

	slot->small = NULL;
	m->pkt_len = size;
	m->data_len = MIN_OF(size, (size_t)POOL_SMALL_SIZE);
	if (size > m->data_len) {
		m->next = slot->large;
		m->nb_segs = 2;
		m->next->data_len = size - m->data_len;
		slot->large = NULL;
	}
	return m;
}

/* There is headroom: the buffer was just received into. */
static void put_vlan(struct rte_mbuf *m, uint16_t tpid, uint16_t tci)
{
	char *data = rte_pktmbuf_prepend(m, sizeof(struct rte_vlan_hdr));

	assert(data);
	memmove(data, data + sizeof(struct rte_vlan_hdr), 2 * RTE_ETHER_ADDR_LEN);
	store_be16(data + 2 * RTE_ETHER_ADDR_LEN, tpid);
	store_be16(data + 2 * RTE_ETHER_ADDR_LEN + 2, tci);
}

struct rte_mbuf *frame_slot_take_vlan(struct frame_slot *slot, size_t size, uint16_t tpid,
				      uint16_t tci)
{
	struct virtio_net_hdr h;
	struct rte_mbuf *m;

	if (size < VNET_HDR_SIZE + RTE_ETHER_HDR_LEN ||
	    size > VNET_HDR_SIZE + POOL_SMALL_SIZE + POOL_LARGE_SIZE)
		return NULL;
	m = take_buffers(slot, size - VNET_HDR_SIZE);
	memcpy(&h, rte_pktmbuf_mtod(m, char *) - VNET_HDR_SIZE, VNET_HDR_SIZE);
	if (tpid) {
		put_vlan(m, tpid, tci);
		h.csum_start += sizeof(struct rte_vlan_hdr);
	}
	if (vnet_hdr_receive(&h, m) == 0)
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}

struct rte_mbuf *frame_slot_take(struct frame_slot *slot, size_t size)
{
	return frame_slot_take_vlan(slot, size, 0, 0);
}

void frame_slot_fini(struct frame_slot *slot)
{
	rte_pktmbuf_free(slot->small);
	rte_pktmbuf_free(slot->large);
	*slot = (struct frame_slot){ .small = NULL };
}

int frame_gather(const struct rte_mbuf *m, struct virtio_net_hdr *h,
		 struct iovec iov[FRAME_MAX_IOVECS])
{
	int n = 1;

	vnet_hdr_fill(h, m);
	iov[0] = (struct iovec){ h, VNET_HDR_SIZE };
	for (; m; m = m->next) {
		if (n == FRAME_MAX_IOVECS)
			return -1;
		iov[n++] = (struct iovec){ rte_pktmbuf_mtod(m, void *), m->data_len };
	}
	return n;
}
