/* ovs-ofctl's words for an EtherType and IP protocol. */

#include "proto/openflow/protocol_names.h"

#include <strings.h>

/* The words that say both come first. */
static const struct protocol_name names[] = {
	{ "tcp", 0x0800, 6 },	  { "udp", 0x0800, 17 },   { "sctp", 0x0800, 132 },
	{ "icmp", 0x0800, 1 },	  { "tcp6", 0x86dd, 6 },   { "udp6", 0x86dd, 17 },
	{ "sctp6", 0x86dd, 132 }, { "icmp6", 0x86dd, 58 }, { "ip", 0x0800, -1 },
	{ "ipv6", 0x86dd, -1 },	  { "arp", 0x0806, -1 },   { "rarp", 0x8035, -1 },
	{ "mpls", 0x8847, -1 },	  { "mplsm", 0x8848, -1 },
};

const struct protocol_name *protocol_name_of(int eth_type, int ip_proto)
{
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (names[i].eth_type == eth_type &&
		    (names[i].ip_proto == ip_proto || names[i].ip_proto < 0))
			return &names[i];
	}
	return NULL;
}

const struct protocol_name *protocol_name_find(const char *name, size_t size)
{
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strlen(names[i].name) == size && strncasecmp(names[i].name, name, size) == 0)
			return &names[i];
	}
	return NULL;
}
