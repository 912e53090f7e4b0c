#ifndef TESTS_FAKES_DATAPLANE_TUPLE_PACKETS_H
#define TESTS_FAKES_DATAPLANE_TUPLE_PACKETS_H

/* Packets by their tuples, parsed, for tests of connection tracking. */

#include "dataplane/conntrack/conntrack.h"

struct tuple_packet {
	struct rte_mbuf *m;
	struct flow_key key;
	struct packet_layout layout;
	struct ct_track track;
};

/* "ADDRESS" IPv4 or IPv6; ports in host order, of ICMP an identifier and the type. */
struct ct_tuple tuple_of(uint16_t zone, uint8_t proto, const char *src, const char *dst,
			 uint16_t src_port, uint16_t dst_port);
/* TCP_FLAGS, with sequence numbers SEQ and ACK, are for TCP only. */
void tuple_packet_init(struct tuple_packet *p, const struct ct_tuple *t, uint8_t tcp_flags,
		       uint32_t seq, uint32_t ack);
void tuple_packet_fini(struct tuple_packet *p);
/* The tuple that it has now, also when it was translated. */
struct ct_tuple tuple_packet_tuple(const struct tuple_packet *p, uint16_t zone);
/* Track it alone, as in a walk of its own.  Its ct_state; -1: it was dropped. */
int tuple_packet_track(struct tuple_packet *p, struct conntrack_thread *t, uint64_t now_ns,
		       const struct ct_request *request, uint16_t zone);
/* Make the packet, track it, let it go. */
int tuple_track(const struct ct_tuple *t, struct conntrack_thread *thread, uint64_t now_ns,
		const struct ct_request *request);

#endif
