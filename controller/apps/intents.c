#include "controller/apps/intents.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "controller/model/rule.h"
#include "controller/model/selector.h"

/* --- selectors --- */

struct selector_rec {
	struct list node;
	uint64_t policy_id;
	uint64_t tag; /* number of the rule that has it; 0: the policy's subject */
	struct selector *selector;
};

void selectors_init(struct selectors *s)
{
	list_init(&s->list);
}

static void destroy_selector(struct selector_rec *rec)
{
	list_remove(&rec->node);
	selector_destroy(rec->selector);
	free(rec);
}

void selectors_fini(struct selectors *s)
{
	struct selector_rec *rec, *next;

	LIST_FOREACH_SAFE (rec, next, &s->list, node)
		destroy_selector(rec);
}

void selectors_forget(struct selectors *s, uint64_t policy_id)
{
	struct selector_rec *rec, *next;

	LIST_FOREACH_SAFE (rec, next, &s->list, node) {
		if (rec->policy_id == policy_id)
			destroy_selector(rec);
	}
}

/* The model has checked it; one that cannot be read all the same selects nothing. */
static void add_selector(struct selectors *s, uint64_t policy_id, uint64_t tag, const char *text)
{
	struct status st = STATUS_INIT;
	struct selector *selector = selector_parse(text, "", &st);
	struct selector_rec *rec;

	if (!selector)
		return;
	rec = xcalloc(1, sizeof(*rec));
	rec->policy_id = policy_id;
	rec->tag = tag;
	rec->selector = selector;
	list_insert(&s->list, &rec->node);
}

void selectors_set(struct selectors *s, const struct resource *policy)
{
	const Weft__V1__AdminPolicy *p = (const Weft__V1__AdminPolicy *)resource_msg(policy);

	selectors_forget(s, policy->id);
	add_selector(s, policy->id, 0, p->subject);
	for (size_t i = 0; i < p->n_rules; i++) {
		if (*p->rules[i]->remote_selector)
			add_selector(s, policy->id, p->rules[i]->number,
				     p->rules[i]->remote_selector);
	}
}

/* --- ports --- */

struct intent_prefix intent_of_range(const struct ip_range *range)
{
	struct intent_prefix p = { .is_ipv6 = !ip_is_v4(&range->first) || range->length < 96 };

	if (p.is_ipv6) {
		memcpy(p.bytes, range->first.bytes, 16);
		p.length = range->length;
	} else {
		memcpy(p.bytes, range->first.bytes + 12, 4);
		p.length = range->length - 96;
	}
	return p;
}

static void read_addresses(struct intent_port *intent, const Weft__V1__Port *port, struct arena *a)
{
	struct in_addr *ipv4 = arena_alloc(a, (port->n_ip_addresses + 1) * sizeof(*ipv4));
	struct in6_addr *ipv6 = arena_alloc(a, (port->n_ip_addresses + 1) * sizeof(*ipv6));

	for (size_t i = 0; i < port->n_ip_addresses; i++) {
		const char *text = port->ip_addresses[i]->address;

		if (inet_pton(AF_INET, text, &ipv4[intent->n_ipv4]) == 1)
			intent->n_ipv4++;
		else if (inet_pton(AF_INET6, text, &ipv6[intent->n_ipv6]) == 1)
			intent->n_ipv6++;
	}
	intent->ipv4 = ipv4;
	intent->ipv6 = ipv6;
}

static void read_pairs(struct intent_port *intent, const Weft__V1__Port *port, struct arena *a)
{
	struct intent_pair *pairs =
		arena_alloc(a, (port->n_allowed_address_pairs + 1) * sizeof(*pairs));

	for (size_t i = 0; i < port->n_allowed_address_pairs; i++) {
		const Weft__V1__AddressPair *from = port->allowed_address_pairs[i];
		struct intent_pair *pair = &pairs[intent->n_pairs];
		struct ip_range range;

		if (ip_parse_prefix(&range, from->ip_prefix))
			continue;
		pair->prefix = intent_of_range(&range);
		if (!mac_parse(pair->mac, from->mac_address))
			memcpy(pair->mac, intent->mac, sizeof(pair->mac));
		intent->n_pairs++;
	}
	intent->pairs = pairs;
}

static void read_groups(struct intent_port *intent, const struct model *m,
			const struct selectors *s, const Weft__V1__Port *port, struct arena *a)
{
	bool is_filtered = port->port_security != WEFT__V1__PORT_SECURITY__PORT_SECURITY_OFF;
	size_t n_max = port->n_security_groups + 1;
	const struct selector_rec *rec;
	uint64_t *sets, *tags;

	LIST_FOREACH (rec, &s->list, node)
		n_max++;
	sets = arena_alloc(a, n_max * sizeof(*sets));
	tags = arena_alloc(a, n_max * sizeof(*tags));
	for (size_t i = 0; is_filtered && i < port->n_security_groups; i++) {
		const struct resource *group = model_find(m, port->security_groups[i]);

		if (group)
			sets[intent->n_rule_sets++] = tags[intent->n_tags++] = group->id;
	}
	LIST_FOREACH (rec, &s->list, node) {
		if (!selector_matches(rec->selector, port))
			continue;
		if (rec->tag)
			tags[intent->n_tags++] = rec->tag;
		else if (is_filtered)
			sets[intent->n_rule_sets++] = rec->policy_id;
	}
	intent->is_filtered = is_filtered;
	intent->rule_sets = sets;
	intent->tags = tags;
}

static void read_limits(struct intent_port *intent, const Weft__V1__PortLimits *limits)
{
	if (!limits)
		return;
	intent->limits.packets = limits->packets_per_second;
	intent->limits.new_connections = limits->new_connections_per_second;
	intent->limits.broadcasts = limits->broadcast_packets_per_second;
}

bool intent_of_port(struct intent_port *intent, const struct model *m, const struct selectors *s,
		    const struct resource *r, struct arena *a)
{
	const Weft__V1__Port *port = (const Weft__V1__Port *)resource_msg(r);
	const struct resource *network = model_find(m, port->network);

	*intent = (struct intent_port){ .id = r->id, .name = r->name };
	if (!network || !mac_parse(intent->mac, port->mac_address))
		return false;
	intent->network_id = network->id;
	intent->is_spoofing_allowed =
		port->anti_spoofing == WEFT__V1__ANTI_SPOOFING__ANTI_SPOOFING_OFF ||
		port->port_security == WEFT__V1__PORT_SECURITY__PORT_SECURITY_OFF;
	read_addresses(intent, port, a);
	read_pairs(intent, port, a);
	read_groups(intent, m, s, port, a);
	read_limits(intent, port->limits);
	return true;
}

/* --- rules --- */

static void read_match(struct intent_rule *rule, const struct rule_match *match, struct arena *a)
{
	struct intent_range *ports = arena_alloc(a, (match->n_ports + 1) * sizeof(*ports));

	rule->is_egress = !match->is_ingress;
	rule->families = (match->is_v4 ? FAMILY_IPV4 : 0) | (match->is_v6 ? FAMILY_IPV6 : 0);
	rule->protocol = match->protocol;
	rule->icmp_type = match->icmp_type;
	rule->icmp_code = match->icmp_code;
	for (unsigned i = 0; i < match->n_ports; i++)
		ports[i] = (struct intent_range){ match->ports[i].first, match->ports[i].last };
	rule->ports = ports;
	rule->n_ports = match->n_ports;
	if (match->has_prefix) {
		rule->remote = REMOTE_PREFIX;
		rule->prefix = intent_of_range(&match->prefix);
	}
}

/* A rule that names what is not there, which the model does not let happen, is for nobody. */
static void read_remote(struct intent_rule *rule, const struct model *m, enum rule_remote remote,
			const char *name)
{
	const struct resource *r;

	if (!*name)
		return;
	r = model_find(m, name);
	rule->remote = remote;
	rule->remote_id = r ? r->id : 0;
}

static void read_group(struct intent_rule_set *set, const struct model *m,
		       const Weft__V1__SecurityGroup *group, struct arena *a)
{
	struct intent_rule *rules = arena_alloc(a, (group->n_rules + 1) * sizeof(*rules));

	set->is_stateless = group->stateful == WEFT__V1__STATEFULNESS__STATELESS;
	for (size_t i = 0; i < group->n_rules; i++) {
		const Weft__V1__SecurityRule *from = group->rules[i];
		struct intent_rule *rule = &rules[i];
		struct rule_match match;

		rule_match_of_security(from, &match);
		read_match(rule, &match, a);
		rule->number = from->number;
		rule->name = from->id;
		rule->is_logged = from->log;
		read_remote(rule, m, REMOTE_TAG, from->remote_group);
		read_remote(rule, m, REMOTE_ADDRESSES, from->address_group);
	}
	set->rules = rules;
	set->n_rules = group->n_rules;
}

static enum rule_action action_of(Weft__V1__AdminAction action)
{
	return action == WEFT__V1__ADMIN_ACTION__ALLOW	? RULE_ALLOW
	       : action == WEFT__V1__ADMIN_ACTION__PASS ? RULE_PASS
							: RULE_DENY;
}

static void read_policy(struct intent_rule_set *set, const struct model *m,
			const Weft__V1__AdminPolicy *policy, struct arena *a)
{
	struct intent_rule *rules = arena_alloc(a, (policy->n_rules + 1) * sizeof(*rules));

	set->is_admin = true;
	set->tier = policy->tier;
	set->priority = policy->priority;
	for (size_t i = 0; i < policy->n_rules; i++) {
		const Weft__V1__AdminRule *from = policy->rules[i];
		struct intent_rule *rule = &rules[i];
		struct rule_match match;

		rule_match_of_admin(from, &match);
		read_match(rule, &match, a);
		rule->number = from->number;
		rule->name = from->id;
		rule->action = action_of(from->action);
		rule->is_logged = from->log;
		read_remote(rule, m, REMOTE_ADDRESSES, from->address_group);
		if (*from->remote_selector) {
			rule->remote = REMOTE_TAG;
			rule->remote_id = from->number;
		}
	}
	set->rules = rules;
	set->n_rules = policy->n_rules;
}

void intent_of_rule_set(struct intent_rule_set *intent, const struct model *m,
			const struct resource *r, struct arena *a)
{
	*intent = (struct intent_rule_set){ .id = r->id, .name = r->name };
	if (r->class == &admin_policy_resource)
		read_policy(intent, m, (const Weft__V1__AdminPolicy *)resource_msg(r), a);
	else
		read_group(intent, m, (const Weft__V1__SecurityGroup *)resource_msg(r), a);
}
