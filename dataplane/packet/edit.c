/* Writing fields (edit.h).  Each field has a writer that knows its bytes; change() puts them
 * there and fixes the sums that cover them. */

#include "dataplane/packet/edit.h"

#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/packet/l4_sum.h"

/* Which checksums cover a change. */
enum { SUM_NONE = 0, SUM_IPV4 = 1, SUM_PSEUDO = 2, SUM_L4 = 4 };

struct edit {
	struct rte_mbuf *m;
	uint8_t *data;
	struct flow_key *key;
	struct packet_layout *layout;
};

static bool is_type(const struct edit *e, uint16_t type)
{
	return load_be16(&e->key->eth_type) == type;
}

/* Write N <= 16 bytes at OFFSET.  Sums are over 16-bit words counted from BASE, so the change
 * is looked at in whole words. */
static void change(struct edit *e, unsigned base, unsigned offset, const void *bytes, unsigned n,
		   unsigned sums)
{
	unsigned from = offset - ((offset - base) & 1);
	unsigned size = (offset + n - from + 1) & ~1u;
	uint8_t old[20];
	uint64_t delta;

	if (sums == SUM_NONE) {
		memcpy(e->data + offset, bytes, n);
		return;
	}
	memcpy(old, e->data + from, size);
	memcpy(e->data + offset, bytes, n);
	delta = checksum_delta(old, e->data + from, size);
	if (sums & SUM_IPV4)
		checksum_fix(e->data + e->layout->l3 + 10, delta);
	if (e->layout->l4 && sums & (SUM_PSEUDO | SUM_L4))
		packet_fix_l4_sum(e->m, e->key->ip_proto, e->data + e->layout->l4,
				  sums & SUM_PSEUDO ? delta : 0, sums & SUM_L4 ? delta : 0);
}

static void at_l3(struct edit *e, unsigned offset, const void *bytes, unsigned n, unsigned sums)
{
	change(e, e->layout->l3, e->layout->l3 + offset, bytes, n, sums);
}

static void at_l4(struct edit *e, unsigned offset, const void *bytes, unsigned n)
{
	change(e, e->layout->l4, e->layout->l4 + offset, bytes, n, SUM_L4);
}

static void write_eth_dst(struct edit *e, const uint8_t *v)
{
	memcpy(e->data, v, 6);
}

static void write_eth_src(struct edit *e, const uint8_t *v)
{
	memcpy(e->data + 6, v, 6);
}

static void write_tci_bits(struct edit *e, uint16_t value, uint16_t mask)
{
	uint16_t tci = load_be16(e->data + 14);

	store_be16(e->data + 14, (tci & ~mask) | (value & mask));
}

static void write_vlan_vid(struct edit *e, const uint8_t *v)
{
	write_tci_bits(e, load_be16(v), 0x0fff);
}

static void write_vlan_pcp(struct edit *e, const uint8_t *v)
{
	write_tci_bits(e, v[0] << 13, 0xe000);
}

static void write_tos(struct edit *e, uint8_t tos)
{
	uint8_t first[2];

	if (is_type(e, 0x0800)) {
		at_l3(e, 1, &tos, 1, SUM_IPV4);
		return;
	}
	first[0] = 0x60 | tos >> 4;
	first[1] = (uint8_t)(tos << 4) | (e->data[e->layout->l3 + 1] & 0x0f);
	at_l3(e, 0, first, 2, SUM_NONE);
}

static void write_ip_dscp(struct edit *e, const uint8_t *v)
{
	write_tos(e, (uint8_t)(v[0] << 2) | (e->key->ip_tos & 3));
}

static void write_ip_ecn(struct edit *e, const uint8_t *v)
{
	write_tos(e, (e->key->ip_tos & 0xfc) | (v[0] & 3));
}

static void write_old_tos(struct edit *e, const uint8_t *v)
{
	write_tos(e, (v[0] & 0xfc) | (e->key->ip_tos & 3));
}

static void write_ip_ttl(struct edit *e, const uint8_t *v)
{
	if (is_type(e, 0x0800))
		at_l3(e, 8, v, 1, SUM_IPV4);
	else
		at_l3(e, 7, v, 1, SUM_NONE);
}

static void write_ipv4_src(struct edit *e, const uint8_t *v)
{
	at_l3(e, 12, v, 4, SUM_IPV4 | SUM_PSEUDO);
}

static void write_ipv4_dst(struct edit *e, const uint8_t *v)
{
	at_l3(e, 16, v, 4, SUM_IPV4 | SUM_PSEUDO);
}

static void write_ipv6_src(struct edit *e, const uint8_t *v)
{
	at_l3(e, 8, v, 16, SUM_PSEUDO);
}

/* With segments left in a routing header, the pseudo header has the final destination, which
 * is not this one (RFC 8200 section 8.1). */
static void write_ipv6_dst(struct edit *e, const uint8_t *v)
{
	at_l3(e, 24, v, 16, e->layout->is_routed ? SUM_NONE : SUM_PSEUDO);
}

static void write_ipv6_label(struct edit *e, const uint8_t *v)
{
	uint8_t low[3] = { (e->data[e->layout->l3 + 1] & 0xf0) | (v[1] & 0x0f), v[2], v[3] };

	at_l3(e, 1, low, 3, SUM_NONE);
}

static void write_tp_src(struct edit *e, const uint8_t *v)
{
	at_l4(e, 0, v, 2);
}

static void write_tp_dst(struct edit *e, const uint8_t *v)
{
	at_l4(e, 2, v, 2);
}

static uint32_t l4_size(const struct edit *e)
{
	const uint8_t *l3 = e->data + e->layout->l3;
	uint32_t end = is_type(e, 0x0800) ? load_be16(l3 + 2) : 40u + load_be16(l3 + 4);

	return end - (e->layout->l4 - e->layout->l3);
}

static void write_sctp_port(struct edit *e, unsigned offset, const uint8_t *v)
{
	uint8_t *l4 = e->data + e->layout->l4;
	bool is_pending = (e->m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_SCTP_CKSUM;
	uint32_t crc;

	if (!is_pending) {
		memcpy(&crc, l4 + 8, 4);
		crc ^= crc32c_delta(l4 + offset, v, 2, l4_size(e) - offset - 2);
		memcpy(l4 + 8, &crc, 4);
	}
	memcpy(l4 + offset, v, 2);
}

static void write_sctp_src(struct edit *e, const uint8_t *v)
{
	write_sctp_port(e, 0, v);
}

static void write_sctp_dst(struct edit *e, const uint8_t *v)
{
	write_sctp_port(e, 2, v);
}

static void write_icmp_type(struct edit *e, const uint8_t *v)
{
	at_l4(e, 0, v, 1);
}

static void write_icmp_code(struct edit *e, const uint8_t *v)
{
	at_l4(e, 1, v, 1);
}

static void write_arp_op(struct edit *e, const uint8_t *v)
{
	at_l3(e, 6, v, 2, SUM_NONE);
}

static void write_arp_sha(struct edit *e, const uint8_t *v)
{
	at_l3(e, 8, v, 6, SUM_NONE);
}

static void write_arp_spa(struct edit *e, const uint8_t *v)
{
	at_l3(e, 14, v, 4, SUM_NONE);
}

static void write_arp_tha(struct edit *e, const uint8_t *v)
{
	at_l3(e, 18, v, 6, SUM_NONE);
}

static void write_arp_tpa(struct edit *e, const uint8_t *v)
{
	at_l3(e, 24, v, 4, SUM_NONE);
}

static void write_nd_reserved(struct edit *e, const uint8_t *v)
{
	at_l4(e, 4, v, 4);
}

static void write_nd_target(struct edit *e, const uint8_t *v)
{
	at_l4(e, 8, v, 16);
}

static void write_nd_sll(struct edit *e, const uint8_t *v)
{
	at_l4(e, e->layout->nd_sll - e->layout->l4 + 2, v, 6);
}

static void write_nd_tll(struct edit *e, const uint8_t *v)
{
	at_l4(e, e->layout->nd_tll - e->layout->l4 + 2, v, 6);
}

/* The label stack entry, its bits in MASK replaced. */
static void write_mpls_bits(struct edit *e, uint32_t value, uint32_t mask)
{
	uint8_t *entry = e->data + e->layout->l3;

	store_be32(entry, (load_be32(entry) & ~mask) | (value & mask));
}

static void write_mpls_label(struct edit *e, const uint8_t *v)
{
	write_mpls_bits(e, load_be32(v) << 12, 0xfffff000);
}

static void write_mpls_tc(struct edit *e, const uint8_t *v)
{
	write_mpls_bits(e, v[0] << 9, 0xe00);
}

static void write_mpls_ttl(struct edit *e, const uint8_t *v)
{
	write_mpls_bits(e, v[0], 0xff);
}

static void write_pbb_isid(struct edit *e, const uint8_t *v)
{
	at_l3(e, 1, v, 3, SUM_NONE);
}

static void write_pbb_uca(struct edit *e, const uint8_t *v)
{
	uint8_t *first = e->data + e->layout->l3;

	*first = (*first & ~KEY_PBB_UCA) | (v[0] & 1 ? KEY_PBB_UCA : 0);
}

static unsigned first_nd_option(const struct packet_layout *l)
{
	if (!l->nd_sll || !l->nd_tll)
		return l->nd_sll | l->nd_tll;
	return MIN_OF(l->nd_sll, l->nd_tll);
}

static void write_nd_options_type(struct edit *e, const uint8_t *v)
{
	at_l4(e, first_nd_option(e->layout) - e->layout->l4, v, 1);
}

struct writer {
	void (*write)(struct edit *e, const uint8_t *value); /* NULL: the key alone */
	uint8_t prereq;					     /* enum of_field_prereq */
	bool needs_l4;
	bool is_structural; /* other fields come and go with it: parse again */
};

static const struct writer writers[OF_N_FIELDS] = {
	[OF_FIELD_ETH_DST] = { write_eth_dst },
	[OF_FIELD_ETH_SRC] = { write_eth_src },
	[OF_FIELD_VLAN_VID] = { write_vlan_vid, OF_PREREQ_VLAN },
	[OF_FIELD_VLAN_PCP] = { write_vlan_pcp, OF_PREREQ_VLAN },
	[OF_FIELD_MPLS_LABEL] = { write_mpls_label, OF_PREREQ_MPLS },
	[OF_FIELD_MPLS_TC] = { write_mpls_tc, OF_PREREQ_MPLS },
	[OF_FIELD_MPLS_TTL] = { write_mpls_ttl, OF_PREREQ_MPLS },
	[OF_FIELD_PBB_ISID] = { write_pbb_isid, OF_PREREQ_PBB },
	[OF_FIELD_PBB_UCA] = { write_pbb_uca, OF_PREREQ_PBB },
	[OF_FIELD_IP_DSCP] = { write_ip_dscp, OF_PREREQ_IP },
	[OF_FIELD_IP_ECN] = { write_ip_ecn, OF_PREREQ_IP },
	[OF_FIELD_IP_TTL] = { write_ip_ttl, OF_PREREQ_IP },
	[OF_FIELD_IPV4_SRC] = { write_ipv4_src, OF_PREREQ_IPV4 },
	[OF_FIELD_IPV4_DST] = { write_ipv4_dst, OF_PREREQ_IPV4 },
	[OF_FIELD_IPV6_SRC] = { write_ipv6_src, OF_PREREQ_IPV6 },
	[OF_FIELD_IPV6_DST] = { write_ipv6_dst, OF_PREREQ_IPV6 },
	[OF_FIELD_IPV6_FLABEL] = { write_ipv6_label, OF_PREREQ_IPV6 },
	[OF_FIELD_TCP_SRC] = { write_tp_src, OF_PREREQ_TCP, true },
	[OF_FIELD_TCP_DST] = { write_tp_dst, OF_PREREQ_TCP, true },
	[OF_FIELD_UDP_SRC] = { write_tp_src, OF_PREREQ_UDP, true },
	[OF_FIELD_UDP_DST] = { write_tp_dst, OF_PREREQ_UDP, true },
	[OF_FIELD_SCTP_SRC] = { write_sctp_src, OF_PREREQ_SCTP, true },
	[OF_FIELD_SCTP_DST] = { write_sctp_dst, OF_PREREQ_SCTP, true },
	[OF_FIELD_ICMPV4_TYPE] = { write_icmp_type, OF_PREREQ_ICMPV4, true },
	[OF_FIELD_ICMPV4_CODE] = { write_icmp_code, OF_PREREQ_ICMPV4, true },
	[OF_FIELD_ICMPV6_TYPE] = { write_icmp_type, OF_PREREQ_ICMPV6, true, true },
	[OF_FIELD_ICMPV6_CODE] = { write_icmp_code, OF_PREREQ_ICMPV6, true, true },
	[OF_FIELD_ARP_OP] = { write_arp_op, OF_PREREQ_ARP, true, true },
	[OF_FIELD_ARP_SPA] = { write_arp_spa, OF_PREREQ_ARP, true },
	[OF_FIELD_ARP_TPA] = { write_arp_tpa, OF_PREREQ_ARP, true },
	[OF_FIELD_ARP_SHA] = { write_arp_sha, OF_PREREQ_ARP, true },
	[OF_FIELD_ARP_THA] = { write_arp_tha, OF_PREREQ_ARP, true },
	[OF_FIELD_ND_TARGET] = { write_nd_target, OF_PREREQ_ND, true },
	[OF_FIELD_ND_RESERVED] = { write_nd_reserved, OF_PREREQ_ND, true },
	[OF_FIELD_ND_SLL] = { write_nd_sll, OF_PREREQ_ND, true },
	[OF_FIELD_ND_TLL] = { write_nd_tll, OF_PREREQ_ND, true },
	[OF_FIELD_ND_OPTIONS_TYPE] = { write_nd_options_type, OF_PREREQ_ND, true, true },
	[OF_FIELD_VLAN_TCI] = { write_vlan_vid }, /* and more: set_vlan_tci() */
	[OF_FIELD_IP_TOS] = { write_old_tos, OF_PREREQ_IP },
};

bool packet_has_field(const struct flow_key *key, const struct packet_layout *layout,
		      enum of_field_id id)
{
	const struct writer *w = &writers[id];

	if (!w->write)
		return key_place(id)->size;
	if (!layout->l3 || !key_has_prereq(key, w->prereq) || (w->needs_l4 && !layout->l4))
		return false;
	if (w->prereq == OF_PREREQ_ND && !layout->has_nd)
		return false;
	switch (id) {
	case OF_FIELD_ND_SLL:
		return layout->nd_sll;
	case OF_FIELD_ND_TLL:
		return layout->nd_tll;
	case OF_FIELD_ND_OPTIONS_TYPE:
		return first_nd_option(layout);
	default:
		return true;
	}
}

static void set_masked(uint8_t *to, const uint8_t *value, const uint8_t *mask, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		to[i] = (to[i] & ~mask[i]) | (value[i] & mask[i]);
}

/* The tag as a whole, with the presence bit: without it the tag goes, with it one comes if there
 * was none. */
static enum drop_reason set_vlan_tci(struct edit *e, const uint8_t *v)
{
	uint16_t tci = load_be16(v);
	enum drop_reason why;

	if (!(tci & KEY_VLAN_PRESENT))
		return packet_pop_vlan(e->m, e->key, e->layout);
	if (!e->layout->n_vlans) {
		why = packet_push_vlan(e->m, e->key, e->layout, 0x8100);
		if (why != DROP_NONE)
			return why;
		e->data = rte_pktmbuf_mtod(e->m, uint8_t *);
	}
	write_tci_bits(e, tci, 0xefff);
	store_be16(&e->key->vlan_tci, tci);
	return DROP_NONE;
}

enum drop_reason packet_set_field(struct rte_mbuf *m, struct flow_key *key,
				  struct packet_layout *layout, enum of_field_id id,
				  const void *value, const void *mask)
{
	const struct writer *w = &writers[id];
	struct edit e = { m, NULL, key, layout };
	uint8_t full[OF_FIELD_MAX_BYTES];

	if (!w->write) {
		key_field_set(key, id, value, mask);
		return DROP_NONE;
	}
	if (!packet_has_field(key, layout, id))
		return DROP_NONE;
	e.data = rte_pktmbuf_mtod(m, uint8_t *);
	key_field_get(key, id, full);
	set_masked(full, value, mask ? mask : of_field_ones[id], of_field(id)->n_bytes);
	if (id == OF_FIELD_VLAN_TCI)
		return set_vlan_tci(&e, full);
	w->write(&e, full);
	if (w->is_structural)
		return packet_parse(m, key, layout);
	/* The tag stays a tag, whatever the value says of its presence; the old view of the
	 * DSCP has the ECN bits, but does not write them. */
	if (id == OF_FIELD_VLAN_VID)
		full[0] |= KEY_VLAN_PRESENT >> 8;
	if (id == OF_FIELD_IP_TOS)
		full[0] = (full[0] & 0xfc) | (key->ip_tos & 3);
	key_field_set(key, id, full, NULL);
	return DROP_NONE;
}
