#ifndef CONTROLLER_APPS_EUI64_H
#define CONTROLLER_APPS_EUI64_H

/* The link-local IPv6 address that a MAC address gives (RFC 4291 appendix A). */

#include <netinet/in.h>
#include "lib/util.h"

static inline struct in6_addr eui64_link_local(const uint8_t mac[6])
{
	return (struct in6_addr){ .s6_addr = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 0x02, mac[1],
					       mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] } };
}

#endif
