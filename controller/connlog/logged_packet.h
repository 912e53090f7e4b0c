#ifndef CONTROLLER_CONNLOG_LOGGED_PACKET_H
#define CONTROLLER_CONNLOG_LOGGED_PACKET_H

/* The connection of a packet that a switch has sent for the log, from its first bytes, which are
 * hostile. */

#include "lib/util.h"

struct logged_packet {
	uint8_t version; /* of IP: 4 or 6 */
	uint8_t protocol;
	uint8_t src[16], dst[16];    /* IPv4: the first 4 bytes */
	uint16_t src_port, dst_port; /* host order; 0: none, as in later fragments */
	uint8_t icmp_type, icmp_code;
	uint8_t tcp_flags;
};

/* An Ethernet frame's first SIZE bytes.  -1: it is no IP packet, or cut off before its addresses
 * end. */
int logged_packet_parse(const uint8_t *data, size_t size, struct logged_packet *out);

#endif
