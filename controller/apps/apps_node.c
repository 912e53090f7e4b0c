#include "controller/apps/apps_node.h"

#include <stdlib.h>

#include "controller/model/address_group.h"
#include "proto/weft/v1/host.pb-c.h"
#include "proto/weft/v1/network.pb-c.h"
#include "proto/weft/v1/port.pb-c.h"

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

static void set_port(struct apps_node *n, const struct resource *r)
{
	struct arena arena = ARENA_INIT;
	struct intent_port intent;

	if (intent_of_port(&intent, n->model, &n->selectors, r, &arena)) {
		apps_set_port(n->apps, &intent);
		locate_port(n, r->id, (const Weft__V1__Port *)resource_msg(r));
	}
	arena_clear(&arena);
}

static void set_rule_set(struct apps_node *n, const struct resource *r)
{
	struct arena arena = ARENA_INIT;
	struct intent_rule_set intent;

	intent_of_rule_set(&intent, n->model, r, &arena);
	apps_set_rule_set(n->apps, &intent);
	arena_clear(&arena);
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
			set_port(n, r);
			continue;
		}
		apps_set_location(n->apps, r->id, 0, 0);
		apps_remove_port(n->apps, r->id);
	}
	engine_work(self, n_changes);
	return ENGINE_UPDATED;
}

static enum engine_result groups_changed(struct engine_node *self, struct engine_node *input)
{
	struct apps_node *n = apps_node_of(self);
	size_t n_changes;
	const struct model_change *changes = model_changes(input, &n_changes);

	for (size_t i = 0; i < n_changes; i++) {
		if (changes[i].after)
			set_rule_set(n, changes[i].r);
		else
			apps_remove_rule_set(n->apps, changes[i].r->id);
	}
	engine_work(self, n_changes);
	return ENGINE_UPDATED;
}

/* Whom a policy is for may be any port. */
static enum engine_result policies_changed(struct engine_node *self, struct engine_node *input)
{
	struct apps_node *n = apps_node_of(self);
	size_t n_changes;
	const struct model_change *changes = model_changes(input, &n_changes);

	for (size_t i = 0; i < n_changes; i++) {
		if (changes[i].after) {
			selectors_set(&n->selectors, changes[i].r);
			set_rule_set(n, changes[i].r);
		} else {
			selectors_forget(&n->selectors, changes[i].r->id);
			apps_remove_rule_set(n->apps, changes[i].r->id);
		}
	}
	MODEL_FOREACH (r, n->model, &port_resource) {
		set_port(n, r);
		n_changes++;
	}
	engine_work(self, n_changes);
	return ENGINE_UPDATED;
}

struct prefix_list {
	struct intent_prefix *list;
	size_t n;
};

static bool append_prefix(void *arg, const struct ip_range *range)
{
	struct prefix_list *prefixes = arg;

	prefixes->list[prefixes->n++] = intent_of_range(range);
	return true;
}

/* All of the group's addresses, as committed. */
static void set_addresses(struct apps_node *n, const struct resource *r)
{
	struct prefix_list all = { 0 };

	all.list = xcalloc(address_group_count(r) + 1, sizeof(*all.list));
	address_group_each(r, append_prefix, &all);
	apps_set_addresses(n->apps, r->id, r->name);
	apps_replace_addresses(n->apps, r->id, all.list, all.n);
	free(all.list);
}

static size_t change_addresses(struct apps_node *n, const struct resource *r)
{
	size_t n_changes;
	const struct address_change *changes = address_group_changes(r, &n_changes);

	for (size_t i = 0; i < n_changes; i++) {
		struct intent_prefix p = intent_of_range(&changes[i].range);
		bool is_added = changes[i].is_added;

		apps_change_addresses(n->apps, r->id, &p, is_added, &p, !is_added);
	}
	return n_changes;
}

static enum engine_result addresses_changed(struct engine_node *self, struct engine_node *input)
{
	struct apps_node *n = apps_node_of(self);
	size_t n_changes;
	const struct model_change *changes = model_changes(input, &n_changes);

	for (size_t i = 0; i < n_changes; i++) {
		const struct resource *r = changes[i].r;

		if (!changes[i].after)
			apps_remove_addresses(n->apps, r->id);
		else if (!changes[i].before)
			set_addresses(n, r);
		else
			engine_work(self, change_addresses(n, r));
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
	MODEL_FOREACH (r, n->model, &address_group_resource)
		set_addresses(n, r);
	MODEL_FOREACH (r, n->model, &security_group_resource)
		set_rule_set(n, r);
	selectors_fini(&n->selectors);
	MODEL_FOREACH (r, n->model, &admin_policy_resource) {
		selectors_set(&n->selectors, r);
		set_rule_set(n, r);
	}
	MODEL_FOREACH (r, n->model, &port_resource)
		set_port(n, r);
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
	selectors_init(&n->selectors);
	engine_add(e, &n->node, &node_class, "apps");
	engine_connect(&n->node, model_node(model, &network_resource), networks_changed);
	engine_connect(&n->node, model_node(model, &host_resource), hosts_changed);
	engine_connect(&n->node, model_node(model, &address_group_resource), addresses_changed);
	engine_connect(&n->node, model_node(model, &security_group_resource), groups_changed);
	engine_connect(&n->node, model_node(model, &admin_policy_resource), policies_changed);
	engine_connect(&n->node, model_node(model, &port_resource), ports_changed);
}

void apps_node_fini(struct apps_node *n)
{
	if (n->apps)
		selectors_fini(&n->selectors);
}
