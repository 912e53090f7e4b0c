#ifndef DATAPLANE_CONNTRACK_CONNECTION_H
#define DATAPLANE_CONNTRACK_CONNECTION_H

/* One connection, as all files of conntrack/ see it.  Two workers may have packets of it at once,
 * one of each direction: what packets change is changed by relaxed atomics (monotonic maxima, one
 * compare-and-exchange for a state), never under a lock. */

#include "dataplane/conntrack/timeouts.h"
#include "dataplane/conntrack/tuple.h"

enum connection_flag {
	CONNECTION_SEEN_REPLY = 1,
	CONNECTION_ASSURED = 2, /* it has shown to be real: not given up for a new one lightly */
	CONNECTION_SNAT = 4,	/* the reply tuple's destination is not the original source */
	CONNECTION_DNAT = 8,
	CONNECTION_RELATED =
		16, /* expected by another one; `parent` is the original tuple of that */
	CONNECTION_HELPED = 32, /* an application helper reads it */
	CONNECTION_GONE = 64,	/* out of the index; somebody may still hold it */
};

/* One sender of a TCP connection: Rooij, "Real stateful TCP packet filtering", in host order. */
struct ct_tcp_side {
	uint32_t end;	  /* one more than the last sequence number it has sent */
	uint32_t max_end; /* the right edge of what it may send: largest ack + window of its peer */
	uint32_t max_win; /* the largest window it has announced, scaled */
	uint8_t scale;	  /* its window scale, RFC 7323 */
	uint8_t flags;	  /* enum ct_tcp_side_flag, proto_tcp.h */
	uint16_t unused;
};

struct ct_tcp {
	struct ct_tcp_side sides[2];	       /* original direction, reply */
	uint32_t last_seq, last_ack, last_end; /* of the packet that last was remarkable */
	uint8_t last_flags, last_is_reply, n_retrans, unused;
};

struct ct_sctp {
	uint32_t vtags[2];
};

struct connection {
	/* Of the protocol's file. */
	union {
		struct ct_tcp tcp;
		struct ct_sctp sctp;
	};
	uint8_t proto_state; /* enum of the protocol's file, proto.h */
	uint8_t timeout;     /* enum ct_timeout: of the state it is in */
	uint8_t flags;	     /* enum connection_flag, atomic */

	/* Fixed once it is made: what its two directions look like when they come in. */
	struct ct_tuple original, reply;
	uint32_t mark;	   /* network order, as in the flow key; atomic */
	uint8_t label[16]; /* network order */
};

#endif
