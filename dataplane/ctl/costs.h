#ifndef DATAPLANE_CTL_COSTS_H
#define DATAPLANE_CTL_COSTS_H

/* What packets cost lately.  Workers and tables count since they started; here their counts of a
 * moment ago are kept, a second apart, and what is told is the difference.
 *
 * What is a rate (load, packets a second) is over the last one to two seconds.  A stage's cycles a
 * packet are those of the packets that were measured in that time, but of COSTS_MIN_PACKETS at
 * least, which goes further back where few packets come; so it is what it was when the traffic has
 * ended.  Without workers (ctl_config) nothing is kept, and all is since the start.
 *
 * On the control thread. */

#include "dataplane/ctl/ctl.h"
#include "dataplane/table/counters.h"

#define COSTS_MIN_PACKETS 64

struct costs;

struct costs_worker {
	double load; /* the part of the time spent with packets, 0 to 1 */
	double packets_per_second;
	double packets_per_burst; /* as they are received; 0: none were */
	double cycles_per_packet; /* all that a worker does for it; 0: none was */
	double cached;		  /* the part of the packets that the cache of flows knew, 0 to 1 */
	struct stage_cost rx, parse, cache, gather, tx;
};

/* CONFIG is lent for its life. */
struct costs *costs_create(const struct ctl_config *config);
void costs_destroy(struct costs *c);

/* Of worker I, which there is. */
void costs_of_worker(const struct costs *c, unsigned i, struct costs_worker *out);
/* What a table costs in worker I. */
struct stage_costs costs_of_worker_table(const struct costs *c, unsigned i, uint8_t table_id);
/* The same, of all threads. */
struct stage_costs costs_of_table(const struct costs *c, uint8_t table_id);

static inline double stage_cost_each(struct stage_cost s)
{
	return s.n_packets ? (double)s.cycles / s.n_packets : 0;
}

#endif
