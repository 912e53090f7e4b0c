#ifndef TESTS_FAKES_CONTROLLER_CONTROLLER_WORLD_H
#define TESTS_FAKES_CONTROLLER_CONTROLLER_WORLD_H

/* A whole controller on a disk in memory, and the switches that dial it, on virtual time:
 *
 *	calls -> api -> model -> store (disk in memory)
 *	                  `-> engine -> apps -> southbound === stream pairs === mem_switch x N
 *
 * A switch whose connection ends dials again after 200 ms; one that restarts has lost ports and
 * flows; a controller that restarts has its disk. */

#include "api/dispatch.h"
#include "controller/controller.h"
#include "controller/store/store_mem.h"
#include "dataplane/ctl/mem_switch.h"
#include "lib/list.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"
#include "tests/fakes/controller/frames.h"

#define WORLD_SWITCHES 10
#define WORLD_RECEIVED 256

struct world_switch {
	struct controller_world *world;
	unsigned index;
	struct mem_switch *sw;
	struct stream_pair *pair;
	struct timer redial;
};

/* Who waits for a call. */
struct world_caller {
	/* Once, when the call has ended; that may be before world_call() returns. */
	void (*done)(const struct world_caller *who, const struct status *st);
	unsigned index; /* the caller's own */
	int verb;	/* likewise */
};

struct world_received {
	unsigned sw;
	uint32_t port_no;
	struct frame frame;
};

struct controller_world {
	struct loop *loop;
	struct rng rng;
	struct store_mem_disk *disk;
	struct controller *controller;
	unsigned n_switches;
	struct world_switch switches[WORLD_SWITCHES];
	struct list calls;				/* under way */
	struct world_received received[WORLD_RECEIVED]; /* since world_send() */
	unsigned n_received;
};

void world_init(struct controller_world *w, unsigned n_switches, uint64_t seed);
void world_fini(struct controller_world *w);

/* METHOD "PortService/CreatePort"; REQUEST is JSON.  WHO is copied; NULL: nobody waits. */
void world_call(struct controller_world *w, const char *method, const struct world_caller *who,
		const char *request, ...) PRINTF_LIKE(4, 5);

void world_cut(struct controller_world *w, unsigned sw);
void world_restart_switch(struct controller_world *w, unsigned sw);
/* Calls under way fail, or their callers never hear: both are told as UNAVAILABLE. */
void world_restart_controller(struct controller_world *w);
/* Until no call is under way, all switches are connected and nothing is to be sent; false if that
 * takes more than two minutes. */
bool world_settle(struct controller_world *w);

static inline uint64_t world_datapath_id(unsigned sw)
{
	return 0x100 + sw;
}

/* A frame comes in by a port of a switch. */
void world_send(struct controller_world *w, unsigned sw, uint32_t port_no, const struct frame *f);
unsigned world_count(const struct controller_world *w, unsigned sw, uint32_t port_no);

#endif
