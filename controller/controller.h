#ifndef CONTROLLER_CONTROLLER_H
#define CONTROLLER_CONTROLLER_H

/* A whole controller without a socket of its own: store, model, engine, apps and southbound wired
 * together.  main.c gives it the real loop and listeners (daemon.h); a simulation gives it virtual
 * time, a store in memory and streams in memory, and runs it in the same way.
 *
 *	api calls -> model -> store -> model -> engine -> apps -> flow sets -> southbound
 *	                                 ^---------- reports <----------------------'
 */

#include "api/call.h"
#include "controller/apps/apps.h"
#include "controller/connlog/connlog.h"
#include "controller/engine/engine.h"
#include "controller/facts/ovsdb.h"
#include "controller/model/model.h"
#include "controller/southbound/southbound.h"

struct controller;

struct controller_options {
	struct loop *loop;
	struct rng *rng;     /* lent for life */
	struct store *store; /* given */
	/* How to reach the databases of Open vSwitch hosts; NULL: not at all.  Lent for life. */
	const struct ovsdb_dialer *dialer;
	struct southbound_timing timing;
	uint32_t connection_log_rate; /* entries a second, see connlog.h */
};

/* The store's resources are read and all flows computed when this returns, so that switches may
 * be accepted.  NULL with ST filled; the store is closed then as well. */
struct controller *controller_create(const struct controller_options *options, struct status *st);
/* Doors (gRPC, REST) are closed before. */
void controller_destroy(struct controller *c);

/* A stream_accept_fn with C as its argument: a switch has dialled. */
void controller_accept(void *c, struct stream *s);

/* Where doors find the API. */
struct api_dispatch *controller_dispatch(struct controller *c);

/* Where exporters listen. */
struct connlog *controller_connlog(struct controller *c);

/* For simulations and tests. */
struct engine *controller_engine(struct controller *c);
struct model *controller_model(struct controller *c);
struct apps *controller_apps(struct controller *c);
struct southbound *controller_southbound(struct controller *c);

#endif
