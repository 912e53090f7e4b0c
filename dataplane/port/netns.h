#ifndef DATAPLANE_PORT_NETNS_H
#define DATAPLANE_PORT_NETNS_H

/* Doing something inside another network namespace: a container's.  Control thread. */

#include "lib/status.h"

/* The path of namespace TEXT: a path, a name under /run/netns, or a process id. */
void netns_path(const char *text, char *path, size_t size);
/* Run FN(ARG) in the namespace at PATH on a thread that lives as long as that; "": here.  Returns
 * what FN returned, or -1 with ST filled. */
int netns_call(const char *path, int (*fn)(void *arg), void *arg, struct status *st);

#endif
