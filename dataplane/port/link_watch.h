#ifndef DATAPLANE_PORT_LINK_WATCH_H
#define DATAPLANE_PORT_LINK_WATCH_H

/* Being told when an interface of the kernel, in the switch's own namespace, changes.  Control
 * thread. */

#include "lib/loop.h"

struct link_watch;

/* CHANGED(ARG, IFINDEX) when an interface came, went or changed; 0: perhaps any.  LOOP is of
 * loop_uv_create().  NULL if the kernel does not tell. */
struct link_watch *link_watch_create(struct loop *loop, void (*changed)(void *arg, int ifindex),
				     void *arg);
void link_watch_destroy(struct link_watch *w);

#endif
