#ifndef TESTS_FAKES_DATAPLANE_TRACKED_H
#define TESTS_FAKES_DATAPLANE_TRACKED_H

/* Connections made without flows: a packet said in one line is tracked, and committed. */

#include "dataplane/conntrack/conntrack.h"

struct tracked_packet {
	uint16_t zone;
	uint8_t proto;
	const char *src, *dst;	     /* IPv4 or IPv6 */
	uint16_t src_port, dst_port; /* of ICMP: the type, the code */
	uint8_t tcp_flags;	     /* 0: SYN */
	uint32_t seq, ack;	     /* of TCP, host order */
	uint32_t mark;		     /* host order; 0: none is stored */
	uint8_t label;		     /* the last byte of it; 0: none is stored */
	const struct ct_nat *nat;
	bool is_not_committed;
};

/* Its ct_state; -1: it was dropped. */
int track_packet(struct conntrack *ct, uint64_t now_ns, const struct tracked_packet *p);

#endif
