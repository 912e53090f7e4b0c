#include "dataplane/worker/fair_queue.h"

#include <stdlib.h>

void fair_queue_init(struct fair_queue *q, uint32_t capacity, size_t item_size, uint32_t n_sources)
{
	spsc_init(&q->items, capacity, item_size);
	q->n_pushed = xcalloc(n_sources, sizeof(*q->n_pushed));
	q->n_popped = xcalloc(n_sources, sizeof(*q->n_popped));
}

void fair_queue_fini(struct fair_queue *q)
{
	free(q->items.items);
	free(q->n_pushed);
	free(q->n_popped);
}

bool fair_queue_admits(const struct fair_queue *q, uint32_t source)
{
	uint16_t popped = __atomic_load_n(&q->n_popped[source], __ATOMIC_RELAXED);
	uint16_t n_waiting = q->n_pushed[source] - popped;
	uint32_t room = spsc_room(&q->items);

	return n_waiting ? n_waiting < room / 2 : room > 0;
}

void fair_queue_push(struct fair_queue *q, uint32_t source, const void *item)
{
	if (spsc_push(&q->items, item))
		q->n_pushed[source]++;
}

void fair_queue_popped(struct fair_queue *q, uint32_t source)
{
	__atomic_store_n(&q->n_popped[source], q->n_popped[source] + 1, __ATOMIC_RELAXED);
}
