#ifndef DATAPLANE_PORT_LINK_WATCH_H
#define DATAPLANE_PORT_LINK_WATCH_H

/* Being told when an interface of the kernel changes.  Control thread, but for link_watch_open().
 */

#include "lib/loop.h"

struct link_watch;

/* A socket that hears of the interfaces in the calling thread's namespace, or -1 with errno. */
int link_watch_open(void);
/* CHANGED(ARG, IFINDEX) when an interface that FD hears of came, went or changed; 0: perhaps any.
 * FD is given, also if it is -1 or creating fails.  LOOP is of loop_uv_create().  NULL if the
 * kernel does not tell. */
struct link_watch *link_watch_create(struct loop *loop, int fd,
				     void (*changed)(void *arg, int ifindex), void *arg);
void link_watch_destroy(struct link_watch *w);

#endif
