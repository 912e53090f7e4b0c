#ifndef DATAPLANE_OFAGENT_CALL_H
#define DATAPLANE_OFAGENT_CALL_H

/* Management requests that came in WEFT_REQUEST messages and are not answered yet.  Others of the
 * connection go on meanwhile; the reply carries the request's xid. */

#include "lib/util.h"

struct conn;

/* The connection ends: its replies, when they come, are dropped. */
void calls_abandon(struct conn *c);

#endif
