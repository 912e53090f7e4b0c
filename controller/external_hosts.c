#include "controller/external_hosts.h"

#include <stdlib.h>
#include "lib/log.h"
#include "proto/weft/v1/host.pb-c.h"

struct external_hosts {
	struct engine_node node;
	struct loop *loop;
	struct model *model;
	struct external *external;
	struct timer tell;
};

static struct external_hosts *of_node(struct engine_node *node)
{
	return container_of(node, struct external_hosts, node);
}

static uint64_t datapath_of(const ProtobufCMessage *host)
{
	return strtoull(((const Weft__V1__Host *)host)->datapath_id, NULL, 16);
}

static void set_host(struct external_hosts *e, const ProtobufCMessage *msg, const char *address)
{
	struct status st = STATUS_INIT;
	uint64_t datapath_id = datapath_of(msg);

	if (datapath_id && external_set_host(e->external, datapath_id, address, &st) != 0)
		log_warn("%s: %s", ((const Weft__V1__Host *)msg)->name, st.message);
}

static enum engine_result hosts_changed(struct engine_node *self, struct engine_node *input)
{
	struct external_hosts *e = of_node(self);
	const struct model_change *changes;
	size_t n;

	changes = model_changes(input, &n);
	engine_work(self, n);
	for (size_t i = 0; i < n; i++) {
		const ProtobufCMessage *before = changes[i].before, *after = changes[i].after;

		if (before && (!after || datapath_of(before) != datapath_of(after)))
			set_host(e, before, "");
		if (after)
			set_host(e, after, ((const Weft__V1__Host *)after)->ovsdb);
	}
	/* A host that is new to the model may have ports that were found before. */
	timer_arm(e->loop, &e->tell, 0);
	return ENGINE_UNCHANGED;
}

static enum engine_result ports_changed(struct engine_node *self, struct engine_node *input)
{
	const struct model_change *changes;
	size_t n;

	changes = model_changes(input, &n);
	engine_work(self, n);
	for (size_t i = 0; i < n; i++)
		if (!changes[i].before)
			timer_arm(of_node(self)->loop, &of_node(self)->tell, 0);
	return ENGINE_UNCHANGED;
}

static bool recompute(struct engine_node *self)
{
	struct external_hosts *e = of_node(self);

	MODEL_FOREACH (r, e->model, &host_resource)
		set_host(e, resource_msg(r), ((const Weft__V1__Host *)resource_msg(r))->ovsdb);
	timer_arm(e->loop, &e->tell, 0);
	return false;
}

/* Not from within the engine's run: what is found changes the model. */
static void tell(struct timer *t, void *arg)
{
	struct external_hosts *e = arg;

	(void)t;
	external_tell_all(e->external);
}

static const struct engine_node_class node_class = { .recompute = recompute };

struct external_hosts *external_hosts_create(struct loop *loop, struct engine *engine,
					     struct model *model, struct switches *switches,
					     const struct ovsdb_dialer *dialer,
					     external_found_fn *found, void *arg)
{
	struct external_hosts *e = xcalloc(1, sizeof(*e));

	e->loop = loop;
	e->model = model;
	e->external = external_create(loop, switches, dialer, found, arg);
	timer_init(&e->tell, tell, e);
	engine_add(engine, &e->node, &node_class, "external hosts");
	engine_connect(&e->node, model_node(model, &host_resource), hosts_changed);
	engine_connect(&e->node, model_node(model, &port_resource), ports_changed);
	return e;
}

void external_hosts_destroy(struct external_hosts *e)
{
	if (!e)
		return;
	timer_cancel(e->loop, &e->tell);
	external_destroy(e->external);
	free(e);
}
