#ifndef DATAPLANE_WORKER_FAIR_QUEUE_H
#define DATAPLANE_WORKER_FAIR_QUEUE_H

/* A bounded queue from a worker to the control thread, which many sources share and none can fill:
 * a source may have half as many places as are free.  However many flood, places stay free for
 * those that do not; one that is alone gets a third of all.
 *
 * Who uses it says what a source is, and a number for each.  The worker pushes, the control thread
 * pops; neither waits. */

#include "dataplane/worker/spsc.h"

struct fair_queue {
	struct spsc items;
	/* By source, modulo 2^16.  Only pages of sources that send are ever touched. */
	uint16_t *n_pushed; /* written by the worker */
	uint16_t *n_popped; /* written by the control thread */
};

/* CAPACITY: a power of two, at most 2^15.  Sources are below N_SOURCES. */
void fair_queue_init(struct fair_queue *q, uint32_t capacity, size_t item_size, uint32_t n_sources);
/* What is still in it is the caller's to pop. */
void fair_queue_fini(struct fair_queue *q);

/* Worker.  May SOURCE push one now? */
bool fair_queue_admits(const struct fair_queue *q, uint32_t source);
/* Worker, one that was admitted; it is copied. */
void fair_queue_push(struct fair_queue *q, uint32_t source, const void *item);
/* Control thread.  False: empty.  If not, fair_queue_popped() is next. */
static inline bool fair_queue_pop(struct fair_queue *q, void *item)
{
	return spsc_pop(&q->items, item);
}

/* Control thread: the last one popped was SOURCE's. */
void fair_queue_popped(struct fair_queue *q, uint32_t source);

#endif
