#ifndef API_H2RPC_SERVER_PRIV_H
#define API_H2RPC_SERVER_PRIV_H

/* A connection and its calls, shared by server_conn.c (HTTP/2) and server_call.c (gRPC). */

#include "api/dispatch.h"
#include "api/h2rpc/server.h"
#include "api/h2rpc/session.h"
#include "lib/list.h"

#define MAX_CONNECTIONS	 1024
#define MAX_CALLS_EACH	 100
#define MAX_UNREAD	 (4u << 20)  /* of responses a call */
#define MAX_REQUESTS	 (16u << 20) /* of request bytes a connection */
/* Of all connections together; beyond it new requests are refused and streams count as full. */
#define MAX_REQUESTS_ALL (256u << 20)
#define MAX_UNREAD_ALL	 (256u << 20)
#define REQUEST_NS	 (30 * NS_PER_SEC)

struct rpc_server {
	struct loop *loop;
	struct api_dispatch *dispatch;
	struct stream_listener *listener;
	struct list connections;
	size_t n_connections;
	uint64_t n_accepted, n_refused;
	size_t n_request_bytes, n_unread_bytes;
	void (*drained)(void *arg);
	void *drained_arg;
	struct timer drain;
	uint64_t drain_until_ns;
	bool is_draining;
};

struct rpc_conn {
	struct session session;
	struct rpc_server *server;
	struct list in_server;
	struct list calls;
	struct timer sweep;	/* once in a while: half requests, silent peers */
	size_t n_request_bytes; /* held by all calls */
	uint64_t pings_since_ns;
	unsigned n_pings;
	bool has_asked; /* a ping of ours is unanswered */
};

/* One HTTP/2 stream. */
struct rpc_call {
	struct list in_conn;
	struct rpc_conn *conn;
	int32_t id;
	const struct api_endpoint *endpoint; /* NULL: none of the path's name */
	struct api_call *call; /* NULL before the request is whole, and after the end */
	char path[256];
	char content_type[64];
	uint64_t timeout_ns, began_ns;
	struct buf in;	/* of the request */
	struct buf out; /* of responses, from out_at on */
	size_t out_at;
	size_t n_counted;      /* of out, in the server\'s n_unread_bytes */
	struct status trailer; /* when has_ended */
	bool is_post, has_timeout, has_bad_timeout, has_encoding;
	bool has_headers;		   /* of the response were sent */
	bool has_ended;			   /* trailer tells how */
	bool was_full;			   /* a response was refused: tell when there is room */
	bool has_input;			   /* rpc_call_run() has something to do */
	bool is_half_closed, was_told_end; /* the client has no more; the handler knows */
	bool is_closed; /* HTTP/2 is done with it: freed in the loop's next turn */
};

/* server_call.c.  Called from nghttp2's callbacks: */
struct rpc_call *rpc_call_create(struct rpc_conn *c, int32_t id);
void rpc_call_header(struct rpc_call *r, const char *name, size_t name_size, const char *value,
		     size_t value_size);
void rpc_call_headers_done(struct rpc_call *r);
void rpc_call_data(struct rpc_call *r, const uint8_t *data, size_t size);
void rpc_call_half_closed(struct rpc_call *r);
/* Answer with an error that the handler knows nothing of. */
void rpc_call_refuse(struct rpc_call *r, const struct status *st);
/* Called from the loop: give the handler what has come. */
void rpc_call_run(struct rpc_call *r);
/* Cancels what is under way. */
void rpc_call_destroy(struct rpc_call *r);
/* The handler of a call that had filled its output may go on, if there is room. */
void rpc_call_room(struct rpc_call *r);

/* server_conn.c */
struct rpc_conn *rpc_conn_create(struct rpc_server *s, struct stream *stream);
void rpc_conn_destroy(struct rpc_conn *c);
/* Announce that no new call is taken. */
void rpc_conn_go_away(struct rpc_conn *c);

#endif
