#ifndef PROTO_OPENFLOW_PROTOCOL_NAMES_H
#define PROTO_OPENFLOW_PROTOCOL_NAMES_H

/* ovs-ofctl's words for an EtherType and IP protocol: "tcp6". */

#include "lib/util.h"

struct protocol_name {
	const char *name;
	int eth_type;
	int ip_proto; /* -1: any */
};

/* -1 for what a match does not name.  The most telling word, or NULL. */
const struct protocol_name *protocol_name_of(int eth_type, int ip_proto);
const struct protocol_name *protocol_name_find(const char *name, size_t size);

#endif
