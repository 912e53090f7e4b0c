/* What a flow of app policy means, in words: which rule of which group allowed or refused a packet,
 * and if none did, which one is nearest to allowing it. */

#include "controller/apps/policy_explain.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "controller/flows/cookie.h"

/* The packet, seen from the port whose policy is asked. */
struct traffic {
	bool is_egress;
	bool is_ipv6;
	int protocol;	      /* -1: not known */
	int port;	      /* destination, -1: none */
	const uint8_t *other; /* address of the other end, NULL: not known */
	const struct of_match *packet;
};

static int number_of(const struct of_match *packet, enum of_field_id id)
{
	const struct of_field_match *f = packet ? of_match_find(packet, id) : NULL;

	if (!f)
		return -1;
	return of_field(id)->n_bytes == 1 ? f->value[0] : load_be16(f->value);
}

static int port_of(const struct of_match *packet)
{
	static const enum of_field_id fields[] = { OF_FIELD_TCP_DST, OF_FIELD_UDP_DST,
						   OF_FIELD_SCTP_DST };

	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
		int port = number_of(packet, fields[i]);

		if (port >= 0)
			return port;
	}
	return -1;
}

static struct traffic traffic_of(const struct of_match *packet, bool is_egress)
{
	struct traffic t = { .is_egress = is_egress, .packet = packet };
	const struct of_field_match *f;

	t.is_ipv6 = number_of(packet, OF_FIELD_ETH_TYPE) == 0x86dd;
	t.protocol = number_of(packet, OF_FIELD_IP_PROTO);
	t.port = port_of(packet);
	if (!packet)
		return t;
	if (t.is_ipv6)
		f = of_match_find(packet, is_egress ? OF_FIELD_IPV6_DST : OF_FIELD_IPV6_SRC);
	else
		f = of_match_find(packet, is_egress ? OF_FIELD_IPV4_DST : OF_FIELD_IPV4_SRC);
	t.other = f ? f->value : NULL;
	return t;
}

static void print_protocol(struct buf *out, int protocol)
{
	switch (protocol) {
	case -1:
		buf_puts(out, "anything");
		return;
	case 1:
		buf_puts(out, "icmp");
		return;
	case 6:
		buf_puts(out, "tcp");
		return;
	case 17:
		buf_puts(out, "udp");
		return;
	case 58:
		buf_puts(out, "icmpv6");
		return;
	case 132:
		buf_puts(out, "sctp");
		return;
	default:
		buf_printf(out, "protocol %d", protocol);
	}
}

static void print_traffic(struct buf *out, const struct traffic *t)
{
	char text[INET6_ADDRSTRLEN];

	if (!t->packet) {
		buf_puts(out, "it");
		return;
	}
	print_protocol(out, t->protocol);
	if (t->port >= 0)
		buf_printf(out, " %d", t->port);
	if (t->other)
		buf_printf(
			out, " %s %s", t->is_egress ? "to" : "from",
			inet_ntop(t->is_ipv6 ? AF_INET6 : AF_INET, t->other, text, sizeof(text)));
}

static const char *short_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

static void print_groups(struct buf *out, const struct policy *policy)
{
	const char *between = "";

	for (unsigned i = 0; i < policy->n_sets; i++) {
		const struct intent_rule_set *set = &policy->sets[i]->intent;

		if (set->is_admin)
			continue;
		buf_printf(out, "%s%s", between, short_name(set->name));
		between = ", ";
	}
}

static unsigned count_groups(const struct policy *policy)
{
	unsigned n = 0;

	for (unsigned i = 0; i < policy->n_sets; i++)
		n += !policy->sets[i]->intent.is_admin;
	return n;
}

static bool fits_port(const struct intent_rule *rule, int port)
{
	for (unsigned i = 0; i < rule->n_ports; i++) {
		if (port >= rule->ports[i].first && port <= rule->ports[i].last)
			return true;
	}
	return rule->n_ports == 0;
}

/* How much of what RULE asks for T has: 2, all but the other end; 1, all but the port; 0, less. */
static unsigned nearness(const struct intent_rule *rule, const struct traffic *t)
{
	uint8_t family = t->is_ipv6 ? FAMILY_IPV6 : FAMILY_IPV4;

	if (rule->is_egress != t->is_egress || !(rule->families & family))
		return 0;
	if (rule->protocol >= 0 && rule->protocol != t->protocol)
		return 0;
	if (!fits_port(rule, t->port))
		return 1;
	return rule->remote == REMOTE_ANY ? 0 : 2;
}

static const struct rule_rec *find_nearest(const struct policy *policy, const struct traffic *t)
{
	const struct rule_rec *nearest = NULL;
	unsigned best = 0;

	for (unsigned i = 0; i < policy->n_sets; i++) {
		const struct rule_set_rec *set = policy->sets[i];

		for (unsigned k = 0; !set->intent.is_admin && k < set->n_rules; k++) {
			unsigned near = nearness(&set->rules[k]->intent, t);

			if (near > best) {
				best = near;
				nearest = set->rules[k];
			}
		}
	}
	return nearest;
}

static const char *remote_name(const struct apps *a, const struct intent_rule *rule)
{
	const struct rule_set_rec *set;

	if (rule->remote == REMOTE_ADDRESSES)
		return addresses_name(a, rule->remote_id);
	set = rule->remote == REMOTE_TAG ? rule_set_find(a, rule->remote_id) : NULL;
	return set ? set->intent.name : NULL;
}

static void print_remote(const struct apps *a, struct buf *out, const struct intent_rule *rule)
{
	const char *name = remote_name(a, rule);
	char text[INET6_ADDRSTRLEN];

	if (rule->remote == REMOTE_ANY)
		return;
	buf_puts(out, rule->is_egress ? " to " : " from ");
	if (rule->remote == REMOTE_PREFIX)
		buf_printf(out, "%s/%u",
			   inet_ntop(rule->prefix.is_ipv6 ? AF_INET6 : AF_INET, rule->prefix.bytes,
				     text, sizeof(text)),
			   rule->prefix.length);
	else
		buf_puts(out, name ? short_name(name) : "some ports");
}

static void print_rule(const struct apps *a, struct buf *out, const struct intent_rule *rule)
{
	print_protocol(out, rule->protocol);
	for (unsigned i = 0; i < rule->n_ports; i++) {
		buf_printf(out, "%s%u", i ? "," : " ", rule->ports[i].first);
		if (rule->ports[i].last != rule->ports[i].first)
			buf_printf(out, "-%u", rule->ports[i].last);
	}
	print_remote(a, out, rule);
}

/* "no rule of groups web, default allows tcp 22 from 10.0.0.9; the nearest, rule ssh of web, allows
 * tcp 22 from 10.1.0.0/16" */
static void explain_no_rule(const struct apps *a, const struct policy *policy,
			    const struct traffic *t, struct buf *out)
{
	const struct rule_rec *nearest = find_nearest(policy, t);
	unsigned n_groups = count_groups(policy);

	if (!n_groups) {
		buf_puts(out, "the port has no security group, so nothing allows ");
		print_traffic(out, t);
		buf_puts(out, "; give it one");
		return;
	}
	buf_printf(out, "no %s rule of group%s ", t->is_egress ? "egress" : "ingress",
		   n_groups == 1 ? "" : "s");
	print_groups(out, policy);
	buf_puts(out, " allows ");
	print_traffic(out, t);
	if (!nearest || !t->packet) {
		buf_puts(out, "; add one to allow it");
		return;
	}
	buf_printf(out, "; the nearest, rule %s of %s, allows ", nearest->intent.name,
		   short_name(nearest->set->intent.name));
	print_rule(a, out, &nearest->intent);
}

static void explain_rule(const struct apps *a, uint64_t number, bool is_egress,
			 const struct of_match *packet, struct buf *out)
{
	static const char *const verdicts[] = {
		[RULE_ALLOW] = "allows",
		[RULE_DENY] = "denies",
		[RULE_PASS] = "leaves to the next tier",
	};
	const struct rule_rec *rule = rule_find(a, number);
	struct traffic t = traffic_of(packet, is_egress);

	if (!rule) {
		buf_puts(out, "a rule that is gone");
		return;
	}
	buf_printf(out, "rule %s of %s %s ", rule->intent.name, rule->set->intent.name,
		   verdicts[rule->intent.action]);
	print_traffic(out, &t);
}

void policy_explain(const struct apps *a, uint64_t cookie, const struct of_match *packet,
		    struct buf *out)
{
	uint8_t purpose = cookie_purpose(cookie);
	uint64_t id = cookie_resource(cookie);
	bool is_egress = purpose == POLICY_RULE_OUT || purpose == POLICY_NO_RULE_OUT;
	const struct policy *policy = policy_find(a, id);
	struct traffic t = traffic_of(packet, is_egress);

	switch (purpose) {
	case POLICY_RULE_OUT:
	case POLICY_RULE_IN:
		explain_rule(a, id, is_egress, packet, out);
		break;
	case POLICY_NO_RULE_OUT:
	case POLICY_NO_RULE_IN:
		if (policy)
			explain_no_rule(a, policy, &t, out);
		else
			buf_puts(out, "no rule allows it");
		break;
	case POLICY_INVALID_OUT:
	case POLICY_INVALID_IN:
		buf_puts(out,
			 "it belongs to no connection and begins none (a late or forged packet, "
			 "or one of a connection that began before)");
		break;
	case POLICY_DHCP:
		buf_puts(out, "the port's own DHCP is always allowed");
		break;
	case POLICY_UNFILTERED:
		buf_puts(out, "not IP, or neighbour discovery: not filtered");
		break;
	default:
		buf_puts(out, "no admin policy decides about it");
	}
}

const char *policy_resource(const struct apps *a, uint64_t cookie)
{
	uint8_t purpose = cookie_purpose(cookie);
	uint64_t id = cookie_resource(cookie);
	const struct rule_rec *rule;
	const struct policy *policy;
	const struct network_rec *net;

	if (purpose == POLICY_RULE_OUT || purpose == POLICY_RULE_IN) {
		rule = rule_find(a, id);
		return rule ? rule->set->intent.name : "";
	}
	policy = id ? policy_find(a, id) : NULL;
	for (unsigned i = 0; policy && i < policy->n_sets; i++) {
		if (!policy->sets[i]->intent.is_admin)
			return policy->sets[i]->intent.name;
	}
	net = policy ? apps_find_network(a, policy->network_id) : NULL;
	return net && net->is_known ? net->intent.name : "";
}
