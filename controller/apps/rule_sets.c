/* Rule sets as they were told.  A change reaches the places whose ports have the set, rule by rule:
 * new ones are stated before old ones go, so that what both need stays. */

#include "controller/apps/apps_priv.h"

#include <stdlib.h>

static uint64_t hash_id(uint64_t id)
{
	return hash_bytes(&id, sizeof(id));
}

struct rule_set_rec *rule_set_find(const struct apps *a, uint64_t id)
{
	HMAP_FOREACH_HASH (n, &a->rule_sets, hash_id(id)) {
		struct rule_set_rec *set = container_of(n, struct rule_set_rec, by_id);

		if (set->id == id)
			return set;
	}
	return NULL;
}

struct rule_set_rec *rule_set_get(struct apps *a, uint64_t id)
{
	struct rule_set_rec *set = rule_set_find(a, id);

	if (set)
		return set;
	set = xcalloc(1, sizeof(*set));
	set->id = id;
	set->intent.id = id;
	set->intent.name = xstrdup("");
	hmap_insert(&a->rule_sets, &set->by_id, hash_id(id));
	return set;
}

static void free_set(struct rule_set_rec *set)
{
	free((char *)set->intent.name);
	free(set->rules);
	free(set->policies);
	free(set->why);
	free(set);
}

void rule_set_forget_if_unused(struct apps *a, struct rule_set_rec *set)
{
	if (set->is_known || set->n_policies)
		return;
	hmap_remove(&a->rule_sets, &set->by_id);
	free_set(set);
}

struct rule_rec *rule_find(const struct apps *a, uint64_t number)
{
	HMAP_FOREACH_HASH (n, &a->rules, hash_id(number)) {
		struct rule_rec *rule = container_of(n, struct rule_rec, by_number);

		if (rule->intent.number == number)
			return rule;
	}
	return NULL;
}

static struct rule_rec *create_rule(struct apps *a, struct rule_set_rec *set,
				    const struct intent_rule *intent)
{
	struct rule_rec *rule = xcalloc(1, sizeof(*rule));
	struct intent_range *ports = xcalloc(intent->n_ports + 1, sizeof(*ports));

	if (intent->n_ports)
		memcpy(ports, intent->ports, intent->n_ports * sizeof(*ports));
	rule->set = set;
	rule->intent = *intent;
	rule->intent.name = xstrdup(intent->name ? intent->name : "");
	rule->intent.ports = ports;
	hmap_insert(&a->rules, &rule->by_number, hash_id(intent->number));
	return rule;
}

static void destroy_rule(struct apps *a, struct rule_rec *rule)
{
	hmap_remove(&a->rules, &rule->by_number);
	rule->set->n_refused -= rule->n_refused;
	free((char *)rule->intent.name);
	free((struct intent_range *)rule->intent.ports);
	free(rule);
}

static bool is_same_prefix(const struct intent_prefix *a, const struct intent_prefix *b)
{
	return a->length == b->length && a->is_ipv6 == b->is_ipv6 &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool is_same_rule(const struct intent_rule *a, const struct intent_rule *b)
{
	return a->number == b->number && a->is_egress == b->is_egress &&
	       a->families == b->families && a->protocol == b->protocol &&
	       a->icmp_type == b->icmp_type && a->icmp_code == b->icmp_code &&
	       a->n_ports == b->n_ports &&
	       (!a->n_ports || memcmp(a->ports, b->ports, a->n_ports * sizeof(*a->ports)) == 0) &&
	       a->remote == b->remote && is_same_prefix(&a->prefix, &b->prefix) &&
	       a->remote_id == b->remote_id && a->action == b->action &&
	       a->is_logged == b->is_logged;
}

/* Calls FN for each use of SET. */
#define FOREACH_USE(USE, SET)                                                                      \
	for (unsigned i_##USE = 0; i_##USE < (SET)->n_policies; i_##USE++)                         \
		LIST_FOREACH (USE, &(SET)->policies[i_##USE]->uses, of_policy)

static void state_rule(struct apps *a, struct rule_rec *rule)
{
	struct policy_use *use;

	FOREACH_USE(use, rule->set)
	policy_state_rule(a, use, rule, 0);
}

/* Whether what is refused is logged may have changed. */
static void state_drops(struct rule_set_rec *set)
{
	struct policy_use *use;

	FOREACH_USE(use, set)
	policy_state_drops(use);
}

static void retract_rule(struct apps *a, struct rule_rec *rule)
{
	struct policy_use *use;

	FOREACH_USE(use, rule->set)
	policy_retract_rule(a, use, rule);
}

static void state_admin(struct apps *a, struct rule_set_rec *set)
{
	struct policy_use *use;

	FOREACH_USE(use, set)
	policy_state_admin(a, use);
}

static void rename_rule(struct rule_rec *rule, const char *name)
{
	free((char *)rule->intent.name);
	rule->intent.name = xstrdup(name ? name : "");
}

/* The rules of INTENT: those that are kept, which are not leaving any more, and NULL for the
 * others. */
static struct rule_rec **take_over(struct apps *a, struct rule_set_rec *set,
				   const struct intent_rule_set *intent, bool is_kind_new)
{
	struct rule_rec **rules = xcalloc(intent->n_rules + 1, sizeof(*rules));

	for (unsigned i = 0; i < intent->n_rules; i++) {
		struct rule_rec *old = rule_find(a, intent->rules[i].number);

		if (!is_kind_new && old && old->set == set && old->is_leaving &&
		    is_same_rule(&old->intent, &intent->rules[i])) {
			rename_rule(old, intent->rules[i].name);
			old->is_leaving = false;
			rules[i] = old;
		}
	}
	return rules;
}

static void replace_rules(struct apps *a, struct rule_set_rec *set,
			  const struct intent_rule_set *intent, bool is_kind_new)
{
	struct rule_rec **old = set->rules, **rules;
	unsigned n_old = set->n_rules;

	for (unsigned i = 0; i < n_old; i++)
		old[i]->is_leaving = true;
	rules = take_over(a, set, intent, is_kind_new);
	set->rules = rules;
	set->n_rules = intent->n_rules;
	for (unsigned i = 0; i < intent->n_rules; i++) {
		if (rules[i])
			continue;
		rules[i] = create_rule(a, set, &intent->rules[i]);
		if (!set->intent.is_admin)
			state_rule(a, rules[i]);
	}
	if (set->intent.is_admin)
		state_admin(a, set);
	state_drops(set);
	for (unsigned i = 0; i < n_old; i++) {
		if (!old[i]->is_leaving)
			continue;
		retract_rule(a, old[i]);
		destroy_rule(a, old[i]);
	}
	free(old);
}

void apps_set_rule_set(struct apps *a, const struct intent_rule_set *intent)
{
	struct rule_set_rec *set = rule_set_get(a, intent->id);
	bool is_kind_new = set->intent.is_stateless != intent->is_stateless ||
			   set->intent.is_admin != intent->is_admin ||
			   set->intent.tier != intent->tier ||
			   set->intent.priority != intent->priority;
	char *name = xstrdup(intent->name);

	free((char *)set->intent.name);
	set->is_known = true;
	set->intent = *intent;
	set->intent.name = name;
	set->intent.rules = NULL;
	replace_rules(a, set, intent, is_kind_new);
}

void apps_remove_rule_set(struct apps *a, uint64_t id)
{
	struct rule_set_rec *set = rule_set_find(a, id);
	struct intent_rule_set none;

	if (!set || !set->is_known)
		return;
	none = set->intent;
	none.n_rules = 0;
	replace_rules(a, set, &none, false);
	set->is_known = false;
	rule_set_forget_if_unused(a, set);
}

void rule_sets_fini(struct apps *a)
{
	HMAP_FOREACH_SAFE (n, &a->rule_sets) {
		struct rule_set_rec *set = container_of(n, struct rule_set_rec, by_id);

		for (unsigned i = 0; i < set->n_rules; i++)
			destroy_rule(a, set->rules[i]);
		free_set(set);
	}
	hmap_fini(&a->rule_sets);
	hmap_fini(&a->rules);
}
