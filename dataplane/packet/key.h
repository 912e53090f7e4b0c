#ifndef DATAPLANE_PACKET_KEY_H
#define DATAPLANE_PACKET_KEY_H

/* The flow key: every matchable field of one packet at a fixed place, seven cache lines.  All of it
 * is in network byte order, and bytes that no field of the packet fills are zero, so that looking
 * up is comparing masked words.
 *
 * The first line holds what an IPv4 packet has, the second the registers, the third what only
 * IPv6, neighbour discovery and ARP have, the others what only some pipelines use.  A line that no
 * table looks at and no action writes is never touched (enum key_lines), so its cost is none; the
 * number is odd so that the first lines of a burst's keys spread over all sets of the cache.
 *
 * Some places are shared by fields that no packet has together; a match names their prerequisite
 * (eth_type, ip_proto), which keeps this sound:
 *
 *	ipv4_src/dst      also arp_spa/arp_tpa
 *	ipv4_src          also the PBB I-SID and UCA bit (eth_type 0x88e7)
 *	nd_reserved       also the outermost MPLS label stack entry (eth_type 0x8847, 0x8848)
 *	ip_proto          also arp_op (one that does not fit 8 bits reads 0)
 *	tp_src/tp_dst     TCP, UDP, SCTP ports; ICMP and ICMPv6 type and code
 *	arp_sha/arp_tha   also nd_sll/nd_tll
 */

#include <assert.h>
#include "lib/util.h"

#define KEY_BYTES	 448
#define KEY_LINES	 7
#define KEY_WORDS	 (KEY_BYTES / 8)
#define KEY_N_REGS	 16
#define KEY_TUN_METADATA 96	    /* bytes, shared out among tun_metadata0 and so on */
#define KEY_VLAN_PRESENT 0x1000	    /* in vlan_tci, host order: a tag is there */
#define KEY_FRAG_ANY	 1	    /* in ip_frag: a fragment */
#define KEY_FRAG_LATER	 2	    /* in ip_frag: not the first one, so without an L4 header */
#define KEY_PBB_BITS	 0x08ffffff /* of a PBB I-TAG's first word, what ipv4_src holds */
#define KEY_PBB_UCA	 0x08	    /* the UCA bit, in the first byte of that */

struct flow_key {
	union {
		struct {
			/* first line */
			uint64_t metadata;
			uint64_t tunnel_id;
			uint32_t in_port;
			uint32_t ipv4_src, ipv4_dst;
			uint32_t nd_reserved; /* R, S, O flags and reserved bits of NS and NA */
			uint8_t eth_dst[6], eth_src[6];
			uint16_t eth_type; /* after all VLAN tags; 0x05ff without one */
			uint16_t vlan_tci; /* outermost tag | KEY_VLAN_PRESENT, or 0 */
			uint16_t tp_src, tp_dst;
			uint16_t tcp_flags; /* the low 12 bits */
			uint8_t ip_proto;
			uint8_t ip_tos;
			uint8_t ip_ttl;
			uint8_t ip_frag;
			uint8_t nd_options_type; /* the first link-layer address option's */
			uint8_t ct_state;	 /* enum ct_state, zero before tracking */
			uint8_t zero[2];
			uint16_t ipv6_exthdr; /* OFPIEH_* */
			/* second line */
			uint32_t reg[KEY_N_REGS];
			/* third line */
			uint8_t ipv6_src[16], ipv6_dst[16];
			uint8_t nd_target[16];
			uint8_t arp_sha[6], arp_tha[6];
			uint32_t ipv6_label; /* the low 20 bits */
			/* fourth line: what the pipeline itself knows */
			uint32_t actset_output; /* port of the action set's output, or UNSET */
			uint32_t pkt_mark;
			uint32_t conj_id; /* of the conjunction that is being looked up */
			uint32_t dp_hash, recirc_id;
			uint32_t unused0, ct_mark;
			uint32_t ct_nw_src, ct_nw_dst;
			uint16_t ct_tp_src, ct_tp_dst;
			uint16_t ct_zone;
			uint8_t ct_nw_proto, unused1[5];
			uint8_t ct_label[16];
			/* fifth line: the tunnel that the packet came by or goes to */
			uint32_t tun_src, tun_dst;
			uint8_t tun_ipv6_src[16], tun_ipv6_dst[16];
			uint16_t tun_flags, tun_gbp_id;
			uint8_t tun_gbp_flags, tun_tos, tun_ttl, tun_erspan_ver;
			uint32_t tun_erspan_idx;
			uint8_t tun_erspan_dir, tun_erspan_hwid, unused2[10];
			/* sixth and seventh */
			uint8_t tun_metadata[KEY_TUN_METADATA];
			uint8_t ct_ipv6_src[16], ct_ipv6_dst[16];
		};
		uint64_t words[KEY_WORDS];
	};
} __attribute__((aligned(64)));

static_assert(sizeof(struct flow_key) == KEY_BYTES, "whole cache lines, no padding");
static_assert(offsetof(struct flow_key, eth_dst) == 32, "layout");
static_assert(offsetof(struct flow_key, tp_src) == 48, "layout");
static_assert(offsetof(struct flow_key, eth_type) == 44, "follows eth_src as in a frame");
static_assert(offsetof(struct flow_key, reg) == 64, "the registers are the second line");
static_assert(offsetof(struct flow_key, ipv6_src) == 128, "IPv6 is the third line");
static_assert(offsetof(struct flow_key, actset_output) == 192, "layout");
static_assert(offsetof(struct flow_key, tun_src) == 256, "layout");
static_assert(offsetof(struct flow_key, tun_metadata) == 320, "layout");

/* A rule's side of it: matches a key K when (K & mask) == key, word by word.
 * `key` is zero wherever `mask` is. */
struct key_mask {
	struct flow_key key, mask;
};

static inline bool key_mask_matches(const struct key_mask *m, const struct flow_key *key)
{
	uint64_t diff = 0;

	for (unsigned i = 0; i < KEY_WORDS; i++)
		diff |= (key->words[i] & m->mask.words[i]) ^ m->key.words[i];
	return diff == 0;
}

#endif
