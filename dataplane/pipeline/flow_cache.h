#ifndef DATAPLANE_PIPELINE_FLOW_CACHE_H
#define DATAPLANE_PIPELINE_FLOW_CACHE_H

/* A small cache in front of the tables, one for each thread: a packet whose parsed first line is
 * that of an earlier one took the same way, so its rules are counted and it is sent without looking
 * up anything.  For pipelines of many tables and few flows; the tables alone are fast enough that
 * nothing depends on it.
 *
 * It has ways through plain rules only, of IPv4 packets: all else that their look-ups could see is
 * the same for each of them when the walk begins.  Another snapshot makes it forget all it knows,
 * so it never answers for tables that have changed.  Counters are those of the rules themselves, so
 * they are exact.
 *
 * A second one stands behind ct actions, for packets of established connections: what the tables
 * have made of such a packet so far follows from its first line, and what conntrack has said is in
 * ct_state.  Its ways begin in the table that the action names.
 *
 * Whether it pays is measured.  It is used as long as hits save more than asking costs; otherwise
 * it is by-passed, and tried again after a while, more and more rarely. */

#include "dataplane/packet/key.h"
#include "dataplane/table/counters.h"
#include "lib/status.h"

struct flow_cache;
struct pipeline;
struct pipeline_thread;
struct rule;

#define FLOW_CACHE_WAYS	    16384
#define FLOW_CACHE_EST_WAYS 32768 /* two for a connection */

enum flow_cache_mode {
	FLOW_CACHE_AUTO,
	FLOW_CACHE_OFF,
	FLOW_CACHE_ON, /* whether it pays or not */
};

struct flow_cache_stats {
	bool is_used;		 /* at the moment; otherwise it is by-passed */
	bool is_off;		 /* and will never be */
	uint64_t n_asked, n_hit; /* packets since the thread began */
};

/* "auto", "off" or "on"; -1 with ST filled for anything else. */
int flow_cache_mode_parse(const char *text, enum flow_cache_mode *mode, struct status *st);
/* SEED keys the hash; N_WAYS, a power of two, are remembered at most. */
struct flow_cache *flow_cache_create(uint64_t seed, unsigned n_ways);
void flow_cache_destroy(struct flow_cache *c); /* NULL is allowed */
/* Any thread, any time. */
struct flow_cache_stats flow_cache_stats(const struct flow_cache *c);

/* --- of the thread that runs packets; T's burst is parsed --- */

/* Those of GOOD, all plain and about to be looked up in table AT, whose way is known are counted,
 * and go where T's plain_ports[] say; the others are returned.  Of some of these the way is noted.
 */
uint64_t flow_cache_run(struct flow_cache *c, const struct pipeline *p, struct pipeline_thread *t,
			unsigned at, uint64_t good);
/* The packets of BITMAP found T's found[] in table ID. */
void flow_cache_note(struct flow_cache *c, const struct pipeline_thread *t, unsigned id,
		     uint64_t bitmap);
/* All have walked. */
void flow_cache_learn(struct flow_cache *c, const struct pipeline_thread *t);
/* A walk of N packets took so many cycles. */
void flow_cache_tell_cost(struct flow_cache *c, uint64_t cycles, unsigned n);

#endif
