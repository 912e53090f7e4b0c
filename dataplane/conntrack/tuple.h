#ifndef DATAPLANE_CONNTRACK_TUPLE_H
#define DATAPLANE_CONNTRACK_TUPLE_H

/* What tells one direction of a connection from all others.  In network byte order; what a protocol
 * has not is zero, so tuples are compared as bytes. */

#include <assert.h>

#include "lib/util.h"

struct ct_address {
	uint8_t bytes[16]; /* IPv4: the first 4 */
};

struct ct_tuple {
	struct ct_address src, dst;
	/* TCP, UDP, SCTP: ports.  ICMP and ICMPv6 queries: src_port is the identifier, dst_port the
	 * type and code of the request, in either direction.  Others: zero. */
	uint16_t src_port, dst_port;
	uint16_t zone;	/* host order */
	uint8_t proto;	/* IPPROTO_* */
	uint8_t family; /* 4 or 6 */
};
static_assert(sizeof(struct ct_tuple) == 40, "no padding");

/* The tuple of the packets that answer. */
static inline struct ct_tuple ct_tuple_reverse(const struct ct_tuple *t)
{
	struct ct_tuple r = *t;

	r.src = t->dst;
	r.dst = t->src;
	/* An ICMP identifier is the same in both directions. */
	if (t->proto != 1 && t->proto != 58) {
		r.src_port = t->dst_port;
		r.dst_port = t->src_port;
	}
	return r;
}

#endif
