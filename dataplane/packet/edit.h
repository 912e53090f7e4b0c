#ifndef DATAPLANE_PACKET_EDIT_H
#define DATAPLANE_PACKET_EDIT_H

/* Changing a parsed packet: bytes, flow key and checksums together, so that parsing the packet
 * again would give the same key.  A checksum that was wrong stays wrong.
 *
 * Packets with a pending L4 checksum (RTE_MBUF_F_TX_TCP_CKSUM ...) hold only the sum of the
 * pseudo header in its field; that is kept right as well.  The first segment must be writable
 * and hold the headers. */

#include "dataplane/packet/key_fields.h"
#include "dataplane/packet/parse.h"

struct rte_mbuf;

/* Set the field's bits in MASK to VALUE's (n_bytes each; MASK NULL: all of them).  A packet
 * that has no such field is left alone.  Metadata, tunnel_id and registers are set in the key. */
void packet_set_field(struct rte_mbuf *m, struct flow_key *key, struct packet_layout *layout,
		      enum of_field_id id, const void *value, const void *mask);
/* Whether the packet has the field, by its key and layout. */
bool packet_has_field(const struct flow_key *key, const struct packet_layout *layout,
		      enum of_field_id id);
/* An outermost tag with VID and PCP of the present one, or zero (OF 1.3.5 section 7.2.5).
 * TPID in host order.  DROP_NONE, or the reason why nothing was changed. */
enum drop_reason packet_push_vlan(struct rte_mbuf *m, struct flow_key *key,
				  struct packet_layout *layout, uint16_t tpid);
/* The outermost tag, if there is one. */
void packet_pop_vlan(struct rte_mbuf *m, struct flow_key *key, struct packet_layout *layout);

#endif
