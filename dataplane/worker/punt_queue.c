#include "dataplane/worker/punt_queue.h"

enum {
	REASON_BITS = 3, /* OFPR_* up to PACKET_OUT */
	N_SOURCES = 1 << (16 + REASON_BITS),
};

/* Reserved ports, which packet-outs come from, have numbers of their own in 16 bits as well. */
static uint32_t source_of(const struct pipeline_punt *why)
{
	return (why->in_port & 0xffff) << REASON_BITS | (why->reason & ((1 << REASON_BITS) - 1));
}

void punt_queue_init(struct punt_queue *q)
{
	fair_queue_init(&q->fair, PUNT_QUEUE_SIZE, sizeof(struct punt_item), N_SOURCES);
}

void punt_queue_fini(struct punt_queue *q)
{
	fair_queue_fini(&q->fair);
}

bool punt_queue_admits(const struct punt_queue *q, const struct pipeline_punt *why)
{
	return fair_queue_admits(&q->fair, source_of(why));
}

void punt_queue_push(struct punt_queue *q, const struct punt_item *item)
{
	fair_queue_push(&q->fair, source_of(&item->why), item);
}

bool punt_queue_pop(struct punt_queue *q, struct punt_item *item)
{
	if (!fair_queue_pop(&q->fair, item))
		return false;
	fair_queue_popped(&q->fair, source_of(&item->why));
	return true;
}
