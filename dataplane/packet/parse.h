#ifndef DATAPLANE_PACKET_PARSE_H
#define DATAPLANE_PACKET_PARSE_H

/* From packet bytes to flow keys, a burst at a time.  Bytes are hostile: nothing is read
 * beyond the first segment, and what contradicts itself leaves with a named reason.
 *
 * Headers must lie in the first segment of a packet (the ports see to the first 192 bytes);
 * lengths are judged by the whole packet.  Fragments after the first have no L4 fields, their
 * ip_proto is the IPv4 header's, or 44 in IPv6 (as Open vSwitch has it).
 *
 * Of MPLS, the outermost label stack entry is read, of PBB the I-TAG; what is inside is not looked
 * at until it is popped. */

#include "dataplane/packet/drop.h"
#include "dataplane/packet/key.h"

struct rte_mbuf;

#define PACKET_BURST_MAX 64 /* packets of a burst; a bitmap of them is one word */

/* How deep a packet must be looked into.  A packet is checked as deep as it is parsed. */
enum parse_depth {
	PARSE_NOTHING, /* in_port, metadata, registers */
	PARSE_L2,      /* Ethernet and VLAN */
	PARSE_L3,      /* ARP, IPv4, IPv6 headers, MPLS, PBB */
	PARSE_L4,      /* TCP, UDP, SCTP, ICMP, ICMPv6 with neighbour discovery */
};

#define PARSE_MAX_VLANS 4  /* tags that are followed; one more is the packet's eth_type */
#define PARSE_MAX_MPLS	16 /* label stack entries that are counted */

/* Where the headers of a parsed packet lie: offsets in bytes from its start, 0 if absent. */
struct packet_layout {
	uint16_t l3; /* of what eth_type names; MPLS: the outermost label, PBB: the I-TAG */
	uint16_t l4; /* 0 for later fragments and protocols that are not parsed; ARP: its body */
	uint16_t nd_sll, nd_tll; /* of the option, not of the address in it */
	uint8_t n_vlans;
	uint8_t n_mpls; /* label stack entries up to the bottom of stack, as far as they are there
			 */
	bool is_routed; /* an IPv6 routing header decides the final destination */
	bool has_nd;	/* nd_target and nd_reserved are there */
	uint8_t drop;	/* enum drop_reason */
	uint8_t unused[3];
};
static_assert(sizeof(struct packet_layout) == 16, "cleared for each packet in one step");

/* Lines of the key (see key.h) that somebody will look at; the others need not be cleared. */
enum key_lines {
	KEY_LINE_COMMON = 1,
	KEY_LINE_REGS = 2,
	KEY_LINE_V6 = 4,
	KEY_LINE_PIPELINE = 8,
	KEY_LINE_TUNNEL = 16,
	KEY_LINE_TUN_METADATA = 32,
	KEY_LINE_CT_V6 = 64, /* and more of the tunnel's meta data */
	KEY_LINES_ALL = 127,
};

#define PARSE_LINES (KEY_LINE_COMMON | KEY_LINE_V6) /* where parsing finds fields */

#define PARSE_PORT_UNSET 0xfffffff7u /* actset_output before any output: OFPP_UNSET of OF 1.5 */

/* Fill keys[i] and layouts[i] for N <= PACKET_BURST_MAX packets that came in by IN_PORT (host
 * order).  Returns the bitmap of the good ones; the others' layouts tell the reason.  Fields
 * below DEPTH stay zero, as do metadata, tunnel_id, registers and all that only the pipeline
 * knows; actset_output is PARSE_PORT_UNSET.  The first line of a key is always filled; what others
 * hold that are not in LINES (enum key_lines) is undefined. */
uint64_t packet_parse_burst(struct rte_mbuf *const *pkts, unsigned n, uint32_t in_port,
			    enum parse_depth depth, unsigned lines, struct flow_key *keys,
			    struct packet_layout *layouts);
/* The same for LINES that were not asked for and that parsing does not fill, of the keys of BITMAP:
 * for those that find out first which packets need them. */
void packet_begin_lines(struct flow_key *keys, uint64_t bitmap, unsigned lines);
/* One packet to full depth; metadata, tunnel_id, in_port and the lines of KEY that do not describe
 * the packet are kept.
 * Returns DROP_NONE or why it is malformed. */
enum drop_reason packet_parse(const struct rte_mbuf *m, struct flow_key *key,
			      struct packet_layout *layout);

/* For a switch that is configured OFPC_FRAG_DROP (OF 1.3.5 section 7.3.2): the packets of GOOD, all
 * parsed to PARSE_L3 at least, that are no fragments; the layouts of the others say DROP_FRAGMENT.
 *
 * OFPC_FRAG_NORMAL, and Open vSwitch's NX_MATCH, need nothing: a first fragment has the ports
 * that its header has, and matches by them; a later one reads zero.  (Open vSwitch hides the ports
 * of first fragments under NORMAL; the specification only says that a field that is not there does
 * not match.)  A fragment that comes out of MPLS or PBB is not looked at again. */
uint64_t packet_drop_fragments(const struct flow_key *keys, struct packet_layout *layouts,
			       uint64_t good);

#endif
