/* Pushing and popping VLAN tags, MPLS label stack entries and PBB headers (edit.h).
 *
 * VLAN tags come and go without a look at what follows them.  After the others, eth_type names
 * something else and the packet is parsed again, which also finds a payload that is malformed. */

#include "dataplane/packet/edit.h"

#include <rte_mbuf.h>
#include "dataplane/packet/packet_ops.h"

#define ETH_ADDRS  12 /* bytes of both addresses */
#define PBB_SIZE   18 /* addresses, Ethertype and I-TAG before the customer's frame */
#define L2_LEN_MAX ((1u << RTE_MBUF_L2_LEN_BITS) - 1)
#define REQUESTS   (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG)

/* Make room for N bytes in front; the frame's first bytes are the caller's to write. */
static enum drop_reason grow(struct rte_mbuf *m, unsigned n)
{
	if (m->data_off < n || m->data_len > UINT16_MAX - n || m->l2_len + n > L2_LEN_MAX)
		return DROP_NO_HEADROOM;
	m->data_off -= n;
	m->data_len += n;
	m->pkt_len += n;
	if (m->l2_len) /* offloads count from the start of the frame */
		m->l2_len += n;
	return DROP_NONE;
}

static void shrink(struct rte_mbuf *m, unsigned n)
{
	m->data_off += n;
	m->data_len -= n;
	m->pkt_len -= n;
	if (m->l2_len)
		m->l2_len -= MIN_OF(n, (unsigned)m->l2_len);
}

/* After headers came or went: can a port still do what the packet asks for? */
static void judge_request(struct rte_mbuf *m, const struct flow_key *key,
			  const struct packet_layout *layout)
{
	if (!(m->ol_flags & REQUESTS))
		return;
	if (layout->n_vlans <= 2 && key_has_prereq(key, OF_PREREQ_IP))
		m->ol_flags &= ~PACKET_OFFLOAD_WRAPPED;
	else
		m->ol_flags |= PACKET_OFFLOAD_WRAPPED;
}

static enum drop_reason parse_again(struct rte_mbuf *m, struct flow_key *key,
				    struct packet_layout *layout)
{
	enum drop_reason why = packet_parse(m, key, layout);

	judge_request(m, key, layout);
	return why;
}

static void move_headers(struct packet_layout *l, int by)
{
	l->l3 += by;
	if (l->l4)
		l->l4 += by;
	if (l->nd_sll)
		l->nd_sll += by;
	if (l->nd_tll)
		l->nd_tll += by;
}

/* The field after addresses and tags: an Ethertype, or the length before an LLC header. */
static unsigned type_offset(const struct packet_layout *l)
{
	return ETH_ADDRS + 4 * l->n_vlans;
}

static bool is_mpls(const struct flow_key *key)
{
	return key_has_prereq(key, OF_PREREQ_MPLS);
}

enum drop_reason packet_push_vlan(struct rte_mbuf *m, struct flow_key *key,
				  struct packet_layout *layout, uint16_t tpid)
{
	uint16_t tci = load_be16(&key->vlan_tci) & ~KEY_VLAN_PRESENT;
	enum drop_reason why;
	uint8_t *data;

	if (!layout->l3)
		return DROP_SHORT_ETHERNET;
	why = grow(m, 4);
	if (why != DROP_NONE)
		return why;
	data = rte_pktmbuf_mtod(m, uint8_t *);
	memmove(data, data + 4, ETH_ADDRS);
	store_be16(data + 12, tpid);
	store_be16(data + 14, tci);
	if (layout->n_vlans == PARSE_MAX_VLANS)
		return parse_again(m, key, layout);
	store_be16(&key->vlan_tci, tci | KEY_VLAN_PRESENT);
	layout->n_vlans++;
	move_headers(layout, 4);
	judge_request(m, key, layout);
	return DROP_NONE;
}

enum drop_reason packet_pop_vlan(struct rte_mbuf *m, struct flow_key *key,
				 struct packet_layout *layout)
{
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);

	if (!layout->n_vlans)
		return DROP_NONE;
	memmove(data + 4, data, ETH_ADDRS);
	shrink(m, 4);
	/* There may be a tag that was not followed. */
	if (layout->n_vlans == PARSE_MAX_VLANS)
		return parse_again(m, key, layout);
	layout->n_vlans--;
	move_headers(layout, -4);
	if (layout->n_vlans)
		store_be16(&key->vlan_tci, load_be16(data + 4 + 14) | KEY_VLAN_PRESENT);
	else
		key->vlan_tci = 0;
	judge_request(m, key, layout);
	return DROP_NONE;
}

/* Give the frame N_NEW bytes in place of N_OLD at layer 3, and TYPE as its Ethertype.  A SNAP
 * header between the two goes: what stands below an Ethertype needs none. */
static enum drop_reason replace_l3(struct rte_mbuf *m, const struct packet_layout *layout,
				   unsigned n_old, unsigned n_new, uint16_t type)
{
	unsigned type_at = type_offset(layout);
	unsigned rest = layout->l3 + n_old, head = type_at + 2 + n_new;
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
	enum drop_reason why;

	if (head > rest) {
		why = grow(m, head - rest);
		if (why != DROP_NONE)
			return why;
	} else {
		shrink(m, rest - head);
	}
	memmove(rte_pktmbuf_mtod(m, uint8_t *), data, type_at);
	store_be16(rte_pktmbuf_mtod_offset(m, uint8_t *, type_at), type);
	return DROP_NONE;
}

/* Label and TC of the entry below, its TTL or that of the IP header (OF 1.3.5 section 5.12.1). */
static uint32_t entry_above(const struct flow_key *key)
{
	if (is_mpls(key))
		return load_be32(&key->nd_reserved) & ~0x100u;
	return 0x100 | (key_has_prereq(key, OF_PREREQ_IP) ? key->ip_ttl : 0);
}

enum drop_reason packet_push_mpls(struct rte_mbuf *m, struct flow_key *key,
				  struct packet_layout *layout, uint16_t eth_type)
{
	uint32_t entry = entry_above(key);
	enum drop_reason why;

	if (!layout->l3)
		return DROP_SHORT_ETHERNET;
	why = replace_l3(m, layout, 0, 4, eth_type);
	if (why != DROP_NONE)
		return why;
	store_be32(rte_pktmbuf_mtod_offset(m, uint8_t *, type_offset(layout) + 2), entry);
	return parse_again(m, key, layout);
}

enum drop_reason packet_pop_mpls(struct rte_mbuf *m, struct flow_key *key,
				 struct packet_layout *layout, uint16_t eth_type)
{
	enum drop_reason why;

	if (!is_mpls(key) || !layout->n_mpls)
		return DROP_NONE;
	why = replace_l3(m, layout, 4, 0, eth_type);
	return why != DROP_NONE ? why : parse_again(m, key, layout);
}

enum drop_reason packet_push_pbb(struct rte_mbuf *m, struct flow_key *key,
				 struct packet_layout *layout, uint16_t eth_type)
{
	uint32_t pcp = load_be16(&key->vlan_tci) >> 13, tag = pcp << 29;
	enum drop_reason why;
	uint8_t *data;

	if (!layout->l3)
		return DROP_SHORT_ETHERNET;
	if (key_has_prereq(key, OF_PREREQ_PBB))
		tag |= load_be32(&key->ipv4_src) & 0xffffff;
	why = grow(m, PBB_SIZE);
	if (why != DROP_NONE)
		return why;
	data = rte_pktmbuf_mtod(m, uint8_t *);
	memcpy(data, data + PBB_SIZE, ETH_ADDRS);
	store_be16(data + 12, eth_type);
	store_be32(data + 14, tag);
	return parse_again(m, key, layout);
}

/* Tags before the header, the backbone's, are not its part and stay. */
enum drop_reason packet_pop_pbb(struct rte_mbuf *m, struct flow_key *key,
				struct packet_layout *layout)
{
	unsigned n_tags = 4 * layout->n_vlans, n_gone = layout->l3 + 4 - n_tags;
	uint8_t addrs[ETH_ADDRS], *data;

	if (!packet_has_field(key, layout, OF_FIELD_PBB_ISID))
		return DROP_NONE;
	data = rte_pktmbuf_mtod(m, uint8_t *);
	memcpy(addrs, data + layout->l3 + 4, ETH_ADDRS);
	memmove(data + n_gone + ETH_ADDRS, data + ETH_ADDRS, n_tags);
	memcpy(data + n_gone, addrs, ETH_ADDRS);
	shrink(m, n_gone);
	return parse_again(m, key, layout);
}
