/* A packet from a key: the layers from the outside in, lengths and checksums at the end. */

#include "dataplane/packet/compose.h"

#include <netinet/in.h>
#include <openflow/openflow-1.2.h>
#include "dataplane/packet/checksum.h"

static void store_sum(uint8_t *field, uint64_t sum)
{
	uint16_t folded = ~checksum_fold(sum);

	memcpy(field, &folded, 2);
}

static void add_arp(const struct flow_key *key, struct buf *out)
{
	static const uint8_t ethernet_ipv4[6] = { 0, 1, 0x08, 0x00, 6, 4 };

	buf_add(out, ethernet_ipv4, sizeof(ethernet_ipv4));
	buf_be16(out, key->ip_proto);
	buf_add(out, key->arp_sha, 6);
	buf_add(out, &key->ipv4_src, 4);
	buf_add(out, key->arp_tha, 6);
	buf_add(out, &key->ipv4_dst, 4);
}

static bool is_nd(const struct flow_key *key)
{
	uint16_t type = load_be16(&key->tp_src);

	return (type == 135 || type == 136) && key->tp_dst == 0;
}

static bool is_set(const uint8_t *mac)
{
	return memcmp(mac, "\0\0\0\0\0", 6) != 0;
}

static void add_nd(const struct flow_key *key, struct buf *out)
{
	bool is_tll_first = key->nd_options_type == 2;

	buf_add(out, &key->nd_reserved, 4);
	buf_add(out, key->nd_target, 16);
	for (unsigned i = 0; i < 2; i++) {
		bool is_tll = is_tll_first == (i == 0);
		const uint8_t *mac = is_tll ? key->arp_tha : key->arp_sha;

		if (!is_set(mac))
			continue;
		buf_be8(out, is_tll ? 2 : 1);
		buf_be8(out, 1);
		buf_add(out, mac, 6);
	}
}

static void add_icmp(const struct flow_key *key, bool is_v6, struct buf *out)
{
	buf_be8(out, load_be16(&key->tp_src));
	buf_be8(out, load_be16(&key->tp_dst));
	buf_be16(out, 0);
	if (is_v6 && is_nd(key))
		add_nd(key, out);
	else
		buf_zeros(out, 4);
}

/* Where the checksum lies in the L4 header, 0 if there is none of this kind. */
static unsigned add_l4(const struct flow_key *key, bool is_v6, struct buf *out)
{
	size_t start = out->size;

	if (key->ip_frag & KEY_FRAG_LATER)
		return 0;
	switch (key->ip_proto) {
	case IPPROTO_TCP:
		buf_zeros(out, 20);
		store_be16(out->data + start + 12, 5 << 12 | load_be16(&key->tcp_flags));
		break;
	case IPPROTO_UDP:
		buf_zeros(out, 8);
		break;
	case IPPROTO_SCTP:
		buf_zeros(out, 12);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if ((key->ip_proto == IPPROTO_ICMPV6) != is_v6)
			return 0;
		add_icmp(key, is_v6, out);
		return 2;
	default:
		return 0;
	}
	memcpy(out->data + start, &key->tp_src, 2);
	memcpy(out->data + start + 2, &key->tp_dst, 2);
	return key->ip_proto == IPPROTO_TCP ? 16 : key->ip_proto == IPPROTO_UDP ? 6 : 0;
}

/* ADDRS: the source and destination as they lie in the header. */
static void finish_l4(const struct flow_key *key, const uint8_t *addrs, unsigned addrs_size,
		      uint8_t *l4, size_t size, unsigned sum_at)
{
	uint8_t length[4];
	uint64_t sum;

	if (key->ip_frag & KEY_FRAG_LATER)
		return;
	if (key->ip_proto == IPPROTO_UDP)
		store_be16(l4 + 4, size);
	if (key->ip_proto == IPPROTO_SCTP) {
		uint32_t crc = crc32c(0, l4, size);

		memcpy(l4 + 8, &crc, 4); /* little-endian, RFC 9260 appendix A */
	}
	if (!sum_at)
		return;
	sum = checksum_sum(l4, size);
	if (key->ip_proto != IPPROTO_ICMP) {
		uint8_t proto[2] = { 0, key->ip_proto };

		store_be32(length, size);
		sum += checksum_sum(addrs, addrs_size) + checksum_sum(length, 4) +
		       checksum_sum(proto, 2);
	}
	store_sum(l4 + sum_at, sum);
	if (key->ip_proto == IPPROTO_UDP && l4[sum_at] == 0 && l4[sum_at + 1] == 0)
		memset(l4 + sum_at, 0xff, 2);
}

static void add_ipv4(const struct flow_key *key, size_t n_payload, struct buf *out)
{
	size_t start = out->size;
	uint16_t frag = key->ip_frag & KEY_FRAG_LATER ? 100 : key->ip_frag ? 0x2000 : 0;
	unsigned sum_at;
	uint8_t *h;

	buf_be8(out, 0x45);
	buf_be8(out, key->ip_tos);
	buf_be32(out, 0);
	buf_be16(out, frag);
	buf_be8(out, key->ip_ttl);
	buf_be8(out, key->ip_proto);
	buf_be16(out, 0);
	buf_add(out, &key->ipv4_src, 4);
	buf_add(out, &key->ipv4_dst, 4);
	sum_at = add_l4(key, false, out);
	buf_zeros(out, n_payload);
	h = out->data + start;
	store_be16(h + 2, out->size - start);
	store_sum(h + 10, checksum_sum(h, 20));
	finish_l4(key, h + 12, 8, h + 20, out->size - start - 20, sum_at);
}

/* Add an extension header of SIZE bytes and tell the one before of it: AT is where that has its
 * "next header".  Returns where this has its own. */
static size_t add_ext(struct buf *out, size_t at, uint8_t kind, unsigned size)
{
	size_t start = out->size;

	buf_zeros(out, size);
	out->data[at] = kind;
	/* Counted from 8 bytes on, in 8 bytes; AH, RFC 4302, from 8 on in 4. */
	out->data[start + 1] = kind == IPPROTO_AH ? size / 4 - 2 : size / 8 - 1;
	return start;
}

struct exthdr {
	uint16_t flag;
	uint8_t kind, size;
};

/* The headers of the key's ipv6_exthdr in the preferred order; for UNSEQ backwards after the first,
 * for UNREP the last one more often.  Whether that is out of order or unexpected depends on what
 * there is.  Returns where the last "next header" is. */
static size_t add_exts(const struct flow_key *key, size_t at, struct buf *out)
{
	static const struct exthdr all[] = {
		{ OFPIEH12_HOP, IPPROTO_HOPOPTS, 8 },
		{ OFPIEH12_DEST, IPPROTO_DSTOPTS, 8 },
		{ OFPIEH12_ROUTER, IPPROTO_ROUTING, 8 },
		{ OFPIEH12_AUTH, IPPROTO_AH, 16 },
	};
	uint16_t flags = load_be16(&key->ipv6_exthdr);
	const struct exthdr *last = NULL;

	for (unsigned i = 0; i < ARRAY_LENGTH(all); i++) {
		bool is_back = flags & OFPIEH12_UNSEQ && i > 0;
		const struct exthdr *e = &all[is_back ? ARRAY_LENGTH(all) - i : i];

		if (!(flags & e->flag) || (e->kind == IPPROTO_AH && key->ip_frag))
			continue;
		at = add_ext(out, at, e->kind, e->size);
		last = e;
	}
	if (flags & OFPIEH12_UNREP && last)
		for (unsigned i = 0; i < 2; i++)
			at = add_ext(out, at, last->kind, last->size);
	return at;
}

static size_t add_fragment(const struct flow_key *key, size_t at, struct buf *out)
{
	bool is_later = key->ip_frag & KEY_FRAG_LATER;

	at = add_ext(out, at, IPPROTO_FRAGMENT, 8);
	out->data[at + 1] = 0; /* reserved */
	store_be16(out->data + at + 2, is_later ? 800 : key->ip_frag ? 1 : 0);
	store_be32(out->data + at + 4, 1);
	return at;
}

static void add_ipv6(const struct flow_key *key, size_t n_payload, struct buf *out)
{
	size_t start = out->size, l4, next = start + 6;
	unsigned sum_at;
	uint8_t *h;

	buf_be32(out, 6u << 28 | (uint32_t)key->ip_tos << 20 | load_be32(&key->ipv6_label));
	buf_be16(out, 0);
	buf_be8(out, 0);
	buf_be8(out, key->ip_ttl);
	buf_add(out, key->ipv6_src, 16);
	buf_add(out, key->ipv6_dst, 16);
	next = add_exts(key, next, out);
	if (key->ip_frag || load_be16(&key->ipv6_exthdr) & OFPIEH12_FRAG)
		next = add_fragment(key, next, out);
	out->data[next] = key->ip_frag & KEY_FRAG_LATER ? IPPROTO_NONE : key->ip_proto;
	l4 = out->size;
	sum_at = add_l4(key, true, out);
	buf_zeros(out, n_payload);
	h = out->data + start;
	store_be16(h + 4, out->size - start - 40);
	finish_l4(key, h + 8, 32, out->data + l4, out->size - l4, sum_at);
}

/* The outermost label as it is; if it says that there is another, one that is the last. */
static void add_mpls(const struct flow_key *key, size_t n_payload, struct buf *out)
{
	buf_add(out, &key->nd_reserved, 4);
	if (!(load_be32(&key->nd_reserved) & 0x100))
		buf_be32(out, 16 << 12 | 0x100 | 64);
	buf_zeros(out, n_payload);
}

/* A customer's frame without addresses, of a type for local use (IEEE 802). */
static void add_pbb(const struct flow_key *key, size_t n_payload, struct buf *out)
{
	buf_be32(out, load_be32(&key->ipv4_src) & KEY_PBB_BITS);
	buf_zeros(out, 12);
	buf_be16(out, 0x88b5);
	buf_zeros(out, n_payload);
}

void packet_compose(const struct flow_key *key, size_t n_payload, struct buf *out)
{
	uint16_t type = load_be16(&key->eth_type);

	buf_add(out, key->eth_dst, 6);
	buf_add(out, key->eth_src, 6);
	if (key->vlan_tci) {
		buf_be16(out, 0x8100);
		buf_be16(out, load_be16(&key->vlan_tci) & ~KEY_VLAN_PRESENT);
	}
	if (type < 0x600) {
		/* An 802.2 LLC frame: a length, and service points that name no type. */
		buf_be16(out, 3 + n_payload);
		buf_be8(out, 0x42);
		buf_be8(out, 0x42);
		buf_be8(out, 0x03);
		buf_zeros(out, n_payload);
		return;
	}
	buf_be16(out, type);
	if (type == 0x0800)
		add_ipv4(key, n_payload, out);
	else if (type == 0x86dd)
		add_ipv6(key, n_payload, out);
	else if (type == 0x0806)
		add_arp(key, out);
	else if (type == 0x8847 || type == 0x8848)
		add_mpls(key, n_payload, out);
	else if (type == 0x88e7)
		add_pbb(key, n_payload, out);
	else
		buf_zeros(out, n_payload);
}
