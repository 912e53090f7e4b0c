/* Calls between a door and a handler: how they end, whoever ends them first. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include "api/dispatch.h"
#include "api/errors.h"
#include "lib/loop_virtual.h"
#include "tests/fakes/api/library.h"
#include "tests/unit/api/testing.pb-c.h"

#define GET   "/weft.testing.Library/GetBook"
#define WATCH "/weft.testing.Library/WatchBooks"

struct world {
	struct loop *loop;
	struct api_dispatch *dispatch;
	struct api_call *held; /* by the handler */
	unsigned n_sent, n_ended, n_cancelled;
	enum status_code code;
};

static void hold(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	struct world *w = ctx;

	(void)request;
	w->held = call;
}

static void on_cancelled(void *arg)
{
	((struct world *)arg)->n_cancelled++;
}

static void hold_cancellable(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	hold(call, request, ctx);
	api_on_cancel(call, on_cancelled, ctx);
}

static int door_send(void *arg, const ProtobufCMessage *m)
{
	(void)m;
	((struct world *)arg)->n_sent++;
	return 0;
}

static void door_end(void *arg, const struct status *st)
{
	struct world *w = arg;

	w->n_ended++;
	w->code = st->code;
}

static const struct api_door door = { .send = door_send, .end = door_end };

static int set_up(void **state)
{
	static const struct api_method_handler handlers[] = { { GET, hold },
							      { WATCH, hold_cancellable } };
	struct world *w = xcalloc(1, sizeof(*w));

	w->loop = loop_virtual_create();
	w->dispatch = api_dispatch_create(w->loop, &testing_schema);
	api_dispatch_add(w->dispatch, handlers, ARRAY_LENGTH(handlers), w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	api_dispatch_destroy(w->dispatch);
	loop_virtual_destroy(w->loop);
	free(w);
	return 0;
}

static struct api_call *begin(struct world *w, const char *path, uint64_t timeout_ns)
{
	Weft__Testing__GetBookRequest q = WEFT__TESTING__GET_BOOK_REQUEST__INIT;
	struct status st = STATUS_INIT;
	struct api_call *call = api_call_begin(w->dispatch, api_dispatch_find(w->dispatch, path),
					       &door, w, timeout_ns, &st);

	assert_non_null(call);
	api_call_request(call, &q.base);
	return call;
}

static void reply(struct world *w)
{
	Weft__Testing__Book book = WEFT__TESTING__BOOK__INIT;

	api_reply(w->held, &book.base);
}

static void call_can_end_later(void **state)
{
	struct world *w = *state;

	begin(w, GET, 0);
	assert_int_equal(w->n_ended, 0);
	reply(w);
	assert_int_equal(w->n_sent, 1);
	assert_int_equal(w->n_ended, 1);
	assert_int_equal(w->code, STATUS_OK);
}

static void caller_that_goes_cancels_the_handler(void **state)
{
	struct world *w = *state;

	api_call_cancel(begin(w, WATCH, 0));
	assert_int_equal(w->n_cancelled, 1);
	assert_int_equal(w->n_ended, 0);
}

static void handler_that_does_not_care_ends_alone(void **state)
{
	struct world *w = *state;

	api_call_cancel(begin(w, GET, 0));
	reply(w);
	assert_int_equal(w->n_sent, 0);
	assert_int_equal(w->n_ended, 0);
}

static void deadline_ends_the_call_for_both(void **state)
{
	struct world *w = *state;

	begin(w, WATCH, NS_PER_SEC);
	loop_virtual_run_for(w->loop, NS_PER_SEC - 1);
	assert_int_equal(w->n_ended, 0);
	loop_virtual_run_for(w->loop, 1);
	assert_int_equal(w->n_ended, 1);
	assert_int_equal(w->code, STATUS_DEADLINE_EXCEEDED);
	assert_int_equal(w->n_cancelled, 1);
}

static void call_that_ended_has_no_deadline(void **state)
{
	struct world *w = *state;

	begin(w, GET, NS_PER_SEC);
	reply(w);
	loop_virtual_run_for(w->loop, 2 * NS_PER_SEC);
	assert_int_equal(w->n_ended, 1);
	assert_int_equal(w->code, STATUS_OK);
}

static void too_many_calls_are_refused(void **state)
{
	const struct api_endpoint *e;
	struct world *w = *state;
	struct status st = STATUS_INIT;

	e = api_dispatch_find(w->dispatch, WATCH);
	for (int i = 0; i < API_MAX_CALLS; i++)
		begin(w, WATCH, 0);
	assert_null(api_call_begin(w->dispatch, e, &door, w, 0, &st));
	assert_int_equal(st.code, STATUS_UNAVAILABLE);
	api_call_cancel(w->held);
	begin(w, WATCH, 0);
}

static void stopping_ends_all_calls(void **state)
{
	struct world *w = *state;

	begin(w, WATCH, 0);
	begin(w, GET, 0);
	api_dispatch_destroy(w->dispatch);
	assert_int_equal(w->n_ended, 2);
	assert_int_equal(w->code, STATUS_UNAVAILABLE);
	assert_int_equal(w->n_cancelled, 1);
	w->dispatch = NULL;
}

static void errors_travel_to_clients_and_back(void **state)
{
	struct status st = STATUS_INIT, back = STATUS_INIT;
	struct arena a = ARENA_INIT;
	struct buf json = BUF_INIT;
	Google__Rpc__Status *rpc;
	uint8_t packed[512];

	(void)state;
	status_set_resource(&st, STATUS_FAILED_PRECONDITION, "name", "shelves/a", "not \"empty\"");
	rpc = status_to_rpc(&st, &a);
	assert_int_equal(rpc->n_details, 2);
	assert_int_equal(status_from_rpc(&back, packed, google__rpc__status__pack(rpc, packed)), 0);
	assert_int_equal(back.code, STATUS_FAILED_PRECONDITION);
	assert_string_equal(back.field, "name");
	assert_string_equal(back.resource, "shelves/a");
	assert_string_equal(back.message, "not \"empty\"");
	assert_int_equal(status_from_rpc(&back, "\xff", 1), -1);
	status_to_json(&json, &st);
	assert_string_equal(
		buf_str(&json),
		"{\"code\":9,\"message\":\"not \\\"empty\\\"\",\"status\":\"FAILED_PRECONDITION\","
		"\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\","
		"\"fieldViolations\":[{\"field\":\"name\",\"description\":\"not \\\"empty\\\"\"}]},"
		"{\"@type\":\"type.googleapis.com/google.rpc.ResourceInfo\","
		"\"resourceName\":\"shelves/a\",\"description\":\"not \\\"empty\\\"\"}]}");
	buf_fini(&json);
	arena_clear(&a);
}

static void each_code_has_its_http_code(void **state)
{
	static const int want[] = { 200, 499, 500, 400, 504, 404, 409, 403, 429,
				    400, 409, 400, 501, 500, 503, 500, 401 };

	(void)state;
	for (unsigned code = 0; code < ARRAY_LENGTH(want); code++)
		assert_int_equal(status_http_code(code), want[code]);
}

int main(void)
{
#define TEST(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(call_can_end_later),
		TEST(caller_that_goes_cancels_the_handler),
		TEST(handler_that_does_not_care_ends_alone),
		TEST(deadline_ends_the_call_for_both),
		TEST(call_that_ended_has_no_deadline),
		TEST(too_many_calls_are_refused),
		TEST(stopping_ends_all_calls),
		cmocka_unit_test(errors_travel_to_clients_and_back),
		cmocka_unit_test(each_code_has_its_http_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
