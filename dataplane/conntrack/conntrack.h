#ifndef DATAPLANE_CONNTRACK_CONNTRACK_H
#define DATAPLANE_CONNTRACK_CONNTRACK_H

/* Connections: which packets belong together, in both directions, by whatever port and worker they
 * come.
 *
 *	control thread				thread that runs packets
 *	  conntrack_create()
 *	  conntrack_thread_create()		conntrack_enter(t, now)	once a burst
 *						conntrack_burst(t, request, burst, bitmap)
 *	  conntrack_tend() now and then		conntrack_leave(t)
 *	  conntrack_each(), conntrack_flush()
 *
 * Packets take no lock: they find connections in an index of cache lines that only
 * compare-and-exchange changes, and what leaves the index is used again when no thread can still
 * hold it (epochs).  No EAL call, no clock: time is an argument, monotonic nanoseconds. */

#include "dataplane/conntrack/nat.h"
#include "dataplane/conntrack/timeouts.h"
#include "dataplane/packet/parse.h"
#include "lib/status.h"

struct conntrack;
struct conntrack_thread;
struct connection;

/* Bits of ct_state (Open vSwitch's ovs-fields manual). */
enum ct_state {
	CT_STATE_NEW = 0x01,
	CT_STATE_EST = 0x02,
	CT_STATE_REL = 0x04,
	CT_STATE_RPL = 0x08,
	CT_STATE_INV = 0x10,
	CT_STATE_TRK = 0x20,
	CT_STATE_SNAT = 0x40,
	CT_STATE_DNAT = 0x80,
};

#define CT_DEFAULT_MAX (1u << 20) /* connections */

struct conntrack_config {
	uint32_t max_connections; /* 0: CT_DEFAULT_MAX */
	uint64_t seed;		  /* a secret */
	/* Called on any thread when conntrack_tend() is to be called at once, whatever it returned:
	 * a connection was made while there was none (it had returned UINT64_MAX), or the index is
	 * crowded.  At most once between two calls.  NULL: it will be called often enough anyway.
	 */
	void (*wake)(void *wake_arg);
	void *wake_arg;
};

struct conntrack *conntrack_create(const struct conntrack_config *config);
/* Its threads are gone. */
void conntrack_destroy(struct conntrack *ct);
struct ct_policy *conntrack_policy(struct conntrack *ct);
/* NULL: there are 127 threads already. */
struct conntrack_thread *conntrack_thread_create(struct conntrack *ct);
/* What it made stays. */
void conntrack_thread_destroy(struct conntrack_thread *t);

/* --- threads that run packets --- */

/* Where a packet of the burst stands with tracking; all zero before it is first tracked. */
struct ct_track {
	struct connection *connection; /* NULL: none is known; valid until conntrack_leave() */
	uint16_t zone;
	uint8_t state; /* enum ct_state; 0: not tracked in `zone` */
	bool is_reply;
	bool is_translated; /* the connection's NAT is in its headers already */
};

struct ct_burst {
	struct rte_mbuf **pkts;
	struct flow_key *keys;
	struct packet_layout *layouts;
	struct ct_track *tracks;
	uint8_t lines; /* enum key_lines of keys[] that are filled */
};

/* What one ct action asks for. */
struct ct_request {
	bool is_commit, is_force;
	bool is_peek;		  /* a trace: nothing changes, nothing is made */
	uint16_t alg;		  /* 0, or the port of the protocol that helps: 21, 69 */
	const struct ct_nat *nat; /* NULL: none */
};

/* From here to leave() what is found stays. */
void conntrack_enter(struct conntrack_thread *t, uint64_t now_ns);
void conntrack_leave(struct conntrack_thread *t);
/* Track the packets of BITMAP, parsed to PARSE_L4, whose zones are in zones[i] (host order): find
 * their connections, judge them, make those that is_commit asks for, translate.  Sets ct_state,
 * ct_zone, ct_mark, ct_label and the original tuple in their keys (as far as lines says), and
 * tracks[].  A packet that was tracked in that zone before is not judged twice.  Returns those that
 * go on; the layouts of the others say why they are dropped.  May write packets only if NAT is set.
 */
uint64_t conntrack_burst(struct conntrack_thread *t, const struct ct_request *request,
			 const uint16_t *zones, const struct ct_burst *b, uint64_t bitmap);
/* The connection of TRACK (may have none) is marked and labelled as KEY says. */
void conntrack_store(const struct ct_track *track, const struct flow_key *key, bool mark,
		     bool label);
/* Forget it: the packet is untracked again. */
void conntrack_clear(struct ct_track *track, struct flow_key *key, unsigned lines);

/* --- control thread --- */

/* Let time pass: forget what has timed out, grow the index, give memory back.  At most some 200 us;
 * returns when it is to be called again; UINT64_MAX: not before there are connections. */
uint64_t conntrack_tend(struct conntrack *ct, uint64_t now_ns);

/* 0: no limit, whatever the default. */
void conntrack_set_zone_limit(struct conntrack *ct, uint16_t zone, uint32_t limit);
/* The zone has no limit of its own any more. */
void conntrack_delete_zone_limit(struct conntrack *ct, uint16_t zone);
/* For zones without one of their own; 0: none. */
void conntrack_set_default_limit(struct conntrack *ct, uint32_t limit);
uint32_t conntrack_default_limit(const struct conntrack *ct);

struct conntrack_zone {
	uint16_t zone;
	bool has_limit;
	uint32_t limit;
	uint32_t n_connections; /* those of a thread's present burst may not be counted yet */
	uint64_t n_refused;	/* new connections that the limit kept out */
};

/* Zones that have connections or a limit, ascending. */
void conntrack_each_zone(struct conntrack *ct,
			 void (*cb)(void *ctx, const struct conntrack_zone *z), void *ctx);

struct conntrack_stats {
	uint64_t n_connections, max_connections;
	uint64_t n_created, n_expired, n_flushed, n_evicted, n_refused_full, n_refused_zone;
	uint64_t n_invalid; /* packets */
	uint64_t n_nat_exhausted;
	uint64_t bytes; /* of memory that has been touched */
};

struct conntrack_stats conntrack_stats(const struct conntrack *ct);

/* A connection for people and programs. */
struct conntrack_entry {
	struct ct_tuple original, reply, parent;
	uint8_t proto_state;
	const char *state_name;
	uint8_t flags; /* enum connection_flag */
	uint32_t mark; /* host order */
	uint8_t label[16];
	uint64_t timeout_ms;		   /* left */
	uint64_t n_packets[2], n_bytes[2]; /* if they are counted, else zero */
};

struct conntrack_filter {
	bool has_zone, has_mark;
	uint16_t zone;
	uint32_t mark, mark_mask;	   /* host order */
	uint8_t label[16], label_mask[16]; /* network order */
	const char *state_name;		   /* like that of the entry, in any case; NULL: any */
	/* Fields of the original or the reply tuple; those whose mask is zero are not compared. */
	struct ct_tuple original, original_mask, reply, reply_mask;
};

bool conntrack_filter_matches(const struct conntrack_filter *f, const struct conntrack_entry *e);
/* A walk over all connections in steps: *CURSOR 0 at first; calls CB for those that FILTER (NULL:
 * all) lets through until CB, having taken one, returns false, or N were looked at.  False: at the
 * end.  What comes or goes meanwhile may be missed; all else is told once. */
bool conntrack_each(struct conntrack *ct, uint64_t *cursor, unsigned n, uint64_t now_ns,
		    const struct conntrack_filter *filter,
		    bool (*cb)(void *ctx, const struct conntrack_entry *e), void *ctx);
/* Forget those that FILTER (NULL: all) matches, at once for every packet that follows.  Returns how
 * many. */
uint64_t conntrack_flush(struct conntrack *ct, const struct conntrack_filter *filter);
/* The same in steps, for a million takes a fifth of a second: *CURSOR 0 at first, N are looked at,
 * *N_FLUSHED goes up.  False: that was all. */
bool conntrack_flush_some(struct conntrack *ct, uint64_t *cursor, unsigned n,
			  const struct conntrack_filter *filter, uint64_t *n_flushed);

#endif
