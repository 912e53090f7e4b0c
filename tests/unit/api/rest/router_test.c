/* Paths to methods, and HTTP requests to messages. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "api/rest/openapi.h"
#include "api/rest/router.h"
#include "api/transcode/json.h"
#include "lib/loop_virtual.h"
#include "tests/fakes/api/library.h"

static struct loop *loop;
static struct api_dispatch *dispatch;
static struct router *router;
static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	loop = loop_virtual_create();
	dispatch = api_dispatch_create(loop, &testing_schema);
	router = router_create(dispatch);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	router_destroy(router);
	api_dispatch_destroy(dispatch);
	loop_virtual_destroy(loop);
	arena_clear(&arena);
	return 0;
}

/* "METHOD {request}", or what is wrong. */
static const char *result(const char *verb, const char *path, const char *query, const char *body)
{
	struct status st = STATUS_INIT;
	struct request_path split;
	struct buf b = BUF_INIT;
	const struct route *route;
	const char *allowed;
	ProtobufCMessage *m;
	char *text;

	route = router_find(router, verb, path, &split, &arena, &allowed, &st);
	if (!route)
		return arena_strdup(&arena, st.message);
	m = route_request(route, &arena, &split, query, body, strlen(body), &st);
	if (!m)
		return arena_strdup(&arena, st.message);
	buf_printf(&b, "%s ", route->method->name);
	json_write(&b, m, JSON_ONE_LINE);
	text = arena_strdup(&arena, buf_str(&b));
	buf_fini(&b);
	return text;
}

static void requests_become_messages(void **state)
{
	static const struct {
		const char *verb, *path, *query, *body, *want;
	} cases[] = {
		{"GET", "/v1/shelves/a/books/b", "", "",
		 "GetBook {\"name\":\"shelves/a/books/b\"}"},
		{"GET", "/v1/archive/x/y/z", "", "", "GetBook {\"name\":\"archive/x/y/z\"}"},
		{"GET", "/v1/shelves/a%20b/books", "pageSize=5&page_token=x%26y+z", "",
		 "ListBooks {\"parent\":\"shelves/a b\",\"pageSize\":5,\"pageToken\":\"x&y z\"}"},
		{"GET", "/v1/shelves/a%2Fb/books", "", "",
		 "ListBooks {\"parent\":\"shelves/a%2Fb\"}"},
		{"POST", "/v1/shelves/a/books", "book_id=7", "{\"title\":\"x\"}",
		 "CreateBook "
		 "{\"parent\":\"shelves/a\",\"bookId\":\"7\",\"book\":{\"title\":\"x\"}}"},
		{"POST", "/v1/shelves/a/books/b:move", "", "{\"toShelf\":\"c\",\"name\":\"other\"}",
		 "MoveBook {\"name\":\"shelves/a/books/b\",\"toShelf\":\"c\"}"},
		{"PATCH", "/v1/shelves/a/books/b", "", "{\"title\":\"x\",\"author\":{\"born\":0}}",
		 "UpdateBook "
		 "{\"book\":{\"name\":\"shelves/a/books/b\",\"title\":\"x\",\"author\":{}},"
		 "\"updateMask\":\"title,author.born\"}"},
		{"PATCH", "/v1/shelves/a/books/b", "updateMask=labels", "{}",
		 "UpdateBook "
		 "{\"book\":{\"name\":\"shelves/a/books/b\"},\"updateMask\":\"labels\"}"},
		{"GET", "/v1/shelves/a/books:watch", "count=3&is_impatient=true", "",
		 "WatchBooks {\"parent\":\"shelves/a\",\"count\":3,\"isImpatient\":true}"},
		{"GET", "/v1/echo", "rString=a&rString=b&fInner.i=3", "",
		 "Echo {\"fInner\":{\"i\":3},\"rString\":[\"a\",\"b\"]}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_string_equal(
			result(cases[i].verb, cases[i].path, cases[i].query, cases[i].body),
			cases[i].want);
}

static void wrong_requests_are_told(void **state)
{
	static const struct {
		const char *verb, *path, *query, *body, *want;
	} cases[] = {
		{"GET", "/v1/shelves//books", "", "",
		 "there is no path /v1/shelves//books: GET /openapi.json lists those that are"},
		{"GET", "/v1/shelves/a/books/", "", "",
		 "there is no path /v1/shelves/a/books/: GET /openapi.json lists those that are"},
		{"GET", "/v1/shelves/a/books/b/c", "", "",
		 "there is no path /v1/shelves/a/books/b/c: GET /openapi.json lists those that "
		 "are"},
		{"GET", "nonsense", "", "",
		 "there is no path nonsense: GET /openapi.json lists those that are"},
		{"POST", "/v1/shelves/a/books/b:read", "", "",
		 "there is no path /v1/shelves/a/books/b:read: GET /openapi.json lists those that "
		 "are"},
		{"PUT", "/v1/shelves/a/books/b", "", "",
		 "PUT is not possible on /v1/shelves/a/books/b: use GET, PATCH, DELETE"},
		{"GET", "/v1/shelves/a/books/%00", "", "",
		 "name: the path's \"%00\" is not percent-encoded UTF-8"},
		{"GET", "/v1/shelves/a/books", "=x", "",
		 "the query has \"=x\": a field's name belongs before the ="},
		{"GET", "/v1/shelves/a/books", "parent=x", "", "parent: the path gives it already"},
		{"GET", "/v1/shelves/a/books", "page_size=%zz", "",
		 "the query's \"page_size=%zz\" is not percent-encoded UTF-8"},
		{"GET", "/v1/shelves/a/books", "page_size=1&pageSize=2", "",
		 "pageSize: the query gives it twice: keep one"},
		{"POST", "/v1/shelves/a/books", "book.title=x", "",
		 "book.title: give it in the body, not in the query"},
		{"POST", "/v1/echo", "fInt32=1", "{}",
		 "fInt32: POST /v1/echo takes its fields in the body, not in the query"},
		{"DELETE", "/v1/shelves/a/books/b", "", "{}",
		 "DELETE /v1/{name=shelves/*/books/*} takes no body: give the fields in the query"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_string_equal(
			result(cases[i].verb, cases[i].path, cases[i].query, cases[i].body),
			cases[i].want);
}

static void wrong_templates_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",	      "v1",	 "/",	     "/v1/",	    "/v1/{}",
		"/v1/{a",     "/v1/{a=", "/v1/{a=*", "/v1/{a={b}}", "/v1/**/x",
		"/v1/a:",     "/v1/a b", "/v1/a?",   "/v1//a",	    "/v1/{a=**/*}",
		"/v1/{a=x/}",
	};
	struct path_template t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		struct status st = STATUS_INIT;

		assert_int_equal(path_template_parse(&t, &arena, wrong[i], &st), -1);
		assert_int_equal(st.code, STATUS_INVALID_ARGUMENT);
	}
	assert_int_equal(path_template_parse(&t, &arena, "/v1/{a.b=x/*/y/**}:do-it", NULL), 0);
	assert_int_equal(t.n_segments, 5);
	assert_string_equal(t.variables[0].field, "a.b");
	assert_string_equal(t.verb, "do-it");
}

static void openapi_describes_paths_fields_and_comments(void **state)
{
	struct buf b = BUF_INIT;
	const char *text;

	(void)state;
	openapi_write(&b, &testing_schema, "Testing");
	text = buf_str(&b);
	assert_non_null(strstr(text, "\"/v1/shelves/{shelves}/books/{books}:move\":{\"post\":"));
	assert_non_null(strstr(text, "\"operationId\":\"Library_GetBook2\""));
	assert_non_null(strstr(text, "Put a book on a shelf.\\n\\nIts name follows"));
	assert_non_null(strstr(text, "\"createTime\":{\"allOf\":[{\"type\":\"string\","
				     "\"format\":\"date-time\"}],\"readOnly\":true}"));
	assert_non_null(strstr(text, "\"required\":[\"title\"]"));
	assert_non_null(
		strstr(text, "\"enum\":[\"NONE\",\"BINDING_UNSPECIFIED\",\"PAPER\",\"LEATHER\"]"));
	assert_non_null(strstr(text, "\"name\":\"pageSize\",\"in\":\"query\""));
	buf_fini(&b);
}

static void tables_know_methods_fields_and_comments(void **state)
{
	const struct api_method *m =
		api_schema_method(&testing_schema, "/weft.testing.Library/WatchBooks");
	const struct api_service *s = api_schema_service(&testing_schema, "weft.testing.Library");
	const struct api_message *book;
	const struct api_enum *binding;

	(void)state;
	assert_true(m->is_server_stream);
	assert_false(m->is_client_stream);
	assert_string_equal(m->comment, "A stream of `count` events.");
	assert_string_equal(s->comment, "Books on shelves.");
	assert_int_equal(s->n_methods, 9);
	assert_null(api_schema_method(&testing_schema, "weft.testing.Library/Nothing"));
	book = api_schema_message(&testing_schema, s->methods[0].output);
	assert_string_equal(book->name, "weft.testing.Book");
	assert_true(book->fields[0].is_immutable);
	assert_true(book->fields[1].is_required);
	assert_true(book->fields[4].is_map);
	assert_true(book->fields[5].is_output_only);
	assert_string_equal(book->fields[3].json_name, "nPages");
	binding = api_schema_enum(&testing_schema, book->descriptor->fields[2].descriptor);
	assert_string_equal(binding->comment, "What binds a book.");
	assert_string_equal(binding->descriptor->values[1].name, "BINDING_UNSPECIFIED");
	assert_string_equal(binding->value_comments[1], "Not said.");
}

int main(void)
{
#define TEST(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(requests_become_messages),
		TEST(wrong_requests_are_told),
		TEST(wrong_templates_are_refused),
		TEST(openapi_describes_paths_fields_and_comments),
		TEST(tables_know_methods_fields_and_comments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
