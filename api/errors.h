#ifndef API_ERRORS_H
#define API_ERRORS_H

/* The one mapping of errors to what callers see.  gRPC's codes are status_code's own numbers;
 * HTTP's follow google/rpc/code.proto. */

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/status.h"
#include "proto/google/rpc/status.pb-c.h"

int status_http_code(enum status_code code);
/* With BadRequest if ST names a field, and ResourceInfo if it names a resource.  A's memory. */
Google__Rpc__Status *status_to_rpc(const struct status *st, struct arena *a);
/* The body of a failed REST call, a google.rpc.Status with the code's name added:
 * {"code":3,"status":"INVALID_ARGUMENT","message":"...","details":[{"@type":"...",...}]} */
void status_to_json(struct buf *out, const struct status *st);
/* The way back, for clients: fill ST with what DATA, a packed google.rpc.Status, says.
 * -1 if it is none; ST is as it was then. */
int status_from_rpc(struct status *st, const void *data, size_t size);

#endif
