#ifndef DATAPLANE_CONNTRACK_PRIV_H
#define DATAPLANE_CONNTRACK_PRIV_H

/* The table of connections, as the files of conntrack/ share it.
 *
 *	index (index.h)			which connection has a tuple
 *	entries (entries.h)		memory of connections, and which are free, alive, half open
 *	epochs (epoch.h)		when memory that was given up can be used again
 *	zones.c, evict.c, expire.c	which connections must go
 *	table.c				making and giving up, from all of these
 */

#include <pthread.h>
#include "dataplane/conntrack/connection.h"
#include "dataplane/conntrack/conntrack.h"
#include "dataplane/conntrack/entries.h"
#include "dataplane/conntrack/expect.h"
#include "dataplane/conntrack/fragments.h"
#include "dataplane/conntrack/helper.h"
#include "dataplane/conntrack/index.h"

#define TICKS_PER_SEC	 64
#define TICK_NS		 (NS_PER_SEC / TICKS_PER_SEC)
#define MAX_TICKS	 (1u << 30) /* half a year */
#define CT_MAX_THREADS	 128
#define N_VICTIMS	 64
#define ZONE_N_HALF_OPEN 56

struct ct_counts {
	uint64_t n_created, n_expired, n_flushed, n_evicted, n_replaced;
	uint64_t n_refused_full, n_refused_zone, n_invalid, n_nat_exhausted;
	uint64_t n_words_in, n_words_out; /* of the index */
};

/* A zone's line is written by each thread that makes connections in it. */
struct zone {
	uint32_t limit;	    /* 0: none */
	bool has_limit;	    /* of its own */
	uint32_t n;	    /* atomic; for a moment it may be less than 0 */
	uint32_t n_pushed;  /* atomic */
	uint64_t n_refused; /* atomic */
	uint32_t n_tried;   /* atomic */
	/* References of the connections that were made last, which may be half open; only under a
	 * limit. */
	uint32_t half_open[ZONE_N_HALF_OPEN];
} __attribute__((aligned(64)));

struct epoch_slot {
	uint64_t epoch; /* at which its thread has entered; 0: it holds nothing */
	/* Half-open connections that came by this slot's threads less those that went; atomic. */
	int64_t n_half_open;
} APART;

struct conntrack {
	/* Read by all, changed rarely. */
	struct conntrack_config config;
	struct ct_policy policy;
	struct entries entries;
	struct index_secrets secrets;
	uint64_t nat_secret;
	struct index_view *view; /* published */
	struct ct_fragments *fragments;
	struct expect_table *expected;
	struct helpers *helpers;
	struct zone *zones; /* 65,536 */
	uint32_t default_limit;
	uint32_t credit_batch;
	uint32_t n_slots; /* of epochs[] that were ever used */
	bool is_waiting;  /* tend() is to be called early if something must be done; atomic */
	bool is_empty;	  /* it is to be called when there is a connection; atomic */

	/* Written by threads. */
	int64_t room APART; /* connections that may be made and are no thread's credit */
	uint64_t epoch APART;
	struct epoch_slot epochs[CT_MAX_THREADS];

	/* The control thread's. */
	pthread_mutex_t lock; /* of the list of threads */
	struct conntrack_thread *threads[CT_MAX_THREADS];
	struct ct_counts counts; /* of threads that are gone */
	struct conntrack_thread *control;
	struct growth growth;
	uint32_t swept[N_STORES];	 /* words of this round */
	uint32_t next_due;		 /* the earliest that this round has seen */
	uint32_t seconds[CT_N_TIMEOUTS]; /* the policy that due times were made by */
};

struct slot_cache {
	unsigned n;
	uint32_t slots[128];
};

struct limbo_batch {
	uint32_t first, n; /* references, linked by connection.next */
	uint64_t epoch;
};

#define LIMBO_BATCHES 64
struct limbo {
	struct limbo_batch open, closed[LIMBO_BATCHES];
	unsigned first, n; /* of closed */
};

struct conntrack_thread {
	struct conntrack *ct;
	struct epoch_slot *epoch;
	const struct index_view *view; /* while it is entered */
	uint64_t now_ns;
	uint32_t now; /* ticks */
	int32_t credits;
	unsigned id;
	uint8_t cpu_level;   /* enum cpu_level */
	unsigned scans_left; /* of this burst: words of idle connections to look through */
	bool knows_share;    /* of this burst: share_left is set */
	int64_t share_left;  /* half-open ones that may come in place of idle ones */
	uint32_t none_idle;  /* the tick at which no idle one was found at last */
	struct ct_counts counts;
	struct slot_cache caches[N_STORES];
	struct limbo limbo;
	uint32_t hands[N_STORES][ENTRY_N_CLASSES]; /* places */
	uint16_t zone; /* in which zone_delta connections came that it does not know of yet */
	int32_t zone_delta;
	unsigned n_victims;
	uint32_t victims[N_VICTIMS]; /* references of idle connections */
};

/* What tells how long it is kept and what for it may be given up: state, timeout, flags. */
static inline uint32_t connection_status(const struct connection *c)
{
	return (uint32_t)(__atomic_load_n(&c->timeout, __ATOMIC_RELAXED) | connection_flags(c)
										   << 8);
}

/* Established TCP goes to and fro between these. */
static inline bool is_waiting_for_ack(uint32_t status)
{
	return (status & 0xff) == CT_TIMEOUT_TCP_ESTABLISHED ||
	       (status & 0xff) == CT_TIMEOUT_TCP_UNACKNOWLEDGED;
}

/* Whether a change of status is one of how it is listed and when it is looked at. */
static inline bool status_matters(uint32_t was, uint32_t is)
{
	return is != was &&
	       (is >> 8 != was >> 8 || !is_waiting_for_ack(is) || !is_waiting_for_ack(was));
}

/* Ticks since its last packet. */
static inline uint32_t connection_idle(const struct connection *c, uint32_t now)
{
	uint32_t idle = now - __atomic_load_n(&c->used, __ATOMIC_RELAXED);

	return (int32_t)idle < 0 ? 0 : idle; /* another thread's clock may be ahead */
}

/* Ticks that it may be idle. */
static inline uint32_t connection_allowed(const struct ct_policy *p, const struct connection *c)
{
	uint64_t s = __atomic_load_n(&p->seconds[__atomic_load_n(&c->timeout, __ATOMIC_RELAXED)],
				     __ATOMIC_RELAXED);

	return (uint32_t)MIN_OF(s * TICKS_PER_SEC, MAX_TICKS);
}

/* Ticks after which it is to be looked at.  Established TCP may be left waiting for an ACK at any
 * time, and is not looked for anew then. */
static inline uint32_t connection_looked_at(const struct ct_policy *p, const struct connection *c)
{
	uint32_t allowed = connection_allowed(p, c);
	uint64_t s = __atomic_load_n(&p->seconds[CT_TIMEOUT_TCP_UNACKNOWLEDGED], __ATOMIC_RELAXED);

	if (__atomic_load_n(&c->timeout, __ATOMIC_RELAXED) != CT_TIMEOUT_TCP_ESTABLISHED)
		return allowed;
	return (uint32_t)MIN_OF(s * TICKS_PER_SEC, allowed);
}

static inline bool connection_is_over(const struct conntrack_thread *t, const struct connection *c)
{
	return connection_idle(c, t->now) > connection_allowed(&t->ct->policy, c);
}

/* A counter of a thread's own, which others read. */
static inline void count_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* --- table.c --- */

/* Until epoch_leave(), what is found stays. */
void table_enter(struct conntrack_thread *t);
/* Of all threads. */
struct ct_counts table_counts(const struct conntrack *ct);
/* The connection of packets that look like TUPLE. */
struct connection *connection_find(struct conntrack_thread *t, const struct ct_tuple *tuple,
				   bool *is_reply);
/* *C is a new connection of ORIGINAL that nobody knows, or the reason why there can be none. */
enum drop_reason connection_take(struct conntrack_thread *t, const struct ct_tuple *original,
				 bool is_large, struct connection **c);
/* Give back what was not published. */
void connection_untake(struct conntrack_thread *t, struct connection *c);
/* From now on it is found.  False: another one has one of its tuples. */
bool connection_publish(struct conntrack_thread *t, struct connection *c);
/* Take C out, if nobody else does, and count that at *COUNT. */
bool connection_give_up(struct conntrack_thread *t, struct connection *c, uint64_t *count);
/* A packet of it came; its status WAS. */
void connection_used(struct conntrack_thread *t, struct connection *c, uint32_t was);
/* Somebody is to call conntrack_tend() soon. */
void table_wake(struct conntrack *ct);

/* --- zones.c --- */

/* One connection more in ZONE; false: it has too many. */
bool zone_enter(struct conntrack_thread *t, uint16_t zone);
void zone_leave(struct conntrack_thread *t, uint16_t zone);
/* The zones know of all that T has made and given up. */
void zone_settle(struct conntrack_thread *t);
/* C, which is new, is half open. */
void zone_note(struct conntrack_thread *t, const struct connection *c);

/* --- evict.c --- */

/* One connection is given up for a new one; false: all are in use. */
bool evict_one(struct conntrack_thread *t);

/* --- expire.c --- */

/* Take what has timed out, within a budget; true: there is more. */
bool expire_some(struct conntrack_thread *t);

/* --- describe.c --- */

void connection_describe(const struct conntrack *ct, struct connection *c, uint64_t now_ns,
			 struct conntrack_entry *out);

#endif
