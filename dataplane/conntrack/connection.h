#ifndef DATAPLANE_CONNTRACK_CONNECTION_H
#define DATAPLANE_CONNTRACK_CONNECTION_H

/* One connection, as all files of conntrack/ see it.  Two workers may have packets of it at once,
 * one of each direction: what packets change is changed by relaxed atomics (monotonic maxima, one
 * compare-and-exchange for a state), never under a lock.
 *
 * Two cache lines.  The first is all that a packet of an established IPv4 connection reads and
 * writes; NAT, a label, and what TCP does rarely are in the second.  IPv6 connections, those that
 * were expected by another one, and those that a helper reads have two lines more: they are a
 * struct connection_large. */

#include "dataplane/conntrack/timeouts.h"
#include "dataplane/conntrack/tuple.h"

enum connection_flag {
	CONNECTION_SEEN_REPLY = 1,
	CONNECTION_ASSURED = 2, /* it has shown to be real: not given up for a new one lightly */
	CONNECTION_SNAT = 4,	/* the reply tuple's destination is not the original source */
	CONNECTION_DNAT = 8,
	CONNECTION_RELATED = 16, /* expected by another one, which is the parent of this */
	CONNECTION_HELPED = 32,	 /* an application helper reads it */
	CONNECTION_GONE = 64,	 /* out of the index; somebody may still hold it */
	CONNECTION_LARGE = 128,	 /* it is a struct connection_large; fixed */
};
#define CONNECTION_NAT (CONNECTION_SNAT | CONNECTION_DNAT)

/* One sender of a TCP connection, in host order: two atomic words, union tcp_sent and union
 * tcp_allowed of proto_tcp.h.  Packets of one direction write its side alone, but for beginnings.
 */
struct ct_tcp_side {
	uint64_t sent, allowed;
};

struct ct_tcp {
	struct ct_tcp_side sides[2]; /* original direction, reply */
	/* In the second cache line: of a packet that was let pass although it did not fit.  It may
	 * be the ends that are right and not this entry; the answer will tell. */
	uint32_t noted_end, noted_ack;
	uint16_t noted_win;
	uint8_t noted; /* enum tcp_noted, proto_tcp.h; 0: none */
	uint8_t noted_scale;
};

struct ct_sctp {
	uint32_t vtags[2]; /* that packets of each direction carry, network order; 0: not known yet
			    */
	uint32_t noted_vtags[2]; /* the same of an end that may have begun again */
};

/* One direction of an IPv4 connection, but for the zone and the protocol. */
struct ct_ends {
	uint32_t src, dst;
	uint16_t src_port, dst_port;
};

struct connection {
	/* Fixed once it is made.  IPv6: ends.src and ends.dst are zero, the addresses are in the
	 * struct connection_large. */
	struct ct_ends ends; /* of the original direction, as in struct ct_tuple */
	uint16_t zone;
	uint8_t proto;
	uint8_t family;

	uint32_t mark;	     /* network order, as in the flow key; atomic */
	uint32_t used;	     /* when its last packet came, in ticks (TICK_NS); atomic */
	uint8_t proto_state; /* enum of the protocol's file, proto.h */
	uint8_t timeout;     /* enum ct_timeout: of the state it is in */
	uint8_t flags;	     /* enum connection_flag, atomic */
	uint8_t class;	     /* enum entry_class, entries.h: where it is listed; atomic */
	uint8_t has_label;   /* the label may be other than zero; atomic */
	uint8_t unused_hot[3];

	/* Of the protocol's file. */
	union {
		struct ct_tcp tcp;
		struct ct_sctp sctp;
	};

	uint64_t label[2];	   /* network order; atomic */
	struct ct_ends reply_ends; /* fixed */
	uint32_t created;	   /* ticks */
	uint32_t next;		   /* in a list of those that are given up: entries.h */
	uint32_t unused[3];
} __attribute__((aligned(64)));
static_assert(sizeof(struct connection) == 128, "two cache lines");
static_assert(offsetof(struct connection, zone) == 12, "tuple and zone are compared at once");
static_assert(offsetof(struct connection, tcp.noted_end) == 64, "the first line is the hot one");

/* IPv6, expected, or read by a helper. */
struct connection_large {
	struct connection c;				  /* CONNECTION_LARGE */
	struct ct_address src, dst, reply_src, reply_dst; /* IPv6 */
	struct ct_tuple parent; /* CONNECTION_RELATED: the original tuple of its parent */
	struct helped *helped;	/* CONNECTION_HELPED: helper.h; atomic */
	uint8_t unused[16];
};
static_assert(sizeof(struct connection_large) == 256, "four cache lines");

static inline struct connection_large *connection_large(struct connection *c)
{
	return container_of(c, struct connection_large, c);
}

static inline uint8_t connection_flags(const struct connection *c)
{
	return __atomic_load_n(&c->flags, __ATOMIC_RELAXED);
}

/* What packets of C look like when they come in, of the original or the reply direction. */
static inline void connection_tuple(const struct connection *c, bool is_reply, struct ct_tuple *out)
{
	const struct ct_ends *ends = is_reply ? &c->reply_ends : &c->ends;

	*out = (struct ct_tuple){ .src_port = ends->src_port,
				  .dst_port = ends->dst_port,
				  .zone = c->zone,
				  .proto = c->proto,
				  .family = c->family };
	if (c->family == 6) {
		const struct connection_large *l = (const struct connection_large *)c;

		out->src = is_reply ? l->reply_src : l->src;
		out->dst = is_reply ? l->reply_dst : l->dst;
		return;
	}
	memcpy(out->src.bytes, &ends->src, 4);
	memcpy(out->dst.bytes, &ends->dst, 4);
}

static inline void connection_set_ends(struct ct_ends *ends, const struct ct_tuple *t)
{
	*ends = (struct ct_ends){ .src_port = t->src_port, .dst_port = t->dst_port };
	if (t->family == 6)
		return;
	memcpy(&ends->src, t->src.bytes, 4);
	memcpy(&ends->dst, t->dst.bytes, 4);
}

/* Of a connection that nobody else knows yet: how the answers come in. */
static inline void connection_set_reply(struct connection *c, const struct ct_tuple *reply)
{
	connection_set_ends(&c->reply_ends, reply);
	if (c->family == 6) {
		connection_large(c)->reply_src = reply->src;
		connection_large(c)->reply_dst = reply->dst;
	}
}

/* C is zero but for ORIGINAL and its reverse.  IPv6, or IS_LARGE: it is a struct connection_large.
 */
static inline void connection_init(struct connection *c, const struct ct_tuple *original,
				   bool is_large)
{
	struct ct_tuple reply;

	is_large |= original->family == 6;
	memset(c, 0, is_large ? sizeof(struct connection_large) : sizeof(*c));
	c->flags = is_large ? CONNECTION_LARGE : 0;
	c->zone = original->zone;
	c->proto = original->proto;
	c->family = original->family;
	connection_set_ends(&c->ends, original);
	if (c->family == 4 && c->proto != 1) {
		c->reply_ends = (struct ct_ends){ c->ends.dst, c->ends.src, c->ends.dst_port,
						  c->ends.src_port };
		return;
	}
	reply = ct_tuple_reverse(original);
	connection_set_reply(c, &reply);
	if (c->family == 6) {
		connection_large(c)->src = original->src;
		connection_large(c)->dst = original->dst;
	}
}

#endif
