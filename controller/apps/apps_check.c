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

static void state_network(const struct apps *a, const struct network_rec *net, uint64_t datapath_id,
			  struct flow_set *set)
{
	struct local_port *ports = xcalloc(a->ports.n + 1, sizeof(*ports));
	const struct local_port **sorted = xcalloc(a->ports.n + 1, sizeof(*sorted));
	struct local_network local = { .intent = &net->intent, .ports = sorted };

	HMAP_FOREACH (n, &a->ports) {
		const struct port_rec *p = container_of(n, struct port_rec, by_id);

		if (!is_at(p, net, datapath_id))
			continue;
		ports[local.n_ports] = (struct local_port){ &p->intent, p->port_no };
		sorted[local.n_ports] = &ports[local.n_ports];
		local.n_ports++;
	}
	qsort(sorted, local.n_ports, sizeof(*sorted), compare_ids);
	for (unsigned i = 0; i < local.n_ports; i++)
		apps_state_port(set, sorted[i]);
	if (local.n_ports)
		apps_state_network(set, &local);
	free(sorted);
	free(ports);
}

void apps_recompute(const struct apps *a, uint64_t datapath_id, struct flow_map *flows)
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

void apps_restate_all(struct apps *a)
{
	HMAP_FOREACH (n, &a->switches) {
		struct switch_rec *sw = container_of(n, struct switch_rec, by_id);

		apps_state_switch(sw->set);
		HMAP_FOREACH (m, &sw->places) {
			struct place *pl = container_of(m, struct place, by_network);
			struct local_network net = { &pl->network->intent, pl->n_ports, pl->ports };

			apps_state_network(sw->set, &net);
			for (unsigned i = 0; i < pl->n_ports; i++)
				apps_state_port(sw->set, pl->ports[i]);
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
