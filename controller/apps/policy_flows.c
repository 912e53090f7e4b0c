/* App policy: tables admin_out, policy_out, admin_in and policy_in.
 *
 *	admin_out, admin_in:
 *	65000  the port's own DHCP, and in admin_in all that is not filtered -> out, in
 *	60000  and below: rules of admin policies, ranked
 *	    0  the rest						-> policy_out, policy_in
 *	policy_out, policy_in:
 *	  111  rules about connections that are logged: the first packet
 *	  110  rules about connections				-> out, in
 *	  100  rules about packets				-> out, in
 *	   20  packets of no connection				   drop
 *	   10  the rest						   drop */

#include "controller/apps/policy_flows.h"

#include "controller/apps/app_class.h"
#include "controller/apps/apps.h"
#include "proto/openflow/action_reg_load.h"

enum { TCP = 6, UDP = 17, SCTP = 132, ICMP = 1, ICMPV6 = 58 };
/* An admin policy's rule has a second priority for the first packets that it logs. */
enum { RANK_NONE = 65000, RANK_0 = 60000, RANK_STEP = 2 };
enum { CT_NEW = 0x01, CT_INVALID = 0x10, CT_TRACKED = 0x20 };

/* One of the two places where a policy is asked. */
struct side {
	bool is_out; /* the port sends */
	enum layout_table admin, policy, next;
	enum of_field_id reg;
	enum policy_purpose rule, no_rule, invalid;
	unsigned tier_shift;
};

static const struct side sides[] = {
	{ true, TABLE_ADMIN_OUT, TABLE_POLICY_OUT, TABLE_FORWARD, OF_FIELD_REG3, POLICY_RULE_OUT,
	  POLICY_NO_RULE_OUT, POLICY_INVALID_OUT, 0 },
	{ false, TABLE_ADMIN_IN, TABLE_POLICY_IN, TABLE_DELIVER, OF_FIELD_REG5, POLICY_RULE_IN,
	  POLICY_NO_RULE_IN, POLICY_INVALID_IN, 16 },
};

unsigned port_pieces(struct intent_range range, struct port_piece pieces[MAX_PORT_PIECES])
{
	uint32_t at = range.first, end = (uint32_t)range.last + 1;
	unsigned n = 0;

	while (at < end) {
		uint32_t size = at ? at & -at : 0x10000;

		while (size > end - at)
			size /= 2;
		pieces[n++] = (struct port_piece){ at, (uint16_t) ~(size - 1) };
		at += size;
	}
	return n;
}

static bool has_ports(int protocol)
{
	return protocol == TCP || protocol == UDP || protocol == SCTP;
}

static enum of_field_id destination_port(int protocol)
{
	return protocol == TCP	 ? OF_FIELD_TCP_DST
	       : protocol == UDP ? OF_FIELD_UDP_DST
				 : OF_FIELD_SCTP_DST;
}

/* The rule, one way of stating it, and the parts that vary. */
struct statement {
	struct flow_build *b;
	const struct policy_rule *r;
	const struct side *side;
	enum role role;
	bool is_by_packet; /* the packet's own fields, not the connection's */
	bool is_first;	   /* only the connection's first packet, which is logged */
	bool is_ipv6;
	const struct intent_prefix *prefix; /* of the other end, or NULL */
	const struct port_piece *piece;	    /* or NULL */
};

static void when_ports(const struct statement *s)
{
	int protocol = s->r->rule->protocol;
	enum of_field_id field = s->is_by_packet ? destination_port(protocol) : OF_FIELD_CT_TP_DST;

	if (!s->piece)
		return;
	when_masked(s->b, field, s->piece->value, s->piece->mask);
}

static void when_icmp(const struct statement *s)
{
	const struct intent_rule *rule = s->r->rule;
	enum of_field_id type = s->is_ipv6 ? OF_FIELD_ICMPV6_TYPE : OF_FIELD_ICMPV4_TYPE;
	enum of_field_id code = s->is_ipv6 ? OF_FIELD_ICMPV6_CODE : OF_FIELD_ICMPV4_CODE;

	if (rule->icmp_type >= 0)
		when(s->b, s->is_by_packet ? type : OF_FIELD_CT_TP_SRC, rule->icmp_type);
	if (rule->icmp_code >= 0)
		when(s->b, s->is_by_packet ? code : OF_FIELD_CT_TP_DST, rule->icmp_code);
}

static void when_remote(const struct statement *s)
{
	static const enum of_field_id fields[2][2] = {
		{ OF_FIELD_IPV4_SRC, OF_FIELD_IPV4_DST },
		{ OF_FIELD_IPV6_SRC, OF_FIELD_IPV6_DST },
	};

	if (s->prefix)
		when_prefix(s->b, fields[s->is_ipv6][s->side->is_out], s->prefix->bytes,
			    s->prefix->length);
	else if (s->r->bit >= 0)
		when_masked(s->b, OF_FIELD_REG12 + s->r->bit / 32, 1u << s->r->bit % 32,
			    1u << s->r->bit % 32);
}

static void when_traffic(const struct statement *s)
{
	if (s->is_ipv6)
		when_ipv6(s->b);
	else
		when_ipv4(s->b);
	if (s->role != ROLE_NONE)
		when(s->b, OF_FIELD_REG4, s->role);
	if (!s->is_by_packet)
		when_masked(s->b, OF_FIELD_CT_STATE, CT_TRACKED | (s->is_first ? CT_NEW : 0),
			    CT_TRACKED | CT_INVALID | (s->is_first ? CT_NEW : 0));
	if (s->r->rule->protocol >= 0)
		when(s->b, s->is_by_packet ? OF_FIELD_IP_PROTO : OF_FIELD_CT_NW_PROTO,
		     s->r->rule->protocol);
	when_ports(s);
	when_icmp(s);
	when_remote(s);
}

static void state_group(const struct statement *s)
{
	const struct side *side = s->side;

	flow(s->b, side->policy, s->is_by_packet ? 100 : 110 + s->is_first, side->rule);
	when(s->b, side->reg, s->r->policy);
	when_traffic(s);
	if (s->is_first || (s->is_by_packet && s->r->rule->is_logged))
		then_log(s->b);
	if (!s->is_by_packet)
		then_set(s->b, OF_FIELD_REG6, 1);
	then_goto(s->b, side->next);
}

static void state_admin(const struct statement *s)
{
	const struct side *side = s->side;
	unsigned tier = s->r->set->tier + side->tier_shift;

	flow(s->b, side->admin, RANK_0 - RANK_STEP * s->r->rank + s->is_first, side->rule);
	when(s->b, side->reg, s->r->policy);
	when_masked(s->b, OF_FIELD_REG8, 0, 1u << tier);
	when_traffic(s);
	if (s->is_first || (s->r->rule->action == RULE_DENY && s->r->rule->is_logged))
		then_log(s->b);
	if (s->r->rule->action == RULE_ALLOW) {
		then_set(s->b, OF_FIELD_REG6, 1);
		then_goto(s->b, side->next);
	} else if (s->r->rule->action == RULE_PASS) {
		then_load(s->b, OF_FIELD_REG8, tier, 1, 1);
		then_resubmit(s->b, side->admin);
	}
}

static void state(const struct statement *s)
{
	if (s->r->set->is_admin)
		state_admin(s);
	else
		state_group(s);
}

static void state_pieces(struct statement *s)
{
	const struct intent_rule *rule = s->r->rule;
	struct port_piece pieces[MAX_PORT_PIECES];

	/* The switch sees no ports of the others; what asks for some is not allowed by mistake. */
	if (rule->n_ports && !has_ports(rule->protocol))
		return;
	s->piece = NULL;
	if (!rule->n_ports)
		state(s);
	for (unsigned i = 0; i < rule->n_ports; i++) {
		unsigned n = port_pieces(rule->ports[i], pieces);

		for (unsigned k = 0; k < n; k++) {
			s->piece = &pieces[k];
			state(s);
		}
	}
}

static void state_remotes(struct statement *s)
{
	const struct policy_rule *r = s->r;

	s->prefix = NULL;
	if (r->rule->remote == REMOTE_ANY || r->bit >= 0) {
		state_pieces(s);
		return;
	}
	for (size_t i = 0; i < r->n_prefixes; i++) {
		if (r->prefixes[i].is_ipv6 != s->is_ipv6)
			continue;
		s->prefix = &r->prefixes[i];
		state_pieces(s);
	}
}

static void state_families(struct statement *s)
{
	const struct intent_rule *rule = s->r->rule;
	bool is_icmp = rule->icmp_type >= 0;

	s->is_ipv6 = false;
	if (rule->families & FAMILY_IPV4 && !(is_icmp && rule->protocol != ICMP))
		state_remotes(s);
	s->is_ipv6 = true;
	if (rule->families & FAMILY_IPV6 && !(is_icmp && rule->protocol != ICMPV6))
		state_remotes(s);
}

/* Who began the connection when a rule of this direction is asked on this side: the port itself if
 * the rule is about what it sends. */
static enum role role_of(const struct intent_rule *rule, const struct side *side)
{
	return rule->is_egress == side->is_out ? ROLE_ORIGINATOR : ROLE_RESPONDER;
}

void policy_rule_flows(struct flow_build *b, const struct policy_rule *r)
{
	for (size_t i = 0; i < ARRAY_LENGTH(sides); i++) {
		struct statement s = { .b = b, .r = r, .side = &sides[i] };
		bool is_this_way = r->rule->is_egress == sides[i].is_out;

		if (!r->set->is_stateless) {
			s.role = role_of(r->rule, &sides[i]);
			state_families(&s);
			s.is_first = r->rule->is_logged && r->rule->action != RULE_DENY;
			if (s.is_first && is_this_way)
				state_families(&s);
			s.is_first = false;
		}
		s.is_by_packet = true;
		s.role = ROLE_NONE;
		if (r->set->is_stateless && is_this_way)
			state_families(&s);
		/* A rule about packets must not allow what this one denies because the packet is
		 * not what the connection expects. */
		s.role = ROLE_INVALID;
		if (r->rule->action == RULE_DENY && is_this_way)
			state_families(&s);
	}
}

void policy_drop_flows(struct flow_build *b, uint32_t policy, bool is_logged)
{
	for (size_t i = 0; i < ARRAY_LENGTH(sides); i++) {
		flow(b, sides[i].policy, 20, sides[i].invalid);
		when(b, sides[i].reg, policy);
		when(b, OF_FIELD_REG4, ROLE_INVALID);
		if (is_logged)
			then_log(b);

		flow(b, sides[i].policy, 10, sides[i].no_rule);
		when(b, sides[i].reg, policy);
		if (is_logged)
			then_log(b);
	}
}

static void dhcp4(struct flow_build *b, enum layout_table table, uint16_t src, uint16_t dst,
		  enum layout_table next)
{
	flow(b, table, RANK_NONE, POLICY_DHCP);
	when_udp4(b, src, dst);
	then_goto(b, next);
}

static void dhcp6(struct flow_build *b, enum layout_table table, uint16_t src, uint16_t dst,
		  enum layout_table next)
{
	flow(b, table, RANK_NONE, POLICY_DHCP);
	when_udp6(b, src, dst);
	then_goto(b, next);
}

static void switch_flows(struct flow_build *b)
{
	for (size_t i = 0; i < ARRAY_LENGTH(sides); i++) {
		flow(b, sides[i].admin, 0, POLICY_PASS);
		then_goto(b, sides[i].policy);
	}
	dhcp4(b, TABLE_ADMIN_OUT, 68, 67, TABLE_FORWARD);
	dhcp6(b, TABLE_ADMIN_OUT, 546, 547, TABLE_FORWARD);
	dhcp4(b, TABLE_ADMIN_IN, 67, 68, TABLE_DELIVER);
	dhcp6(b, TABLE_ADMIN_IN, 547, 546, TABLE_DELIVER);

	flow(b, TABLE_ADMIN_IN, RANK_NONE, POLICY_UNFILTERED);
	when(b, OF_FIELD_REG4, ROLE_NONE);
	then_goto(b, TABLE_DELIVER);
}

/* Rules and policies are explained by who knows them: apps_explain.c. */
static const struct app_class policy_app = {
	.id = APP_POLICY,
	.title = "security groups",
	.switch_flows = switch_flows,
};
REGISTRY_ADD(app_class, policy_app);
