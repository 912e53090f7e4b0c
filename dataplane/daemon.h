#ifndef DATAPLANE_DAEMON_H
#define DATAPLANE_DAEMON_H

/* The running switch: loop, EAL, ports, workers, tables, agent and management, put together.  What
 * main() starts and stops. */

#include "lib/conf.h"

struct daemon;

/* CONF has the options of main.c.  NULL with ST filled, and nothing is left running. */
struct daemon *daemon_start(const struct conf *conf, struct status *st);
/* Until SIGTERM or SIGINT. */
void daemon_run(struct daemon *d);
/* Ends it; what is meant to survive (containers' taps) stays.  NULL is allowed. */
void daemon_stop(struct daemon *d);

#endif
