/* The naive version of apps.c: everything from nothing.  What was kept incrementally must be
 * the same. */

#include <stdlib.h>

#include "controller/apps/apps_priv.h"

static int compare_ids(const void *a, const void *b)
{
	const struct local_port *x = *(const struct local_port *const *)a;
	const struct local_port *y = *(const struct local_port *const *)b;

	return x->intent->id < y->intent->id ? -1 : x->intent->id > y->intent->id;
}

static bool is_at(const struct port_rec *p, const struct network_rec *net, uint64_t datapath_id)
{
	return p->is_known && p->network == net && net->is_known && p->port_no &&
	       p->datapath_id == datapath_id;
}

/* The policies of the network's ports, in a place of its own that takes what LIKE has chosen. */
static void state_policies(struct apps *a, struct network_rec *net, const struct place *like,
			   struct flow_set *set, const struct local_network *local)
{
	struct switch_rec sw = { .set = set };
	struct place *pl = place_create(&sw, net, like);

	for (unsigned i = 0; i < local->n_ports; i++)
		place_add_policy(a, pl, policy_find(a, local->ports[i]->policy));
	/* The flows stay in SET; what made them goes. */
	pl->sw = &(struct switch_rec){ .set = flow_set_create(NULL, NULL) };
	place_remove_policies(a, pl);
	flow_set_destroy(pl->sw->set);
	place_destroy(pl);
}

static unsigned collect(const struct apps *a, const struct network_rec *net, uint64_t datapath_id,
			struct local_port *ports, const struct local_port **sorted)
{
	bool is_tracked = false;
	unsigned n_ports = 0;

	HMAP_FOREACH (n, &a->ports) {
		const struct port_rec *p = container_of(n, struct port_rec, by_id);

		if (!is_at(p, net, datapath_id))
			continue;
		is_tracked |= p->intent.is_filtered || p->intent.limits.new_connections;
		ports[n_ports] = (struct local_port){ .intent = &p->intent,
						      .port_no = p->port_no,
						      .policy = p->policy ? p->policy->number : 0 };
		sorted[n_ports] = &ports[n_ports];
		n_ports++;
	}
	for (unsigned i = 0; i < n_ports; i++)
		ports[i].is_tracked = is_tracked;
	qsort(sorted, n_ports, sizeof(*sorted), compare_ids);
	return n_ports;
}

static void state_network(struct apps *a, struct network_rec *net, uint64_t datapath_id,
			  struct flow_set *set)
{
	struct local_port *ports = xcalloc(a->ports.n + 1, sizeof(*ports));
	const struct local_port **sorted = xcalloc(a->ports.n + 1, sizeof(*sorted));
	const struct switch_rec *sw = apps_find_switch(a, datapath_id);
	const struct place *like = sw ? apps_find_place(sw, net->intent.id) : NULL;
	struct local_network local = { .intent = &net->intent, .ports = sorted };

	local.n_ports = collect(a, net, datapath_id, ports, sorted);
	local.is_tracked = local.n_ports && ports[0].is_tracked;
	local.zone = like ? like->zone : 0;
	for (unsigned i = 0; i < local.n_ports; i++)
		apps_state_port(set, sorted[i]);
	if (local.n_ports && like) {
		apps_state_network(set, &local);
		state_policies(a, net, like, set, &local);
	}
	free(sorted);
	free(ports);
}

void apps_recompute(struct apps *a, uint64_t datapath_id, struct flow_map *flows)
{
	struct flow_set *set = flow_set_create(NULL, NULL);

	if (apps_find_switch(a, datapath_id))
		apps_state_switch(set);
	HMAP_FOREACH (n, &a->networks)
		state_network(a, container_of(n, struct network_rec, by_id), datapath_id, set);
	HMAP_FOREACH (n, &flow_set_desired(set)->nodes)
		flow_map_put(flows, flow_map_at(n));
	flow_set_destroy(set);
}

static void restate_policies(struct apps *a, struct place *pl)
{
	struct policy_use *use;

	LIST_FOREACH (use, &pl->uses, of_place)
		policy_state(a, use);
}

void apps_restate_all(struct apps *a)
{
	HMAP_FOREACH (n, &a->switches) {
		struct switch_rec *sw = container_of(n, struct switch_rec, by_id);

		apps_state_switch(sw->set);
		HMAP_FOREACH (m, &sw->places) {
			struct place *pl = container_of(m, struct place, by_network);

			apps_state_place(pl);
			apps_state_ports(pl);
			restate_policies(a, pl);
		}
	}
}

static int compare_switches(const void *a, const void *b)
{
	const struct switch_rec *x = *(const struct switch_rec *const *)a;
	const struct switch_rec *y = *(const struct switch_rec *const *)b;

	return x->datapath_id < y->datapath_id ? -1 : x->datapath_id > y->datapath_id;
}

void apps_print(const struct apps *a, struct buf *out)
{
	struct switch_rec **sorted = xcalloc(a->switches.n + 1, sizeof(*sorted));
	size_t n_switches = 0;

	HMAP_FOREACH (n, &a->switches)
		sorted[n_switches++] = container_of(n, struct switch_rec, by_id);
	qsort(sorted, n_switches, sizeof(*sorted), compare_switches);
	for (size_t i = 0; i < n_switches; i++) {
		buf_printf(out, "switch %016llx\n", (unsigned long long)sorted[i]->datapath_id);
		flow_map_print(flow_set_desired(sorted[i]->set), out);
	}
	free(sorted);
}
