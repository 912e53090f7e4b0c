/* Matches from text, in ovs-ofctl's syntax.
 *
 * Words are taken in two turns: first those that say the protocol ("tcp", "dl_type=0x800"),
 * because what nw_src or tp_dst mean depends on it; then the rest, in any order. */

#include <strings.h>

#include "proto/openflow/field_text.h"
#include "proto/openflow/match.h"
#include "proto/openflow/protocol_names.h"
#include "proto/openflow/tokens.h"

#define VLAN_PRESENT  0x1000
#define VLAN_NONE     0xffff /* dl_vlan of packets without a tag, since OpenFlow 1.0 */
#define ETH_TYPE_ARP  0x0806
#define ETH_TYPE_IPV6 0x86dd

struct parser {
	struct arena *arena;
	struct of_match *match;
	struct status *st;
};

static bool is_word(const struct token *t, const char *word)
{
	return t->key_size == strlen(word) && strncasecmp(t->key, word, t->key_size) == 0;
}

static int fail(struct parser *p, const struct token *t, const char *what)
{
	char key[64];

	return status_set(p->st, STATUS_INVALID_ARGUMENT, token_key(t, key, sizeof(key)), "%s: %s",
			  key, what);
}

static int set_once(struct parser *p, const struct token *t, enum of_field_id id,
		    const uint8_t *value, const uint8_t *mask)
{
	if (of_match_find(p->match, id))
		return fail(p, t, "given twice, or twice under two names: keep one");
	of_match_set(p->arena, p->match, id, value, mask);
	return 0;
}

static int set_number(struct parser *p, const struct token *t, enum of_field_id id, uint64_t value,
		      uint64_t mask)
{
	uint8_t bytes[OF_FIELD_MAX_BYTES] = { 0 }, mask_bytes[OF_FIELD_MAX_BYTES] = { 0 };

	of_field_store_u64(of_field(id), bytes, value & mask);
	of_field_store_u64(of_field(id), mask_bytes, mask);
	return set_once(p, t, id, bytes, mask_bytes);
}

static bool is_zero(const uint8_t *bytes, unsigned n)
{
	while (n > 0 && bytes[n - 1] == 0)
		n--;
	return n == 0;
}

/* Without a tag there is no VLAN, and only 0 can match. */
static bool is_vid_sensible(const uint8_t *value, const uint8_t *mask)
{
	return !(load_be16(mask) & VLAN_PRESENT) || load_be16(value) & VLAN_PRESENT ||
	       load_be16(value) == 0;
}

/* A pair or four of registers as those of which bits are matched; the other views have words of
 * their own. */
static int set_registers(struct parser *p, const struct token *t, const struct of_field *f,
			 const uint8_t *value, const uint8_t *mask)
{
	bool is_xx = f->id >= OF_FIELD_XXREG0;
	unsigned first = is_xx ? 4 * (f->id - OF_FIELD_XXREG0) : 2 * (f->id - OF_FIELD_XREG0);

	if (f->id > OF_FIELD_XXREG3)
		return fail(p, t, "no such match field: use nw_tos, vlan_tci or in_port");
	for (unsigned i = 0; i < f->n_bytes / 4u; i++) {
		if (load_be32(mask + 4 * i) &&
		    set_number(p, t, OF_FIELD_REG0 + first + i, load_be32(value + 4 * i),
			       load_be32(mask + 4 * i)) != 0)
			return -1;
	}
	return 0;
}

static int parse_field(struct parser *p, const struct token *t, const struct of_field *f)
{
	uint8_t value[OF_FIELD_MAX_BYTES], mask[OF_FIELD_MAX_BYTES];
	char key[64];

	if (!t->value)
		return fail(p, t, "needs a value: write KEY=VALUE");
	if (of_field_parse(f, token_key(t, key, sizeof(key)), t->value, t->value_size, value, mask,
			   p->st) != 0)
		return -1;
	if (!f->is_maskable && memcmp(mask, of_field_ones[f->id], f->n_bytes) != 0)
		return fail(p, t, "this field takes no mask: give the whole value");
	if (is_zero(mask, f->n_bytes))
		return 0;
	if (of_field_is_view(f))
		return set_registers(p, t, f, value, mask);
	if (f->id == OF_FIELD_PACKET_TYPE)
		return load_be32(value) ? fail(p, t, "only Ethernet, (0,0), is known") : 0;
	if (f->id == OF_FIELD_VLAN_VID && !is_vid_sensible(value, mask))
		return fail(p, t,
			    "add 4096, a tag's presence, to the VLAN's number; or use dl_vlan");
	return set_once(p, t, f->id, value, mask);
}

static int parse_protocol_name(struct parser *p, const struct token *t,
			       const struct protocol_name *name)
{
	if (t->value)
		return fail(p, t, "takes no value");
	if (set_number(p, t, OF_FIELD_ETH_TYPE, name->eth_type, 0xffff) != 0)
		return -1;
	return name->ip_proto < 0 ? 0 : set_number(p, t, OF_FIELD_IP_PROTO, name->ip_proto, 0xff);
}

/* The value of an exactly matched field, or -1. */
static int number_of(const struct parser *p, enum of_field_id id)
{
	const struct of_field_match *fm = of_match_find(p->match, id);

	return fm ? (int)of_field_u64(of_field(id), fm->value) : -1;
}

static bool is_arp(const struct parser *p)
{
	return number_of(p, OF_FIELD_ETH_TYPE) == ETH_TYPE_ARP;
}

static const struct of_field *transport_field(const struct parser *p, enum of_field_id tcp,
					      enum of_field_id udp, enum of_field_id sctp)
{
	switch (number_of(p, OF_FIELD_IP_PROTO)) {
	case 17:
		return of_field(udp);
	case 132:
		return of_field(sctp);
	default:
		return of_field(tcp); /* if it is not TCP, the prerequisite check says so */
	}
}

/* Words whose field depends on the protocol. */
static const struct of_field *contextual_field(const struct parser *p, const struct token *t)
{
	bool is_ipv6 = number_of(p, OF_FIELD_ETH_TYPE) == ETH_TYPE_IPV6;

	if (is_word(t, "tp_src") && number_of(p, OF_FIELD_IP_PROTO) == (is_ipv6 ? 58 : 1))
		return of_field(is_ipv6 ? OF_FIELD_ICMPV6_TYPE : OF_FIELD_ICMPV4_TYPE);
	if (is_word(t, "tp_dst") && number_of(p, OF_FIELD_IP_PROTO) == (is_ipv6 ? 58 : 1))
		return of_field(is_ipv6 ? OF_FIELD_ICMPV6_CODE : OF_FIELD_ICMPV4_CODE);
	if (is_word(t, "tp_src"))
		return transport_field(p, OF_FIELD_TCP_SRC, OF_FIELD_UDP_SRC, OF_FIELD_SCTP_SRC);
	if (is_word(t, "tp_dst"))
		return transport_field(p, OF_FIELD_TCP_DST, OF_FIELD_UDP_DST, OF_FIELD_SCTP_DST);
	if (is_word(t, "nw_src") && is_arp(p))
		return of_field(OF_FIELD_ARP_SPA);
	if (is_word(t, "nw_dst") && is_arp(p))
		return of_field(OF_FIELD_ARP_TPA);
	if (is_word(t, "icmp_type") && is_ipv6)
		return of_field(OF_FIELD_ICMPV6_TYPE);
	if (is_word(t, "icmp_code") && is_ipv6)
		return of_field(OF_FIELD_ICMPV6_CODE);
	return NULL;
}

/* "V" or "V/M", neither above MAX. */
static int parse_number(struct parser *p, const struct token *t, uint64_t max, uint64_t *value,
			uint64_t *mask)
{
	const char *slash = t->value ? memchr(t->value, '/', t->value_size) : NULL;
	size_t n = slash ? (size_t)(slash - t->value) : t->value_size;

	*mask = max;
	if (!t->value || of_number_parse(t->value, n, value) != 0 ||
	    (slash && of_number_parse(slash + 1, t->value_size - n - 1, mask) != 0) ||
	    *value > max || *mask > max)
		return fail(p, t,
			    "not a number that fits: write 5 or 0x5, VALUE/MASK for some bits");
	return 0;
}

static int parse_dl_vlan(struct parser *p, const struct token *t)
{
	uint64_t vid, mask;

	if (parse_number(p, t, 0xffff, &vid, &mask) != 0)
		return -1;
	if (vid == VLAN_NONE)
		return set_number(p, t, OF_FIELD_VLAN_VID, 0, 0x1fff);
	if (vid > 0xfff)
		return fail(p, t, "a VLAN is 0 to 4095, or 0xffff for packets without a tag");
	return set_number(p, t, OF_FIELD_VLAN_VID, VLAN_PRESENT | vid, 0x1fff);
}

/* The TCI's 0x1000 is "tag present", as in vlan_vid; its upper three bits are vlan_pcp, which
 * OpenFlow 1.3 matches wholly or not at all. */
static int parse_vlan_tci(struct parser *p, const struct token *t)
{
	uint64_t tci, mask;
	unsigned pcp_mask;

	if (parse_number(p, t, 0xffff, &tci, &mask) != 0)
		return -1;
	tci &= mask;
	pcp_mask = mask >> 13;
	if (!(tci & VLAN_PRESENT) && mask & VLAN_PRESENT) {
		if (tci != 0)
			return fail(p, t, "without 0x1000, a tag's presence, only 0 can match");
		pcp_mask = 0; /* no tag, no priority */
	}
	if (pcp_mask != 0 && (pcp_mask != 7 || !(tci & VLAN_PRESENT)))
		return fail(p, t, "match the priority wholly and with 0x1000, a tag's presence");
	if (pcp_mask && set_number(p, t, OF_FIELD_VLAN_PCP, tci >> 13, 7) != 0)
		return -1;
	return mask & 0x1fff ? set_number(p, t, OF_FIELD_VLAN_VID, tci & 0x1fff, mask & 0x1fff) : 0;
}

static int parse_nw_tos(struct parser *p, const struct token *t)
{
	uint64_t tos, mask;

	if (parse_number(p, t, 0xff, &tos, &mask) != 0)
		return -1;
	if (tos & 3 || mask != 0xff)
		return fail(p, t, "its lower two bits are nw_ecn: give a multiple of 4");
	return set_number(p, t, OF_FIELD_IP_DSCP, tos >> 2, 0x3f);
}

static int parse_word(struct parser *p, const struct token *t)
{
	const struct of_field *f;

	if (is_word(t, "dl_vlan"))
		return parse_dl_vlan(p, t);
	if (is_word(t, "vlan_tci") || is_word(t, "NXM_OF_VLAN_TCI"))
		return parse_vlan_tci(p, t);
	if (is_word(t, "nw_tos") || is_word(t, "NXM_OF_IP_TOS"))
		return parse_nw_tos(p, t);
	if (is_word(t, "NXM_OF_IN_PORT"))
		return parse_field(p, t, of_field(OF_FIELD_IN_PORT));
	f = contextual_field(p, t);
	if (!f)
		f = of_field_by_name(t->key, t->key_size);
	return f ? parse_field(p, t, f)
		 : fail(p, t, "no such match field: see \"Fields\" in the manual for the names");
}

/* Whether the word says the protocol. */
static bool is_first(const struct token *t)
{
	const struct of_field *f = of_field_by_name(t->key, t->key_size);

	return protocol_name_find(t->key, t->key_size) ||
	       (f && (f->id == OF_FIELD_ETH_TYPE || f->id == OF_FIELD_IP_PROTO));
}

static int parse_first(struct parser *p, const struct token *t)
{
	const struct protocol_name *name = protocol_name_find(t->key, t->key_size);

	return name ? parse_protocol_name(p, t, name)
		    : parse_field(p, t, of_field_by_name(t->key, t->key_size));
}

static const char *remedy_of(enum of_field_prereq prereq)
{
	switch (prereq) {
	case OF_PREREQ_NONE:
		break;
	case OF_PREREQ_IN_PORT:
		return "in_port=...";
	case OF_PREREQ_MPLS:
		return "mpls or mplsm";
	case OF_PREREQ_PBB:
		return "dl_type=0x88e7";
	case OF_PREREQ_CT:
		return "ct_state=+trk-inv";
	case OF_PREREQ_CT_IPV4:
		return "ip,ct_state=+trk-inv";
	case OF_PREREQ_CT_IPV6:
		return "ipv6,ct_state=+trk-inv";
	case OF_PREREQ_VLAN:
		return "dl_vlan=...";
	case OF_PREREQ_ARP:
		return "arp";
	case OF_PREREQ_IPV4:
		return "ip";
	case OF_PREREQ_IPV6:
		return "ipv6";
	case OF_PREREQ_IP:
		return "ip or ipv6";
	case OF_PREREQ_TCP:
		return "tcp or tcp6";
	case OF_PREREQ_UDP:
		return "udp or udp6";
	case OF_PREREQ_SCTP:
		return "sctp or sctp6";
	case OF_PREREQ_ICMPV4:
		return "icmp";
	case OF_PREREQ_ICMPV6:
		return "icmp6";
	case OF_PREREQ_ND:
		return "icmp6,icmp_type=135 or 136";
	case OF_PREREQ_ND_SOLICIT:
		return "icmp6,icmp_type=135";
	case OF_PREREQ_ND_ADVERT:
		return "icmp6,icmp_type=136";
	}
	return "";
}

/* Priority alone means "any tag of this priority", as in ovs-ofctl. */
static void add_tag_presence(struct parser *p)
{
	if (of_match_find(p->match, OF_FIELD_VLAN_PCP) &&
	    !of_match_find(p->match, OF_FIELD_VLAN_VID))
		of_match_set_u64_masked(p->arena, p->match, OF_FIELD_VLAN_VID, VLAN_PRESENT,
					VLAN_PRESENT);
}

static int check_prerequisites(struct parser *p)
{
	for (unsigned i = 0; i < p->match->n; i++) {
		const struct of_field *f = of_field(p->match->fields[i].id);

		if (!of_match_meets(p->match, f->prereq))
			return status_set(p->st, STATUS_INVALID_ARGUMENT, f->name,
					  "%s: does not fit the rest of the match: add %s", f->name,
					  remedy_of(f->prereq));
	}
	return 0;
}

int of_match_parse(const char *text, struct arena *a, struct of_match *m, struct status *st)
{
	struct parser p = { .arena = a, .match = m, .st = st };
	struct token t;

	*m = (struct of_match){ 0 };
	for (const char *at = text; token_next(&at, &t);) {
		if (is_first(&t) && parse_first(&p, &t) != 0)
			return -1;
	}
	for (const char *at = text; token_next(&at, &t);) {
		if (!is_first(&t) && parse_word(&p, &t) != 0)
			return -1;
	}
	add_tag_presence(&p);
	return check_prerequisites(&p);
}
