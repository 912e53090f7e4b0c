#ifndef DATAPLANE_PACKET_IPV6_EXT_H
#define DATAPLANE_PACKET_IPV6_EXT_H

/* Extension headers of IPv6. */

#include <netinet/in.h>
#include "lib/util.h"

/* Size of an extension header of type NEXT, whose first 8 bytes are H (RFC 8200 section 4; AH:
 * RFC 4302 section 2.2); 0 if NEXT is none. */
static inline uint32_t ipv6_ext_size(uint8_t next, const uint8_t *h)
{
	switch (next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return (h[1] + 1) * 8;
	case IPPROTO_AH:
		return (h[1] + 2) * 4;
	case IPPROTO_FRAGMENT:
		return 8;
	default:
		return 0;
	}
}

#endif
