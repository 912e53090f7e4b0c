/* Matches as text, as ovs-ofctl prints them: shorthand for the protocol, OpenFlow 1.0's names,
 * and its order of the fields. */

#include "proto/openflow/field_text.h"
#include "proto/openflow/match.h"
#include "proto/openflow/protocol_names.h"

#define VLAN_PRESENT   0x1000
#define VLAN_VID       0x0fff
#define VLAN_PCP_SHIFT 13

struct printer {
	const struct of_match *match;
	struct buf *out;
	size_t start;
	bool is_done[OF_N_FIELDS];
};

static void comma(struct printer *p)
{
	if (p->out->size > p->start)
		buf_puts(p->out, ",");
}

static void print_as(struct printer *p, enum of_field_id id, const char *name)
{
	const struct of_field_match *fm = of_match_find(p->match, id);

	if (!fm || p->is_done[id])
		return;
	p->is_done[id] = true;
	comma(p);
	buf_printf(p->out, "%s=", name);
	of_field_print(of_field(id), fm->value, fm->mask, p->out);
}

static void print(struct printer *p, enum of_field_id id)
{
	print_as(p, id, of_field(id)->name);
}

static int exact_u64(const struct of_match *m, enum of_field_id id)
{
	const struct of_field_match *fm = of_match_find(m, id);

	return fm ? (int)of_field_u64(of_field(id), fm->value) : -1;
}

/* "tcp" and the like for what the match says of dl_type and nw_proto, as far as there is a word. */
static void print_protocol(struct printer *p)
{
	const struct protocol_name *name = protocol_name_of(exact_u64(p->match, OF_FIELD_ETH_TYPE),
							    exact_u64(p->match, OF_FIELD_IP_PROTO));

	if (name) {
		comma(p);
		buf_puts(p->out, name->name);
		p->is_done[OF_FIELD_ETH_TYPE] = true;
		p->is_done[OF_FIELD_IP_PROTO] = name->ip_proto >= 0;
	}
}

/* vlan_vid and vlan_pcp are one tag to ovs-ofctl. */
static void print_vlan(struct printer *p)
{
	const struct of_field_match *vid = of_match_find(p->match, OF_FIELD_VLAN_VID);
	const struct of_field_match *pcp = of_match_find(p->match, OF_FIELD_VLAN_PCP);
	unsigned tci = 0, mask = 0, vid_mask;

	if (!vid && !pcp)
		return;
	p->is_done[OF_FIELD_VLAN_VID] = p->is_done[OF_FIELD_VLAN_PCP] = true;
	if (vid) {
		tci = load_be16(vid->value);
		mask = load_be16(vid->mask);
	}
	vid_mask = mask & VLAN_VID;
	if (pcp) {
		tci |= pcp->value[0] << VLAN_PCP_SHIFT;
		mask |= pcp->mask[0] << VLAN_PCP_SHIFT;
	}
	comma(p);
	if (!(tci & VLAN_PRESENT) || (vid_mask && vid_mask != VLAN_VID) || (!vid_mask && !pcp) ||
	    (pcp && pcp->mask[0] != 7)) {
		buf_printf(p->out, mask == 0xffff ? "vlan_tci=0x%04x" : "vlan_tci=0x%04x/0x%04x",
			   tci, mask);
		return;
	}
	if (vid_mask)
		buf_printf(p->out, "dl_vlan=%u%s", tci & VLAN_VID, pcp ? "," : "");
	if (pcp)
		buf_printf(p->out, "dl_vlan_pcp=%u", tci >> VLAN_PCP_SHIFT);
}

static void print_addresses(struct printer *p)
{
	print_as(p, OF_FIELD_IPV4_SRC, "nw_src");
	print_as(p, OF_FIELD_IPV4_DST, "nw_dst");
	print(p, OF_FIELD_IPV6_SRC);
	print(p, OF_FIELD_IPV6_DST);
	print(p, OF_FIELD_IPV6_FLABEL);
	print(p, OF_FIELD_ARP_SPA);
	print(p, OF_FIELD_ARP_TPA);
	print(p, OF_FIELD_ARP_OP);
	print(p, OF_FIELD_ARP_SHA);
	print(p, OF_FIELD_ARP_THA);
}

/* nw_tos is the whole byte with the DSCP in its upper six bits. */
static void print_tos(struct printer *p)
{
	const struct of_field_match *dscp = of_match_find(p->match, OF_FIELD_IP_DSCP);

	if (dscp) {
		p->is_done[OF_FIELD_IP_DSCP] = true;
		comma(p);
		buf_printf(p->out, "nw_tos=%u", dscp->value[0] << 2);
	}
}

static void print_transport(struct printer *p)
{
	static const enum of_field_id sources[] = { OF_FIELD_TCP_SRC, OF_FIELD_UDP_SRC,
						    OF_FIELD_SCTP_SRC };
	static const enum of_field_id destinations[] = { OF_FIELD_TCP_DST, OF_FIELD_UDP_DST,
							 OF_FIELD_SCTP_DST };

	for (size_t i = 0; i < ARRAY_LENGTH(sources); i++)
		print_as(p, sources[i], "tp_src");
	for (size_t i = 0; i < ARRAY_LENGTH(destinations); i++)
		print_as(p, destinations[i], "tp_dst");
	print(p, OF_FIELD_TCP_FLAGS);
	print_as(p, OF_FIELD_ICMPV4_TYPE, "icmp_type");
	print_as(p, OF_FIELD_ICMPV4_CODE, "icmp_code");
	print_as(p, OF_FIELD_ICMPV6_TYPE, "icmp_type");
	print_as(p, OF_FIELD_ICMPV6_CODE, "icmp_code");
	print(p, OF_FIELD_ND_TARGET);
	print(p, OF_FIELD_ND_SLL);
	print(p, OF_FIELD_ND_TLL);
	print(p, OF_FIELD_ND_RESERVED);
	print(p, OF_FIELD_ND_OPTIONS_TYPE);
}

/* What the pipeline itself knows stands before the protocol ... */
static const enum of_field_id before_protocol[] = {
	OF_FIELD_PKT_MARK,	OF_FIELD_RECIRC_ID,   OF_FIELD_DP_HASH,	    OF_FIELD_CONJ_ID,
	OF_FIELD_ACTSET_OUTPUT, OF_FIELD_CT_STATE,    OF_FIELD_CT_ZONE,	    OF_FIELD_CT_MARK,
	OF_FIELD_CT_LABEL,	OF_FIELD_CT_NW_SRC,   OF_FIELD_CT_IPV6_SRC, OF_FIELD_CT_NW_DST,
	OF_FIELD_CT_IPV6_DST,	OF_FIELD_CT_NW_PROTO, OF_FIELD_CT_TP_SRC,   OF_FIELD_CT_TP_DST,
};

/* ... and the tunnel behind the registers. */
static const enum of_field_id tunnel[] = {
	OF_FIELD_TUNNEL_ID,	 OF_FIELD_TUN_SRC,	   OF_FIELD_TUN_DST,
	OF_FIELD_TUN_IPV6_SRC,	 OF_FIELD_TUN_IPV6_DST,	   OF_FIELD_TUN_GBP_ID,
	OF_FIELD_TUN_GBP_FLAGS,	 OF_FIELD_TUN_ERSPAN_VER,  OF_FIELD_TUN_ERSPAN_IDX,
	OF_FIELD_TUN_ERSPAN_DIR, OF_FIELD_TUN_ERSPAN_HWID, OF_FIELD_TUN_FLAGS,
};

static void print_each(struct printer *p, const enum of_field_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		print(p, ids[i]);
}

static void print_range(struct printer *p, enum of_field_id first, enum of_field_id last)
{
	for (enum of_field_id id = first; id <= last; id++)
		print(p, id);
}

void of_match_print(const struct of_match *m, struct buf *out)
{
	struct printer p = { .match = m, .out = out, .start = out->size };

	print_each(&p, before_protocol, ARRAY_LENGTH(before_protocol));
	print_protocol(&p);
	print_range(&p, OF_FIELD_REG0, OF_FIELD_REG15);
	print_each(&p, tunnel, ARRAY_LENGTH(tunnel));
	print_range(&p, OF_FIELD_TUN_METADATA0, OF_FIELD_TUN_METADATA63);
	print(&p, OF_FIELD_METADATA);
	print(&p, OF_FIELD_IN_PORT);
	print(&p, OF_FIELD_IN_PHY_PORT);
	print_vlan(&p);
	print_as(&p, OF_FIELD_ETH_SRC, "dl_src");
	print_as(&p, OF_FIELD_ETH_DST, "dl_dst");
	print_as(&p, OF_FIELD_ETH_TYPE, "dl_type");
	print_addresses(&p);
	print_as(&p, OF_FIELD_IP_PROTO, "nw_proto");
	print_tos(&p);
	print(&p, OF_FIELD_IP_ECN);
	print(&p, OF_FIELD_IP_TTL);
	print(&p, OF_FIELD_MPLS_LABEL);
	print(&p, OF_FIELD_MPLS_TC);
	print(&p, OF_FIELD_MPLS_TTL);
	print(&p, OF_FIELD_MPLS_BOS);
	print_as(&p, OF_FIELD_IP_FRAG, "nw_frag");
	print_transport(&p);
	for (unsigned i = 0; i < m->n; i++) /* those that have no place of their own */
		print(&p, m->fields[i].id);
}
