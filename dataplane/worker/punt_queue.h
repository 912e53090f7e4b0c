#ifndef DATAPLANE_WORKER_PUNT_QUEUE_H
#define DATAPLANE_WORKER_PUNT_QUEUE_H

/* Packets for the controller on their way from one worker to the control thread, in a fair_queue of
 * which each port and reason has a part. */

#include "dataplane/pipeline/pipeline.h"
#include "dataplane/worker/fair_queue.h"

enum { PUNT_QUEUE_SIZE = 1024 };

struct punt_item {
	struct pipeline_punt why; /* its pkt is given */
	uint32_t total_size;
};

struct punt_queue {
	struct fair_queue fair;
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
