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
	 * type (first byte) and code of this direction's messages, so that two hosts may ask each
	 * other under the same identifier.  Others: zero. */
	uint16_t src_port, dst_port;
	uint16_t zone;	/* host order */
	uint8_t proto;	/* IPPROTO_* */
	uint8_t family; /* 4 or 6 */
};
static_assert(sizeof(struct ct_tuple) == 40, "no padding");

/* The type of ICMP (PROTO 1) and ICMPv6 (58) messages that answers TYPE, or that it answers; TYPE
 * itself if it is of no query. */
static inline uint8_t ct_icmp_answer(uint8_t proto, uint8_t type)
{
	switch (proto == 1 ? type : type | 0x100) {
	case 0: /* echo; in the next rows those of timestamp, information and address mask */
	case 8:
		return type ^ 8;
	case 13:
	case 14:
		return type ^ 3;
	case 15:
	case 16:
		return type ^ 31;
	case 17:
	case 18:
		return type ^ 3;
	case 0x100 | 128: /* echo, node information (RFC 4620) */
	case 0x100 | 129:
		return type ^ 1;
	case 0x100 | 139:
	case 0x100 | 140:
		return type ^ 7;
	default:
		return type;
	}
}

/* The tuple of the packets that answer. */
static inline struct ct_tuple ct_tuple_reverse(const struct ct_tuple *t)
{
	struct ct_tuple r = *t;
	uint8_t *type = (uint8_t *)&r.dst_port;

	r.src = t->dst;
	r.dst = t->src;
	/* An ICMP identifier is the same in both directions. */
	if (t->proto == 1 || t->proto == 58) {
		*type = ct_icmp_answer(t->proto, *type);
	} else {
		r.src_port = t->dst_port;
		r.dst_port = t->src_port;
	}
	return r;
}

#endif
