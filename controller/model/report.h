#ifndef CONTROLLER_MODEL_REPORT_H
#define CONTROLLER_MODEL_REPORT_H

/* What the southbound tells the model: hosts that come and go, ports found on switches, flows
 * acknowledged.  The model turns it into states of resources, commits them, and answers calls that
 * waited.  All on the loop's thread; texts are lent for the call. */

#include "lib/util.h"

struct model;

/* A port that a switch has. */
struct host_port_report {
	const char *name; /* on the switch */
	uint32_t of_port;
};

struct host_report {
	uint64_t datapath_id;
	const char *name;     /* what the switch calls itself: a hint for the name of a new host */
	const char *address;  /* of the peer */
	const char *software; /* manufacturer, software, version */
	/* Whether the switch understands plugger.plug; if not (Open vSwitch), others plug. */
	bool is_pluggable;
	const struct host_port_report *ports;
	size_t n_ports;
};

/* A switch is connected and has told its ports.  The host becomes SYNCING, and is made if it is
 * unknown.  Ports attached there that the switch does not have are plugged again; ports named by
 * us (port_switch_name()) that are attached there no more are unplugged. */
void model_host_connected(struct model *m, const struct host_report *report);
/* Every flow that the host should have is acknowledged (CONNECTED), or no longer (SYNCING). */
void model_host_synced(struct model *m, uint64_t datapath_id, bool is_synced);
void model_host_disconnected(struct model *m, uint64_t datapath_id, const char *why);

/* Every flow of this port on its host is acknowledged (ACTIVE), or not any more (PENDING, with
 * WHY).  Call it when that changes, and for each bound port after a switch has synced;
 * repeating it costs nothing.  Unknown ids are ignored: the port may be gone. */
void model_port_acknowledged(struct model *m, uint32_t port_id, bool is_acknowledged,
			     const char *why);

/* A port named by us is gone from a switch that is connected, and we did not ask for it.  The port
 * becomes PENDING; it is plugged again when it is attached again or the switch reconnects. */
void model_port_lost(struct model *m, uint64_t datapath_id, const char *switch_port);

/* A port that others plugged: IFACE_ID is a port's full name or its uid; OF_PORT 0: it is gone.
 * Makes the port's binding of kind EXTERNAL.  Unknown ids and ports attached otherwise are ignored.
 */
void model_port_found(struct model *m, uint64_t datapath_id, const char *iface_id, uint32_t of_port,
		      const char *interface_name);

#define PORT_SWITCH_NAME_SIZE 16
/* What a port is called on its switch: "wp" and its id in hexadecimal. */
void port_switch_name(uint32_t port_id, char name[PORT_SWITCH_NAME_SIZE]);
/* The id of a port named so, or 0. */
uint32_t port_id_of_switch_name(const char *name);

#endif
