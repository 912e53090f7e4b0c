#ifndef PROTO_OPENFLOW_PACKET_IN2_H
#define PROTO_OPENFLOW_PACKET_IN2_H

/* NXT_PACKET_IN2: a packet-in made of properties (Open vSwitch's nicira-ext.h).  NX_RESUME gives
 * the same properties back, which of_packet_in2_decode() reads too. */

#include "proto/openflow/msg.h"

/* In which form a controller gets packet-ins (NX_SET_PACKET_IN_FORMAT); NXT_PACKET_IN, 1, is not
 * spoken. */
enum of_packet_in_format { OF_PACKET_IN_STANDARD = 0, OF_PACKET_IN_NICIRA2 = 2 };

/* All of BODY; packet, userdata and continuation are lent from it.  What is not there: no buffer,
 * cookie UINT64_MAX, total_len the packet's.  -1 with ERR: OFPBPC_* or OFPBRC_BAD_LEN (no packet,
 * or one longer than it is said to be). */
int of_packet_in2_decode(struct cursor *body, struct arena *a, struct of_packet_in *pi,
			 struct of_error *err);
void of_packet_in2_encode(const struct of_packet_in *pi, uint8_t version, struct buf *out);

#endif
