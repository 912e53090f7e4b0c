#ifndef API_REST_SERVER_PRIV_H
#define API_REST_SERVER_PRIV_H

/* A server and its requests, shared by server.c (sockets and libmicrohttpd), request.c (an HTTP
 * request from its first line to its answer) and stream.c (answers that stream). */

#include <microhttpd.h>
#include "api/dispatch.h"
#include "api/rest/router.h"
#include "api/rest/server.h"
#include "lib/buf.h"
#include "lib/list.h"

#define MAX_CONNECTIONS 512
#define MAX_BODY	(1u << 20)
#define MAX_UNREAD	(4u << 20)   /* of a stream */
#define MAX_UNREAD_ALL	(256u << 20) /* of all streams */
#define HEARTBEAT_NS	(15 * NS_PER_SEC)

struct rest_server {
	struct loop *loop;
	struct api_dispatch *dispatch;
	struct router *router;
	struct MHD_Daemon *mhd;
	struct rest_poll *poll;
	struct rest_limits limits;
	struct buf openapi;
	struct timer turn, sweep;
	struct list connections;
	int listen_fd;
	char *unix_path;
	uint64_t n_requests;
	size_t n_unread_bytes;
};

/* A socket, from accept to close. */
struct rest_conn {
	struct list in_server;
	struct rest_server *server;
	struct rest_request *request; /* under way; NULL between two */
	int fd;
	uint64_t waiting_ns; /* since when a whole request is awaited */
};

enum rest_state {
	REST_ARRIVING, /* body not whole */
	REST_CALLED,   /* the handler has it */
	REST_ANSWERED, /* the answer is with libmicrohttpd */
};

struct rest_request {
	struct rest_server *server;
	struct rest_conn *conn;
	struct MHD_Connection *mhd;
	enum rest_state state;
	const struct route *route;
	struct request_path split;
	struct arena arena; /* of the path */
	char *uri;	    /* raw */
	const char *path, *query;
	struct buf body;
	bool is_too_big;
	struct api_call *call; /* NULL before it begins and after it ended */
	char id[32];	       /* of the call; "" if there was none */
	/* The answer. */
	struct buf out;
	size_t out_at;	  /* of a stream: what libmicrohttpd has taken */
	size_t n_counted; /* of out, in the server\'s n_unread_bytes */
	struct status st;
	bool has_ended;
	bool is_stream, is_sse;
	bool is_suspended; /* libmicrohttpd waits for us */
	bool was_full;
	uint64_t sent_ns; /* last byte of a stream */
};

/* server.c: run libmicrohttpd soon. */
void rest_turn(struct rest_server *s);
void rest_suspend(struct rest_request *r);
void rest_resume(struct rest_request *r);

/* request.c */
struct rest_request *rest_request_create(struct rest_server *s, const char *uri);
void rest_request_destroy(struct rest_request *r);
/* libmicrohttpd's access handler. */
enum MHD_Result rest_request_handle(struct rest_request *r, const char *verb, const char *data,
				    size_t *size);
/* Its reader is gone. */
void rest_request_abandon(struct rest_request *r);

/* stream.c */
/* Of a request that ends: forget what was unread. */
void rest_stream_fini(struct rest_request *r);
/* A browser that comes back says in Last-Event-ID what it saw: REQUEST begins behind that.  0, or
 * -1 with ST. */
int rest_stream_resume(struct rest_request *r, ProtobufCMessage *request, struct status *st);
int rest_stream_add(struct rest_request *r, const ProtobufCMessage *m);
void rest_stream_end(struct rest_request *r, const struct status *st);
enum MHD_Result rest_stream_answer(struct rest_request *r);
/* Once in a while: say something to who waits, tell handlers that there is room. */
void rest_stream_tick(struct rest_request *r, uint64_t now_ns);
/* The handler may go on, if there is room. */
void rest_stream_room(struct rest_request *r);

#endif
