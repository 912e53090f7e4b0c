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
 * that has no such field is left alone.  Fields of the pipeline are set in the key.  DROP_NONE, or
 * why the packet is no longer of use: it is to be dropped. */
enum drop_reason packet_set_field(struct rte_mbuf *m, struct flow_key *key,
				  struct packet_layout *layout, enum of_field_id id,
				  const void *value, const void *mask);
/* Whether the packet has the field, by its key and layout. */
bool packet_has_field(const struct flow_key *key, const struct packet_layout *layout,
		      enum of_field_id id);

/* Each of these returns DROP_NONE, or a reason for which the packet is to be dropped:
 * DROP_NO_HEADROOM with nothing changed; or, what came to light being malformed, the parser's.
 * A packet that has no such header to pop, decrement or copy is left alone.  The MPLS and PBB
 * ones need a packet that was parsed in full. */

/* An outermost tag with VID and PCP of the present one, or zero (OF 1.3.5 section 5.12.1).
 * TPID in host order. */
enum drop_reason packet_push_vlan(struct rte_mbuf *m, struct flow_key *key,
				  struct packet_layout *layout, uint16_t tpid);
enum drop_reason packet_pop_vlan(struct rte_mbuf *m, struct flow_key *key,
				 struct packet_layout *layout);
/* An outermost label stack entry, with label and TC of the present one or zero, and the TTL of
 * that, of the IP header or zero; its S bit is set if it is the only one (OF 1.3.5 section 5.12.1).
 * VLAN tags count as part of the Ethernet header and stay before it, as in Open vSwitch.
 * ETH_TYPE, 0x8847 or 0x8848, in host order. */
enum drop_reason packet_push_mpls(struct rte_mbuf *m, struct flow_key *key,
				  struct packet_layout *layout, uint16_t eth_type);
/* ETH_TYPE is the payload's from now on, whatever it is. */
enum drop_reason packet_pop_mpls(struct rte_mbuf *m, struct flow_key *key,
				 struct packet_layout *layout, uint16_t eth_type);
/* A backbone header before the whole frame: addresses as the frame's, an I-TAG with the I-SID of
 * the present one or zero and the priority of the outermost VLAN tag (OF 1.3.5 section 5.12.1).
 * ETH_TYPE, 0x88e7, in host order. */
enum drop_reason packet_push_pbb(struct rte_mbuf *m, struct flow_key *key,
				 struct packet_layout *layout, uint16_t eth_type);
/* The customer's addresses take the backbone's place; VLAN tags before the I-TAG stay. */
enum drop_reason packet_pop_pbb(struct rte_mbuf *m, struct flow_key *key,
				struct packet_layout *layout);

/* DROP_INVALID_TTL, with nothing changed, if the TTL is 0 or 1. */
enum drop_reason packet_dec_nw_ttl(struct rte_mbuf *m, struct flow_key *key,
				   struct packet_layout *layout);
enum drop_reason packet_dec_mpls_ttl(struct rte_mbuf *m, struct flow_key *key,
				     struct packet_layout *layout);
/* From the second label, or the IP header under the only one, to the outermost label; and back. */
enum drop_reason packet_copy_ttl_out(struct rte_mbuf *m, struct flow_key *key,
				     struct packet_layout *layout);
enum drop_reason packet_copy_ttl_in(struct rte_mbuf *m, struct flow_key *key,
				    struct packet_layout *layout);

#endif
