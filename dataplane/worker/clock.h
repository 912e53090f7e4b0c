#ifndef DATAPLANE_WORKER_CLOCK_H
#define DATAPLANE_WORKER_CLOCK_H

/* A worker's time: the loop's clock (CLOCK_MONOTONIC) to the nanosecond, fresh each turn, for
 * meters and queues.  Asking the kernel for it costs as much as a packet, so between two times that
 * it was asked, a millisecond apart, the processor's counter tells. */

#include <rte_cycles.h>
#include <time.h>
#include "lib/util.h"

struct worker_clock {
	uint64_t base_cycles, base_ns;
	uint64_t max_cycles;	  /* after which the kernel is asked again; 0 at first */
	uint64_t ns_per_cycle_32; /* times 2^32 */
	uint64_t last_ns;
};

static inline void worker_clock_sync(struct worker_clock *c)
{
	struct timespec ts;

	if (!c->max_cycles) {
		c->max_cycles = rte_get_tsc_hz() / 1000;
		c->ns_per_cycle_32 = (NS_PER_SEC << 32) / rte_get_tsc_hz();
	}
	clock_gettime(CLOCK_MONOTONIC, &ts);
	c->base_cycles = rte_rdtsc();
	c->base_ns = ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

/* Never goes back.  CYCLES is rte_rdtsc() of now. */
static inline uint64_t worker_clock_ns(struct worker_clock *c, uint64_t cycles)
{
	uint64_t since = cycles - c->base_cycles, now_ns;

	if (since >= c->max_cycles) {
		worker_clock_sync(c);
		since = 0;
	}
	now_ns = c->base_ns + (since * c->ns_per_cycle_32 >> 32);
	return c->last_ns = MAX_OF(c->last_ns, now_ns);
}

#endif
