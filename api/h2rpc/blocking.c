/* The client's blocking forms: they turn the loop until the call has ended. */

#include <stdlib.h>
#include "api/h2rpc/client.h"
#include "lib/loop_uv.h"

struct run {
	struct rpc_client_call *call; /* NULL when it has ended */
	struct loop *loop;
	struct status *st;
	ProtobufCMessage *response;
	bool (*each)(void *arg, const ProtobufCMessage *m);
	void *arg;
};

static void on_end(void *arg, const struct status *st)
{
	struct run *r = arg;

	r->call = NULL;
	*r->st = *st;
	loop_uv_stop(r->loop);
}

/* A copy, since the message is lent. */
static void on_response(void *arg, const ProtobufCMessage *m)
{
	struct run *r = arg;
	size_t size = protobuf_c_message_get_packed_size(m);
	uint8_t *data = xmalloc(size);

	protobuf_c_message_pack(m, data);
	protobuf_c_message_free_unpacked(r->response, NULL);
	r->response = protobuf_c_message_unpack(m->descriptor, NULL, size, data);
	free(data);
}

static void on_message(void *arg, const ProtobufCMessage *m)
{
	struct run *r = arg;

	if (r->each(r->arg, m))
		return;
	rpc_client_cancel(r->call);
	r->call = NULL;
	loop_uv_stop(r->loop);
}

/* Until the call has ended, or a signal stops the loop. */
static void run_loop(struct run *r)
{
	loop_uv_run(r->loop);
	if (!r->call)
		return;
	rpc_client_cancel(r->call);
	status_set(r->st, STATUS_CANCELLED, NULL, "interrupted");
}

ProtobufCMessage *rpc_client_run(struct rpc_client *c, const struct api_method *method,
				 const ProtobufCMessage *request, uint64_t timeout_ns,
				 struct status *st)
{
	static const struct rpc_client_events events = { .message = on_response, .end = on_end };
	struct run r = { .loop = rpc_client_loop(c), .st = st };

	r.call = rpc_client_call(c, method, request, timeout_ns, &events, &r);
	run_loop(&r);
	if (status_ok(st) && r.response)
		return r.response;
	if (status_ok(st))
		status_set(st, STATUS_INTERNAL, NULL, "the server sent no response");
	protobuf_c_message_free_unpacked(r.response, NULL);
	return NULL;
}

int rpc_client_run_stream(struct rpc_client *c, const struct api_method *method,
			  const ProtobufCMessage *request, uint64_t timeout_ns,
			  bool (*each)(void *arg, const ProtobufCMessage *m), void *arg,
			  struct status *st)
{
	static const struct rpc_client_events events = { .message = on_message, .end = on_end };
	struct run r = { .loop = rpc_client_loop(c), .st = st, .each = each, .arg = arg };

	r.call = rpc_client_call(c, method, request, timeout_ns, &events, &r);
	run_loop(&r);
	return status_ok(st) ? 0 : -1;
}
