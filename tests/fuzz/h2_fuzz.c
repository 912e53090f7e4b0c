/* fuzz: component=api */

/* Bytes to the gRPC server.  The first byte chooses what stands before the rest: nothing, HTTP/2's
 * preface, or the preface and a request's headers, so that the rest is the frame of its body; the
 * second cuts the stream into pieces. */

#include <assert.h>
#include <stdlib.h>
#include "api/h2rpc/server.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"
#include "tests/fakes/api/library.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore_data(void *arg, const uint8_t *data, size_t size)
{
	(void)arg, (void)data, (void)size;
}

static void note_closed(void *arg, const char *why)
{
	(void)why;
	*(bool *)arg = true;
}

static const struct stream_events events = {.data = ignore_data, .closed = note_closed};

static void frame(struct buf *b, size_t size, uint8_t type, uint8_t flags, uint32_t id)
{
	buf_be32(b, size << 8 | type);
	buf_be8(b, flags);
	buf_be32(b, id);
}

static void header(struct buf *b, const char *name, const char *value)
{
	buf_be8(b, 0); /* HPACK: literal, not indexed, new name */
	buf_be8(b, strlen(name));
	buf_puts(b, name);
	buf_be8(b, strlen(value));
	buf_puts(b, value);
}

static void request(struct buf *b, uint32_t id, const char *path)
{
	struct buf h = BUF_INIT;

	header(&h, ":method", "POST");
	header(&h, ":scheme", "http");
	header(&h, ":authority", "x");
	header(&h, ":path", path);
	header(&h, "te", "trailers");
	header(&h, "content-type", "application/grpc");
	frame(b, h.size, 1, 4, id); /* HEADERS, END_HEADERS */
	buf_add(b, h.data, h.size);
	buf_fini(&h);
}

static void build(struct buf *b, uint8_t mode, const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"/weft.testing.Echo/Echo",
					    "/weft.testing.Echo/Converse",
					    "/weft.testing.Library/WatchBooks"};
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

	if (mode % 8 > 0) {
		buf_puts(b, preface);
		frame(b, 0, 4, 0, 0);
	}
	if (mode % 8 > 1)
		request(b, 1, paths[mode % 3]);
	if (mode % 8 > 4) {
		size = MIN_OF(size, 16384u);
		frame(b, size, 0, 1, 1); /* DATA, END_STREAM */
	}
	buf_add(b, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loop *loop = loop_virtual_create();
	struct library *library = library_create(loop);
	struct api_dispatch *d = api_dispatch_create(loop, &testing_schema);
	struct buf bytes = BUF_INIT;
	struct stream *ends[2];
	struct stream_pair *pair = stream_pair_create(loop, ends);
	struct rpc_server *server = rpc_server_create(loop, d, NULL, "grpc", NULL);
	bool is_closed = false;

	log_set_level("error");
	library_add_to(library, d);
	if (size > 2) {
		stream_pair_set_piece(pair, data[1]);
		build(&bytes, data[0], data + 2, size - 2);
	}
	rpc_server_take(server, ends[0]);
	stream_set_events(ends[1], &events, &is_closed);
	stream_send(ends[1], bytes.data, bytes.size);
	loop_virtual_run_for(loop, NS_PER_SEC);
	loop_virtual_run_for(loop, 200 * NS_PER_SEC); /* whatever it was, nobody waits for ever */
	assert(is_closed);
	stream_close(ends[1]);
	rpc_server_destroy(server);
	assert(library_n_waiting(library) == 0);
	api_dispatch_destroy(d);
	library_destroy(library);
	loop_virtual_run_for(loop, NS_PER_SEC);
	stream_pair_release(pair);
	loop_virtual_destroy(loop);
	buf_fini(&bytes);
	return 0;
}
