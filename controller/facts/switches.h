#ifndef CONTROLLER_FACTS_SWITCHES_H
#define CONTROLLER_FACTS_SWITCHES_H

/* Facts: the switches that are or were connected, and their ports as they told them.  The
 * southbound writes, everybody reads and listens.  All on the loop's thread. */

#include "lib/hmap.h"
#include "lib/list.h"

#define SWITCH_PORT_NAME_SIZE 16

struct switch_port {
	struct hmap_node by_number;
	uint32_t number;
	char name[SWITCH_PORT_NAME_SIZE]; /* cut at 15 characters, as OpenFlow 1.3 does */
	uint8_t mac[6];
	bool is_up;
};

struct switch_fact {
	struct hmap_node by_id;
	uint64_t datapath_id;
	bool is_connected;
	bool is_pluggable;  /* speaks Weft's management messages; ports of others are plugged by
			       others */
	char name[257];	    /* dp_desc, or "" */
	char software[260]; /* "manufacturer software", as it says */
	char address[160];  /* of the peer */
	struct hmap ports;  /* of switch_port.by_number */
};

struct switches;

/* Embed one and give it to switches_listen(); members may be NULL. */
struct switches_listener {
	struct list node;
	/* It has told who it is and which ports it has. */
	void (*connected)(struct switches_listener *l, const struct switch_fact *sw);
	void (*disconnected)(struct switches_listener *l, const struct switch_fact *sw,
			     const char *why);
	/* A port came, changed, or (IS_GONE) went, while connected; for a port that goes, P is
	 * lent for the call. */
	void (*port_changed)(struct switches_listener *l, const struct switch_fact *sw,
			     const struct switch_port *p, bool is_gone);
};

struct switches *switches_create(void);
void switches_destroy(struct switches *s);
void switches_listen(struct switches *s, struct switches_listener *l);
void switches_unlisten(struct switches_listener *l);

const struct switch_fact *switches_find(const struct switches *s, uint64_t datapath_id);
const struct switch_port *switch_port_by_number(const struct switch_fact *sw, uint32_t number);
const struct switch_port *switch_port_by_name(const struct switch_fact *sw, const char *name);

/* For the southbound.  A switch that connects: SW's texts and is_pluggable are copied, PORTS are
 * all that it has. */
void switches_connected(struct switches *s, const struct switch_fact *sw,
			const struct switch_port *ports, size_t n);
void switches_disconnected(struct switches *s, uint64_t datapath_id, const char *why);
void switches_set_port(struct switches *s, uint64_t datapath_id, const struct switch_port *port);
void switches_remove_port(struct switches *s, uint64_t datapath_id, uint32_t number);

#endif
