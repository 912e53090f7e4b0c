#ifndef DATAPLANE_CONNTRACK_IP_HEADER_H
#define DATAPLANE_CONNTRACK_IP_HEADER_H

/* An IP header with what follows it up to the upper layer: of a packet, to know its fragment, or
 * quoted in an ICMP error, where every length may be a lie. */

#include "lib/util.h"

struct ct_packet;

struct ip_header {
	const uint8_t *src, *dst; /* 4 or 16 bytes, lent */
	uint8_t family;		  /* 4 or 6 */
	uint8_t proto;		  /* of the upper layer; a later fragment of IPv6: 0 */
	bool is_fragment, is_last;
	uint16_t l4;	    /* where the upper layer begins, or this fragment's part of it */
	uint32_t l4_size;   /* how many bytes of it the header claims for this packet */
	uint32_t frag_at;   /* where in the datagram this fragment begins, in bytes */
	uint32_t frag_size; /* how many bytes of it this is */
	uint32_t id;	    /* of the datagram, network order; IPv4: 16 bits */
};

/* The header at AT, of which SIZE bytes are there.  False: it is cut off before the upper layer, or
 * contradicts itself. */
bool ip_header_read(const uint8_t *at, size_t size, struct ip_header *out);
/* That of a packet. */
bool ip_header_of(const struct ct_packet *p, struct ip_header *out);

#endif
