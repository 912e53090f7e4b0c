#ifndef API_H2RPC_SERVER_H
#define API_H2RPC_SERVER_H

/* gRPC on a listener or on single streams: unary, server streaming, and streaming both ways.
 * HTTP/2 with prior knowledge; encryption, when there is some, is below the stream.
 *
 * Bounds: 1024 connections, 100 calls each, 4 MiB a request, 16 MiB of requests a connection, 4 MiB
 * of responses that a reader has not taken, 30 s for a request to arrive; 256 MiB of requests and
 * as much of responses of all connections together. */

#include "api/dispatch.h"
#include "lib/stream.h"

struct rpc_server;

/* FIELD is the option's name for messages.  ADDR may be NULL: then only rpc_server_take().  NULL
 * with ST filled. */
struct rpc_server *rpc_server_create(struct loop *loop, struct api_dispatch *d,
				     const struct addr *addr, const char *field, struct status *st);
/* Serve a connected stream, which is given. */
void rpc_server_take(struct rpc_server *s, struct stream *stream);
/* Take no new connection and no new call; DONE(ARG) when those under way have ended or IN_NS have
 * passed.  Then rpc_server_destroy(). */
void rpc_server_drain(struct rpc_server *s, uint64_t in_ns, void (*done)(void *arg), void *arg);
/* Calls under way are cancelled.  Not from within a handler.  NULL is allowed. */
void rpc_server_destroy(struct rpc_server *s);

#endif
