#ifndef DATAPLANE_WORKER_SPSC_H
#define DATAPLANE_WORKER_SPSC_H

/* A bounded queue from one thread to one other: the control thread and a worker.  Items are
 * copied in and out.  The two ends write different cache lines. */

#include <rte_common.h>
#include "lib/util.h"

struct spsc {
	size_t item_size;
	uint32_t mask; /* capacity - 1 */
	char *items;
	uint32_t head __rte_cache_aligned; /* written by the producer */
	uint32_t tail __rte_cache_aligned; /* written by the consumer */
};

/* CAPACITY is a power of two. */
static inline void spsc_init(struct spsc *q, uint32_t capacity, size_t item_size)
{
	*q = (struct spsc){
		.item_size = item_size,
		.mask = capacity - 1,
		.items = xcalloc(capacity, item_size),
	};
}

/* Producer.  How many more fit, at least. */
static inline uint32_t spsc_room(const struct spsc *q)
{
	return q->mask + 1 - (q->head - __atomic_load_n(&q->tail, __ATOMIC_ACQUIRE));
}

/* Producer.  False: full. */
static inline bool spsc_push(struct spsc *q, const void *item)
{
	uint32_t tail = __atomic_load_n(&q->tail, __ATOMIC_ACQUIRE);

	if (q->head - tail > q->mask)
		return false;
	memcpy(q->items + (q->head & q->mask) * q->item_size, item, q->item_size);
	__atomic_store_n(&q->head, q->head + 1, __ATOMIC_RELEASE);
	return true;
}

/* Consumer.  False: empty. */
static inline bool spsc_pop(struct spsc *q, void *item)
{
	if (__atomic_load_n(&q->head, __ATOMIC_ACQUIRE) == q->tail)
		return false;
	memcpy(item, q->items + (q->tail & q->mask) * q->item_size, q->item_size);
	__atomic_store_n(&q->tail, q->tail + 1, __ATOMIC_RELEASE);
	return true;
}

/* Either end; the other may be changing it. */
static inline bool spsc_is_empty(const struct spsc *q)
{
	return __atomic_load_n(&q->head, __ATOMIC_ACQUIRE) ==
	       __atomic_load_n(&q->tail, __ATOMIC_ACQUIRE);
}

#endif
