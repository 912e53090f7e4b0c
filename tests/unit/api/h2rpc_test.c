/* gRPC server and client against each other: over streams in memory on virtual time, and over a
 * Unix socket for the blocking forms. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "api/h2rpc/client.h"
#include "api/h2rpc/server.h"
#include "api/h2rpc/wire.h"
#include "api/metrics.h"
#include "lib/loop_uv.h"
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
	struct rpc_client *client;
};

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct stream *ends[2];

	w->loop = loop_virtual_create();
	w->library = library_create(w->loop);
	w->dispatch = api_dispatch_create(w->loop, &testing_schema);
	library_add_to(w->library, w->dispatch);
	w->server = rpc_server_create(w->loop, w->dispatch, NULL, "grpc", NULL);
	w->pair = stream_pair_create(w->loop, ends);
	rpc_server_take(w->server, ends[0]);
	w->client = rpc_client_create_on(w->loop, ends[1]);
	*state = w;
	return 0;
}

/* Of requests and responses, once the client is gone. */
static void assert_nothing_is_held(struct world *w)
{
	struct buf text = BUF_INIT;

	metrics_write(api_dispatch_metrics(w->dispatch), &text);
	assert_non_null(strstr(buf_str(&text), "weft_grpc_bytes{of=\"requests\"} 0\n"));
	assert_non_null(strstr(buf_str(&text), "weft_grpc_bytes{of=\"responses\"} 0\n"));
	buf_fini(&text);
}

static int tear_down(void **state)
{
	struct world *w = *state;

	rpc_client_destroy(w->client);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	assert_nothing_is_held(w);
	rpc_server_destroy(w->server);
	assert_int_equal(library_n_waiting(w->library), 0);
	api_dispatch_destroy(w->dispatch);
	library_destroy(w->library);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	stream_pair_release(w->pair);
	loop_virtual_destroy(w->loop);
	free(w);
	return 0;
}

/* What a call brought. */
struct result {
	struct rpc_client_call *call;
	struct status st;
	bool has_ended;
	size_t n_messages;
	uint32_t last_index;
	char title[64];
	size_t cancel_after; /* messages; 0: never */
};

static void on_message(void *arg, const ProtobufCMessage *m)
{
	struct result *r = arg;

	r->n_messages++;
	if (m->descriptor == &weft__testing__book__descriptor)
		snprintf(r->title, sizeof(r->title), "%s", ((const Weft__Testing__Book *)m)->title);
	if (m->descriptor == &weft__testing__book_event__descriptor)
		r->last_index = ((const Weft__Testing__BookEvent *)m)->index;
	if (r->cancel_after && r->n_messages == r->cancel_after)
		rpc_client_cancel(r->call);
}

static void on_end(void *arg, const struct status *st)
{
	struct result *r = arg;

	assert_false(r->has_ended);
	r->has_ended = true;
	r->st = *st;
}

static const struct rpc_client_events events = { .message = on_message, .end = on_end };

static const struct api_method *method(const char *name)
{
	const struct api_method *m = api_schema_method(&testing_schema, name);

	assert_non_null(m);
	return m;
}

static void start(struct world *w, struct result *r, const char *name, const void *request,
		  uint64_t timeout_ns)
{
	r->call = rpc_client_call(w->client, method(name), request, timeout_ns, &events, r);
}

static bool has_ended(void *arg)
{
	return ((struct result *)arg)->has_ended;
}

static struct result call(struct world *w, const char *name, const void *request)
{
	struct result r = { .has_ended = false };

	start(w, &r, name, request, 0);
	assert_true(loop_virtual_run_until(w->loop, has_ended, &r, 60 * NS_PER_SEC));
	return r;
}

static struct result create_book(struct world *w, const char *id, const char *title)
{
	Weft__Testing__CreateBookRequest q = WEFT__TESTING__CREATE_BOOK_REQUEST__INIT;
	Weft__Testing__Book book = WEFT__TESTING__BOOK__INIT;

	q.parent = (char *)"shelves/a";
	q.book_id = (char *)id;
	q.book = &book;
	book.title = (char *)title;
	return call(w, "weft.testing.Library/CreateBook", &q);
}

static void unary_call_brings_its_response(void **state)
{
	struct result r = create_book(*state, "1", "Moby Dick");

	assert_int_equal(r.st.code, STATUS_OK);
	assert_int_equal(r.n_messages, 1);
	assert_string_equal(r.title, "Moby Dick");
}

static void error_tells_field_resource_and_text_in_any_language(void **state)
{
	Weft__Testing__GetBookRequest q = WEFT__TESTING__GET_BOOK_REQUEST__INIT;
	struct result r;

	q.name = (char *)"shelves/a/books/\xc3\xbc%";
	r = call(*state, "weft.testing.Library/GetBook", &q);
	assert_int_equal(r.st.code, STATUS_NOT_FOUND);
	assert_string_equal(r.st.field, "name");
	assert_string_equal(r.st.resource, "shelves/a/books/\xc3\xbc%");
	assert_string_equal(
		r.st.message,
		"there is no book shelves/a/books/\xc3\xbc%: list the books of its shelf");
}

static void method_without_handler_is_unimplemented(void **state)
{
	Weft__Testing__GetBookRequest q = WEFT__TESTING__GET_BOOK_REQUEST__INIT;
	struct result r = call(*state, "weft.testing.Library/BurnBook", &q);

	assert_int_equal(r.st.code, STATUS_UNIMPLEMENTED);
}

static void unknown_method_is_unimplemented(void **state)
{
	struct api_method unknown = *method("weft.testing.Library/GetBook");
	Weft__Testing__GetBookRequest q = WEFT__TESTING__GET_BOOK_REQUEST__INIT;
	struct result r = { .has_ended = false };
	struct world *w = *state;

	unknown.path = "/weft.testing.Library/Nothing";
	r.call = rpc_client_call(w->client, &unknown, &q.base, 0, &events, &r);
	assert_true(loop_virtual_run_until(w->loop, has_ended, &r, NS_PER_SEC));
	assert_int_equal(r.st.code, STATUS_UNIMPLEMENTED);
	assert_string_equal(r.st.message, "there is no method /weft.testing.Library/Nothing");
}

static void stream_brings_all_events_in_order(void **state)
{
	Weft__Testing__WatchBooksRequest q = WEFT__TESTING__WATCH_BOOKS_REQUEST__INIT;
	struct result r;

	q.count = 20000;
	q.padding = 500; /* 10 MB: more than a call may hold, so the handler waits for its reader */
	r = call(*state, "weft.testing.Library/WatchBooks", &q);
	assert_int_equal(r.st.code, STATUS_OK);
	assert_int_equal(r.n_messages, 20000);
	assert_int_equal(r.last_index, 19999);
}

static void slow_reader_of_an_impatient_stream_is_told_so(void **state)
{
	Weft__Testing__WatchBooksRequest q = WEFT__TESTING__WATCH_BOOKS_REQUEST__INIT;
	struct result r = { .has_ended = false };
	struct world *w = *state;

	q.count = 100000;
	q.padding = 1000;
	q.is_impatient = true;
	start(w, &r, "weft.testing.Library/WatchBooks", &q, 0);
	loop_virtual_run_for(w->loop, NS_PER_MS);
	assert_true(loop_virtual_run_until(w->loop, has_ended, &r, NS_PER_SEC));
	assert_int_equal(r.st.code, STATUS_RESOURCE_EXHAUSTED);
	assert_int_equal(library_n_waiting(w->library), 0);
}

static void cancelled_stream_ends_at_the_handler(void **state)
{
	Weft__Testing__WatchBooksRequest q = WEFT__TESTING__WATCH_BOOKS_REQUEST__INIT;
	struct result r = { .cancel_after = 10 };
	struct world *w = *state;

	q.count = 1000000;
	start(w, &r, "weft.testing.Library/WatchBooks", &q, 0);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	assert_false(r.has_ended);
	assert_int_equal(r.n_messages, 10);
	assert_int_equal(library_n_waiting(w->library), 0);
	assert_int_equal(create_book(w, "2", "still served").st.code, STATUS_OK);
}

static void deadline_ends_call_at_both_sides(void **state)
{
	Weft__Testing__SleepRequest q = WEFT__TESTING__SLEEP_REQUEST__INIT;
	Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
	struct result r = { .has_ended = false };
	struct world *w = *state;
	uint64_t began = loop_now_ns(w->loop);

	q.delay = &delay;
	delay.seconds = 10;
	start(w, &r, "weft.testing.Library/Sleep", &q, 300 * NS_PER_MS);
	assert_true(loop_virtual_run_until(w->loop, has_ended, &r, 60 * NS_PER_SEC));
	assert_int_equal(r.st.code, STATUS_DEADLINE_EXCEEDED);
	assert_in_range(loop_now_ns(w->loop) - began, 299 * NS_PER_MS, 310 * NS_PER_MS);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	assert_int_equal(library_n_waiting(w->library), 0);
}

static void many_calls_share_a_connection(void **state)
{
	Weft__Testing__SleepRequest q = WEFT__TESTING__SLEEP_REQUEST__INIT;
	Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
	struct result *r = xcalloc(300, sizeof(*r));
	struct world *w = *state;

	q.delay = &delay;
	delay.nanos = 100 * NS_PER_MS;
	for (size_t i = 0; i < 300; i++)
		start(w, &r[i], "weft.testing.Library/Sleep", &q, 0);
	loop_virtual_run_for(w->loop, 50 * NS_PER_MS);
	assert_int_equal(library_n_waiting(w->library), 100); /* the limit of a connection */
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	for (size_t i = 0; i < 300; i++) {
		assert_true(r[i].has_ended);
		assert_int_equal(r[i].st.code, STATUS_OK);
	}
	free(r);
}

static void oversized_request_is_refused(void **state)
{
	Weft__Testing__CreateBookRequest q = WEFT__TESTING__CREATE_BOOK_REQUEST__INIT;
	struct world *w = *state;
	struct result r;

	q.book_id = xmalloc((5 << 20) + 1);
	memset(q.book_id, 'x', 5 << 20);
	q.book_id[5 << 20] = '\0';
	r = call(w, "weft.testing.Library/CreateBook", &q);
	free(q.book_id);
	assert_int_equal(r.st.code, STATUS_RESOURCE_EXHAUSTED);
	assert_int_equal(create_book(w, "3", "still served").st.code, STATUS_OK);
}

static void broken_connection_fails_calls_and_cancels_handlers(void **state)
{
	Weft__Testing__SleepRequest q = WEFT__TESTING__SLEEP_REQUEST__INIT;
	Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
	struct result r = { .has_ended = false }, after = { .has_ended = false };
	struct world *w = *state;

	q.delay = &delay;
	delay.seconds = 10;
	start(w, &r, "weft.testing.Library/Sleep", &q, 0);
	loop_virtual_run_for(w->loop, NS_PER_MS);
	assert_int_equal(library_n_waiting(w->library), 1);
	stream_pair_break(w->pair, "cable cut");
	loop_virtual_run_for(w->loop, NS_PER_MS);
	assert_true(r.has_ended);
	assert_int_equal(r.st.code, STATUS_UNAVAILABLE);
	assert_non_null(strstr(r.st.message, "cable cut"));
	assert_int_equal(library_n_waiting(w->library), 0);
	start(w, &after, "weft.testing.Library/Sleep", &q, 0);
	loop_virtual_run_for(w->loop, NS_PER_MS);
	assert_int_equal(after.st.code, STATUS_UNAVAILABLE);
}

static void mark(void *arg)
{
	*(bool *)arg = true;
}

static void drain_lets_calls_end_and_refuses_new_ones(void **state)
{
	Weft__Testing__SleepRequest q = WEFT__TESTING__SLEEP_REQUEST__INIT;
	Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
	struct result r = { .has_ended = false };
	struct world *w = *state;
	bool is_drained = false;

	q.delay = &delay;
	delay.nanos = 200 * NS_PER_MS;
	start(w, &r, "weft.testing.Library/Sleep", &q, 0);
	loop_virtual_run_for(w->loop, 10 * NS_PER_MS);
	rpc_server_drain(w->server, 5 * NS_PER_SEC, mark, &is_drained);
	loop_virtual_run_for(w->loop, 100 * NS_PER_MS);
	assert_false(is_drained);
	loop_virtual_run_for(w->loop, 500 * NS_PER_MS);
	assert_true(is_drained);
	assert_true(r.has_ended);
	assert_int_equal(r.st.code, STATUS_OK);
}

static void bytes_in_small_pieces_are_the_same(void **state)
{
	struct world *w = *state;

	stream_pair_set_piece(w->pair, 1);
	assert_string_equal(create_book(w, "4", "Byte by byte").title, "Byte by byte");
}

static void metrics_count_calls_by_result(void **state)
{
	struct world *w = *state;
	struct buf text = BUF_INIT;

	create_book(w, "5", "Twice");
	create_book(w, "5", "Twice");
	metrics_write(api_dispatch_metrics(w->dispatch), &text);
	assert_non_null(strstr(buf_str(&text),
			       "weft_api_calls_total{method=\"weft.testing.Library/CreateBook\","
			       "code=\"OK\"} 1\n"));
	assert_non_null(strstr(buf_str(&text), "code=\"ALREADY_EXISTS\"} 1\n"));
	assert_non_null(strstr(buf_str(&text), "weft_grpc_connections 1\n"));
	buf_fini(&text);
}

/* ---- the blocking forms, over a Unix socket ---- */

static bool until_five(void *arg, const ProtobufCMessage *m)
{
	(void)m;
	return ++*(int *)arg < 5;
}

static ProtobufCMessage *echo(struct rpc_client *client, const Weft__Testing__Everything *m,
			      struct status *st)
{
	return rpc_client_run(client, method("weft.testing.Echo/Echo"), &m->base, NS_PER_SEC, st);
}

static void blocking_forms_run_the_loop(void **state)
{
	Weft__Testing__WatchBooksRequest watch = WEFT__TESTING__WATCH_BOOKS_REQUEST__INIT;
	Weft__Testing__GetBookRequest get = WEFT__TESTING__GET_BOOK_REQUEST__INIT;
	Weft__Testing__Everything everything = WEFT__TESTING__EVERYTHING__INIT;
	char folder[] = "/tmp/weft-h2rpc-XXXXXX", *path;
	struct loop *loop = loop_uv_create();
	struct library *library = library_create(loop);
	struct api_dispatch *d = api_dispatch_create(loop, &testing_schema);
	struct status st = STATUS_INIT;
	struct rpc_server *server;
	struct rpc_client *client;
	ProtobufCMessage *m;
	struct addr addr;
	int n = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = xasprintf("unix:%s/grpc", folder);
	assert_int_equal(addr_parse(&addr, path, "grpc", &st), 0);
	library_add_to(library, d);
	client = rpc_client_create(loop, &addr);
	m = rpc_client_run(client, method("weft.testing.Library/GetBook"), &get.base, NS_PER_SEC,
			   &st);
	assert_null(m);
	assert_int_equal(st.code, STATUS_UNAVAILABLE);
	st = STATUS_INIT;
	server = rpc_server_create(loop, d, &addr, "grpc", &st);
	assert_non_null(server);
	everything.f_string = (char *)"there and back";
	m = echo(client, &everything, &st);
	assert_non_null(m);
	assert_string_equal(((Weft__Testing__Everything *)m)->f_string, "there and back");
	protobuf_c_message_free_unpacked(m, NULL);
	m = rpc_client_run(client, method("weft.testing.Library/GetBook"), &get.base, NS_PER_SEC,
			   &st);
	assert_null(m);
	assert_int_equal(st.code, STATUS_NOT_FOUND);
	st = STATUS_INIT;
	watch.count = 1000000;
	assert_int_equal(rpc_client_run_stream(client, method("weft.testing.Library/WatchBooks"),
					       &watch.base, 0, until_five, &n, &st),
			 0);
	assert_int_equal(n, 5);
	rpc_server_destroy(server);
	st = STATUS_INIT;
	assert_null(echo(client, &everything, &st)); /* the connection is found to be broken */
	assert_int_equal(st.code, STATUS_UNAVAILABLE);
	st = STATUS_INIT;
	server = rpc_server_create(loop, d, &addr, "grpc", &st);
	m = echo(client, &everything, &st); /* and made anew */
	assert_non_null(m);
	protobuf_c_message_free_unpacked(m, NULL);
	rpc_client_destroy(client);
	rpc_server_destroy(server);
	api_dispatch_destroy(d);
	library_destroy(library);
	for (int i = 0; i < 100; i++) /* what was sent to the client that is gone is given up */
		uv_run(loop_uv_handle(loop), UV_RUN_NOWAIT);
	loop_uv_destroy(loop);
	unlink(path + 5);
	rmdir(folder);
	free(path);
}

static void timeouts_travel_as_digits_and_unit(void **state)
{
	static const uint64_t values[] = { 1,
					   99999999,
					   100000000,
					   300 * NS_PER_MS,
					   86400 * NS_PER_SEC,
					   366ull * 86400 * NS_PER_SEC };
	char text[RPC_TIMEOUT_SIZE];
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
		rpc_timeout_format(text, values[i]);
		assert_int_equal(rpc_timeout_parse(text, &ns), 0);
		assert_in_range(ns, values[i], values[i] + values[i] / 1000);
	}
	assert_int_equal(rpc_timeout_parse("99999999H", &ns), 0);
	assert_int_equal(rpc_timeout_parse("", &ns), -1);
	assert_int_equal(rpc_timeout_parse("1", &ns), -1);
	assert_int_equal(rpc_timeout_parse("m", &ns), -1);
	assert_int_equal(rpc_timeout_parse("123456789n", &ns), -1);
	assert_int_equal(rpc_timeout_parse("1ms", &ns), -1);
	assert_int_equal(rpc_timeout_parse("-1m", &ns), -1);
}

int main(void)
{
#define WITH_WORLD(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_WORLD(unary_call_brings_its_response),
		WITH_WORLD(error_tells_field_resource_and_text_in_any_language),
		WITH_WORLD(method_without_handler_is_unimplemented),
		WITH_WORLD(unknown_method_is_unimplemented),
		WITH_WORLD(stream_brings_all_events_in_order),
		WITH_WORLD(slow_reader_of_an_impatient_stream_is_told_so),
		WITH_WORLD(cancelled_stream_ends_at_the_handler),
		WITH_WORLD(deadline_ends_call_at_both_sides),
		WITH_WORLD(many_calls_share_a_connection),
		WITH_WORLD(oversized_request_is_refused),
		WITH_WORLD(broken_connection_fails_calls_and_cancels_handlers),
		WITH_WORLD(drain_lets_calls_end_and_refuses_new_ones),
		WITH_WORLD(bytes_in_small_pieces_are_the_same),
		WITH_WORLD(metrics_count_calls_by_result),
		cmocka_unit_test(blocking_forms_run_the_loop),
		cmocka_unit_test(timeouts_travel_as_digits_and_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
