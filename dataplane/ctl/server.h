#ifndef DATAPLANE_CTL_SERVER_H
#define DATAPLANE_CTL_SERVER_H

/* The management socket: a frame for each request and each reply, 4 bytes of big-endian length and
 * a packed message of proto/switch/v1.  A client's requests are answered one after the other. */

#include "dataplane/ctl/ctl.h"
#include "lib/stream.h"

struct ctl_server;

#define CTL_SERVER_MAX_CLIENTS 64

/* Listens on the Unix socket PATH, which only the owner may open; makes its directory.  NULL with
 * ST filled. */
struct ctl_server *ctl_server_create(struct loop *loop, struct ctl *ctl, const char *path,
				     struct status *st);
void ctl_server_destroy(struct ctl_server *s); /* removes the socket */

/* A client on any stream (given), for tests. */
void ctl_server_accept(struct ctl_server *s, struct stream *stream);
/* One without a socket. */
struct ctl_server *ctl_server_create_unbound(struct loop *loop, struct ctl *ctl);

#endif
