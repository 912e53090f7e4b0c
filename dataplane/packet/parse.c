/* The parser (parse.h).  One body, instantiated for each depth, so that a pipeline that looks
 * at Ethernet alone does not pay for TCP.
 *
 * Two lengths bound every read: `c`, the bytes that the first segment has, and `left`, those
 * of the layer at hand in the whole packet (an IPv4 total length cuts off padding). */

#include "dataplane/packet/parse.h"

#include <netinet/in.h>
#include <openflow/openflow-1.2.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <smmintrin.h>
#include "dataplane/packet/ipv6_ext.h"
#include "lib/cursor.h"

#define MAX_IPV6_EXT   8
#define MAX_ND_OPTIONS 8      /* SEND (RFC 3971) has five beside an address */
#define ETH_NOT_A_TYPE 0x05ff /* what eth_type reads for 802.3 frames without SNAP (OVS) */
#define ND_SLL	       1
#define ND_TLL	       2

struct parser {
	struct cursor c;
	const uint8_t *start;
	uint32_t left;
	struct flow_key *key;
	struct packet_layout *layout;
};

/* The next N bytes, or NULL with layout->drop set: to CUT when the layer ends before. */
static inline const uint8_t *take(struct parser *p, uint32_t n, enum drop_reason cut)
{
	const uint8_t *at;

	if (n > p->left) {
		p->layout->drop = cut;
		return NULL;
	}
	at = cursor_take(&p->c, n);
	if (!at) {
		p->layout->drop = DROP_SPLIT_HEADERS;
		return NULL;
	}
	p->left -= n;
	return at;
}

static inline uint16_t offset_of(const struct parser *p, const uint8_t *at)
{
	return at - p->start;
}

static inline void bad(struct parser *p, enum drop_reason reason)
{
	p->layout->drop = reason;
}

static void parse_arp(struct parser *p)
{
	static const uint8_t ethernet_ipv4[6] = { 0, 1, 0x08, 0x00, 6, 4 };
	const uint8_t *h = take(p, 8, DROP_ARP_TRUNCATED);
	const uint8_t *body;
	uint16_t op;

	if (!h || memcmp(h, ethernet_ipv4, sizeof(ethernet_ipv4)) != 0)
		return;
	body = take(p, 20, DROP_ARP_TRUNCATED);
	if (!body)
		return;
	op = load_be16(h + 6);
	p->layout->l4 = offset_of(p, body);
	p->key->ip_proto = op <= 0xff ? op : 0;
	memcpy(p->key->arp_sha, body, 6);
	memcpy(&p->key->ipv4_src, body + 6, 4);
	memcpy(p->key->arp_tha, body + 10, 6);
	memcpy(&p->key->ipv4_dst, body + 16, 4);
}

/* Options of NS and NA (RFC 4861 section 4.6).  A repeated or damaged link-layer address
 * option makes all ND fields absent, as Open vSwitch has it; the packet goes on.  So do more
 * options than are followed: an address might be behind them that the receiver believes. */
static void parse_nd_options(struct parser *p)
{
	struct flow_key *key = p->key;

	for (unsigned n = 0; p->left >= 8; n++) {
		const uint8_t *opt = cursor_take(&p->c, 8);
		uint16_t *place;
		uint8_t *mac;
		unsigned size;

		if (!opt)
			return;
		if (n == MAX_ND_OPTIONS) {
			p->layout->has_nd = false;
			return;
		}
		size = opt[1] * 8;
		if (size == 0 || size > p->left)
			return;
		p->left -= size;
		if (size > 8)
			cursor_take(&p->c, size - 8);
		if (size != 8 || (opt[0] != ND_SLL && opt[0] != ND_TLL))
			continue;
		place = opt[0] == ND_SLL ? &p->layout->nd_sll : &p->layout->nd_tll;
		mac = opt[0] == ND_SLL ? key->arp_sha : key->arp_tha;
		if (*place) {
			p->layout->has_nd = false;
			return;
		}
		*place = offset_of(p, opt);
		memcpy(mac, opt + 2, 6);
		if (!key->nd_options_type)
			key->nd_options_type = opt[0];
	}
}

static void parse_nd(struct parser *p, const uint8_t *icmp)
{
	struct flow_key *key = p->key;
	const uint8_t *target = p->left >= 16 ? cursor_take(&p->c, 16) : NULL;

	if (!target)
		return;
	p->left -= 16;
	memcpy(&key->nd_reserved, icmp + 4, 4);
	memcpy(key->nd_target, target, 16);
	p->layout->has_nd = true;
	parse_nd_options(p);
	if (p->layout->has_nd)
		return;
	p->layout->nd_sll = p->layout->nd_tll = 0;
	key->nd_reserved = 0;
	key->nd_options_type = 0;
	memset(key->nd_target, 0, sizeof(key->nd_target));
	memset(key->arp_sha, 0, sizeof(key->arp_sha));
	memset(key->arp_tha, 0, sizeof(key->arp_tha));
}

static inline void parse_tcp(struct parser *p)
{
	const uint8_t *h = take(p, 20, DROP_TCP_TRUNCATED);

	if (!h)
		return;
	if (h[12] >> 4 < 5) {
		bad(p, DROP_TCP_BAD_OFFSET);
		return;
	}
	p->layout->l4 = offset_of(p, h);
	memcpy(&p->key->tp_src, h, 2);
	memcpy(&p->key->tp_dst, h + 2, 2);
	store_be16(&p->key->tcp_flags, load_be16(h + 12) & 0xfff);
}

static inline void parse_ports(struct parser *p, uint32_t size, enum drop_reason cut)
{
	const uint8_t *h = take(p, size, cut);

	if (!h)
		return;
	p->layout->l4 = offset_of(p, h);
	memcpy(&p->key->tp_src, h, 2);
	memcpy(&p->key->tp_dst, h + 2, 2);
}

static void parse_icmp(struct parser *p, bool is_v6)
{
	const uint8_t *h = take(p, 8, is_v6 ? DROP_ICMPV6_TRUNCATED : DROP_ICMP_TRUNCATED);

	if (!h)
		return;
	p->layout->l4 = offset_of(p, h);
	store_be16(&p->key->tp_src, h[0]);
	store_be16(&p->key->tp_dst, h[1]);
	if (is_v6 && (h[0] == 135 || h[0] == 136) && h[1] == 0)
		parse_nd(p, h);
}

static inline void parse_l4(struct parser *p, bool is_v6)
{
	switch (p->key->ip_proto) {
	case IPPROTO_TCP:
		parse_tcp(p);
		break;
	case IPPROTO_UDP:
		parse_ports(p, 8, DROP_UDP_TRUNCATED);
		break;
	case IPPROTO_SCTP:
		parse_ports(p, 12, DROP_SCTP_TRUNCATED);
		break;
	case IPPROTO_ICMP:
		if (!is_v6)
			parse_icmp(p, false);
		break;
	case IPPROTO_ICMPV6:
		if (is_v6)
			parse_icmp(p, true);
		break;
	}
}

static inline void parse_ipv4(struct parser *p, enum parse_depth depth)
{
	struct flow_key *key = p->key;
	uint32_t frame = p->left, size, total;
	const uint8_t *h = take(p, 20, DROP_IPV4_TRUNCATED);
	uint16_t frag;

	if (!h)
		return;
	size = (h[0] & 0xf) * 4;
	total = load_be16(h + 2);
	if (h[0] >> 4 != 4) {
		bad(p, DROP_IPV4_BAD_VERSION);
		return;
	}
	if (size < 20) {
		bad(p, DROP_IPV4_BAD_IHL);
		return;
	}
	if (total < size || total > frame) {
		bad(p, size > frame ? DROP_IPV4_TRUNCATED : DROP_IPV4_BAD_LENGTH);
		return;
	}
	p->left = total - 20;
	if (size > 20 && !take(p, size - 20, DROP_IPV4_TRUNCATED))
		return;
	frag = load_be16(h + 6);
	if (frag & 0x3fff)
		key->ip_frag = KEY_FRAG_ANY | (frag & 0x1fff ? KEY_FRAG_LATER : 0);
	key->ip_tos = h[1];
	key->ip_ttl = h[8];
	key->ip_proto = h[9];
	memcpy(&key->ipv4_src, h + 12, 8);
	if (depth >= PARSE_L4 && !(key->ip_frag & KEY_FRAG_LATER))
		parse_l4(p, false);
}

static bool is_ipv6_ext(uint8_t next)
{
	static const uint8_t none[8];

	return ipv6_ext_size(next, none) != 0;
}

/* What the ipv6_exthdr field tells (OF 1.3.5 section 7.2.3.8), gathered header by header.  The
 * preferred order is RFC 8200's: hop-by-hop, destination options, routing, fragment, AH, ESP,
 * destination options. */
struct exthdrs {
	uint16_t flags;
	uint8_t place; /* of the last header in that order, from 1 */
	uint8_t n_dest;
};

static void note_exthdr(struct exthdrs *e, uint8_t next)
{
	uint16_t flag;
	uint8_t place;

	switch (next) {
	case IPPROTO_HOPOPTS:
		flag = OFPIEH12_HOP, place = 1;
		break;
	case IPPROTO_DSTOPTS:
		flag = OFPIEH12_DEST, place = e->place < 2 ? 2 : 7;
		break;
	case IPPROTO_ROUTING:
		flag = OFPIEH12_ROUTER, place = 3;
		break;
	case IPPROTO_FRAGMENT:
		flag = OFPIEH12_FRAG, place = 4;
		break;
	case IPPROTO_AH:
		flag = OFPIEH12_AUTH, place = 5;
		break;
	case IPPROTO_ESP:
		flag = OFPIEH12_ESP, place = 6;
		break;
	case IPPROTO_NONE:
		e->flags |= OFPIEH12_NONEXT;
		return;
	default:
		return;
	}
	/* Two headers of destination options are as it should be. */
	if (flag == OFPIEH12_DEST ? e->n_dest++ >= 2 : e->flags & flag)
		e->flags |= OFPIEH12_UNREP;
	/* Hop-by-hop options count when they are the first header only. */
	if (place < e->place || (place == 1 && e->place == 1))
		e->flags |= OFPIEH12_UNSEQ;
	if (place > 1 || e->place == 0)
		e->flags |= flag;
	e->place = MAX_OF(e->place, place);
}

/* Walk the extension headers; key->ip_proto ends as the upper layer's protocol. */
static void parse_ipv6_ext(struct parser *p, struct exthdrs *exthdrs)
{
	struct flow_key *key = p->key;

	for (unsigned n = 0; is_ipv6_ext(key->ip_proto); n++) {
		const uint8_t *h;
		uint32_t size;
		uint8_t kind = key->ip_proto;

		if (n == MAX_IPV6_EXT) {
			bad(p, DROP_IPV6_EXT_LIMIT);
			return;
		}
		note_exthdr(exthdrs, kind);
		h = take(p, 8, DROP_IPV6_BAD_EXT);
		if (!h)
			return;
		size = ipv6_ext_size(kind, h);
		if (size < 8) {
			bad(p, DROP_IPV6_BAD_EXT);
			return;
		}
		if (size > 8 && !take(p, size - 8, DROP_IPV6_BAD_EXT))
			return;
		if (kind == IPPROTO_ROUTING && h[3] > 0)
			p->layout->is_routed = true;
		if (kind == IPPROTO_FRAGMENT && load_be16(h + 2) & 0xfff9) {
			key->ip_frag = KEY_FRAG_ANY;
			if (load_be16(h + 2) & 0xfff8) {
				key->ip_frag |= KEY_FRAG_LATER;
				return;
			}
		}
		key->ip_proto = h[0];
	}
	note_exthdr(exthdrs, key->ip_proto);
}

static void parse_ipv6(struct parser *p, enum parse_depth depth)
{
	struct flow_key *key = p->key;
	const uint8_t *h = take(p, 40, DROP_IPV6_TRUNCATED);
	struct exthdrs exthdrs = { 0 };
	uint32_t payload, first;

	if (!h)
		return;
	first = load_be32(h);
	payload = load_be16(h + 4);
	if (first >> 28 != 6) {
		bad(p, DROP_IPV6_BAD_VERSION);
		return;
	}
	if (payload > p->left) {
		bad(p, DROP_IPV6_BAD_LENGTH);
		return;
	}
	p->left = payload;
	key->ip_tos = first >> 20;
	store_be32(&key->ipv6_label, first & 0xfffff);
	key->ip_proto = h[6];
	key->ip_ttl = h[7];
	memcpy(key->ipv6_src, h + 8, 32);
	parse_ipv6_ext(p, &exthdrs);
	store_be16(&key->ipv6_exthdr, exthdrs.flags);
	if (p->layout->drop == DROP_NONE && depth >= PARSE_L4 && !(key->ip_frag & KEY_FRAG_LATER))
		parse_l4(p, true);
}

/* The outermost label stack entry (RFC 3032 section 2.1).  A stack without bottom is no error: what
 * follows is not looked at. */
static void parse_mpls(struct parser *p)
{
	const uint8_t *entry = take(p, 4, DROP_MPLS_TRUNCATED);

	if (!entry)
		return;
	memcpy(&p->key->nd_reserved, entry, 4);
	p->layout->n_mpls = 1;
	while (!(entry[2] & 1) && p->layout->n_mpls < PARSE_MAX_MPLS && p->left >= 4) {
		entry = cursor_take(&p->c, 4);
		if (!entry)
			return;
		p->left -= 4;
		p->layout->n_mpls++;
	}
}

/* The I-TAG (IEEE 802.1ah): PCP, DEI, UCA, the I-SID, the customer's addresses, and the
 * Ethertype that comes next. */
static void parse_pbb(struct parser *p)
{
	const uint8_t *tag = take(p, 18, DROP_PBB_TRUNCATED);

	if (tag)
		store_be32(&p->key->ipv4_src, load_be32(tag) & KEY_PBB_BITS);
}

/* What follows a length instead of a type: LLC and SNAP tell one (RFC 1042). */
static uint16_t parse_snap(struct parser *p)
{
	static const uint8_t snap[6] = { 0xaa, 0xaa, 0x03, 0, 0, 0 };
	const uint8_t *h = p->left >= 8 && cursor_left(&p->c) >= 8 ? p->c.at : NULL;

	if (!h || memcmp(h, snap, sizeof(snap)) != 0 || load_be16(h + 6) < 0x600)
		return ETH_NOT_A_TYPE;
	cursor_take(&p->c, 8);
	p->left -= 8;
	return load_be16(h + 6);
}

/* 0x9100: the outer tag of provider bridges older than IEEE 802.1ad. */
static inline bool is_vlan(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

static inline uint16_t parse_vlans(struct parser *p, uint16_t type)
{
	while (is_vlan(type) && p->layout->n_vlans < PARSE_MAX_VLANS) {
		const uint8_t *tag = take(p, 4, DROP_SHORT_VLAN);

		if (!tag)
			return type;
		if (p->layout->n_vlans++ == 0)
			store_be16(&p->key->vlan_tci, load_be16(tag) | KEY_VLAN_PRESENT);
		type = load_be16(tag + 2);
	}
	return type;
}

static inline void parse_packet(const struct rte_mbuf *m, struct flow_key *key,
				struct packet_layout *layout, enum parse_depth depth)
{
	struct parser p = {
		.c = cursor_of(rte_pktmbuf_mtod(m, const void *), m->data_len),
		.start = rte_pktmbuf_mtod(m, const uint8_t *),
		.left = m->pkt_len,
		.key = key,
		.layout = layout,
	};
	const uint8_t *eth = take(&p, 14, DROP_SHORT_ETHERNET);
	uint16_t type;

	if (!eth)
		return;
	memcpy(key->eth_dst, eth, 12);
	type = parse_vlans(&p, load_be16(eth + 12));
	if (type < 0x600)
		type = parse_snap(&p);
	store_be16(&key->eth_type, type);
	layout->l3 = offset_of(&p, p.c.at);
	if (depth < PARSE_L3 || layout->drop != DROP_NONE)
		return;
	if (type == 0x0800)
		parse_ipv4(&p, depth);
	else if (type == 0x86dd)
		parse_ipv6(&p, depth);
	else if (type == 0x0806)
		parse_arp(&p);
	else if (type == 0x8847 || type == 0x8848)
		parse_mpls(&p);
	else if (type == 0x88e7)
		parse_pbb(&p);
}

/* --- the commonest packets --- */

/* What is known of all packets of a burst: IN_PORT, where it is in its quarter of the line. */
struct plain_parser {
	__m128i in_port;
	enum parse_depth depth;
};

/* TCP and UDP over IPv4 without tag, options or fragments, whole in the first segment as far as
 * they are read. */
static inline __attribute__((always_inline)) bool is_plain_ipv4(const struct rte_mbuf *m,
								const uint8_t *eth)
{
	uint32_t type, total;
	uint16_t frag;

	if (m->data_len < 54)
		return false;
	memcpy(&type, eth + 12, sizeof(type)); /* Ethernet's, and IPv4's version and length */
	memcpy(&frag, eth + 20, sizeof(frag));
	total = load_be16(eth + 16);
	if ((type & 0xffffff) != 0x450008 || frag & __builtin_bswap16(0x3fff) || total < 40 ||
	    total > m->pkt_len - 14)
		return false;
	return eth[23] == IPPROTO_UDP || (eth[23] == IPPROTO_TCP && eth[46] >> 4 >= 5);
}

/* Without a tag, for those who want no more than Ethernet's header.  As parse_plain_ipv4(). */
static inline __attribute__((always_inline)) bool parse_plain_ethernet(const struct plain_parser *p,
								       const struct rte_mbuf *m,
								       struct flow_key *key,
								       struct packet_layout *layout)
{
	const __m128i macs_and_type = _mm_setr_epi32(-1, -1, -1, 0xffff);
	const uint8_t *eth = rte_pktmbuf_mtod(m, const uint8_t *);
	__m128i *line = (__m128i *)key;
	uint16_t type;

	if (m->data_len < 16)
		return false;
	type = load_be16(eth + 12);
	if (type < 0x600 || is_vlan(type))
		return false;
	_mm_store_si128(line, _mm_setzero_si128());
	_mm_store_si128(line + 1, p->in_port);
	_mm_store_si128(line + 2,
			_mm_and_si128(_mm_loadu_si128((const __m128i *)eth), macs_and_type));
	_mm_store_si128(line + 3, _mm_setzero_si128());
	*layout = (struct packet_layout){ .l3 = 14 };
	return true;
}

/* The first line of the key in four stores, nothing cleared before.  False: not such a packet, and
 * nothing was written. */
static inline __attribute__((always_inline)) bool parse_plain_ipv4(const struct plain_parser *p,
								   const struct rte_mbuf *m,
								   struct flow_key *key,
								   struct packet_layout *layout)
{
	/* of bytes 22 to 37: TTL, protocol, checksum, addresses, ports */
	const __m128i addresses = _mm_setr_epi32(0, -1, -1, 0);
	const __m128i to_l4 =
		_mm_setr_epi8(12, 13, 14, 15, -1, -1, 1, -1, 0, -1, -1, -1, -1, -1, -1, -1);
	const __m128i to_l3 =
		_mm_setr_epi8(-1, -1, -1, -1, -1, -1, 1, -1, 0, -1, -1, -1, -1, -1, -1, -1);
	const __m128i macs_and_type = _mm_setr_epi32(-1, -1, -1, 0xffff);
	const uint8_t *eth = rte_pktmbuf_mtod(m, const uint8_t *);
	__m128i *line = (__m128i *)key, ip, last;
	uint16_t flags = 0;

	if (!is_plain_ipv4(m, eth))
		return false;
	ip = _mm_loadu_si128((const __m128i *)(eth + 22));
	if (p->depth >= PARSE_L4) {
		if (eth[23] == IPPROTO_TCP)
			memcpy(&flags, eth + 46, sizeof(flags));
		last = _mm_shuffle_epi8(ip, to_l4);
		last = _mm_insert_epi16(last, flags & __builtin_bswap16(0xfff), 2);
	} else {
		last = _mm_shuffle_epi8(ip, to_l3);
	}
	_mm_store_si128(line, _mm_setzero_si128());
	_mm_store_si128(line + 1, _mm_or_si128(_mm_and_si128(ip, addresses), p->in_port));
	_mm_store_si128(line + 2,
			_mm_and_si128(_mm_loadu_si128((const __m128i *)eth), macs_and_type));
	_mm_store_si128(line + 3, _mm_insert_epi8(last, eth[15], 7));
	*layout = (struct packet_layout){ .l3 = 14, .l4 = p->depth >= PARSE_L4 ? 34 : 0 };
	return true;
}
static_assert(offsetof(struct flow_key, in_port) == 16 &&
		      offsetof(struct flow_key, ipv4_src) == 20 &&
		      offsetof(struct flow_key, ipv4_dst) == 24 &&
		      offsetof(struct flow_key, eth_dst) == 32 &&
		      offsetof(struct flow_key, eth_type) == 44 &&
		      offsetof(struct flow_key, tp_src) == 48 &&
		      offsetof(struct flow_key, tcp_flags) == 52 &&
		      offsetof(struct flow_key, ip_proto) == 54 &&
		      offsetof(struct flow_key, ip_tos) == 55 &&
		      offsetof(struct flow_key, ip_ttl) == 56,
	      "where parse_plain_ipv4() writes them");

static inline __attribute__((always_inline)) bool parse_plain(const struct plain_parser *p,
							      const struct rte_mbuf *m,
							      struct flow_key *key,
							      struct packet_layout *layout)
{
	if (p->depth == PARSE_NOTHING)
		return false;
	if (p->depth == PARSE_L2)
		return parse_plain_ethernet(p, m, key, layout);
	return parse_plain_ipv4(p, m, key, layout);
}

static inline void begin_lines(struct flow_key *key, unsigned lines)
{
	for (unsigned rest = lines; rest; rest &= rest - 1)
		memset(&key->words[8 * __builtin_ctz(rest)], 0, 64);
	if (lines & KEY_LINE_PIPELINE)
		store_be32(&key->actset_output, PARSE_PORT_UNSET);
}

void packet_begin_lines(struct flow_key *keys, uint64_t bitmap, unsigned lines)
{
	for (; lines && bitmap; bitmap &= bitmap - 1)
		begin_lines(&keys[__builtin_ctzll(bitmap)], lines);
}

static inline __attribute__((always_inline)) uint64_t
parse_burst(struct rte_mbuf *const *pkts, unsigned n, uint32_t in_port, enum parse_depth depth,
	    unsigned lines, struct flow_key *keys, struct packet_layout *layouts)
{
	const struct plain_parser plain = {
		.in_port = _mm_setr_epi32(__builtin_bswap32(in_port), 0, 0, 0),
		.depth = depth,
	};
	uint64_t good = 0;

	for (unsigned i = 0; i < n; i++) {
		struct flow_key *key = &keys[i];

		if (depth > PARSE_NOTHING && i + 4 < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + 4], const void *));
		begin_lines(key, lines & ~KEY_LINE_COMMON);
		if (parse_plain(&plain, pkts[i], key, &layouts[i])) {
			good |= 1ull << i;
			continue;
		}
		memset(key, 0, 64);
		key->in_port = __builtin_bswap32(in_port);
		layouts[i] = (struct packet_layout){ 0 };
		if (depth > PARSE_NOTHING)
			parse_packet(pkts[i], key, &layouts[i], depth);
		good |= (uint64_t)(layouts[i].drop == DROP_NONE) << i;
	}
	return good;
}

uint64_t packet_parse_burst(struct rte_mbuf *const *pkts, unsigned n, uint32_t in_port,
			    enum parse_depth depth, unsigned lines, struct flow_key *keys,
			    struct packet_layout *layouts)
{
	switch (depth) {
	case PARSE_NOTHING:
		return parse_burst(pkts, n, in_port, PARSE_NOTHING, lines, keys, layouts);
	case PARSE_L2:
		return parse_burst(pkts, n, in_port, PARSE_L2, lines, keys, layouts);
	case PARSE_L3:
		return parse_burst(pkts, n, in_port, PARSE_L3, lines, keys, layouts);
	default:
		return parse_burst(pkts, n, in_port, PARSE_L4, lines, keys, layouts);
	}
}

enum drop_reason packet_parse(const struct rte_mbuf *m, struct flow_key *key,
			      struct packet_layout *layout)
{
	uint64_t metadata = key->metadata, tunnel_id = key->tunnel_id;
	uint32_t in_port = key->in_port;

	begin_lines(key, PARSE_LINES);
	key->metadata = metadata;
	key->tunnel_id = tunnel_id;
	key->in_port = in_port;
	*layout = (struct packet_layout){ 0 };
	parse_packet(m, key, layout, PARSE_L4);
	return layout->drop;
}

uint64_t packet_drop_fragments(const struct flow_key *keys, struct packet_layout *layouts,
			       uint64_t good)
{
	uint64_t whole = good;

	for (; good; good &= good - 1) {
		unsigned i = __builtin_ctzll(good);

		if (!keys[i].ip_frag)
			continue;
		layouts[i].drop = DROP_FRAGMENT;
		whole &= ~(1ull << i);
	}
	return whole;
}
