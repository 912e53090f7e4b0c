#ifndef DATAPLANE_WORKER_PATIENCE_H
#define DATAPLANE_WORKER_PATIENCE_H

/* How long a worker polls a queue that has become quiet before it lets the queue wake it.
 *
 * A wake-up costs tens of microseconds, and the sender a system call.  So it does not pay to sleep
 * through gaps that are shorter; and polling through gaps that are longer takes a core from others.
 * Each gap that was slept through tells which kind this queue has: was it short, the worker waits
 * twice as long next time, was it long, half as long.
 *
 * Times are TSC cycles. */

#include "lib/util.h"

enum {
	PATIENCE_MIN_US = 4,
	PATIENCE_MAX_US = 64, /* what may be polled for in vain after each packet */
};

struct patience {
	uint64_t min, max;    /* 0 and 0: none */
	uint64_t limit;	      /* between them */
	uint64_t quiet_since; /* the first look that found nothing; 0: the last one found some */
};

static inline void patience_init(struct patience *p, uint64_t min, uint64_t max)
{
	*p = (struct patience){ .min = min, .max = max, .limit = min };
}

/* A look at NOW, above 0, found packets or not. */
static inline void patience_found(struct patience *p)
{
	p->quiet_since = 0;
}

static inline void patience_found_none(struct patience *p, uint64_t now)
{
	if (!p->quiet_since)
		p->quiet_since = now;
}

static inline bool patience_is_over(const struct patience *p, uint64_t now)
{
	return p->quiet_since && now - p->quiet_since >= p->limit;
}

/* It was over, and something came at NOW. */
static inline void patience_learn(struct patience *p, uint64_t now)
{
	if (!p->quiet_since)
		return;
	if (now - p->quiet_since <= p->max)
		p->limit = MIN_OF(2 * p->limit, p->max);
	else
		p->limit = MAX_OF(p->limit / 2, p->min);
	p->quiet_since = 0;
}

#endif
