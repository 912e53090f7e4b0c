#ifndef DATAPLANE_WORKER_PUNT_QUEUE_H
#define DATAPLANE_WORKER_PUNT_QUEUE_H

/* Packets for the controller on their way from one worker to the control thread.  All ports of the
 * worker share the queue, and none can fill it: a source, which is a port and a reason, may have
 * half as many places as are free.  However many flood, places stay free for those that do not;
 * one that is alone gets a third of all.
 *
 * The worker pushes, the control thread pops; neither waits. */

#include "dataplane/pipeline/pipeline.h"
#include "dataplane/worker/spsc.h"

enum { PUNT_QUEUE_SIZE = 1024 };

struct punt_item {
	struct pipeline_punt why; /* its pkt is given */
	uint32_t total_size;
};

struct punt_queue {
	struct spsc items;
	/* By source, modulo 2^16.  Only pages of ports that punt are ever touched. */
	uint16_t *n_pushed; /* written by the worker */
	uint16_t *n_popped; /* written by the control thread */
};

void punt_queue_init(struct punt_queue *q);
/* What is still in it is the caller's to pop. */
void punt_queue_fini(struct punt_queue *q);

/* Worker.  May this one be pushed now? */
bool punt_queue_admits(const struct punt_queue *q, const struct pipeline_punt *why);
/* Worker, one that was admitted. */
void punt_queue_push(struct punt_queue *q, const struct punt_item *item);
/* Control thread.  False: empty. */
bool punt_queue_pop(struct punt_queue *q, struct punt_item *item);

#endif
