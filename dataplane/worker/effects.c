/* What packets want done to the tables (struct pipeline_effect): from a worker, by a bounded
 * queue that its ports share fairly, to the control thread.  The worker never waits; what does not
 * fit is counted, and the next packet asks for it again. */

#include "dataplane/worker/worker_priv.h"

enum {
	QUEUE_SIZE = 512,
	N_SOURCES = 1 << 16, /* reserved ports have numbers of their own in 16 bits as well */
};

struct effect_item {
	struct pipeline_effect effect;
	uint32_t source;
};

void worker_effects_init(struct worker *w)
{
	fair_queue_init(&w->effects, QUEUE_SIZE, sizeof(struct effect_item), N_SOURCES);
}

void worker_effects_fini(struct worker *w)
{
	fair_queue_fini(&w->effects);
}

/* A port that asks for much, as one that sends from ever new addresses, leaves room for others. */
static bool enqueue(struct worker *w, const struct pipeline_effect *e, uint32_t source)
{
	struct effect_item item = { .effect = *e, .source = source };

	if (!fair_queue_admits(&w->effects, source))
		return false;
	fair_queue_push(&w->effects, source, &item);
	return true;
}

void worker_effects(struct worker *w, const struct pipeline_result *res, uint32_t in_port)
{
	unsigned n_lost = res->n_effects_lost;

	for (unsigned i = 0; i < res->n_effects; i++) {
		if (enqueue(w, &res->effects[i], in_port % N_SOURCES))
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
	struct effect_item item;

	for (unsigned i = 0; i < all->n; i++) {
		struct worker *w = &all->list[i];

		for (unsigned k = 0; k < QUEUE_SIZE && fair_queue_pop(&w->effects, &item); k++) {
			fair_queue_popped(&w->effects, item.source);
			if (all->on_effect)
				all->on_effect(all->arg, &item.effect);
		}
		if (!spsc_is_empty(&w->effects.items))
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
