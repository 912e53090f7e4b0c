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
#define FAIR_SLACK	 16384
/* What one burst is charged at most, which no burst is worth. */
#define FAIR_MAX_CHARGE	 (1u << 24)
#define FAIR_NO_LEVEL	 UINT64_MAX
/* A worker that was off its CPU must not blame a source.  A burst that took so many times what is
 * usual for its source is put down to that, */
#define FAIR_UNUSUAL	 64
/* but to no more than this part of what the source was charged before: nobody can live on excuses
 * by sending dear bursts seldom. */
#define FAIR_EXCUSE_PART 16

struct fair_share {
	uint64_t used;	 /* cycles, weighed; only differences mean anything */
	uint64_t usual;	 /* cycles of a burst: a moving average */
	uint64_t excuse; /* cycles that may be put down to others than the source */
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

/* A source that had not been asked for some time is asked again.  What is known of it stays: it
 * could come and go at will. */
static inline void fair_restart(struct fair_share *s)
{
	s->used = 0;
	s->is_waiting = false;
}

/* What a burst that took CYCLES is charged. */
static inline uint64_t fair_price(struct fair_share *s, uint64_t cycles)
{
	uint64_t most = MAX_OF(s->usual * FAIR_UNUSUAL, (uint64_t)FAIR_SLACK);

	if (cycles > most) {
		uint64_t excused = MIN_OF(cycles - most, s->excuse);

		s->excuse -= excused;
		cycles = MIN_OF(cycles - excused, (uint64_t)FAIR_MAX_CHARGE);
	}
	s->usual += (int64_t)(cycles - s->usual) / 16;
	s->excuse = MIN_OF(s->excuse + cycles / FAIR_EXCUSE_PART, (uint64_t)FAIR_MAX_CHARGE);
	return cycles;
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
	s->used += fair_price(s, cycles) * weight;
	s->is_waiting = has_more;
}

/* --- how long the others wait --- */

/* A burst should take no longer, some 50 us: of a source whose packets are dear, fewer are taken at
 * a time.  Half as many as soon as a burst took longer, twice as many when FAIR_N_CHEAP full ones
 * took a quarter at most. */
#define FAIR_BURST   (1u << 17)
#define FAIR_N_CHEAP 16
#define FAIR_MAX_CUT 5 /* of 32, one */

struct fair_burst {
	uint8_t cut;	 /* a burst is halved so many times */
	uint8_t n_cheap; /* since it was changed */
};

/* How many packets to take of MOST; LEAST: with fewer, the port gives none. */
static inline unsigned fair_burst_size(const struct fair_burst *b, unsigned most, unsigned least)
{
	return MAX_OF(most >> b->cut, least);
}

/* The last one took CYCLES. */
static inline void fair_burst_fit(struct fair_burst *b, uint64_t cycles, bool was_full)
{
	if (cycles > FAIR_BURST) {
		b->cut = MIN_OF(b->cut + 1, FAIR_MAX_CUT);
		b->n_cheap = 0;
	} else if (b->cut && was_full && cycles < FAIR_BURST / 4 && ++b->n_cheap == FAIR_N_CHEAP) {
		b->cut--;
		b->n_cheap = 0;
	}
}

#endif
