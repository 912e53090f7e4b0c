#ifndef CONTROLLER_APPS_APPS_PRIV_H
#define CONTROLLER_APPS_APPS_PRIV_H

/* The records behind apps.h: what was told, where it is placed, what was acknowledged. */

#include "controller/apps/app_class.h"
#include "controller/apps/apps.h"
#include "lib/list.h"

/* A network on one switch.  Exists while one of its ports is placed there. */
struct place {
	struct hmap_node by_network; /* in switch_rec.places */
	struct switch_rec *sw;
	struct network_rec *network;
	const struct local_port **ports; /* by ascending id */
	unsigned n_ports, capacity;
	unsigned n_refused; /* flows of the network that the switch refuses */
	char *why;	    /* the newest refusal */
};

struct switch_rec {
	struct hmap_node by_id;
	uint64_t datapath_id;
	struct flow_set *set;
	struct hmap places;
	struct hmap ports;   /* of port_rec.by_port_no */
	struct list waiting; /* ports not acknowledged, by ascending generation */
	uint64_t acknowledged;
};

/* Exists while the network is known or a port refers to it. */
struct network_rec {
	struct hmap_node by_id;
	struct intent_network intent;
	bool is_known;
	struct list ports; /* of port_rec.of_network */
};

/* Exists while the port or its location is known. */
struct port_rec {
	struct hmap_node by_id;
	struct intent_port intent;
	void *memory; /* behind the intent's pointers */
	bool is_known;
	struct network_rec *network; /* NULL while the port is unknown */
	struct list of_network;

	uint64_t datapath_id; /* the location, as told */
	uint32_t port_no;

	struct place *place; /* where its flows are; NULL: nowhere */
	struct local_port local;
	struct hmap_node by_port_no;
	struct list waiting;
	uint64_t generation; /* of the switch's flow_set, when it had all of the port's flows */
	unsigned n_refused;
	char *why; /* the newest refusal */
	enum port_phase phase;
	uint64_t told_datapath_id; /* with the phase */
	uint32_t told_port_no;
};

struct apps {
	struct flow_sets *sets;
	const struct apps_events *events;
	void *arg;
	struct hmap switches, networks, ports;
};

struct switch_rec *apps_find_switch(const struct apps *a, uint64_t datapath_id);
struct switch_rec *apps_get_switch(struct apps *a, uint64_t datapath_id);
struct port_rec *apps_find_port(const struct apps *a, uint64_t id);
struct network_rec *apps_find_network(const struct apps *a, uint64_t id);
struct place *apps_find_place(const struct switch_rec *sw, uint64_t network_id);

/* State flows into SET, of all apps. */
void apps_state_switch(struct flow_set *set);
void apps_state_network(struct flow_set *set, const struct local_network *net);
void apps_state_port(struct flow_set *set, const struct local_port *port);
void apps_retract(struct flow_set *set, uint64_t resource);

/* Tell the port's phase if it is another than was told. */
void apps_settle_phase(struct apps *a, struct port_rec *p);

#endif
