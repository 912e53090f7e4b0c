/* The map from OpenFlow fields to places in the flow key. */

#include "dataplane/packet/key_fields.h"

#include <netinet/in.h>

#define AT(MEMBER, SIZE, SHIFT, BITS, DEPTH)                                                       \
	{                                                                                          \
		offsetof(struct flow_key, MEMBER), SIZE, SHIFT, BITS, DEPTH                        \
	}
#define REG(N)	 [OF_FIELD_REG##N] = AT(reg[N], 4, 0, 32, PARSE_NOTHING)
#define XREG(N)	 [OF_FIELD_XREG##N] = AT(reg[2 * (N)], 8, 0, 64, PARSE_NOTHING)
#define XXREG(N) [OF_FIELD_XXREG##N] = AT(reg[4 * (N)], 16, 0, 128, PARSE_NOTHING)

static const struct key_place places[OF_N_FIELDS] = {
	[OF_FIELD_IN_PORT] = AT(in_port, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_METADATA] = AT(metadata, 8, 0, 64, PARSE_NOTHING),
	[OF_FIELD_TUNNEL_ID] = AT(tunnel_id, 8, 0, 64, PARSE_NOTHING),
	[OF_FIELD_ETH_DST] = AT(eth_dst, 6, 0, 48, PARSE_L2),
	[OF_FIELD_ETH_SRC] = AT(eth_src, 6, 0, 48, PARSE_L2),
	[OF_FIELD_ETH_TYPE] = AT(eth_type, 2, 0, 16, PARSE_L2),
	[OF_FIELD_VLAN_VID] = AT(vlan_tci, 2, 0, 13, PARSE_L2),
	[OF_FIELD_VLAN_PCP] = AT(vlan_tci, 2, 13, 3, PARSE_L2),
	[OF_FIELD_IP_DSCP] = AT(ip_tos, 1, 2, 6, PARSE_L3),
	[OF_FIELD_IP_ECN] = AT(ip_tos, 1, 0, 2, PARSE_L3),
	[OF_FIELD_IP_PROTO] = AT(ip_proto, 1, 0, 8, PARSE_L3),
	[OF_FIELD_IP_TTL] = AT(ip_ttl, 1, 0, 8, PARSE_L3),
	[OF_FIELD_IP_FRAG] = AT(ip_frag, 1, 0, 2, PARSE_L3),
	[OF_FIELD_IPV4_SRC] = AT(ipv4_src, 4, 0, 32, PARSE_L3),
	[OF_FIELD_IPV4_DST] = AT(ipv4_dst, 4, 0, 32, PARSE_L3),
	[OF_FIELD_TCP_SRC] = AT(tp_src, 2, 0, 16, PARSE_L4),
	[OF_FIELD_TCP_DST] = AT(tp_dst, 2, 0, 16, PARSE_L4),
	[OF_FIELD_TCP_FLAGS] = AT(tcp_flags, 2, 0, 12, PARSE_L4),
	[OF_FIELD_UDP_SRC] = AT(tp_src, 2, 0, 16, PARSE_L4),
	[OF_FIELD_UDP_DST] = AT(tp_dst, 2, 0, 16, PARSE_L4),
	[OF_FIELD_SCTP_SRC] = AT(tp_src, 2, 0, 16, PARSE_L4),
	[OF_FIELD_SCTP_DST] = AT(tp_dst, 2, 0, 16, PARSE_L4),
	[OF_FIELD_ICMPV4_TYPE] = AT(tp_src, 2, 0, 8, PARSE_L4),
	[OF_FIELD_ICMPV4_CODE] = AT(tp_dst, 2, 0, 8, PARSE_L4),
	[OF_FIELD_ICMPV6_TYPE] = AT(tp_src, 2, 0, 8, PARSE_L4),
	[OF_FIELD_ICMPV6_CODE] = AT(tp_dst, 2, 0, 8, PARSE_L4),
	[OF_FIELD_ARP_OP] = AT(ip_proto, 1, 0, 8, PARSE_L3),
	[OF_FIELD_ARP_SPA] = AT(ipv4_src, 4, 0, 32, PARSE_L3),
	[OF_FIELD_ARP_TPA] = AT(ipv4_dst, 4, 0, 32, PARSE_L3),
	[OF_FIELD_ARP_SHA] = AT(arp_sha, 6, 0, 48, PARSE_L3),
	[OF_FIELD_ARP_THA] = AT(arp_tha, 6, 0, 48, PARSE_L3),
	[OF_FIELD_IPV6_SRC] = AT(ipv6_src, 16, 0, 128, PARSE_L3),
	[OF_FIELD_IPV6_DST] = AT(ipv6_dst, 16, 0, 128, PARSE_L3),
	[OF_FIELD_IPV6_FLABEL] = AT(ipv6_label, 4, 0, 20, PARSE_L3),
	[OF_FIELD_ND_TARGET] = AT(nd_target, 16, 0, 128, PARSE_L4),
	[OF_FIELD_ND_SLL] = AT(arp_sha, 6, 0, 48, PARSE_L4),
	[OF_FIELD_ND_TLL] = AT(arp_tha, 6, 0, 48, PARSE_L4),
	[OF_FIELD_ND_RESERVED] = AT(nd_reserved, 4, 0, 32, PARSE_L4),
	[OF_FIELD_ND_OPTIONS_TYPE] = AT(nd_options_type, 1, 0, 8, PARSE_L4),
	[OF_FIELD_IN_PHY_PORT] =
		AT(in_port, 4, 0, 32, PARSE_NOTHING), /* no port is made of others */
	[OF_FIELD_MPLS_LABEL] = AT(nd_reserved, 4, 12, 20, PARSE_L3),
	[OF_FIELD_MPLS_TC] = AT(nd_reserved, 4, 9, 3, PARSE_L3),
	[OF_FIELD_MPLS_BOS] = AT(nd_reserved, 4, 8, 1, PARSE_L3),
	[OF_FIELD_MPLS_TTL] = AT(nd_reserved, 4, 0, 8, PARSE_L3),
	[OF_FIELD_PBB_ISID] = AT(ipv4_src, 4, 0, 24, PARSE_L3),
	[OF_FIELD_PBB_UCA] = AT(ipv4_src, 4, 27, 1, PARSE_L3),
	[OF_FIELD_IPV6_EXTHDR] = AT(ipv6_exthdr, 2, 0, 9, PARSE_L3),
	[OF_FIELD_ACTSET_OUTPUT] = AT(actset_output, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_PKT_MARK] = AT(pkt_mark, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_CONJ_ID] = AT(conj_id, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_DP_HASH] = AT(dp_hash, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_RECIRC_ID] = AT(recirc_id, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_CT_STATE] = AT(ct_state, 1, 0, 8, PARSE_NOTHING),
	[OF_FIELD_CT_ZONE] = AT(ct_zone, 2, 0, 16, PARSE_NOTHING),
	[OF_FIELD_CT_MARK] = AT(ct_mark, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_CT_LABEL] = AT(ct_label, 16, 0, 128, PARSE_NOTHING),
	[OF_FIELD_CT_NW_SRC] = AT(ct_nw_src, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_CT_NW_DST] = AT(ct_nw_dst, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_CT_IPV6_SRC] = AT(ct_ipv6_src, 16, 0, 128, PARSE_NOTHING),
	[OF_FIELD_CT_IPV6_DST] = AT(ct_ipv6_dst, 16, 0, 128, PARSE_NOTHING),
	[OF_FIELD_CT_NW_PROTO] = AT(ct_nw_proto, 1, 0, 8, PARSE_NOTHING),
	[OF_FIELD_CT_TP_SRC] = AT(ct_tp_src, 2, 0, 16, PARSE_NOTHING),
	[OF_FIELD_CT_TP_DST] = AT(ct_tp_dst, 2, 0, 16, PARSE_NOTHING),
	[OF_FIELD_TUN_FLAGS] = AT(tun_flags, 2, 0, 1, PARSE_NOTHING),
	[OF_FIELD_TUN_SRC] = AT(tun_src, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_TUN_DST] = AT(tun_dst, 4, 0, 32, PARSE_NOTHING),
	[OF_FIELD_TUN_IPV6_SRC] = AT(tun_ipv6_src, 16, 0, 128, PARSE_NOTHING),
	[OF_FIELD_TUN_IPV6_DST] = AT(tun_ipv6_dst, 16, 0, 128, PARSE_NOTHING),
	[OF_FIELD_TUN_GBP_ID] = AT(tun_gbp_id, 2, 0, 16, PARSE_NOTHING),
	[OF_FIELD_TUN_GBP_FLAGS] = AT(tun_gbp_flags, 1, 0, 8, PARSE_NOTHING),
	[OF_FIELD_TUN_ERSPAN_IDX] = AT(tun_erspan_idx, 4, 0, 20, PARSE_NOTHING),
	[OF_FIELD_TUN_ERSPAN_VER] = AT(tun_erspan_ver, 1, 0, 4, PARSE_NOTHING),
	[OF_FIELD_TUN_ERSPAN_DIR] = AT(tun_erspan_dir, 1, 0, 1, PARSE_NOTHING),
	[OF_FIELD_TUN_ERSPAN_HWID] = AT(tun_erspan_hwid, 1, 0, 6, PARSE_NOTHING),
	[OF_FIELD_VLAN_TCI] = AT(vlan_tci, 2, 0, 16, PARSE_L2),
	[OF_FIELD_IP_TOS] = AT(ip_tos, 1, 0, 8, PARSE_L3),
	[OF_FIELD_IN_PORT_NXM] = AT(in_port, 4, 0, 16, PARSE_NOTHING),
	REG(0),
	REG(1),
	REG(2),
	REG(3),
	REG(4),
	REG(5),
	REG(6),
	REG(7),
	REG(8),
	REG(9),
	REG(10),
	REG(11),
	REG(12),
	REG(13),
	REG(14),
	REG(15),
	XREG(0),
	XREG(1),
	XREG(2),
	XREG(3),
	XREG(4),
	XREG(5),
	XREG(6),
	XREG(7),
	XXREG(0),
	XXREG(1),
	XXREG(2),
	XXREG(3),
};

static const struct key_options no_options;
static _Thread_local const struct key_options *options = &no_options;

const struct key_options *key_options_use(const struct key_options *o)
{
	const struct key_options *before = options;

	options = o ? o : &no_options;
	return before;
}

static inline const struct key_place *place_of(enum of_field_id id)
{
	unsigned index = (unsigned)id - OF_FIELD_TUN_METADATA0;

	return index < OF_N_TUN_METADATA ? &options->places[index] : &places[id];
}

const struct key_place *key_place(enum of_field_id id)
{
	return place_of(id);
}

/* SIZE <= 8 bytes in network order. */
static uint64_t load_number(const void *p, unsigned size)
{
	uint8_t wide[8] = { 0 };

	memcpy(wide + 8 - size, p, size);
	return load_be64(wide);
}

static void store_number(void *p, unsigned size, uint64_t v)
{
	uint8_t wide[8];

	store_be64(wide, v);
	memcpy(p, wide + 8 - size, size);
}

static uint64_t low_bits(unsigned n)
{
	return n == 64 ? UINT64_MAX : (1ull << n) - 1;
}

struct key_place key_option_place(unsigned offset, unsigned size)
{
	return (struct key_place){
		.offset = offsetof(struct flow_key, tun_metadata) + offset,
		.size = size,
		.n_bits = size * 8,
		.depth = PARSE_NOTHING,
	};
}

/* The bytes of a tunnel's option are the right end of the field's. */
static void get_option(const struct key_place *pl, const uint8_t *at, unsigned n_bytes,
		       uint8_t *value)
{
	memset(value, 0, n_bytes - pl->size);
	memcpy(value + n_bytes - pl->size, at, pl->size);
}

static void set_bytes(uint8_t *at, const uint8_t *value, const uint8_t *mask, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (at[i] & ~mask[i]) | (value[i] & mask[i]);
}

void key_field_get(const struct flow_key *key, enum of_field_id id, void *value)
{
	const struct key_place *pl = place_of(id);
	const uint8_t *at = (const uint8_t *)key + pl->offset;

	if (of_field_is_variable(of_field(id)))
		get_option(pl, at, of_field(id)->n_bytes, value);
	else if (pl->size > 8)
		memcpy(value, at, pl->size);
	else
		store_number(value, of_field(id)->n_bytes,
			     load_number(at, pl->size) >> pl->shift & low_bits(pl->n_bits));
}

void key_field_set(struct flow_key *key, enum of_field_id id, const void *value, const void *mask)
{
	const struct key_place *pl = place_of(id);
	const uint8_t *v = value, *m = mask ? mask : of_field_ones[id];
	uint8_t *at = (uint8_t *)key + pl->offset;
	uint64_t old, bits;

	if (of_field_is_variable(of_field(id))) {
		unsigned skip = of_field(id)->n_bytes - pl->size;

		set_bytes(at, v + skip, m + skip, pl->size);
		return;
	}
	if (pl->size > 8) {
		set_bytes(at, v, m, pl->size);
		return;
	}
	bits = (load_number(m, of_field(id)->n_bytes) & low_bits(pl->n_bits)) << pl->shift;
	old = load_number(at, pl->size) & ~bits;
	store_number(at, pl->size,
		     old | (load_number(v, of_field(id)->n_bytes) << pl->shift & bits));
}

/* Whether F, an option, is mapped and no bit of its value is beyond it. */
static bool has_room(const struct key_place *pl, const struct of_field_match *f)
{
	for (unsigned i = 0; i < of_field(f->id)->n_bytes - (unsigned)pl->size; i++)
		if (f->value[i])
			return false;
	return pl->size;
}

int key_set_match(struct flow_key *key, const struct of_match *m, struct of_error *err)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct of_field_match *f = &m->fields[i];

		if (f->id == OF_FIELD_PACKET_TYPE) {
			/* All packets are Ethernet frames, type (0, 0): nothing to look at. */
			if (load_be32(f->value) != 0)
				return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_VALUE);
			continue;
		}
		if (of_field_is_variable(of_field(f->id)) && !has_room(place_of(f->id), f))
			return of_error_set_nx(err, NXFMFC_INVALID_TLV_FIELD);
		if (!place_of(f->id)->size)
			return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_FIELD);
		/* The key has 8 bits for it; no packet could match more. */
		if (f->id == OF_FIELD_ARP_OP && f->value[0])
			return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_VALUE);
		key_field_set(key, f->id, f->value, f->mask);
	}
	return 0;
}

int key_mask_from_match(const struct of_match *m, struct key_mask *out, struct of_error *err)
{
	memset(out, 0, sizeof(*out));
	if (key_set_match(&out->key, m, err) < 0)
		return -1;
	for (unsigned i = 0; i < m->n; i++)
		if (place_of(m->fields[i].id)->size)
			key_field_set(&out->mask, m->fields[i].id, m->fields[i].mask,
				      m->fields[i].mask);
	return 0;
}

/* New, established, or of the reply direction: the packet belongs to a connection. */
#define CT_STATE_VALID 0x0b

static bool has_proto(const struct flow_key *key, uint16_t eth_type, uint8_t proto)
{
	return load_be16(&key->eth_type) == eth_type && key->ip_proto == proto;
}

static bool has_l4(const struct flow_key *key, uint8_t proto)
{
	return (has_proto(key, 0x0800, proto) || has_proto(key, 0x86dd, proto)) &&
	       !(key->ip_frag & KEY_FRAG_LATER);
}

bool key_has_prereq(const struct flow_key *key, enum of_field_prereq prereq)
{
	uint16_t type = load_be16(&key->eth_type);
	bool is_icmpv6 = has_proto(key, 0x86dd, IPPROTO_ICMPV6) && has_l4(key, IPPROTO_ICMPV6);
	bool is_nd = is_icmpv6 && key->tp_dst == 0;

	switch (prereq) {
	case OF_PREREQ_NONE:
	case OF_PREREQ_IN_PORT:
		return true;
	case OF_PREREQ_MPLS:
		return type == 0x8847 || type == 0x8848;
	case OF_PREREQ_PBB:
		return type == 0x88e7;
	case OF_PREREQ_CT:
		return key->ct_state & CT_STATE_VALID;
	case OF_PREREQ_CT_IPV4:
		return type == 0x0800 && key_has_prereq(key, OF_PREREQ_CT);
	case OF_PREREQ_CT_IPV6:
		return type == 0x86dd && key_has_prereq(key, OF_PREREQ_CT);
	case OF_PREREQ_VLAN:
		return load_be16(&key->vlan_tci) & KEY_VLAN_PRESENT;
	case OF_PREREQ_ARP:
		return type == 0x0806;
	case OF_PREREQ_IPV4:
		return type == 0x0800;
	case OF_PREREQ_IPV6:
		return type == 0x86dd;
	case OF_PREREQ_IP:
		return type == 0x0800 || type == 0x86dd;
	case OF_PREREQ_TCP:
		return has_l4(key, IPPROTO_TCP);
	case OF_PREREQ_UDP:
		return has_l4(key, IPPROTO_UDP);
	case OF_PREREQ_SCTP:
		return has_l4(key, IPPROTO_SCTP);
	case OF_PREREQ_ICMPV4:
		return has_proto(key, 0x0800, IPPROTO_ICMP) && has_l4(key, IPPROTO_ICMP);
	case OF_PREREQ_ICMPV6:
		return is_icmpv6;
	case OF_PREREQ_ND:
		return is_nd && (load_be16(&key->tp_src) == 135 || load_be16(&key->tp_src) == 136);
	case OF_PREREQ_ND_SOLICIT:
		return is_nd && load_be16(&key->tp_src) == 135;
	case OF_PREREQ_ND_ADVERT:
		return is_nd && load_be16(&key->tp_src) == 136;
	}
	return false;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n && !*p)
		p++, n--;
	return n == 0;
}

/* Fields that tell something of this packet to somebody outside. */
static bool is_telling(const struct flow_key *key, enum of_field_id id, const uint8_t *value)
{
	switch (id) {
	case OF_FIELD_IN_PORT:
		return true;
	case OF_FIELD_IN_PHY_PORT: /* never another than in_port (OF 1.3.5 section 7.2.3.8) */
	case OF_FIELD_CONJ_ID:
	case OF_FIELD_DP_HASH:
	case OF_FIELD_RECIRC_ID:
		return false;
	case OF_FIELD_ACTSET_OUTPUT:
		return key->actset_output && load_be32(value) != PARSE_PORT_UNSET;
	default:
		return place_of(id)->depth != PARSE_NOTHING ||
		       !is_zero(value, of_field(id)->n_bytes);
	}
}

static void add_to_match(const struct flow_key *key, enum of_field_id id, struct arena *a,
			 struct of_match *out)
{
	const struct of_field *f = of_field(id);
	uint8_t value[OF_FIELD_MAX_BYTES] = { 0 };

	if (!place_of(id)->size || of_field_is_view(f) || !key_has_prereq(key, f->prereq))
		return;
	key_field_get(key, id, value);
	if (is_telling(key, id, value))
		of_match_set(a, out, id, value, NULL);
}

void match_from_key(const struct flow_key *key, struct arena *a, struct of_match *out)
{
	*out = (struct of_match){ 0 };
	for (unsigned id = 0; id < OF_N_FIELDS; id++)
		add_to_match(key, id, a, out);
}

void match_from_pipeline(const struct flow_key *key, unsigned lines, struct arena *a,
			 struct of_match *out)
{
	*out = (struct of_match){ 0 };
	lines |= KEY_LINE_COMMON;
	for (unsigned id = 0; id < OF_FIELD_FIRST_VIEW; id++) {
		const struct key_place *pl = place_of(id);

		if (pl->depth == PARSE_NOTHING && lines & key_field_line(id) &&
		    !is_zero((const uint8_t *)key + pl->offset, pl->size))
			add_to_match(key, id, a, out);
	}
}

/* The least depth at which every byte of the mask has been filled: a byte that several fields
 * share counts as the deepest of them that the mask could mean. */
enum parse_depth key_mask_depth(const struct flow_key *mask)
{
	enum parse_depth depth = PARSE_NOTHING;

	for (unsigned id = 0; id < OF_N_FIELDS; id++) {
		const struct key_place *pl = place_of(id);

		if (pl->size && pl->depth > depth &&
		    !is_zero((const uint8_t *)mask + pl->offset, pl->size))
			depth = pl->depth;
	}
	return depth;
}

unsigned key_mask_lines(const struct flow_key *mask)
{
	unsigned lines = 0;

	for (unsigned w = 0; w < KEY_WORDS; w++)
		if (mask->words[w])
			lines |= 1u << w * 8 / 64;
	return lines;
}

unsigned key_field_line(enum of_field_id id)
{
	return 1u << place_of(id)->offset / 64;
}
