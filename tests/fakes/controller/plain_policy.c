#include "tests/fakes/controller/plain_policy.h"

#include <stdlib.h>

enum { UDP = 17 };
enum verdict { NOT_ALLOWED, ALLOWED_ONCE, ALLOWED_CONNECTION };

/* A packet as one of its ends sees it. */
struct view {
	const struct plain_world *w;
	const struct plain_port *self;
	const uint8_t *other; /* address */
	bool is_ipv6;
	bool is_sender, is_originator;
	uint16_t packet_port, connection_port; /* destinations */
};

static bool contains(const struct intent_prefix *p, bool is_ipv6, const uint8_t *address)
{
	if (p->is_ipv6 != is_ipv6)
		return false;
	for (unsigned i = 0; i < p->length; i++) {
		if ((p->bytes[i / 8] ^ address[i / 8]) & 0x80 >> i % 8)
			return false;
	}
	return true;
}

static const uint8_t *address_of(const struct plain_port *port, bool is_ipv6)
{
	return is_ipv6 ? port->ipv6.s6_addr : (const uint8_t *)&port->ipv4;
}

static bool uses(const struct plain_port *port, bool is_ipv6, const uint8_t *address)
{
	if (memcmp(address_of(port, is_ipv6), address, is_ipv6 ? 16 : 4) == 0)
		return true;
	for (unsigned i = 0; i < port->intent.n_pairs; i++) {
		if (contains(&port->intent.pairs[i].prefix, is_ipv6, address))
			return true;
	}
	return false;
}

static bool has_tag(const struct plain_port *port, uint64_t tag)
{
	for (unsigned i = 0; i < port->intent.n_tags; i++) {
		if (port->intent.tags[i] == tag)
			return true;
	}
	return false;
}

static bool is_tagged(const struct view *v, uint64_t tag)
{
	for (unsigned i = 0; i < PLAIN_MAX_PORTS; i++) {
		const struct plain_port *port = &v->w->ports[i];

		if (port->exists && has_tag(port, tag) && uses(port, v->is_ipv6, v->other))
			return true;
	}
	return false;
}

static bool is_listed(const struct view *v, uint64_t id)
{
	for (size_t i = 0; i < ARRAY_LENGTH(v->w->addresses); i++) {
		const struct plain_addresses *list = &v->w->addresses[i];

		for (unsigned k = 0; list->exists && list->id == id && k < list->n; k++) {
			if (contains(&list->entries[k], v->is_ipv6, v->other))
				return true;
		}
	}
	return false;
}

static bool is_remote(const struct view *v, const struct intent_rule *rule)
{
	switch (rule->remote) {
	case REMOTE_ANY:
		return true;
	case REMOTE_PREFIX:
		return contains(&rule->prefix, v->is_ipv6, v->other);
	case REMOTE_TAG:
		return is_tagged(v, rule->remote_id);
	default:
		return is_listed(v, rule->remote_id);
	}
}

static bool fits(const struct view *v, const struct intent_rule *rule, uint16_t port)
{
	if (!(rule->families & (v->is_ipv6 ? FAMILY_IPV6 : FAMILY_IPV4)))
		return false;
	if (rule->protocol >= 0 && rule->protocol != UDP)
		return false;
	if (rule->n_ports && (port < rule->ports[0].first || port > rule->ports[0].last))
		return false;
	return is_remote(v, rule);
}

static const struct plain_set *find_set(const struct plain_world *w, uint64_t id)
{
	for (unsigned i = 0; i < PLAIN_MAX_SETS; i++) {
		if (w->sets[i].exists && w->sets[i].intent.id == id)
			return &w->sets[i];
	}
	return NULL;
}

static int compare_policies(const void *a, const void *b)
{
	const struct intent_rule_set *x = &(*(const struct plain_set *const *)a)->intent;
	const struct intent_rule_set *y = &(*(const struct plain_set *const *)b)->intent;

	if (x->tier != y->tier)
		return x->tier < y->tier ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* What admin policies say, or that they leave it to the groups. */
static bool operator_decides(const struct view *v, enum verdict *verdict)
{
	const struct plain_set *policies[PLAIN_MAX_TAGS];
	unsigned n = 0;
	int passed_tier = -1;

	for (unsigned i = 0; i < v->self->intent.n_rule_sets; i++) {
		const struct plain_set *set = find_set(v->w, v->self->intent.rule_sets[i]);

		if (set && set->intent.is_admin)
			policies[n++] = set;
	}
	qsort(policies, n, sizeof(*policies), compare_policies);
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < policies[i]->intent.n_rules; k++) {
			const struct intent_rule *rule = &policies[i]->rules[k];

			if ((int)policies[i]->intent.tier <= passed_tier ||
			    rule->is_egress != v->is_originator ||
			    !fits(v, rule, v->connection_port))
				continue;
			if (rule->action == RULE_PASS) {
				passed_tier = policies[i]->intent.tier;
				continue;
			}
			*verdict = rule->action == RULE_ALLOW ? ALLOWED_CONNECTION : NOT_ALLOWED;
			return true;
		}
	}
	return false;
}

static enum verdict groups_allow(const struct view *v)
{
	enum verdict verdict = NOT_ALLOWED;

	for (unsigned i = 0; i < v->self->intent.n_rule_sets; i++) {
		const struct plain_set *set = find_set(v->w, v->self->intent.rule_sets[i]);

		for (unsigned k = 0; set && !set->intent.is_admin && k < set->intent.n_rules; k++) {
			const struct intent_rule *rule = &set->rules[k];

			if (set->intent.is_stateless && rule->is_egress == v->is_sender &&
			    fits(v, rule, v->packet_port))
				verdict = MAX_OF(verdict, ALLOWED_ONCE);
			if (!set->intent.is_stateless && rule->is_egress == v->is_originator &&
			    fits(v, rule, v->connection_port))
				return ALLOWED_CONNECTION;
		}
	}
	return verdict;
}

static enum verdict judge(const struct view *v)
{
	enum verdict verdict;

	if (!v->self->intent.is_filtered)
		return ALLOWED_ONCE;
	if (operator_decides(v, &verdict))
		return verdict;
	return groups_allow(v);
}

bool plain_send(const struct plain_world *w, struct plain_talk *t, bool is_from_a)
{
	const struct plain_port *from = &w->ports[is_from_a ? t->a : t->b];
	const struct plain_port *to = &w->ports[is_from_a ? t->b : t->a];
	bool is_begun_by_b = t->is_known ? t->is_begun_by_b : !is_from_a;
	bool is_original = is_from_a != is_begun_by_b;
	struct view out = {
		.w = w,
		.self = from,
		.other = address_of(to, t->is_ipv6),
		.is_ipv6 = t->is_ipv6,
		.is_sender = true,
		.is_originator = is_original,
		.packet_port = is_from_a ? t->b_port : t->a_port,
		.connection_port = is_begun_by_b ? t->a_port : t->b_port,
	};
	struct view in = out;
	enum verdict sent, received;

	in.self = to;
	in.other = address_of(from, t->is_ipv6);
	in.is_sender = false;
	in.is_originator = !is_original;
	if (!from->exists || !to->exists)
		return false;
	sent = judge(&out);
	received = judge(&in);
	if (sent == NOT_ALLOWED || received == NOT_ALLOWED)
		return false;
	if (!t->is_known && (sent == ALLOWED_CONNECTION || received == ALLOWED_CONNECTION)) {
		t->is_known = true;
		t->is_begun_by_b = is_begun_by_b;
	}
	return true;
}
