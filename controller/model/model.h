#ifndef CONTROLLER_MODEL_MODEL_H
#define CONTROLLER_MODEL_MODEL_H

/* The model: resources, their rules, and the API's handlers for them.
 *
 * Calls are checked against the heads, the newest states that are on their way to the store; what
 * passes goes to the store as one transaction; when that is durable the committed states follow,
 * the engine hears of it, and the caller gets its answer.  Should the store fail, all heads that
 * are not committed are taken back. */

#include "api/call.h"
#include "controller/engine/engine.h"
#include "controller/model/plugger.h"
#include "controller/model/report.h"
#include "controller/model/resource.h"
#include "controller/store/store.h"
#include "lib/rng.h"

struct model_options {
	struct loop *loop;
	struct store *store;   /* lent for life */
	struct engine *engine; /* its nodes are added here: before apps' nodes */
	struct rng *rng;
	struct plugger plugger;
};

/* Reads everything from the store.  NULL with ST filled if something there cannot be understood. */
struct model *model_create(const struct model_options *options, struct status *st);
/* The store has been closed: from now on every change fails with UNAVAILABLE at once.  The
 * plugger may still answer until model_destroy(). */
void model_stop(struct model *m);
/* Calls that wait are failed with UNAVAILABLE.  Close the store first: its callbacks come here. */
void model_destroy(struct model *m);
/* Handlers of all resources and of WatchService on D. */
void model_serve(struct model *m, struct api_dispatch *d);

#endif
