#ifndef TESTS_FAKES_CONTROLLER_FRAMES_H
#define TESTS_FAKES_CONTROLLER_FRAMES_H

/* Frames as hosts send them, for tests that look at what becomes of packets. */

#include <netinet/in.h>
#include "lib/util.h"

#define FRAME_MAX 256

struct frame {
	uint8_t data[FRAME_MAX];
	size_t size;
};

struct frame_host {
	uint8_t mac[6];
	struct in_addr ipv4;
	struct in6_addr ipv6;
};

extern const uint8_t frame_broadcast[6];

/* From FROM to DST_MAC. */
struct frame frame_udp4(const struct frame_host *from, const uint8_t dst_mac[6],
			struct in_addr dst);
struct frame frame_udp6(const struct frame_host *from, const uint8_t dst_mac[6],
			const struct in6_addr *dst);
/* An ARP request, broadcast; SPA may be another than the sender's own. */
struct frame frame_arp_request(const struct frame_host *from, struct in_addr spa,
			       struct in_addr tpa);
/* A neighbour solicitation to the solicited-node address, from SRC; with the source link-layer
 * option unless SRC is ::. */
struct frame frame_solicit(const struct frame_host *from, const struct in6_addr *src,
			   const struct in6_addr *target);
/* The ICMPv6 checksum of an untagged frame, as it should be; the frame's own is not looked at. */
uint16_t frame_icmpv6_checksum(const uint8_t *frame, size_t size);

#endif
