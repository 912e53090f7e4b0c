/* fuzz: component=api */

/* Bytes to the gRPC client, as a server's answer to a unary call and to a stream.  The first byte
 * chooses what stands before the rest: nothing, the server's settings, or settings and a response's
 * headers, so that the rest is a frame of its body, or of its trailer. */

#include <assert.h>
#include "api/h2rpc/client.h"
#include "lib/buf.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"
#include "tests/fakes/api/library.h"
#include "tests/unit/api/testing.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore_data(void *arg, const uint8_t *data, size_t size)
{
	(void)arg, (void)data, (void)size;
}

static void ignore_closed(void *arg, const char *why)
{
	(void)arg, (void)why;
}

static const struct stream_events server_events = { .data = ignore_data, .closed = ignore_closed };

static void on_message(void *arg, const ProtobufCMessage *m)
{
	(void)arg;
	assert(protobuf_c_message_check(m));
}

static void on_end(void *arg, const struct status *st)
{
	(void)st;
	++*(unsigned *)arg;
}

static const struct rpc_client_events events = { .message = on_message, .end = on_end };

static void frame(struct buf *b, size_t size, uint8_t type, uint8_t flags, uint32_t id)
{
	buf_be32(b, size << 8 | type);
	buf_be8(b, flags);
	buf_be32(b, id);
}

static void build(struct buf *b, uint8_t mode, const uint8_t *data, size_t size)
{
	uint32_t id = mode & 8 ? 3 : 1;

	if (mode % 4 > 0)
		frame(b, 0, 4, 0, 0); /* SETTINGS */
	if (mode % 4 > 1) {
		frame(b, 1, 1, 4, id); /* HEADERS, END_HEADERS */
		buf_be8(b, 0x88);      /* HPACK: ":status" "200" */
		size = MIN_OF(size, 16384u);
		if (mode & 16)
			frame(b, size, 1, 5, id); /* HEADERS, END_STREAM and END_HEADERS */
		else
			frame(b, size, 0, 0, id); /* DATA */
	}
	buf_add(b, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Weft__Testing__Everything request = WEFT__TESTING__EVERYTHING__INIT;
	Weft__Testing__WatchBooksRequest watch = WEFT__TESTING__WATCH_BOOKS_REQUEST__INIT;
	struct loop *loop = loop_virtual_create();
	struct stream *ends[2];
	struct stream_pair *pair = stream_pair_create(loop, ends);
	struct rpc_client *client = rpc_client_create_on(loop, ends[0]);
	struct buf bytes = BUF_INIT;
	unsigned n_ended = 0;

	stream_set_events(ends[1], &server_events, NULL);
	rpc_client_call(client, api_schema_method(&testing_schema, "weft.testing.Echo/Echo"),
			&request.base, 10 * NS_PER_SEC, &events, &n_ended);
	rpc_client_call(client,
			api_schema_method(&testing_schema, "weft.testing.Library/WatchBooks"),
			&watch.base, 10 * NS_PER_SEC, &events, &n_ended);
	if (size > 1) {
		build(&bytes, data[0], data + 1, size - 1);
		stream_send(ends[1], bytes.data, bytes.size);
	}
	loop_virtual_run_for(loop, 20 * NS_PER_SEC);
	assert(n_ended == 2);
	rpc_client_destroy(client);
	stream_close(ends[1]);
	loop_virtual_run_for(loop, NS_PER_SEC);
	stream_pair_release(pair);
	loop_virtual_destroy(loop);
	buf_fini(&bytes);
	return 0;
}
