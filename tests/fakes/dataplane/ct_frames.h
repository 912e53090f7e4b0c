#ifndef TESTS_FAKES_DATAPLANE_CT_FRAMES_H
#define TESTS_FAKES_DATAPLANE_CT_FRAMES_H

/* Packets between two hosts, 10.0.0.1 (the original side) and 10.0.0.2 or fd00::1 and fd00::2, for
 * tests of what protocols make of them. */

#include "dataplane/conntrack/connection.h"
#include "dataplane/conntrack/proto.h"

struct ct_frame {
	struct rte_mbuf *m;
	struct flow_key key;
	struct packet_layout layout;
	enum drop_reason drop; /* of the parser */
};

/* IPv4 with a header of PROTO and FRAG, its flags and offset in host order; or IPv6, where FRAG
 * other than 0 makes a fragment header of it (offset * 8 | more << 13, as in IPv4). */
void ct_frame_ip(struct ct_frame *f, bool is_v6, bool is_reply, uint8_t proto, uint32_t id,
		 uint16_t frag, const void *payload, size_t size);
void ct_frame_fini(struct ct_frame *f);
struct ct_packet ct_frame_packet(const struct ct_frame *f);

/* A TCP segment from port 1000 to 80, or back; N_DATA bytes of data. */
struct ct_segment {
	bool is_v6, is_reply;
	uint8_t flags;
	uint32_t seq, ack;
	uint16_t win;
	unsigned n_data;
	uint8_t options[20];
	unsigned n_options; /* a multiple of 4 */
	uint8_t offset;	    /* 0: as it should be */
};

void ct_frame_tcp(struct ct_frame *f, const struct ct_segment *s);

#endif
