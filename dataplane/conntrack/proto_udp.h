#ifndef DATAPLANE_CONNTRACK_PROTO_UDP_H
#define DATAPLANE_CONNTRACK_PROTO_UDP_H

/* UDP: its states, and the short way for packets of a stream, which change nothing. */

#include "dataplane/conntrack/proto_tcp.h"

enum udp_state {
	UDP_UNANSWERED,
	UDP_ANSWERED, /* once */
	UDP_STREAM,   /* and the first end went on */
};

/* True: P, a UDP packet with a header and no fragment, is CT_VALID for C.  False:
 * ct_proto_update() is to judge it. */
static CPU_INLINE bool ct_udp_update_plain(const struct ct_packet *p, const struct connection *c)
{
	const uint8_t *h = rte_pktmbuf_mtod_offset(p->m, const uint8_t *, p->layout->l4);
	uint16_t size = load_be16(h + 4);

	return __atomic_load_n(&c->proto_state, __ATOMIC_RELAXED) == UDP_STREAM &&
	       (__atomic_load_n(&c->flags, __ATOMIC_RELAXED) &
		(CONNECTION_SEEN_REPLY | CONNECTION_ASSURED | CONNECTION_HELPED)) ==
		       (CONNECTION_SEEN_REPLY | CONNECTION_ASSURED) &&
	       size >= 8 && size <= tcp_l4_size(p);
}

#endif
