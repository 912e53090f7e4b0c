#ifndef CONTROLLER_DAEMON_H
#define CONTROLLER_DAEMON_H

/* The controller as a program: the real loop, its store on a disk, its three listeners. */

#include "lib/conf.h"

struct controller_daemon;

/* NULL with ST filled, in one line with its remedy. */
struct controller_daemon *controller_daemon_start(const struct conf *conf, struct status *st);
void controller_daemon_run(struct controller_daemon *d); /* until SIGINT or SIGTERM */
void controller_daemon_stop(struct controller_daemon *d);

#endif
