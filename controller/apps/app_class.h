#ifndef CONTROLLER_APPS_APP_CLASS_H
#define CONTROLLER_APPS_APP_CLASS_H

/* An app: the flows of one concern, in the tables that layout.def gives it.  One file each.
 *
 * Each function states all of the app's flows for one owner on one switch, as a pure function of
 * its arguments; it is called again when they change, and what it states again unchanged costs
 * nothing.  NULL where an app has no flows of that kind. */

#include "controller/apps/intent.h"
#include "controller/flows/flow_build.h"
#include "lib/registry.h"

/* What app_class.explain() may know; any member may be NULL. */
struct explain {
	uint8_t purpose;
	const char *resource;		/* name of the port or network the flow is for */
	const struct intent_port *port; /* if it is a port */
	const struct of_match *packet;	/* the packet that met the flow, if one is at hand */
};

struct app_class {
	uint8_t id;	   /* APP_* of layout.h */
	const char *title; /* as people read it: "anti-spoofing" */
	void (*switch_flows)(struct flow_build *b);
	void (*network_flows)(struct flow_build *b, const struct local_network *net);
	void (*port_flows)(struct flow_build *b, const struct local_port *port);
	/* Why a packet met the flow, in words, without the resource's name; leaves OUT empty when
	 * there is nothing to say. */
	void (*explain)(const struct explain *e, struct buf *out);
};
REGISTRY_DECLARE(app_class);

const struct app_class *app_class_find(uint8_t id);

#endif
