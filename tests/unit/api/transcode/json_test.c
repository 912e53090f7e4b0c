/* JSON to messages and back, errors that name their field, masks and merging.  Agreement with
 * Google's implementation is tested in tests/integration/30-api-clients.sh. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include "api/transcode/json.h"
#include "api/transcode/message.h"
#include "tests/unit/api/testing.pb-c.h"

static struct arena arena;

static int clear(void **state)
{
	(void)state;
	arena_clear(&arena);
	return 0;
}

static Weft__Testing__Everything *read_ok(const char *json)
{
	struct status st = STATUS_INIT;
	void *m = json_read(&arena, &weft__testing__everything__descriptor, json, strlen(json),
			    NULL, &st);

	if (!m)
		fail_msg("%s: %s", json, st.message);
	return m;
}

static const char *written(const void *m, enum json_style style)
{
	struct buf b = BUF_INIT;
	char *text;

	json_write(&b, m, style);
	text = arena_strdup(&arena, buf_str(&b));
	buf_fini(&b);
	return text;
}

static void each_type_is_written_as_proto3_says(void **state)
{
	static const char json[] =
		"{\"fDouble\":1.5,\"fFloat\":0.1,\"fInt32\":-1,\"fInt64\":\"-9223372036854775808\","
		"\"fUint32\":4294967295,\"fUint64\":\"18446744073709551615\",\"fBool\":true,"
		"\"fString\":\"\\\"\\\\\\n\\u0001\xc3\xbc\",\"fBytes\":\"AAH/"
		"\",\"fEnum\":\"LEATHER\","
		"\"fInner\":{\"i\":3,\"leaves\":[{},{\"text\":\"x\"}]},\"rInt64\":[\"1\",\"2\"],"
		"\"mStringInt32\":{\"a\":1},\"mInt64String\":{\"-5\":\"x\"},\"mBoolBytes\":{"
		"\"true\":\"\"},"
		"\"oString\":\"\",\"wTimestamp\":\"0001-01-01T00:00:00Z\",\"wDuration\":\"-0."
		"500s\","
		"\"wMask\":\"a,bC.dE\",\"wEmpty\":{},\"odd1name\":1,\"oddTwo\":2,\"Capital\":3}";

	(void)state;
	assert_string_equal(written(read_ok(json), JSON_ONE_LINE), json);
}

static void both_names_and_forms_are_read(void **state)
{
	Weft__Testing__Everything *m =
		read_ok("{\"f_int32\":\"12\",\"fInt64\":34,\"f_enum\":7,\"f_bytes\":\"_-8\",\"f_"
			"double\":\"1e3\","
			"\"fUint32\":1e3,\"w_mask\":\"b_c\",\"f_string\":null}");

	(void)state;
	assert_int_equal(m->f_int32, 12);
	assert_int_equal(m->f_int64, 34);
	assert_int_equal(m->f_enum, WEFT__TESTING__BINDING__LEATHER);
	assert_int_equal(m->f_bytes.len, 2);
	assert_true(m->f_double == 1000);
	assert_int_equal(m->f_uint32, 1000);
	assert_string_equal(m->w_mask->paths[0], "b_c");
	assert_string_equal(m->f_string, "");
}

static void all_fields_can_be_shown(void **state)
{
	Weft__Testing__Author author = WEFT__TESTING__AUTHOR__INIT;

	(void)state;
	assert_string_equal(written(&author, JSON_ONE_LINE), "{}");
	assert_string_equal(written(&author, JSON_ALL_FIELDS), "{\"name\":\"\",\"born\":0}");
	author.born = 5;
	assert_string_equal(written(&author, JSON_INDENTED), "{\n  \"born\": 5\n}");
}

static void errors_name_field_and_what_was_expected(void **state)
{
	static const struct {
		const char *json, *field, *message;
	} cases[] = {
		{"{\"fInt32\":2147483648}", "f_int32",
		 "f_int32: expected an integer from -2147483648 to 2147483647, got 2147483648"},
		{"{\"fInner\":{\"leaves\":[{},{\"text\":7}]}}", "f_inner.leaves[1].text",
		 "f_inner.leaves[1].text: expected a text, got 7"},
		{"{\"mUint32Inner\":{\"5\":{\"j\":1}}}", "m_uint32_inner[\"5\"].j",
		 "m_uint32_inner[\"5\"].j: there is no such field"},
		{"{\"mUint32Inner\":{\"x\":{}}}", "m_uint32_inner[\"x\"]",
		 "m_uint32_inner[\"x\"]: expected an integer from 0 to 4294967295, got \"x\""},
		{"{\"oInt32\":1,\"oString\":\"\"}", "o_string",
		 "o_string: only one field of its group may be given"},
		{"{\"fInt32\":1,\"f_int32\":1}", "f_int32",
		 "f_int32: given twice, by both of its names"},
		{"{\"fBytes\":\"a\"}", "f_bytes", "f_bytes: expected bytes in base64, got \"a\""},
		{"{\"wDuration\":\"1\"}", "w_duration",
		 "w_duration: expected a duration in seconds like \"1.5s\", got \"1\""},
		{"{\"fString\":\"0123456789012345678901234567890123456789\"}x", "",
		 "line 1, column 55: not JSON: end of file expected near 'x'"},
		{"{\"fInt64\":9223372036854775808}", "",
		 "line 1, column 29: not JSON: the number is too big: write a 64-bit integer as a "
		 "text"},
		{"{\"fString\":\"\\u0000\"}", "",
		 "line 1, column 19: not JSON: a text cannot contain \\u0000"},
		{"[]", "", "expected an object, got a list"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct status st = STATUS_INIT;

		assert_null(json_read(&arena, &weft__testing__everything__descriptor, cases[i].json,
				      strlen(cases[i].json), NULL, &st));
		assert_int_equal(st.code, STATUS_INVALID_ARGUMENT);
		assert_string_equal(st.message, cases[i].message);
		assert_string_equal(st.field, cases[i].field);
	}
}

static void times_outside_the_calendar_are_refused(void **state)
{
	static const char *const wrong[] = {
		"2026-02-29T00:00:00Z",
		"0000-01-01T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:00:60Z",
		"2026-01-01T00:00:00",
		"2026-01-01 00:00:00Z",
		"2026-01-01T00:00:00.Z",
		"0001-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"2026-01-01T00:00:00.1234567890Z",
	};
	struct status st;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		char *json = arena_printf(&arena, "{\"wTimestamp\":\"%s\"}", wrong[i]);

		st = STATUS_INIT;
		assert_null(json_read(&arena, &weft__testing__everything__descriptor, json,
				      strlen(json), NULL, &st));
		assert_string_equal(st.field, "w_timestamp");
	}
	assert_int_equal(
		read_ok("{\"wTimestamp\":\"2024-02-29T12:00:00.25+02:00\"}")->w_timestamp->seconds,
		1709200800);
}

static void text_sets_fields_by_path(void **state)
{
	Weft__Testing__UpdateBookRequest *m =
		(void *)message_create(&weft__testing__update_book_request__descriptor, &arena);
	struct status st = STATUS_INIT;

	(void)state;
	assert_int_equal(message_set_text(&m->base, &arena, "book.author.born", "1819", &st), 0);
	assert_int_equal(message_set_text(&m->base, &arena, "book.nPages", "635", &st), 0);
	assert_int_equal(message_set_text(&m->base, &arena, "book.tags", "sea", &st), 0);
	assert_int_equal(message_set_text(&m->base, &arena, "book.tags", "whale", &st), 0);
	assert_int_equal(message_set_text(&m->base, &arena, "book.tags", "ship", &st), 0);
	assert_int_equal(message_set_text(&m->base, &arena, "book.labels.a.b", "c", &st), 0);
	assert_int_equal(message_set_text(&m->base, &arena, "update_mask", "title,nPages", &st), 0);
	assert_string_equal(written(m, JSON_ONE_LINE),
			    "{\"book\":{\"nPages\":635,\"labels\":{\"a.b\":\"c\"},"
			    "\"author\":{\"born\":1819},\"tags\":[\"sea\",\"whale\",\"ship\"]},"
			    "\"updateMask\":\"title,nPages\"}");
	assert_int_equal(message_set_text(&m->base, &arena, "book.pages", "1", &st), -1);
	assert_string_equal(st.field, "book.pages");
	st = STATUS_INIT;
	assert_int_equal(message_set_text(&m->base, &arena, "book.author", "1", &st), -1);
	assert_string_equal(st.field, "book.author");
	st = STATUS_INIT;
	assert_int_equal(message_set_text(&m->base, &arena, "book.title", "\xff", &st), -1);
	assert_string_equal(st.field, "book.title");
}

static Weft__Testing__Book *book(const char *json)
{
	struct status st = STATUS_INIT;

	return (void *)json_read(&arena, &weft__testing__book__descriptor, json, strlen(json), NULL,
				 &st);
}

static const char *merged(const char *to, const char *from, const char *mask_text)
{
	Weft__Testing__UpdateBookRequest *q =
		(void *)message_create(&weft__testing__update_book_request__descriptor, &arena);
	Weft__Testing__Book *target = book(to);
	struct status st = STATUS_INIT;

	assert_int_equal(message_set_text(&q->base, &arena, "update_mask", mask_text, &st), 0);
	assert_int_equal(
		field_mask_check(q->update_mask, target->base.descriptor, "update_mask", &st), 0);
	message_merge(&target->base, &book(from)->base, q->update_mask, &arena);
	return written(target, JSON_ONE_LINE);
}

static void merge_follows_the_mask(void **state)
{
	static const char old[] = "{\"title\":\"a\",\"nPages\":1,\"labels\":{\"x\":\"1\"},"
				  "\"author\":{\"name\":\"n\",\"born\":1}}";

	(void)state;
	assert_string_equal(merged(old, "{\"title\":\"b\",\"nPages\":2}", "title"),
			    "{\"title\":\"b\",\"nPages\":1,\"labels\":{\"x\":\"1\"},"
			    "\"author\":{\"name\":\"n\",\"born\":1}}");
	assert_string_equal(merged(old, "{}", "title,author.born,labels"),
			    "{\"nPages\":1,\"author\":{\"name\":\"n\"}}");
	assert_string_equal(
		merged(old, "{\"author\":{\"born\":2}}", "author"),
		"{\"title\":\"a\",\"nPages\":1,\"labels\":{\"x\":\"1\"},\"author\":{\"born\":2}}");
	assert_string_equal(merged("{}", "{\"author\":{\"born\":2,\"name\":\"x\"}}", "author.born"),
			    "{\"author\":{\"born\":2}}");
	assert_string_equal(merged(old, "{\"title\":\"c\"}", "*"), "{\"title\":\"c\"}");
	assert_string_equal(
		merged(old, "{\"title\":\"c\",\"author\":{\"born\":7}}", ""),
		"{\"title\":\"c\",\"nPages\":1,\"labels\":{\"x\":\"1\"},\"author\":{\"born\":7}}");
}

static void mask_with_an_unknown_path_is_refused(void **state)
{
	Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
	char *paths[] = {(char *)"title", (char *)"author.age"};
	struct status st = STATUS_INIT;

	(void)state;
	mask.paths = paths;
	mask.n_paths = 2;
	assert_int_equal(
		field_mask_check(&mask, &weft__testing__book__descriptor, "update_mask", &st), -1);
	assert_string_equal(st.field, "update_mask");
	assert_string_equal(st.message,
			    "update_mask: \"author.age\" is no field that can be updated");
}

static void json_tells_which_fields_it_gives(void **state)
{
	static const char json[] = "{\"title\":\"x\",\"author\":{\"born\":1},\"labels\":{\"a\":"
				   "\"b\"},\"nPages\":null}";
	static const char *const want[] = {"title", "author.born", "labels", "n_pages"};
	size_t n;
	char **paths =
		json_paths(&arena, &weft__testing__book__descriptor, json, sizeof(json) - 1, &n);

	(void)state;
	assert_int_equal(n, ARRAY_LENGTH(want));
	for (size_t i = 0; i < n; i++)
		assert_string_equal(paths[i], want[i]);
}

static void bytes_that_would_fill_memory_are_refused(void **state)
{
	size_t size = 4 << 20;
	uint8_t *data = xmalloc(size);
	struct status st = STATUS_INIT;

	(void)state;
	/* field 1 of ListBooksResponse, books, empty: two bytes that become a whole Book */
	for (size_t i = 0; i < size; i += 2) {
		data[i] = 0x0a;
		data[i + 1] = 0;
	}
	assert_null(message_unpack(&arena, &weft__testing__list_books_response__descriptor, data,
				   size, &st));
	assert_int_equal(st.code, STATUS_RESOURCE_EXHAUSTED);
	assert_in_range(arena.total_bytes, 0, MESSAGE_MAX_MEMORY);
	free(data);
}

int main(void)
{
#define TEST(F) cmocka_unit_test_teardown(F, clear)
	const struct CMUnitTest tests[] = {
		TEST(each_type_is_written_as_proto3_says),
		TEST(both_names_and_forms_are_read),
		TEST(all_fields_can_be_shown),
		TEST(errors_name_field_and_what_was_expected),
		TEST(times_outside_the_calendar_are_refused),
		TEST(text_sets_fields_by_path),
		TEST(merge_follows_the_mask),
		TEST(mask_with_an_unknown_path_is_refused),
		TEST(json_tells_which_fields_it_gives),
		TEST(bytes_that_would_fill_memory_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
