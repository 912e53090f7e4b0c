#ifndef TESTS_FAKES_CONTROLLER_MODEL_WORLD_H
#define TESTS_FAKES_CONTROLLER_MODEL_WORLD_H

/* A model on virtual time: store in memory, engine, a plugger that does as told, and calls written
 * as JSON. */

#include "api/dispatch.h"
#include "controller/model/model.h"
#include "controller/store/store_mem.h"
#include "lib/loop_virtual.h"

struct model_world {
	struct loop *loop;
	struct rng rng;
	struct store_mem_disk *disk;
	struct store *store;
	struct engine *engine;
	struct model *model;
	struct api_dispatch *dispatch;
	/* the plugger: what it was asked, as lines, and what it answers */
	struct buf plugs;
	struct status plug_failure; /* OK: plugging works */
	uint64_t plug_delay_ns;
	uint32_t next_of_port;
	bool is_acknowledging; /* each port that is plugged is acknowledged at once */
};

void model_world_init(struct model_world *w);
void model_world_fini(struct model_world *w);
/* The controller dies and comes back on what the disk has. */
void model_world_restart(struct model_world *w);

struct test_call {
	struct api_call *call;
	struct buf responses; /* JSON, a line each */
	unsigned n_responses;
	struct status status;
	bool is_over;
	bool is_slow; /* takes no response */
};

/* METHOD "NetworkService/GetNetwork".  Starts the call; REQUEST is JSON. */
void call_begin(struct model_world *w, struct test_call *c, const char *method,
		const char *request);
void call_fini(struct test_call *c);

/* The whole call: its answer as JSON, lent until the next; the test fails if the call does. */
const char *call_ok(struct model_world *w, const char *method, const char *request);
/* The call has to fail like this, and its message to have these words. */
void call_fails(struct model_world *w, const char *method, const char *request,
		enum status_code code, const char *field, const char *words);
/* The text of "key":"..." in the last call_ok's answer, in a buffer that is lent. */
const char *answered(const char *json, const char *key);

/* A switch "h1" of datapath id 1 connects; it can plug. */
void world_connect_host(struct model_world *w, uint64_t datapath_id, const char *name);

#endif
