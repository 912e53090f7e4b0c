/* What a hostile or broken HTTP/2 client can do to the gRPC server: frames written by hand, over
 * a stream in memory on virtual time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include "api/h2rpc/server.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"
#include "tests/fakes/api/library.h"
#include "tests/unit/api/testing.pb-c.h"

struct world {
	struct loop *loop;
	struct library *library;
	struct api_dispatch *dispatch;
	struct rpc_server *server;
	struct stream_pair *pair;
	struct stream *client;
	struct buf sent; /* by the server */
	struct buf out;	 /* to be sent */
	bool is_closed;
};

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct world *w = arg;

	buf_add(&w->sent, data, size);
}

static void on_closed(void *arg, const char *why)
{
	struct world *w = arg;

	(void)why;
	w->is_closed = true;
}

static const struct stream_events events = { .data = on_data, .closed = on_closed };

static void frame(struct world *w, uint8_t type, uint8_t flags, uint32_t id, const void *data,
		  size_t size)
{
	buf_be32(&w->out, size << 8 | type);
	buf_be8(&w->out, flags);
	buf_be32(&w->out, id);
	buf_add(&w->out, data, size);
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct stream *ends[2];

	log_set_level("error");
	w->loop = loop_virtual_create();
	w->library = library_create(w->loop);
	w->dispatch = api_dispatch_create(w->loop, &testing_schema);
	library_add_to(w->library, w->dispatch);
	w->server = rpc_server_create(w->loop, w->dispatch, NULL, "grpc", NULL);
	w->pair = stream_pair_create(w->loop, ends);
	rpc_server_take(w->server, ends[0]);
	w->client = ends[1];
	stream_set_events(w->client, &events, w);
	buf_puts(&w->out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	frame(w, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	stream_close(w->client);
	rpc_server_destroy(w->server);
	assert_int_equal(library_n_waiting(w->library), 0);
	api_dispatch_destroy(w->dispatch);
	library_destroy(w->library);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	stream_pair_release(w->pair);
	loop_virtual_destroy(w->loop);
	buf_fini(&w->sent);
	buf_fini(&w->out);
	free(w);
	return 0;
}

static void send_all(struct world *w)
{
	stream_send(w->client, w->out.data, w->out.size);
	buf_clear(&w->out);
	loop_virtual_run_for(w->loop, 10 * NS_PER_MS);
}

static void header(struct buf *b, const char *name, const char *value)
{
	buf_be8(b, 0); /* HPACK: literal, not indexed, new name */
	buf_be8(b, strlen(name));
	buf_puts(b, name);
	buf_be8(b, strlen(value));
	buf_puts(b, value);
}

static void request(struct world *w, uint32_t id, const char *path)
{
	struct buf h = BUF_INIT;

	header(&h, ":method", "POST");
	header(&h, ":scheme", "http");
	header(&h, ":authority", "x");
	header(&h, ":path", path);
	header(&h, "content-type", "application/grpc");
	frame(w, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, id, h.data, h.size);
	buf_fini(&h);
}

/* The error code of the server's GOAWAY; -1 if it sent none. */
static long goaway_code(const struct world *w)
{
	for (size_t at = 0; at + 9 <= w->sent.size;) {
		const uint8_t *f = w->sent.data + at;
		size_t size = load_be32(f) >> 8;

		if (f[3] == NGHTTP2_GOAWAY)
			return load_be32(f + 9 + 4);
		at += 9 + size;
	}
	return -1;
}

/* The "grpc-status" that the server sent on stream ID; -1 if none. */
static int grpc_status(const struct world *w, uint32_t id)
{
	nghttp2_hd_inflater *inflater;
	int status = -1;

	assert_int_equal(nghttp2_hd_inflate_new(&inflater), 0);
	for (size_t at = 0; at + 9 <= w->sent.size;) {
		const uint8_t *f = w->sent.data + at, *block = f + 9;
		size_t left = load_be32(f) >> 8;
		int flags = 0;

		at += 9 + left;
		while (f[3] == NGHTTP2_HEADERS && !(flags & NGHTTP2_HD_INFLATE_FINAL)) {
			nghttp2_nv nv;
			ssize_t n = nghttp2_hd_inflate_hd2(inflater, &nv, &flags, block, left, 1);

			assert_true(n >= 0);
			block += n;
			left -= n;
			if ((flags & NGHTTP2_HD_INFLATE_EMIT) && load_be32(f + 5) == id &&
			    nv.namelen == 11 && memcmp(nv.name, "grpc-status", 11) == 0)
				status = atoi((const char *)nv.value);
		}
		if (f[3] == NGHTTP2_HEADERS)
			nghttp2_hd_inflate_end_headers(inflater);
	}
	nghttp2_hd_inflate_del(inflater);
	return status;
}

static void flood_of_pings_ends_the_connection(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 500; i++)
		frame(w, NGHTTP2_PING, 0, 0, "12345678", 8);
	send_all(w);
	assert_int_equal(goaway_code(w), -1);
	for (int i = 0; i < 500; i++)
		frame(w, NGHTTP2_PING, 0, 0, "12345678", 8);
	send_all(w);
	assert_int_equal(goaway_code(w), NGHTTP2_ENHANCE_YOUR_CALM);
	assert_true(w->is_closed);
}

static void pings_over_time_are_answered(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 100; i++) {
		for (int k = 0; k < 50; k++)
			frame(w, NGHTTP2_PING, 0, 0, "12345678", 8);
		send_all(w);
		loop_virtual_run_for(w->loop, NS_PER_SEC);
	}
	assert_int_equal(goaway_code(w), -1);
	assert_false(w->is_closed);
}

static void rapid_reset_ends_the_connection(void **state)
{
	static const uint8_t cancel[] = { 0, 0, 0, NGHTTP2_CANCEL };
	struct world *w = *state;

	for (uint32_t id = 1; id < 4000; id += 2) {
		request(w, id, "/weft.testing.Library/WatchBooks");
		frame(w, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, id, "\0\0\0\0\0", 5);
		frame(w, NGHTTP2_RST_STREAM, 0, id, cancel, 4);
	}
	send_all(w);
	assert_true(goaway_code(w) > 0);
	assert_true(w->is_closed);
}

static void request_that_stays_half_is_ended(void **state)
{
	struct world *w = *state;

	request(w, 1, "/weft.testing.Echo/Echo");
	frame(w, NGHTTP2_DATA, 0, 1, "\0\0\0\1", 4);
	send_all(w);
	loop_virtual_run_for(w->loop, 29 * NS_PER_SEC);
	assert_int_equal(grpc_status(w, 1), -1);
	loop_virtual_run_for(w->loop, 10 * NS_PER_SEC);
	assert_int_equal(grpc_status(w, 1), STATUS_DEADLINE_EXCEEDED);
	assert_false(w->is_closed);
}

static void peer_that_does_not_answer_is_closed(void **state)
{
	struct world *w = *state;

	send_all(w);
	loop_virtual_run_for(w->loop, 60 * NS_PER_SEC);
	assert_false(w->is_closed);
	loop_virtual_run_for(w->loop, 40 * NS_PER_SEC);
	assert_true(w->is_closed);
}

static void what_is_not_http2_is_closed(void **state)
{
	struct world *w = *state;

	buf_clear(&w->out);
	buf_puts(&w->out, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	send_all(w);
	assert_true(w->is_closed);
}

static void requests_held_back_together_are_bounded(void **state)
{
	struct world *w = *state;
	uint8_t *chunk = xcalloc(1, 16384);
	size_t n_held = 0;

	send_all(w);
	frame(w, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0); /* so the windows are big */
	/* each announces 4 MiB and keeps sending; the windows open as the server takes it */
	for (uint32_t id = 1; id < 40; id += 2) {
		request(w, id, "/weft.testing.Echo/Echo");
		frame(w, NGHTTP2_DATA, 0, id, "\0\0\x3f\xff\xff", 5);
		for (int i = 0; i < 60; i++, n_held += 16384)
			frame(w, NGHTTP2_DATA, 0, id, chunk, 16384);
		send_all(w);
	}
	free(chunk);
	assert_true(n_held > 16 << 20);
	assert_int_equal(grpc_status(w, 1), -1);
	assert_int_equal(grpc_status(w, 39), STATUS_RESOURCE_EXHAUSTED);
	assert_false(w->is_closed);
}

int main(void)
{
#define TEST(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(flood_of_pings_ends_the_connection),
		TEST(pings_over_time_are_answered),
		TEST(rapid_reset_ends_the_connection),
		TEST(request_that_stays_half_is_ended),
		TEST(peer_that_does_not_answer_is_closed),
		TEST(what_is_not_http2_is_closed),
		TEST(requests_held_back_together_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
