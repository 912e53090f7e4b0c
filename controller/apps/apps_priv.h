#ifndef CONTROLLER_APPS_APPS_PRIV_H
#define CONTROLLER_APPS_APPS_PRIV_H

/* The records behind apps.h: what was told, where it is placed, what was acknowledged. */

#include "controller/apps/app_class.h"
#include "controller/apps/apps.h"
#include "controller/apps/policy_flows.h"
#include "controller/apps/prefixes.h"
#include "lib/list.h"

/* A network on one switch.  Exists while one of its ports is placed there. */
struct place {
	struct hmap_node by_network; /* in switch_rec.places */
	struct list of_network;	     /* in network_rec.places */
	struct switch_rec *sw;
	struct network_rec *network;
	const struct local_port **ports; /* by ascending id */
	unsigned n_ports, capacity;
	unsigned n_refused; /* flows of the network that the switch refuses */
	char *why;	    /* the newest refusal */

	uint16_t zone;	    /* of connections, unique on the switch */
	unsigned n_tracked; /* ports because of which connections are tracked */
	struct list uses;   /* of policy_use.of_place */
	struct hmap remotes;
	struct prefixes *prefixes;
	uint32_t bits_taken[PREFIXES_WORDS];
	const struct place *like; /* recomputing: take the bits that this one has; else NULL */
};

/* A policy: what applies to ports with the same rule sets in the same network.  Its number stands
 * in registers. */
struct policy {
	struct hmap_node by_number, by_key;
	uint32_t number;
	uint64_t network_id;
	unsigned n_ports; /* that have it, wherever they are */
	unsigned n_sets;
	struct rule_set_rec **sets; /* by ascending id */
	struct list uses;	    /* of policy_use.of_policy */
};

/* A policy that ports of a place have, and so flows. */
struct policy_use {
	struct policy *policy;
	struct place *place;
	struct list of_policy, of_place;
	unsigned n_ports;
	struct hmap stated; /* rules whose flows are */
};

/* Exists while the rule set is known or a policy refers to it. */
struct rule_set_rec {
	struct hmap_node by_id;
	bool is_known;
	uint64_t id;
	struct intent_rule_set intent; /* without rules */
	unsigned n_rules;
	struct rule_rec **rules;
	unsigned n_policies;
	struct policy **policies; /* that have it */
	unsigned n_refused;	  /* flows of its rules */
	char *why;		  /* the newest refusal */
};

struct rule_rec {
	struct hmap_node by_number;
	struct intent_rule intent; /* with its own memory */
	struct rule_set_rec *set;
	bool is_leaving;    /* while its set is replaced */
	unsigned n_refused; /* flows */
};

/* The other end, as rules of one place name it. */
struct remote {
	struct hmap_node by_id;
	uint64_t id;
	bool is_addresses;
	int bit; /* in the place's xxreg3; -1: all are taken, its addresses are written out */
	unsigned n_refs; /* rules stated */
};

/* Ports that rules mean together. */
struct tag {
	struct hmap_node by_id;
	uint64_t id;
	struct list members;
};

struct membership {
	struct list of_tag;
	struct tag *tag;
	struct port_rec *port;
};

/* An address group. */
struct addresses_rec {
	struct hmap_node by_id;
	uint64_t id;
	char *name;
	struct hmap entries;
};

struct address_entry {
	struct hmap_node node;
	struct intent_prefix prefix;
};

struct switch_rec {
	struct hmap_node by_id;
	uint64_t datapath_id;
	struct flow_set *set;
	struct hmap places;
	struct hmap ports;     /* of port_rec.by_port_no */
	uint32_t *zones_taken; /* bits, of places; NULL until the first */
	struct list waiting;   /* ports not acknowledged, by ascending generation */
	uint64_t acknowledged;
};

/* Exists while the network is known or a port refers to it. */
struct network_rec {
	struct hmap_node by_id;
	struct intent_network intent;
	bool is_known;
	struct list ports;  /* of port_rec.of_network */
	struct list places; /* of place.of_network */
};

/* Exists while the port or its location is known. */
struct port_rec {
	struct hmap_node by_id;
	struct intent_port intent;
	void *memory; /* behind the intent's pointers */
	bool is_known;
	struct network_rec *network; /* NULL while the port is unknown */
	struct list of_network;
	struct policy *policy;	      /* NULL: nothing is filtered */
	struct policy *placed_policy; /* that its place counts */
	bool is_placed_tracking;
	unsigned n_memberships;
	struct membership *memberships;

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
	struct hmap rule_sets, rules;
	struct hmap policies_by_number, policies_by_key;
	struct hmap tags, addresses;
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
void apps_retract_port(struct flow_set *set, const struct local_port *port);
/* The same of one place, as it is. */
void apps_state_place(struct place *pl);
void apps_state_ports(struct place *pl);

/* Tell the port's phase if it is another than was told. */
void apps_settle_phase(struct apps *a, struct port_rec *p);
/* Flows that ports of the place depend on have changed. */
void apps_await(struct place *pl, uint64_t generation_before);

/* Places (place.c). */
/* LIKE: the place whose zone and bits it takes; NULL: its own. */
struct place *place_create(struct switch_rec *sw, struct network_rec *net,
			   const struct place *like);
/* Its ports and policies have left. */
void place_destroy(struct place *pl);
/* A port of the place has this policy, or no longer; NULL is allowed. */
void place_add_policy(struct apps *a, struct place *pl, struct policy *policy);
void place_remove_policy(struct apps *a, struct place *pl, struct policy *policy);
void place_remove_policies(struct apps *a, struct place *pl);

/* Policies (policies.c). */
/* The policy of a port with a reference of its own; NULL if it is not filtered. */
struct policy *policy_get(struct apps *a, const struct intent_port *port);
void policy_put(struct apps *a, struct policy *policy); /* NULL is allowed */
struct policy *policy_find(const struct apps *a, uint32_t number);
/* State the flows of a use, or retract them. */
void policy_state(struct apps *a, struct policy_use *use);
/* Those of its flows that drop what no rule allows. */
void policy_state_drops(struct policy_use *use);
void policy_retract(struct apps *a, struct policy_use *use);
/* One rule of one use. */
void policy_state_rule(struct apps *a, struct policy_use *use, struct rule_rec *rule,
		       unsigned rank);
void policy_retract_rule(struct apps *a, struct policy_use *use, struct rule_rec *rule);
void policy_state_admin(struct apps *a, struct policy_use *use);
/* The addresses of a remote without a bit have changed. */
void policy_restate_remote(struct apps *a, struct policy_use *use, uint64_t remote_id);

/* Rule sets (rule_sets.c). */
struct rule_set_rec *rule_set_find(const struct apps *a, uint64_t id);
struct rule_set_rec *rule_set_get(struct apps *a, uint64_t id);
void rule_set_forget_if_unused(struct apps *a, struct rule_set_rec *set);
struct rule_rec *rule_find(const struct apps *a, uint64_t number);
void rule_sets_fini(struct apps *a);

/* The other ends (remotes.c). */
/* A rule of the place needs it; one reference more, or less. */
struct remote *remote_get(struct apps *a, struct place *pl, const struct intent_rule *rule);
void remote_put(struct apps *a, struct place *pl, const struct intent_rule *rule);
/* All prefixes of it in the place's network; free() the array. */
struct intent_prefix *remote_prefixes(const struct apps *a, const struct place *pl,
				      const struct remote *r, size_t *n);
/* The port's tags and addresses are these from now on, or it has none any more. */
void remotes_add_port(struct apps *a, struct port_rec *p);
void remotes_remove_port(struct apps *a, struct port_rec *p);
/* NULL if there is no such address group. */
const char *addresses_name(const struct apps *a, uint64_t id);
void remotes_fini(struct apps *a);

/* A flow of tables peer_out and peer_in each: P has these bits; NULL: none any more. */
void peers_state(struct flow_set *set, uint64_t network_id, const struct intent_prefix *p,
		 const uint32_t bits[PREFIXES_WORDS]);

#endif
