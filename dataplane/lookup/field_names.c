/* Names of places in the flow key (field_names.h). */

#include "dataplane/lookup/field_names.h"

#include <stdio.h>
#include "dataplane/packet/key.h"

#define FIELD(NAME, MEMBER)                                                                        \
	{                                                                                          \
		NAME, offsetof(struct flow_key, MEMBER), sizeof(((struct flow_key *)0)->MEMBER)    \
	}

static const struct field {
	const char *name;
	unsigned offset, size;
} fields[] = {
	FIELD("metadata", metadata),   FIELD("tun_id", tunnel_id),    FIELD("in_port", in_port),
	FIELD("nw_src", ipv4_src),     FIELD("nw_dst", ipv4_dst),     FIELD("dl_dst", eth_dst),
	FIELD("dl_src", eth_src),      FIELD("dl_type", eth_type),    FIELD("vlan_tci", vlan_tci),
	FIELD("tp_src", tp_src),       FIELD("tp_dst", tp_dst),	      FIELD("tcp_flags", tcp_flags),
	FIELD("nw_proto", ip_proto),   FIELD("nw_tos", ip_tos),	      FIELD("nw_ttl", ip_ttl),
	FIELD("ipv6_src", ipv6_src),   FIELD("ipv6_dst", ipv6_dst),   FIELD("nd_target", nd_target),
	FIELD("arp_sha", arp_sha),     FIELD("arp_tha", arp_tha),     FIELD("pkt_mark", pkt_mark),
	FIELD("tun_src", tun_src),     FIELD("tun_dst", tun_dst),     FIELD("ct_mark", ct_mark),
	FIELD("ct_label", ct_label),   FIELD("conj_id", conj_id),     FIELD("ct_zone", ct_zone),
	FIELD("ct_nw_src", ct_nw_src), FIELD("ct_nw_dst", ct_nw_dst),
};

void field_name_at(unsigned bit, char *out, size_t size)
{
	unsigned byte = bit / 8, reg = byte - offsetof(struct flow_key, reg);

	if (reg < sizeof(((struct flow_key *)0)->reg)) {
		snprintf(out, size, "reg%u", reg / 4);
		return;
	}
	snprintf(out, size, "the key");
	for (unsigned i = 0; i < ARRAY_LENGTH(fields); i++)
		if (byte - fields[i].offset < fields[i].size)
			snprintf(out, size, "%s", fields[i].name);
}
