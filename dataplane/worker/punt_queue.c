#include "dataplane/worker/punt_queue.h"

#include <stdlib.h>

enum {
	REASON_BITS = 3, /* OFPR_* up to PACKET_OUT */
	N_SOURCES = 1 << (16 + REASON_BITS),
};

/* Reserved ports, which packet-outs come from, have numbers of their own in 16 bits as well. */
static uint32_t source_of(const struct pipeline_punt *why)
{
	return (why->in_port & 0xffff) << REASON_BITS |
	       (why->reason & ((1 << REASON_BITS) - 1));
}

void punt_queue_init(struct punt_queue *q)
{
	spsc_init(&q->items, PUNT_QUEUE_SIZE, sizeof(struct punt_item));
	q->n_pushed = xcalloc(N_SOURCES, sizeof(*q->n_pushed));
	q->n_popped = xcalloc(N_SOURCES, sizeof(*q->n_popped));
}

void punt_queue_fini(struct punt_queue *q)
{
	free(q->items.items);
	free(q->n_pushed);
	free(q->n_popped);
}

bool punt_queue_admits(const struct punt_queue *q, const struct pipeline_punt *why)
{
	uint32_t source = source_of(why), room = spsc_room(&q->items);
	uint16_t popped = __atomic_load_n(&q->n_popped[source], __ATOMIC_RELAXED);
	uint16_t n_waiting = q->n_pushed[source] - popped;

	return n_waiting ? n_waiting < room / 2 : room > 0;
}

void punt_queue_push(struct punt_queue *q, const struct punt_item *item)
{
	if (spsc_push(&q->items, item))
		q->n_pushed[source_of(&item->why)]++;
}

bool punt_queue_pop(struct punt_queue *q, struct punt_item *item)
{
	uint32_t source;

	if (!spsc_pop(&q->items, item))
		return false;
	source = source_of(&item->why);
	__atomic_store_n(&q->n_popped[source], q->n_popped[source] + 1, __ATOMIC_RELAXED);
	return true;
}
