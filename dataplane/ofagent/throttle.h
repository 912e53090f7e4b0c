#ifndef DATAPLANE_OFAGENT_THROTTLE_H
#define DATAPLANE_OFAGENT_THROTTLE_H

/* How many packets reach the controllers.  Each (port, reason) has a token bucket, so that one
 * guest's packets do not cost another's; what all of them send together is bounded by a bucket for
 * all, and when that is empty the sources take turns.  Packets wait in short queues meanwhile. */

#include "lib/loop.h"
#include "proto/openflow/msg.h"

struct throttle_config {      /* packets per second, and packets at once; rate 0: no limit */
	uint32_t rate, burst; /* of each port and reason */
	uint32_t total_rate, total_burst; /* of all */
};

#define THROTTLE_SOURCE_QUEUE 64   /* packets of one source that wait */
#define THROTTLE_TOTAL_QUEUE  1024 /* of all; they hold at most 64 KiB each */
#define THROTTLE_MAX_SOURCES  8192 /* further ones share the latest */

struct throttle;

typedef void throttle_fn(void *arg, const struct of_packet_in *pi);

/* PASS(ARG, ...) is called for what may go, now or later on the loop. */
struct throttle *throttle_create(struct loop *loop, const struct throttle_config *config,
				 throttle_fn *pass, void *arg);
void throttle_destroy(struct throttle *t);

/* Has the port a token left for that reason (OFPR_*)?  It is taken; if not, the packet is counted as
 * dropped.  Before anything is made of the packet, so that a flood costs no more than this. */
bool throttle_admits(struct throttle *t, uint32_t in_port, uint8_t reason);
/* A packet of that port which was admitted for that reason; PI and all it points to are lent. */
void throttle_offer(struct throttle *t, uint32_t in_port, const struct of_packet_in *pi);
/* Packets of a port, for all reasons, that were not passed on. */
uint64_t throttle_n_dropped(const struct throttle *t, uint32_t in_port);
/* The port is gone: forget it. */
void throttle_forget(struct throttle *t, uint32_t in_port);

#endif
