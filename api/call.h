#ifndef API_CALL_H
#define API_CALL_H

/* One call of the API, however it came in: gRPC, REST or from inside.
 *
 * A handler gets a call and its request, and ends it with exactly one api_reply() or
 * api_fail(), now or later; a streaming handler sends any number of api_send() before
 * api_finish() or api_fail().  Everything is on the loop's thread. */

#include <protobuf-c/protobuf-c.h>
#include "api/schema.h"
#include "lib/arena.h"
#include "lib/loop.h"
#include "lib/status.h"

struct api_call;
struct metrics;

/* REQUEST is lent until the call has ended; so is CALL, and both outlive this function even
 * when it ends the call.  For a method whose client streams, it is called once for each
 * message, and with a NULL request when the client has no more. */
typedef void api_handler_fn(struct api_call *call, const ProtobufCMessage *request, void *ctx);

/* The call's memory; freed when it has ended. */
struct arena *api_arena(struct api_call *call);
const struct api_method *api_method_of(const struct api_call *call);
/* RESPONSE is lent: packed before this returns.  Ends a unary call. */
void api_reply(struct api_call *call, const ProtobufCMessage *response);
void api_fail(struct api_call *call, const struct status *st);
/* Streams: 0, or -ENOBUFS if the reader is too slow and RESPONSE was not taken: then api_fail()
 * with RESOURCE_EXHAUSTED and give up, or go on when api_on_ready() tells. */
int api_send(struct api_call *call, const ProtobufCMessage *response);
void api_finish(struct api_call *call);
/* CANCELLED is called if the caller goes away or its deadline passes before the end; the
 * call must not be touched after it.  Without it a handler still ends its call as always, and
 * what it sends goes nowhere. */
void api_on_cancel(struct api_call *call, void (*cancelled)(void *arg), void *arg);
/* READY is called from the loop each time the reader has taken most of what was sent: for
 * handlers that send much and would rather wait than fail. */
void api_on_ready(struct api_call *call, void (*ready)(void *arg), void *arg);

/* What a component offers: handlers by full method name "/weft.v1.NetworkService/GetNetwork". */
struct api_method_handler {
	const char *method;
	api_handler_fn *fn;
};

struct api_dispatch;
/* All methods of SCHEMA; one without a handler answers UNIMPLEMENTED. */
struct api_dispatch *api_dispatch_create(struct loop *loop, const struct api_schema *schema);
/* Cancels what is under way. */
void api_dispatch_destroy(struct api_dispatch *d);
/* HANDLERS are copied.  A method that the schema does not have, or that has a handler already,
 * is a mistake of ours and ends the program. */
void api_dispatch_add(struct api_dispatch *d, const struct api_method_handler *handlers,
		      size_t n_handlers, void *ctx);
/* Calls, errors and a latency histogram of each method, served by REST at /metrics; components
 * add their own (api/metrics.h).  Owned by D. */
struct metrics *api_dispatch_metrics(struct api_dispatch *d);

#endif
