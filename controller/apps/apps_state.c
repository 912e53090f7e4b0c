/* Calls the apps: what each states for an owner replaces what it stated before. */

#include "controller/apps/apps_priv.h"
#include "controller/apps/meters.h"

#include "controller/flows/cookie.h"

const struct app_class *app_class_find(uint8_t id)
{
	REGISTRY_FOREACH (c, app_class) {
		if ((*c)->id == id)
			return *c;
	}
	return NULL;
}

static void replace(struct flow_set *set, struct flow_build *b)
{
	flow_build_end(b);
	flow_set_replace(set, cookie_make(b->app, b->resource, 0), b->flows, b->n_flows);
	b->n_flows = 0;
	flow_build_fini(b);
}

void apps_state_switch(struct flow_set *set)
{
	REGISTRY_FOREACH (c, app_class) {
		struct flow_build b;

		if (!(*c)->switch_flows)
			continue;
		flow_build_init(&b, (*c)->id, 0);
		(*c)->switch_flows(&b);
		replace(set, &b);
	}
}

void apps_state_network(struct flow_set *set, const struct local_network *net)
{
	REGISTRY_FOREACH (c, app_class) {
		struct flow_build b;

		if (!(*c)->network_flows)
			continue;
		flow_build_init(&b, (*c)->id, net->intent->id);
		(*c)->network_flows(&b, net);
		replace(set, &b);
	}
}

static void state_meters(struct flow_set *set, const struct local_port *port,
			 const struct intent_limits *limits)
{
	flow_set_meter(set, meter_id(port, METER_PACKETS_OUT), limits->packets);
	flow_set_meter(set, meter_id(port, METER_PACKETS_IN), limits->packets);
	flow_set_meter(set, meter_id(port, METER_BROADCASTS), limits->broadcasts);
	flow_set_meter(set, meter_id(port, METER_NEW_OUT), limits->new_connections);
	flow_set_meter(set, meter_id(port, METER_NEW_IN), limits->new_connections);
}

void apps_state_port(struct flow_set *set, const struct local_port *port)
{
	state_meters(set, port, &port->intent->limits);
	REGISTRY_FOREACH (c, app_class) {
		struct flow_build b;

		if (!(*c)->port_flows)
			continue;
		flow_build_init(&b, (*c)->id, port->intent->id);
		(*c)->port_flows(&b, port);
		replace(set, &b);
	}
}

void apps_retract_port(struct flow_set *set, const struct local_port *port)
{
	static const struct intent_limits none;

	apps_retract(set, port->intent->id);
	state_meters(set, port, &none);
}

void apps_retract(struct flow_set *set, uint64_t resource)
{
	REGISTRY_FOREACH (c, app_class)
		flow_set_replace(set, cookie_make((*c)->id, resource, 0), NULL, 0);
}
