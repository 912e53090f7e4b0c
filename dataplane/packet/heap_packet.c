/* Packets in plain memory: the mbuf and its buffer are one allocation. */

#include "dataplane/packet/heap_packet.h"

#include <stdlib.h>
#include <rte_mbuf.h>

#define HEADROOM 128
#define MAX_SIZE 65535

static struct rte_mbuf *heap_packet_new(size_t room)
{
	struct rte_mbuf *m = xcalloc(1, sizeof(*m) + HEADROOM + room);

	m->buf_addr = m + 1;
	m->buf_len = MIN_OF(HEADROOM + room, (size_t)UINT16_MAX);
	m->data_off = HEADROOM;
	m->nb_segs = 1;
	m->port = RTE_MBUF_PORT_INVALID;
	rte_mbuf_refcnt_set(m, 1);
	return m;
}

struct rte_mbuf *heap_packet_create(const void *data, size_t size)
{
	struct rte_mbuf *m;

	assert(size <= MAX_SIZE);
	m = heap_packet_new(size);
	if (size)
		memcpy((uint8_t *)m->buf_addr + HEADROOM, data, size);
	m->data_len = size;
	m->pkt_len = size;
	return m;
}

void heap_packet_destroy(struct rte_mbuf *m)
{
	struct rte_mbuf *next;

	for (; m; m = next) {
		next = m->next;
		free(m);
	}
}

const uint8_t *heap_packet_data(const struct rte_mbuf *m, size_t *size)
{
	*size = m->data_len;
	return rte_pktmbuf_mtod(m, const uint8_t *);
}

static struct rte_mbuf *heap_copy(void *ctx, const struct rte_mbuf *m)
{
	struct rte_mbuf *first = NULL, **at = &first;

	(void)ctx;
	for (const struct rte_mbuf *seg = m; seg; seg = seg->next) {
		struct rte_mbuf *copy = heap_packet_new(seg->data_len);

		copy->data_off = MIN_OF(seg->data_off, HEADROOM);
		memcpy(rte_pktmbuf_mtod(copy, uint8_t *), rte_pktmbuf_mtod(seg, const uint8_t *),
		       seg->data_len);
		copy->data_len = seg->data_len;
		*at = copy;
		at = &copy->next;
	}
	first->nb_segs = m->nb_segs;
	first->pkt_len = m->pkt_len;
	first->ol_flags = m->ol_flags;
	first->tx_offload = m->tx_offload;
	first->port = m->port;
	return first;
}

static void heap_free(void *ctx, struct rte_mbuf **pkts, unsigned n)
{
	(void)ctx;
	for (unsigned i = 0; i < n; i++)
		heap_packet_destroy(pkts[i]);
}

const struct packet_ops heap_packet_ops = { .copy = heap_copy, .free = heap_free };
