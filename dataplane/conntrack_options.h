#ifndef DATAPLANE_CONNTRACK_OPTIONS_H
#define DATAPLANE_CONNTRACK_OPTIONS_H

/* The options that are about tracked connections. */

#include "dataplane/conntrack/conntrack.h"
#include "lib/conf.h"

/* By max-connections, connections-per-zone, connection-timeout, tcp-strict and tcp-liberal.  WAKE:
 * as in struct conntrack_config.  NULL with ST filled. */
struct conntrack *conntrack_options_create(const struct conf *conf, void (*wake)(void *wake_arg),
					   void *wake_arg, struct status *st);

#endif
