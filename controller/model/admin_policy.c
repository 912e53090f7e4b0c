#include <stdio.h>
#include "controller/model/rules.h"
#include "controller/model/security_group.h"
#include "controller/model/selector.h"

/* Admin policies: the operator's rules, in tiers above the tenants' groups. */

#define MAX_RULES    1024
#define MAX_TIER     15
#define MAX_PRIORITY 65535
#define MAX_BYTES    (448u << 10)

static int check_order(const Weft__V1__AdminPolicy *p, struct status *st)
{
	if (p->tier > MAX_TIER)
		return status_set(st, STATUS_INVALID_ARGUMENT, "admin_policy.tier",
				  "admin_policy.tier: %u: give 0 to %d", p->tier, MAX_TIER);
	if (p->priority > MAX_PRIORITY)
		return status_set(st, STATUS_INVALID_ARGUMENT, "admin_policy.priority",
				  "admin_policy.priority: %u: give 0 to %d", p->priority,
				  MAX_PRIORITY);
	return 0;
}

static int check_selector(const char *text, const char *path, struct status *st)
{
	struct selector *s = selector_parse(text, path, st);

	selector_destroy(s);
	return s ? 0 : -1;
}

static int check_rule(struct model *m, const Weft__V1__AdminRule *r, const char *at,
		      struct status *st)
{
	char path[FIELD_SIZE];

	if (r->action <= WEFT__V1__ADMIN_ACTION__ADMIN_ACTION_UNSPECIFIED ||
	    r->action > WEFT__V1__ADMIN_ACTION__PASS) {
		snprintf(path, sizeof(path), "%s.action", at);
		return status_set(st, STATUS_INVALID_ARGUMENT, path,
				  "%s: is required: give ALLOW, DENY or PASS", path);
	}
	if (!!*r->remote_prefix + !!*r->remote_selector + !!*r->address_group > 1)
		return status_set(st, STATUS_INVALID_ARGUMENT, at,
				  "%s: give one of remote_prefix, remote_selector and "
				  "address_group; for several, make a rule each",
				  at);
	snprintf(path, sizeof(path), "%s.remote_selector", at);
	if (*r->remote_selector && check_selector(r->remote_selector, path, st) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s.address_group", at);
	if (*r->address_group)
		return group_check(m, r->address_group, &address_group_resource, NULL, path, st);
	return 0;
}

static int check(struct model *m, const ProtobufCMessage *before_msg, ProtobufCMessage *after,
		 struct status *st)
{
	const Weft__V1__AdminPolicy *before = (const Weft__V1__AdminPolicy *)before_msg;
	Weft__V1__AdminPolicy *p = (Weft__V1__AdminPolicy *)after;
	struct rules old = { 0 };
	char at[64];

	if (before)
		old = RULES_OF(before);
	if (check_order(p, st) != 0 ||
	    check_selector(p->subject, "admin_policy.subject", st) != 0 ||
	    rules_check(m, old, RULES_OF(p), MAX_RULES, "admin_policy.rules", st) != 0)
		return -1;
	for (size_t i = 0; i < p->n_rules; i++) {
		snprintf(at, sizeof(at), "admin_policy.rules[%zu]", i);
		if (check_rule(m, p->rules[i], at, st) != 0)
			return -1;
	}
	p->state = WEFT__V1__ADMIN_POLICY__STATE__ACTIVE;
	return 0;
}

static void refs(const ProtobufCMessage *msg, struct ref_list *list)
{
	const Weft__V1__AdminPolicy *p = (const Weft__V1__AdminPolicy *)msg;

	for (size_t i = 0; i < p->n_rules; i++)
		ref_list_add(list, p->rules[i]->address_group);
}

const struct resource_class admin_policy_resource = {
	.type = "admin_policy",
	.noun = "admin policy",
	.collection = "admin_policies",
	.plural = "AdminPolicies",
	.pattern = "infrastructure/adminPolicies/*",
	.parent_pattern = "infrastructure",
	.max_bytes = MAX_BYTES,
	.descriptor = &weft__v1__admin_policy__descriptor,
	.service = &weft__v1__admin_policy_service__descriptor,
	.check = check,
	.refs = refs,
};
REGISTRY_ADD(resource_class, admin_policy_resource);
