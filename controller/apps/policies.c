/* Policies: ports of a network with the same rule sets share one, and its flows.  A policy's number
 * is made from what it is, so that a controller that starts again gives the same numbers. */

#include "controller/apps/apps_priv.h"

#include <stdlib.h>
#include "controller/flows/cookie.h"

/* FNV-1a: the same in every process. */
static uint64_t stable_hash(uint64_t h, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++) {
		h ^= value >> 8 * i & 0xff;
		h *= 0x100000001b3ull;
	}
	return h;
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The port's rule sets, ascending, each once; free() them. */
static uint64_t *sorted_sets(const struct intent_port *port, unsigned *n)
{
	uint64_t *ids = xcalloc(port->n_rule_sets + 1, sizeof(*ids));
	unsigned n_kept = 0;

	if (port->n_rule_sets)
		memcpy(ids, port->rule_sets, port->n_rule_sets * sizeof(*ids));
	qsort(ids, port->n_rule_sets, sizeof(*ids), compare_ids);
	for (unsigned i = 0; i < port->n_rule_sets; i++) {
		if (!n_kept || ids[n_kept - 1] != ids[i])
			ids[n_kept++] = ids[i];
	}
	*n = n_kept;
	return ids;
}

static uint64_t key_of(uint64_t network_id, const uint64_t *ids, unsigned n)
{
	uint64_t h = stable_hash(0xcbf29ce484222325ull, network_id);

	for (unsigned i = 0; i < n; i++)
		h = stable_hash(h, ids[i]);
	return h;
}

static bool is_of(const struct policy *policy, uint64_t network_id, const uint64_t *ids, unsigned n)
{
	if (policy->network_id != network_id || policy->n_sets != n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (policy->sets[i]->id != ids[i])
			return false;
	}
	return true;
}

static struct policy *find_same(const struct apps *a, uint64_t network_id, const uint64_t *ids,
				unsigned n)
{
	HMAP_FOREACH_HASH (node, &a->policies_by_key, key_of(network_id, ids, n)) {
		struct policy *policy = container_of(node, struct policy, by_key);

		if (is_of(policy, network_id, ids, n))
			return policy;
	}
	return NULL;
}

struct policy *policy_find(const struct apps *a, uint32_t number)
{
	HMAP_FOREACH_HASH (n, &a->policies_by_number, number) {
		struct policy *policy = container_of(n, struct policy, by_number);

		if (policy->number == number)
			return policy;
	}
	return NULL;
}

static uint32_t choose_number(const struct apps *a, uint64_t key)
{
	uint32_t number = (uint32_t)(key ^ key >> 32);

	while (!number || policy_find(a, number))
		number++;
	return number;
}

static void join_set(struct rule_set_rec *set, struct policy *policy)
{
	set->policies = xrealloc(set->policies, (set->n_policies + 1) * sizeof(*set->policies));
	set->policies[set->n_policies++] = policy;
}

static void leave_set(struct apps *a, struct rule_set_rec *set, const struct policy *policy)
{
	for (unsigned i = 0; i < set->n_policies; i++) {
		if (set->policies[i] != policy)
			continue;
		set->policies[i] = set->policies[--set->n_policies];
		break;
	}
	rule_set_forget_if_unused(a, set);
}

static struct policy *create(struct apps *a, uint64_t network_id, const uint64_t *ids, unsigned n)
{
	struct policy *policy = xcalloc(1, sizeof(*policy));
	uint64_t key = key_of(network_id, ids, n);

	policy->network_id = network_id;
	policy->number = choose_number(a, key);
	policy->n_sets = n;
	policy->sets = xcalloc(n + 1, sizeof(*policy->sets));
	list_init(&policy->uses);
	for (unsigned i = 0; i < n; i++) {
		policy->sets[i] = rule_set_get(a, ids[i]);
		join_set(policy->sets[i], policy);
	}
	hmap_insert(&a->policies_by_number, &policy->by_number, policy->number);
	hmap_insert(&a->policies_by_key, &policy->by_key, key);
	return policy;
}

struct policy *policy_get(struct apps *a, const struct intent_port *port)
{
	struct policy *policy;
	uint64_t *ids;
	unsigned n;

	if (!port->is_filtered)
		return NULL;
	ids = sorted_sets(port, &n);
	policy = find_same(a, port->network_id, ids, n);
	if (!policy)
		policy = create(a, port->network_id, ids, n);
	free(ids);
	policy->n_ports++;
	return policy;
}

void policy_put(struct apps *a, struct policy *policy)
{
	if (!policy || --policy->n_ports)
		return;
	hmap_remove(&a->policies_by_number, &policy->by_number);
	hmap_remove(&a->policies_by_key, &policy->by_key);
	for (unsigned i = 0; i < policy->n_sets; i++)
		leave_set(a, policy->sets[i], policy);
	free(policy->sets);
	free(policy);
}

/* --- flows of a policy in a place --- */

/* A rule whose flows are stated, and that holds a reference to its remote. */
struct stated {
	struct hmap_node node;
	struct rule_rec *rule;
	unsigned rank;
};

static struct stated *find_stated(const struct policy_use *use, uint64_t number)
{
	HMAP_FOREACH_HASH (n, &use->stated, number) {
		struct stated *s = container_of(n, struct stated, node);

		if (s->rule->intent.number == number)
			return s;
	}
	return NULL;
}

static struct flow_owner owner_of(const struct policy_use *use, uint64_t resource)
{
	return (struct flow_owner){ cookie_make(APP_POLICY, resource, 0), use->policy->number };
}

static void replace(const struct policy_use *use, struct flow_build *b)
{
	flow_build_end(b);
	flow_set_replace_part(use->place->sw->set, owner_of(use, b->resource), b->flows,
			      b->n_flows);
	b->n_flows = 0;
	flow_build_fini(b);
}

static void state_flows(struct apps *a, struct policy_use *use, const struct stated *s,
			const struct remote *remote)
{
	const struct intent_rule *rule = &s->rule->intent;
	struct policy_rule r = {
		.policy = use->policy->number,
		.set = &s->rule->set->intent,
		.rule = rule,
		.rank = s->rank,
		.bit = remote ? remote->bit : -1,
	};
	struct intent_prefix *prefixes = NULL;
	struct flow_build b;

	if (rule->remote == REMOTE_PREFIX) {
		r.prefixes = &rule->prefix;
		r.n_prefixes = 1;
	} else if (remote && remote->bit < 0) {
		prefixes = remote_prefixes(a, use->place, remote, &r.n_prefixes);
		r.prefixes = prefixes;
	}
	flow_build_init(&b, APP_POLICY, rule->number);
	policy_rule_flows(&b, &r);
	replace(use, &b);
	free(prefixes);
}

void policy_state_rule(struct apps *a, struct policy_use *use, struct rule_rec *rule, unsigned rank)
{
	struct stated *s = find_stated(use, rule->intent.number);
	struct remote *remote = remote_get(a, use->place, &rule->intent);

	if (s) {
		remote_put(a, use->place, &s->rule->intent);
	} else {
		s = xcalloc(1, sizeof(*s));
		hmap_insert(&use->stated, &s->node, rule->intent.number);
	}
	s->rule = rule;
	s->rank = rank;
	state_flows(a, use, s, remote);
}

void policy_retract_rule(struct apps *a, struct policy_use *use, struct rule_rec *rule)
{
	struct stated *s = find_stated(use, rule->intent.number);

	if (!s || s->rule != rule)
		return;
	hmap_remove(&use->stated, &s->node);
	flow_set_replace_part(use->place->sw->set, owner_of(use, rule->intent.number), NULL, 0);
	remote_put(a, use->place, &rule->intent);
	free(s);
}

void policy_restate_remote(struct apps *a, struct policy_use *use, uint64_t remote_id)
{
	HMAP_FOREACH (n, &use->stated) {
		const struct stated *s = container_of(n, struct stated, node);
		const struct intent_rule *rule = &s->rule->intent;

		if ((rule->remote != REMOTE_TAG && rule->remote != REMOTE_ADDRESSES) ||
		    rule->remote_id != remote_id)
			continue;
		state_flows(a, use, s, remote_get(a, use->place, rule));
		remote_put(a, use->place, rule);
	}
}

static int compare_sets(const void *a, const void *b)
{
	const struct intent_rule_set *x = &(*(struct rule_set_rec *const *)a)->intent;
	const struct intent_rule_set *y = &(*(struct rule_set_rec *const *)b)->intent;

	if (x->tier != y->tier)
		return x->tier < y->tier ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return strcmp(x->name, y->name);
}

void policy_state_admin(struct apps *a, struct policy_use *use)
{
	const struct policy *policy = use->policy;
	struct rule_set_rec **sets = xcalloc(policy->n_sets + 1, sizeof(*sets));
	unsigned n = 0, rank = 0;

	for (unsigned i = 0; i < policy->n_sets; i++) {
		if (policy->sets[i]->is_known && policy->sets[i]->intent.is_admin)
			sets[n++] = policy->sets[i];
	}
	qsort(sets, n, sizeof(*sets), compare_sets);
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < sets[i]->n_rules; k++)
			policy_state_rule(a, use, sets[i]->rules[k], rank++);
	}
	free(sets);
}

static bool is_logging(const struct policy *policy)
{
	for (unsigned i = 0; i < policy->n_sets; i++) {
		const struct rule_set_rec *set = policy->sets[i];

		for (unsigned k = 0; k < set->n_rules; k++) {
			if (set->rules[k]->intent.is_logged)
				return true;
		}
	}
	return false;
}

void policy_state_drops(struct policy_use *use)
{
	struct flow_build b;

	flow_build_init(&b, APP_POLICY, use->policy->number);
	policy_drop_flows(&b, use->policy->number, is_logging(use->policy));
	replace(use, &b);
}

void policy_state(struct apps *a, struct policy_use *use)
{
	const struct policy *policy = use->policy;

	policy_state_drops(use);
	for (unsigned i = 0; i < policy->n_sets; i++) {
		struct rule_set_rec *set = policy->sets[i];

		for (unsigned k = 0; !set->intent.is_admin && k < set->n_rules; k++)
			policy_state_rule(a, use, set->rules[k], 0);
	}
	policy_state_admin(a, use);
}

void policy_retract(struct apps *a, struct policy_use *use)
{
	HMAP_FOREACH_SAFE (n, &use->stated)
		policy_retract_rule(a, use, container_of(n, struct stated, node)->rule);
	hmap_fini(&use->stated);
	flow_set_replace_part(use->place->sw->set, owner_of(use, use->policy->number), NULL, 0);
}
