#ifndef DATAPLANE_WORKER_FAIR_H
#define DATAPLANE_WORKER_FAIR_H

/* A worker's time, shared out among its sources: each gets as many cycles as any other that wants
 * them, however dear its packets are.  So a port whose packets cost fifty times as much (a
 * broadcast to a thousand ports, a chain of resubmits, packets never seen before) sends fewer of
 * them, and the others send as many as ever.
 *
 * A source that gave a full burst has more: it waits.  The least use among those that wait is the
 * level.  Who has used more than the level, and some slack, is passed over until the others have
 * caught up.  Who does not wait cannot save up time: it starts from the level.  When nobody waits,
 * nobody owes anything.
 *
 * Pure functions of cycles, which the worker measures once a burst (some 20 cycles, less than one a
 * packet), and only if it has more than one source. */

#include "lib/util.h"

/* What sources may differ in before one is passed over: some bursts, so that equal ones never are.
 */
#define FAIR_SLACK	16384
/* What one burst is charged at most: a worker that was off its CPU must not blame a source. */
#define FAIR_MAX_CHARGE (1u << 24)
#define FAIR_NO_LEVEL	UINT64_MAX

struct fair_share {
	uint64_t used; /* cycles, weighed; only differences mean anything */
	bool is_waiting;
};

/* The level is the least fair_bid() of all sources. */
static inline uint64_t fair_bid(const struct fair_share *s)
{
	return s->is_waiting ? s->used : FAIR_NO_LEVEL;
}

static inline bool fair_may_go(const struct fair_share *s, uint64_t level)
{
	return level == FAIR_NO_LEVEL || s->used <= level + FAIR_SLACK;
}

/* S had its turn and took CYCLES.  WEIGHT: how many sources belong to its owner, who gets one share
 * for all of them.  HAS_MORE: its burst was full. */
static inline void fair_charge(struct fair_share *s, uint64_t level, uint64_t cycles,
			       unsigned weight, bool has_more)
{
	if (level == FAIR_NO_LEVEL)
		s->used = 0;
	else if (!s->is_waiting && s->used < level)
		s->used = level;
	s->used += MIN_OF(cycles, (uint64_t)FAIR_MAX_CHARGE) * weight;
	s->is_waiting = has_more;
}

#endif
