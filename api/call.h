#ifndef API_CALL_H
#define API_CALL_H

/* One call of the API, however it came in: gRPC, REST or from inside.
 *
 * A handler gets a call and its request, and ends it with exactly one api_reply() or
 * api_fail(), now or later; a streaming handler sends any number of api_send() before
 * api_finish() or api_fail().  Everything is on the loop's thread. */

#include <protobuf-c/protobuf-c.h>
#include "lib/arena.h"
#include "lib/loop.h"
#include "lib/status.h"

struct api_call;

typedef void api_handler_fn(struct api_call *call, const ProtobufCMessage *request, void *ctx);

/* The call's memory; freed when it has ended. */
struct arena *api_arena(struct api_call *call);
/* RESPONSE is lent: packed before this returns.  Ends a unary call. */
void api_reply(struct api_call *call, const ProtobufCMessage *response);
void api_fail(struct api_call *call, const struct status *st);
/* Streams: 0, or -ENOBUFS if the reader is too slow: then api_fail() with
 * RESOURCE_EXHAUSTED and give up. */
int api_send(struct api_call *call, const ProtobufCMessage *response);
void api_finish(struct api_call *call);
/* CANCELLED is called if the caller goes away or its deadline passes before the end; the
 * call must not be touched after it.  Required for handlers that do not end at once. */
void api_on_cancel(struct api_call *call, void (*cancelled)(void *arg), void *arg);

/* What a component offers: handlers by full method name "/weft.v1.NetworkService/GetNetwork". */
struct api_method_handler {
	const char *method;
	api_handler_fn *fn;
};

struct api_dispatch;
struct api_dispatch *api_dispatch_create(struct loop *loop);
void api_dispatch_destroy(struct api_dispatch *d);
/* SERVICE's methods, with handlers by name; a method without one answers UNIMPLEMENTED. */
void api_dispatch_add(struct api_dispatch *d, const ProtobufCServiceDescriptor *service,
		      const struct api_method_handler *handlers, size_t n_handlers, void *ctx);

#endif
