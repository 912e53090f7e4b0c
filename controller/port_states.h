#ifndef CONTROLLER_PORT_STATES_H
#define CONTROLLER_PORT_STATES_H

/* Tells the model of ports that changed without a change of flows.
 *
 * An update that alters what the switch enforces makes its port PENDING, and the apps tell when the
 * flows are acknowledged.  But two updates that cancel each other out, seen by the apps as one,
 * change no flow, and nobody would tell.  So after each run of the engine the ports that changed
 * are looked at: those that the apps hold for ACTIVE are acknowledged. */

#include "controller/apps/apps.h"
#include "controller/engine/engine.h"
#include "controller/model/resource.h"

struct port_states;

/* A node of the engine, after the apps' one. */
struct port_states *port_states_create(struct loop *loop, struct engine *engine,
				       struct model *model, struct apps *apps);
/* The engine does not run any more.  NULL is allowed. */
void port_states_destroy(struct port_states *p);

#endif
