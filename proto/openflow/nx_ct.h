#ifndef PROTO_OPENFLOW_NX_CT_H
#define PROTO_OPENFLOW_NX_CT_H

/* Which tracked connections NXT_CT_FLUSH is about (Open vSwitch's nicira-ext.h). */

#include "lib/util.h"

/* One direction of a connection; what is zero is any. */
struct of_ct_tuple {
	uint8_t src[16], dst[16];     /* IPv4: mapped, ::ffff:a.b.c.d */
	uint16_t src_port, dst_port;  /* host order */
	uint16_t icmp_id;	      /* host order; of ICMP and ICMPv6 instead of ports */
	uint8_t icmp_type, icmp_code; /* the same */
};

struct of_nx_ct_flush {
	bool has_zone; /* false: of all zones */
	uint16_t zone;
	uint8_t ip_proto; /* 0: any */
	uint8_t family;	  /* 4 or 6, as the addresses are; 0: there are none */
	struct of_ct_tuple original, reply;
	uint32_t mark, mark_mask;	     /* host order */
	uint8_t labels[16], labels_mask[16]; /* network order */
};

/* All of one tuple that there is, besides zeros: address, address, port, port.  Such a message is
 * about one connection. */
bool of_ct_tuple_is_full(const struct of_ct_tuple *t, uint8_t ip_proto);
bool of_ct_tuple_is_zero(const struct of_ct_tuple *t, uint8_t ip_proto);

#endif
