#ifndef DATAPLANE_CONNTRACK_PAYLOAD_H
#define DATAPLANE_CONNTRACK_PAYLOAD_H

/* What TCP and UDP packets carry, which may lie in several segments of a packet. */

#include "dataplane/packet/parse.h"

struct rte_mbuf;

struct payload {
	uint32_t at;   /* bytes from the start of the packet */
	uint32_t size; /* by the IP header; padding of the frame is not counted */
};

/* Of a packet that has a TCP or UDP header.  False: its lengths contradict each other. */
bool payload_of(const struct rte_mbuf *m, const struct flow_key *key,
		const struct packet_layout *layout, struct payload *out);
/* SIZE bytes from AT on, which are in the packet. */
void payload_copy(const struct rte_mbuf *m, uint32_t at, void *to, uint32_t size);
/* Put SIZE bytes of TEXT in place of OLD_SIZE bytes at AT of a TCP packet's payload P; lengths and
 * checksums of the headers follow.  False, with nothing changed: there is no room, the bytes are
 * shared with other packets, or too much follows. */
bool payload_replace(struct rte_mbuf *m, const struct flow_key *key,
		     const struct packet_layout *layout, const struct payload *p, uint32_t at,
		     uint32_t old_size, const void *text, uint32_t size);

#endif
