#ifndef DATAPLANE_PIPELINE_STAGE_H
#define DATAPLANE_PIPELINE_STAGE_H

/* Timing the stages of the walk, on one burst in many, so that it is cheap enough to stay on. */

#include <rte_cycles.h>
#include "dataplane/pipeline/pipeline_priv.h"

#define STAGE_BURSTS 61 /* of so many bursts one is timed: a prime, so that all ports' are */

/* A burst begins. */
static inline void stage_choose(struct pipeline_thread *t)
{
	t->is_timed = !t->n_untimed;
	t->n_untimed = t->is_timed ? STAGE_BURSTS - 1 : t->n_untimed - 1;
}

/* When the stage begins; 0 if the burst is not timed. */
static inline uint64_t stage_begin(const struct pipeline_thread *t)
{
	return __builtin_expect(t->is_timed, 0) ? rte_rdtsc() : 0;
}

/* Of N_PACKETS, since BEGAN.  Returns when the next stage begins. */
static inline uint64_t stage_end(const struct pipeline_thread *t, struct stage_cost *cost,
				 uint64_t began, unsigned n_packets)
{
	uint64_t now;

	if (__builtin_expect(!t->is_timed, 1))
		return 0;
	now = rte_rdtsc();
	count(&cost->cycles, now - began);
	count(&cost->n_packets, n_packets);
	return now;
}

#endif
