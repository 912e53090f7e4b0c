#include "controller/apps/apps_node.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "controller/model/ip.h"
#include "proto/weft/v1/host.pb-c.h"
#include "proto/weft/v1/network.pb-c.h"
#include "proto/weft/v1/port.pb-c.h"

/* A port's addresses, as many as its message has at most. */
struct addresses {
	struct in_addr *ipv4;
	struct in6_addr *ipv6;
	unsigned n_ipv4, n_ipv6;
};

static void read_addresses(const Weft__V1__Port *port, struct addresses *a)
{
	a->ipv4 = xcalloc(port->n_ip_addresses + 1, sizeof(*a->ipv4));
	a->ipv6 = xcalloc(port->n_ip_addresses + 1, sizeof(*a->ipv6));
	a->n_ipv4 = a->n_ipv6 = 0;
	for (size_t i = 0; i < port->n_ip_addresses; i++) {
		const char *text = port->ip_addresses[i]->address;

		if (inet_pton(AF_INET, text, &a->ipv4[a->n_ipv4]) == 1)
			a->n_ipv4++;
		else if (inet_pton(AF_INET6, text, &a->ipv6[a->n_ipv6]) == 1)
			a->n_ipv6++;
	}
}

static uint64_t datapath_of_host(const struct model *m, const char *name)
{
	const struct resource *r = model_find(m, name);
	const Weft__V1__Host *host = r ? (const Weft__V1__Host *)resource_msg(r) : NULL;

	return host ? strtoull(host->datapath_id, NULL, 16) : 0;
}

static void locate_port(struct apps_node *n, uint64_t id, const Weft__V1__Port *port)
{
	const Weft__V1__PortBinding *b = port->binding;
	uint64_t datapath_id = b ? datapath_of_host(n->model, b->host) : 0;

	apps_set_location(n->apps, id, datapath_id, datapath_id ? b->of_port : 0);
}

static void set_port(struct apps_node *n, const struct resource *r, const Weft__V1__Port *port)
{
	const struct resource *network = model_find(n->model, port->network);
	struct intent_port intent = {
		.id = r->id,
		.name = r->name,
		.network_id = network ? network->id : 0,
		.is_spoofing_allowed =
			port->anti_spoofing == WEFT__V1__ANTI_SPOOFING__ANTI_SPOOFING_OFF,
	};
	struct addresses a;

	if (!network || !mac_parse(intent.mac, port->mac_address))
		return;
	read_addresses(port, &a);
	intent.ipv4 = a.ipv4;
	intent.n_ipv4 = a.n_ipv4;
	intent.ipv6 = a.ipv6;
	intent.n_ipv6 = a.n_ipv6;
	apps_set_port(n->apps, &intent);
	locate_port(n, r->id, port);
	free(a.ipv4);
	free(a.ipv6);
}

static void set_network(struct apps_node *n, const struct resource *r)
{
	apps_set_network(n->apps, &(struct intent_network){ .id = r->id, .name = r->name });
}

static void set_host(struct apps_node *n, const struct resource *r)
{
	uint64_t datapath_id = datapath_of_host(n->model, r->name);

	if (datapath_id)
		apps_add_switch(n->apps, datapath_id);
}

static struct apps_node *apps_node_of(struct engine_node *self)
{
	return container_of(self, struct apps_node, node);
}

static enum engine_result networks_changed(struct engine_node *self, struct engine_node *input)
{
	struct apps_node *n = apps_node_of(self);
	size_t n_changes;
	const struct model_change *changes = model_changes(input, &n_changes);

	for (size_t i = 0; i < n_changes; i++) {
		if (changes[i].after)
			set_network(n, changes[i].r);
		else
			apps_remove_network(n->apps, changes[i].r->id);
	}
	engine_work(self, n_changes);
	return ENGINE_UPDATED;
}

/* A host that gets its datapath id, or another one, takes its ports there. */
static void move_ports(struct apps_node *n, const struct resource *host)
{
	struct resource_ref *ref;

	RESOURCE_FOREACH_USER (ref, host) {
		if (ref->user->class == &port_resource && resource_msg(ref->user))
			locate_port(n, ref->user->id,
				    (const Weft__V1__Port *)resource_msg(ref->user));
	}
}

static bool is_same_datapath(const struct model_change *change)
{
	const Weft__V1__Host *before = (const Weft__V1__Host *)change->before;
	const Weft__V1__Host *after = (const Weft__V1__Host *)change->after;

	return before && after && strcmp(before->datapath_id, after->datapath_id) == 0;
}

static enum engine_result hosts_changed(struct engine_node *self, struct engine_node *input)
{
	struct apps_node *n = apps_node_of(self);
	enum engine_result result = ENGINE_UNCHANGED;
	size_t n_changes;
	const struct model_change *changes = model_changes(input, &n_changes);

	for (size_t i = 0; i < n_changes; i++) {
		if (!changes[i].after || is_same_datapath(&changes[i]))
			continue;
		set_host(n, changes[i].r);
		move_ports(n, changes[i].r);
		result = ENGINE_UPDATED;
	}
	engine_work(self, n_changes);
	return result;
}

static enum engine_result ports_changed(struct engine_node *self, struct engine_node *input)
{
	struct apps_node *n = apps_node_of(self);
	size_t n_changes;
	const struct model_change *changes = model_changes(input, &n_changes);

	for (size_t i = 0; i < n_changes; i++) {
		const struct resource *r = changes[i].r;

		if (changes[i].after) {
			set_port(n, r, (const Weft__V1__Port *)changes[i].after);
			continue;
		}
		apps_set_location(n->apps, r->id, 0, 0);
		apps_remove_port(n->apps, r->id);
	}
	engine_work(self, n_changes);
	return ENGINE_UPDATED;
}

static bool is_in_model(void *arg, uint64_t id)
{
	const struct apps_node *n = arg;
	const struct resource *r = model_find_id(n->model, id);

	return r && resource_msg(r);
}

static bool recompute(struct engine_node *self)
{
	struct apps_node *n = apps_node_of(self);

	apps_retain(n->apps, is_in_model, n);
	MODEL_FOREACH (r, n->model, &host_resource)
		set_host(n, r);
	MODEL_FOREACH (r, n->model, &network_resource)
		set_network(n, r);
	MODEL_FOREACH (r, n->model, &port_resource)
		set_port(n, r, (const Weft__V1__Port *)resource_msg(r));
	apps_restate_all(n->apps);
	return true;
}

static void dump(struct engine_node *self, struct buf *out)
{
	apps_print(apps_node_of(self)->apps, out);
}

static const struct engine_node_class node_class = {
	.recompute = recompute,
	.dump = dump,
};

void apps_node_add(struct apps_node *n, struct engine *e, struct model *model, struct apps *apps)
{
	n->apps = apps;
	n->model = model;
	engine_add(e, &n->node, &node_class, "apps");
	engine_connect(&n->node, model_node(model, &network_resource), networks_changed);
	engine_connect(&n->node, model_node(model, &host_resource), hosts_changed);
	engine_connect(&n->node, model_node(model, &port_resource), ports_changed);
}
