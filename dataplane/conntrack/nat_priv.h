#ifndef DATAPLANE_CONNTRACK_NAT_PRIV_H
#define DATAPLANE_CONNTRACK_NAT_PRIV_H

/* What the files of NAT share. */

#include "dataplane/conntrack/nat.h"

/* What changes in sums by a new source and a new destination address. */
struct nat_delta {
	uint64_t src, dst;
};

/* Ports of an SCTP packet, in network order. */
enum drop_reason nat_write_sctp(struct rte_mbuf *m, struct flow_key *key,
				struct packet_layout *layout, uint16_t src, uint16_t dst);

#endif
