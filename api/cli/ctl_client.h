#ifndef API_CLI_CTL_CLIENT_H
#define API_CLI_CTL_CLIENT_H

/* A client of the local switch's management socket: one request, one reply.  Blocks, within a
 * time limit; the command line has nothing else to do. */

#include "lib/status.h"
#include "proto/switch/v1/switch.pb-c.h"

struct ctl_client;

/* NULL with ST (UNAVAILABLE: nobody listens at PATH). */
struct ctl_client *ctl_client_open(const char *path, struct status *st);
void ctl_client_close(struct ctl_client *c); /* NULL is allowed */
/* The reply, to be freed with weft__switch__v1__reply__free_unpacked(); NULL with ST: the switch
 * refused, or went away. */
Weft__Switch__V1__Reply *
ctl_client_call(struct ctl_client *c, const Weft__Switch__V1__Request *request, struct status *st);

#endif
