#ifndef CONTROLLER_APPS_APPS_NODE_H
#define CONTROLLER_APPS_APPS_NODE_H

/* The apps as a node of the engine: its inputs are the model's networks, ports, hosts, groups and
 * policies, its content is the desired flows of all switches. */

#include "controller/apps/apps.h"
#include "controller/apps/intents.h"
#include "controller/engine/engine.h"
#include "controller/model/resource.h"

struct apps_node {
	struct engine_node node;
	struct apps *apps;
	struct model *model;
	struct selectors selectors;
};

/* Adds N to the engine after the model's nodes.  APPS and MODEL are lent and outlive it. */
void apps_node_add(struct apps_node *n, struct engine *e, struct model *model, struct apps *apps);
/* The node itself is the engine's to forget; zeroed nodes are allowed. */
void apps_node_fini(struct apps_node *n);

#endif
