#ifndef DATAPLANE_CONNTRACK_TCP_SEGMENT_H
#define DATAPLANE_CONNTRACK_TCP_SEGMENT_H

/* What a TCP segment says, read once; its options only where somebody asks. */

#include "dataplane/conntrack/proto.h"

enum tcp_flag_bit {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_PSH = 8,
	TCP_ACK = 16,
	TCP_URG = 32,
};

enum tcp_kind {
	TCP_KIND_SYN,
	TCP_KIND_SYNACK,
	TCP_KIND_FIN,
	TCP_KIND_ACK,
	TCP_KIND_RST,
	TCP_N_KINDS
};

struct tcp_segment {
	uint32_t seq, end; /* the first sequence number, and one more than the last */
	uint32_t ack;	   /* as the end that is acknowledged counts; see helped_ack() */
	uint32_t sack;	   /* the largest edge of what is acknowledged; `ack` without SACK */
	uint16_t win;	   /* as it stands in the header */
	uint8_t flags;	   /* enum tcp_flag_bit */
	uint8_t kind;	   /* enum tcp_kind */
	uint8_t scale;	   /* of a SYN, at most 14 */
	uint8_t options;   /* of a SYN: CT_TCP_SCALES, CT_TCP_SACKS */
	bool is_fragment;  /* `end` is of the first fragment alone */
};

/* False: its header contradicts itself, or no TCP sends such flags. */
bool tcp_segment_read(const struct ct_packet *p, const struct connection *c, bool is_reply,
		      struct tcp_segment *out);

#endif
