#ifndef API_H2RPC_CLIENT_H
#define API_H2RPC_CLIENT_H

/* gRPC calls to one server: unary and server streaming.
 *
 * The connection is made by the first call, shared by all, and made anew by the next call when it
 * broke.  Everything is on the loop's thread; the blocking forms below run the loop themselves and
 * are for programs that have nothing else to do. */

#include "api/schema.h"
#include "lib/addr.h"
#include "lib/loop.h"
#include "lib/stream.h"

struct rpc_client;
struct rpc_client_call;

struct rpc_client_events {
	/* A message of METHOD's output, lent. */
	void (*message)(void *arg, const ProtobufCMessage *m);
	/* The call is over, and freed: ST is OK or tells why not. */
	void (*end)(void *arg, const struct status *st);
};

struct rpc_client *rpc_client_create(struct loop *loop, const struct addr *addr);
/* Uses STREAM, which is given, instead of dialing; when it breaks, calls fail. */
struct rpc_client *rpc_client_create_on(struct loop *loop, struct stream *stream);
/* Calls under way end without an event.  Not from within an event.  NULL is allowed. */
void rpc_client_destroy(struct rpc_client *c);

/* Whether a server is there: an UNAVAILABLE is then its own answer. */
bool rpc_client_is_connected(const struct rpc_client *c);
struct loop *rpc_client_loop(const struct rpc_client *c);
/* REQUEST is lent: packed before this returns.  TIMEOUT_NS 0: none.  Events come later, from the
 * loop. */
struct rpc_client_call *rpc_client_call(struct rpc_client *c, const struct api_method *method,
					const ProtobufCMessage *request, uint64_t timeout_ns,
					const struct rpc_client_events *events, void *arg);
/* No event comes any more. */
void rpc_client_cancel(struct rpc_client_call *call);

/* The one response, to be freed with protobuf_c_message_free_unpacked(), or NULL with ST. */
ProtobufCMessage *rpc_client_run(struct rpc_client *c, const struct api_method *method,
				 const ProtobufCMessage *request, uint64_t timeout_ns,
				 struct status *st);
/* EACH for every message, lent, until it returns false (then 0) or the stream ends: 0, or -1 with
 * ST. */
int rpc_client_run_stream(struct rpc_client *c, const struct api_method *method,
			  const ProtobufCMessage *request, uint64_t timeout_ns,
			  bool (*each)(void *arg, const ProtobufCMessage *m), void *arg,
			  struct status *st);

#endif
