#include "controller/controller.h"

#include <stdlib.h>
#include "api/metrics.h"
#include "api/schema.h"
#include "controller/apps/apps_node.h"
#include "controller/connlog/connlog.h"
#include "controller/diagnostics.h"
#include "controller/external_hosts.h"
#include "controller/facts/external.h"
#include "controller/facts/switches.h"
#include "controller/flows/flow_set.h"
#include "controller/plug.h"
#include "controller/port_states.h"
#include "proto/weft/v1/host.pb-c.h"

struct controller {
	struct loop *loop;
	struct store *store;
	struct engine *engine;
	struct model *model;
	struct flow_sets *sets;
	struct switches *switches;
	struct switches_listener listener;
	struct southbound *southbound;
	struct apps *apps;
	struct apps_node apps_node;
	struct external_hosts *external;
	struct port_states *port_states;
	struct diagnostics diagnostics;
	struct connlog *connlog;
	struct api_dispatch *dispatch;
};

/* Switches tell the model. */

static void on_connected(struct switches_listener *l, const struct switch_fact *sw)
{
	struct controller *c = container_of(l, struct controller, listener);
	struct host_port_report *ports = xcalloc(MAX_OF(sw->ports.n, 1u), sizeof(*ports));
	struct host_report report = { .datapath_id = sw->datapath_id,
				      .name = sw->name,
				      .address = sw->address,
				      .software = sw->software,
				      .is_pluggable = sw->is_pluggable,
				      .ports = ports };

	HMAP_FOREACH (n, &sw->ports) {
		const struct switch_port *p = container_of(n, struct switch_port, by_number);

		ports[report.n_ports++] = (struct host_port_report){ p->name, p->number };
	}
	apps_add_switch(c->apps, sw->datapath_id);
	model_host_connected(c->model, &report);
	free(ports);
}

static void on_disconnected(struct switches_listener *l, const struct switch_fact *sw,
			    const char *why)
{
	struct controller *c = container_of(l, struct controller, listener);

	model_host_disconnected(c->model, sw->datapath_id, why);
}

static void on_port_changed(struct switches_listener *l, const struct switch_fact *sw,
			    const struct switch_port *p, bool is_gone)
{
	struct controller *c = container_of(l, struct controller, listener);

	if (is_gone)
		model_port_lost(c->model, sw->datapath_id, p->name);
}

static void on_acknowledged(void *arg, uint64_t datapath_id, uint64_t generation)
{
	struct controller *c = arg;

	apps_acknowledged(c->apps, datapath_id, generation);
}

static void on_refused(void *arg, uint64_t datapath_id, uint64_t cookie, const char *why)
{
	struct controller *c = arg;

	apps_refused(c->apps, datapath_id, cookie, why);
}

static void on_synced(void *arg, uint64_t datapath_id, bool is_synced)
{
	struct controller *c = arg;

	model_host_synced(c->model, datapath_id, is_synced);
}

static void on_packet_in(void *arg, uint64_t datapath_id, const struct of_packet_in *pi)
{
	struct controller *c = arg;

	connlog_packet_in(c->connlog, datapath_id, pi);
}

static const struct southbound_events southbound_events = {
	.acknowledged = on_acknowledged,
	.refused = on_refused,
	.synced = on_synced,
	.packet_in = on_packet_in,
};

static void on_port_phase(void *arg, uint64_t port_id, enum port_phase phase, uint64_t datapath_id,
			  uint32_t port_no, const char *why)
{
	struct controller *c = arg;

	(void)datapath_id, (void)port_no;
	model_port_acknowledged(c->model, port_id, phase == PORT_PHASE_ACTIVE, why);
}

static const struct apps_events apps_events = { .port_phase = on_port_phase };

static void on_port_found(void *arg, uint64_t datapath_id, const char *iface_id, uint32_t of_port,
			  const char *interface_name)
{
	struct controller *c = arg;

	model_port_found(c->model, datapath_id, iface_id, of_port, interface_name);
}

static void collect(struct metrics_out *out, void *arg)
{
	struct controller *c = arg;
	struct engine_counters engine = engine_total(c->engine);
	struct connlog_counters log = connlog_counters(c->connlog);
	struct southbound_counters sb;

	southbound_count(c->southbound, &sb);
	metrics_family(out, "weft_store_revision", METRIC_GAUGE, "Newest durable revision.");
	metrics_sample(out, "", store_revision(c->store), NULL);
	metrics_family(out, "weft_engine_work_total", METRIC_COUNTER,
		       "Items that nodes of the engine looked at.");
	metrics_sample(out, "", engine.n_work, NULL);
	metrics_family(out, "weft_engine_recomputed_total", METRIC_COUNTER,
		       "Nodes of the engine that were recomputed in full.");
	metrics_sample(out, "", engine.n_recomputed, NULL);
	metrics_family(out, "weft_switches_connected", METRIC_GAUGE,
		       "Switches that are connected now.");
	metrics_sample(out, "", sb.n_connected - sb.n_lost, NULL);
	metrics_family(out, "weft_flow_mods_total", METRIC_COUNTER,
		       "Flow changes sent to switches.");
	metrics_sample(out, "", sb.n_flow_mods, NULL);
	metrics_family(out, "weft_switch_errors_total", METRIC_COUNTER,
		       "OpenFlow errors that switches answered.");
	metrics_sample(out, "", sb.n_errors, NULL);
	metrics_family(
		out, "weft_connection_log_total", METRIC_COUNTER,
		"Entries of the connection log, and those left out because they were too many.");
	metrics_sample(out, "", log.n_events, "result", "told", NULL);
	metrics_sample(out, "", log.n_lost, "result", "left_out", NULL);
}

/* What does not depend on the model, which needs it to plug ports. */
static void create_southbound(struct controller *c, const struct controller_options *o)
{
	struct southbound_options options = {
		.loop = o->loop,
		.timing = o->timing,
		.role_generation = loop_wall_ns(o->loop) / 1000,
		.events = &southbound_events,
		.arg = c,
	};

	c->sets = flow_sets_create();
	c->switches = switches_create();
	c->listener = (struct switches_listener){ .connected = on_connected,
						  .disconnected = on_disconnected,
						  .port_changed = on_port_changed };
	switches_listen(c->switches, &c->listener);
	options.sets = c->sets;
	options.switches = c->switches;
	c->southbound = southbound_create(&options);
	c->apps = apps_create(c->sets, &apps_events, c);
}

static void serve(struct controller *c)
{
	c->dispatch = api_dispatch_create(c->loop, &weft_schema);
	model_serve(c->model, c->dispatch);
	c->diagnostics = (struct diagnostics){ c->model, c->apps, c->southbound };
	diagnostics_serve(&c->diagnostics, c->dispatch);
	connlog_serve(c->connlog, c->dispatch);
	metrics_add_collector(api_dispatch_metrics(c->dispatch), collect, c);
}

struct controller *controller_create(const struct controller_options *o, struct status *st)
{
	struct controller *c = xcalloc(1, sizeof(*c));
	struct model_options model = { .loop = o->loop, .store = o->store, .rng = o->rng };

	c->loop = o->loop;
	c->store = o->store;
	c->engine = engine_create(o->loop);
	create_southbound(c, o);
	model.engine = c->engine;
	model.plugger = plug_over_southbound(c->southbound);
	c->model = model_create(&model, st);
	if (!c->model) {
		controller_destroy(c);
		return NULL;
	}
	c->connlog = connlog_create(&(struct connlog_options){ .loop = o->loop,
							       .apps = c->apps,
							       .model = c->model,
							       .rate = o->connection_log_rate });
	apps_node_add(&c->apps_node, c->engine, c->model, c->apps);
	c->port_states = port_states_create(o->loop, c->engine, c->model, c->apps);
	if (o->dialer)
		c->external = external_hosts_create(o->loop, c->engine, c->model, c->switches,
						    o->dialer, on_port_found, c);
	serve(c);
	/* A switch that comes now must find complete flow sets: what they lack, it loses. */
	engine_run(c->engine);
	return c;
}

void controller_destroy(struct controller *c)
{
	if (!c)
		return;
	external_hosts_destroy(c->external);
	port_states_destroy(c->port_states);
	/* From here on nothing new comes from switches.  What the store finishes may still ask
	 * them; then it is told that they are gone. */
	switches_unlisten(&c->listener);
	store_close(c->store);
	model_stop(c->model);
	southbound_destroy(c->southbound);
	connlog_destroy(c->connlog);
	model_destroy(c->model);
	api_dispatch_destroy(c->dispatch);
	apps_node_fini(&c->apps_node);
	apps_destroy(c->apps);
	engine_destroy(c->engine);
	switches_destroy(c->switches);
	flow_sets_destroy(c->sets);
	free(c);
}

void controller_accept(void *c, struct stream *s)
{
	southbound_accept(((struct controller *)c)->southbound, s);
}

struct api_dispatch *controller_dispatch(struct controller *c)
{
	return c->dispatch;
}

struct engine *controller_engine(struct controller *c)
{
	return c->engine;
}

struct model *controller_model(struct controller *c)
{
	return c->model;
}

struct apps *controller_apps(struct controller *c)
{
	return c->apps;
}

struct southbound *controller_southbound(struct controller *c)
{
	return c->southbound;
}

struct connlog *controller_connlog(struct controller *c)
{
	return c->connlog;
}
