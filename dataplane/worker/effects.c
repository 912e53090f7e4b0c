/* What packets want done to the tables (struct pipeline_effect): from a worker, by a bounded queue,
 * to the control thread.  The worker never waits; what does not fit is counted, and the next packet
 * asks for it again. */

#include "dataplane/worker/worker_priv.h"

void worker_effects(struct worker *w, const struct pipeline_result *res)
{
	unsigned n_lost = res->n_effects_lost;

	for (unsigned i = 0; i < res->n_effects; i++) {
		if (spsc_push(&w->effects, &res->effects[i]))
			continue;
		pipeline_effect_lost(w->pipeline_thread, &res->effects[i]);
		n_lost++;
	}
	worker_count(&w->counters.lost_effects, n_lost);
	if (res->n_effects)
		loop_wake(w->all->waker);
}

/* At most a queue's size per worker and call, so that the loop turns on. */
static void effects_deliver(struct workers *all)
{
	struct pipeline_effect e;

	for (unsigned i = 0; i < all->n; i++) {
		struct worker *w = &all->list[i];

		for (unsigned k = 0; k < EFFECT_QUEUE_SIZE && spsc_pop(&w->effects, &e); k++)
			if (all->on_effect)
				all->on_effect(all->arg, &e);
		if (!spsc_is_empty(&w->effects))
			loop_wake(all->waker);
	}
}

/* Punts and effects name programs and rules of the snapshot that their packets met.  They were
 * queued before the worker left that behind, so who releases it delivers them first. */
void workers_deliver(struct workers *all)
{
	uint64_t n_injects = __atomic_load_n(&all->list[0].counters.n_injects, __ATOMIC_ACQUIRE);

	punts_deliver(all);
	effects_deliver(all);
	all->n_injects_delivered = n_injects;
}
