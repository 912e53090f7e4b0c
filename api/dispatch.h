#ifndef API_DISPATCH_H
#define API_DISPATCH_H

/* Calls as their doors see them.  A door (gRPC, REST, a test) begins a call, gives it the
 * request, and is told of each response and of the end.  Handlers see api/call.h instead. */

#include "api/call.h"

#define API_MAX_CALLS 4096 /* under way at once, through all doors */

struct api_door {
	/* One response, lent.  0, or -ENOBUFS if the reader is too slow and it was not taken; the
	 * one response of a unary call has to be taken. */
	int (*send)(void *arg, const ProtobufCMessage *m);
	/* The call is over: ST is OK or why not.  It must not be touched after this. */
	void (*end)(void *arg, const struct status *st);
};

struct api_endpoint;

/* By "/weft.v1.NetworkService/GetNetwork"; NULL if there is no such method. */
const struct api_endpoint *api_dispatch_find(const struct api_dispatch *d, const char *path);
const struct api_method *api_endpoint_method(const struct api_endpoint *e);
const struct api_schema *api_dispatch_schema(const struct api_dispatch *d);
/* A method that the schema does not have, such as server reflection. */
void api_dispatch_add_method(struct api_dispatch *d, const struct api_method *method,
			     api_handler_fn *fn, void *ctx);

/* TIMEOUT_NS 0: none.  NULL with ST filled if too many calls are under way. */
struct api_call *api_call_begin(struct api_dispatch *d, const struct api_endpoint *e,
				const struct api_door *door, void *arg, uint64_t timeout_ns,
				struct status *st);
/* The request, in the call's arena.  A call whose client streams gets any number, then NULL.  The
 * call may have ended when this returns. */
void api_call_request(struct api_call *call, const ProtobufCMessage *request);
/* The reader is gone: the door hears nothing more. */
void api_call_cancel(struct api_call *call);
/* The reader took most of what was sent. */
void api_call_ready(struct api_call *call);
/* Unique within the process, for logs and "x-request-id". */
uint64_t api_call_id(const struct api_call *call);

#endif
