/* Packets for the controller: from a worker, by a bounded and fair queue, to the control thread.
 * What does not fit is dropped and counted; a flood of them costs the worker nothing more. */

#include "dataplane/worker/worker_priv.h"

#include <stdlib.h>
#include "dataplane/port/offload.h"

/* Give back what nobody will read. */
static void cut_tail(struct rte_mbuf *m, uint32_t size)
{
	if (m->next && m->data_len >= size) {
		rte_pktmbuf_free(m->next);
		m->next = NULL;
		m->nb_segs = 1;
		m->pkt_len = m->data_len;
	}
}

/* WHY's packet is given. */
static void enqueue(struct worker *w, const struct pipeline_punt *why)
{
	struct punt_item item = { .why = *why, .total_size = why->pkt->pkt_len };

	if (why->pkt->ol_flags & OFFLOAD_ANY)
		offload_checksum(why->pkt); /* a packet that cannot be parsed stays as it is */
	cut_tail(why->pkt, pipeline_punt_size(why, PUNT_MAX_BYTES));
	punt_queue_push(&w->punts, &item);
}

void worker_punt(struct worker *w, const struct pipeline_punt *punts, unsigned n)
{
	unsigned n_queued = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!punt_queue_admits(&w->punts, &punts[i])) {
			rte_pktmbuf_free(punts[i].pkt);
			continue;
		}
		enqueue(w, &punts[i]);
		n_queued++;
	}
	worker_count(&w->counters.n_punts, n_queued);
	worker_count(&w->counters.drop_punt_full, n - n_queued);
	if (n_queued)
		loop_wake(w->all->waker);
}

static void deliver(struct workers *all, struct punt_item *item, uint8_t *scratch)
{
	struct rte_mbuf *m = item->why.pkt;
	uint32_t size =
		pipeline_punt_size(&item->why, MIN_OF(m->pkt_len, (uint32_t)PUNT_MAX_BYTES));
	struct workers_punt punt = {
		.why = &item->why,
		.data = rte_pktmbuf_read(m, 0, size, scratch),
		.size = size,
		.total_size = item->total_size,
	};

	item->why.pkt = NULL;
	if (all->on_punt)
		all->on_punt(all->arg, &punt);
	rte_pktmbuf_free(m);
}

/* At most a queue's size per worker and call, so that the loop turns on. */
void punts_deliver(struct workers *all)
{
	static uint8_t scratch[PUNT_MAX_BYTES];

	for (unsigned i = 0; i < all->n; i++) {
		struct worker *w = &all->list[i];
		struct punt_item item;

		for (unsigned k = 0; k < PUNT_QUEUE_SIZE && punt_queue_pop(&w->punts, &item); k++)
			deliver(all, &item, scratch);
		if (!spsc_is_empty(&w->punts.fair.items))
			loop_wake(all->waker);
	}
}
