/* From what the switches acknowledge and refuse to the phases of ports. */

#include <stdlib.h>

#include "controller/apps/apps_priv.h"
#include "controller/flows/cookie.h"

/* A rule set of the policy of which a switch refuses flows, or NULL. */
static const struct rule_set_rec *refused_set(const struct policy *policy)
{
	for (unsigned i = 0; i < policy->n_sets; i++) {
		if (policy->sets[i]->n_refused)
			return policy->sets[i];
	}
	return NULL;
}

static enum port_phase phase_of(const struct port_rec *p, const char **why)
{
	*why = "";
	if (!p->place) {
		*why = p->port_no ? "its network is not known yet" : "not attached";
		return PORT_PHASE_DOWN;
	}
	if (p->n_refused || p->place->n_refused) {
		*why = p->n_refused ? p->why : p->place->why;
		return PORT_PHASE_FAILED;
	}
	if (p->placed_policy && refused_set(p->placed_policy)) {
		*why = refused_set(p->placed_policy)->why;
		return PORT_PHASE_FAILED;
	}
	if (p->generation <= p->place->sw->acknowledged)
		return PORT_PHASE_ACTIVE;
	*why = "waiting for the switch to acknowledge its flows";
	return PORT_PHASE_PENDING;
}

void apps_settle_phase(struct apps *a, struct port_rec *p)
{
	const char *why;
	enum port_phase phase = phase_of(p, &why);
	uint64_t datapath_id = p->place ? p->place->sw->datapath_id : 0;
	uint32_t port_no = p->place ? p->local.port_no : 0;

	if (phase == p->phase && datapath_id == p->told_datapath_id && port_no == p->told_port_no)
		return;
	p->phase = phase;
	p->told_datapath_id = datapath_id;
	p->told_port_no = port_no;
	if (a->events && a->events->port_phase)
		a->events->port_phase(a->arg, p->intent.id, phase, datapath_id, port_no, why);
}

enum port_phase apps_port_phase(const struct apps *a, uint64_t port_id)
{
	const struct port_rec *p = apps_find_port(a, port_id);

	return p ? p->phase : PORT_PHASE_DOWN;
}

void apps_acknowledged(struct apps *a, uint64_t datapath_id, uint64_t generation)
{
	struct switch_rec *sw = apps_find_switch(a, datapath_id);

	if (!sw)
		return;
	sw->acknowledged = MAX_OF(sw->acknowledged, generation);
	while (!list_is_empty(&sw->waiting)) {
		struct port_rec *p = container_of(sw->waiting.next, struct port_rec, waiting);

		if (p->generation > sw->acknowledged)
			break;
		list_remove(&p->waiting);
		apps_settle_phase(a, p);
	}
}

static void count_refusal(unsigned *n, char **text, const char *why)
{
	if (!why) {
		*n -= *n > 0;
		return;
	}
	++*n;
	free(*text);
	*text = xstrdup(why);
}

static void settle_place(struct apps *a, struct place *pl)
{
	for (unsigned i = 0; i < pl->n_ports; i++)
		apps_settle_phase(a, container_of(pl->ports[i], struct port_rec, local));
}

/* All ports of a policy, wherever they are plugged. */
static void settle_policy(struct apps *a, const struct policy *policy)
{
	struct policy_use *use;

	LIST_FOREACH (use, &policy->uses, of_policy)
		settle_place(a, use->place);
}

static void rule_refused(struct apps *a, uint64_t cookie, const char *why)
{
	struct rule_rec *rule = rule_find(a, cookie_resource(cookie));
	struct rule_set_rec *set = rule ? rule->set : NULL;

	if (!set)
		return;
	set->n_refused -= rule->n_refused;
	count_refusal(&rule->n_refused, &set->why, why);
	set->n_refused += rule->n_refused;
	for (unsigned i = 0; i < set->n_policies; i++)
		settle_policy(a, set->policies[i]);
}

void apps_refused(struct apps *a, uint64_t datapath_id, uint64_t cookie, const char *why)
{
	struct switch_rec *sw = apps_find_switch(a, datapath_id);
	struct port_rec *p = apps_find_port(a, cookie_resource(cookie));
	struct place *pl = sw ? apps_find_place(sw, cookie_resource(cookie)) : NULL;

	if (cookie_app(cookie) == APP_POLICY) {
		rule_refused(a, cookie, why);
	} else if (p && p->place && p->place->sw == sw) {
		count_refusal(&p->n_refused, &p->why, why);
		apps_settle_phase(a, p);
	} else if (pl) {
		count_refusal(&pl->n_refused, &pl->why, why);
		settle_place(a, pl);
	}
}
