#ifndef CONTROLLER_EXTERNAL_HOSTS_H
#define CONTROLLER_EXTERNAL_HOSTS_H

/* Hosts of Open vSwitch: keeps facts/external.h told of each host's database, and has it tell
 * again what it found when there are new ports that it may have found too early. */

#include "controller/engine/engine.h"
#include "controller/facts/external.h"
#include "controller/model/resource.h"

struct external_hosts;

/* After the model's nodes; a node of its own of the engine. */
struct external_hosts *external_hosts_create(struct loop *loop, struct engine *engine,
					     struct model *model, struct switches *switches,
					     const struct ovsdb_dialer *dialer,
					     external_found_fn *found, void *arg);
/* The engine does not run any more.  NULL is allowed. */
void external_hosts_destroy(struct external_hosts *e);

#endif
