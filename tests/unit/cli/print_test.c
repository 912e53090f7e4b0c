/* Results as tables, YAML and fields. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "api/cli/message_json.h"
#include "api/cli/print.h"
#include "api/cli/table.h"
#include "proto/switch/v1/switch.pb-c.h"

static json_t *from_text(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);

	assert_non_null(j);
	return j;
}

static void check_yaml(const char *json, const char *yaml)
{
	json_t *j = from_text(json);
	struct buf out = BUF_INIT;

	print_yaml(j, &out);
	assert_string_equal(buf_str(&out), yaml);
	buf_fini(&out);
	json_decref(j);
}

static void writes_yaml(void **state)
{
	(void)state;
	check_yaml("{\"name\":\"a\",\"n\":3,\"up\":true}", "name: a\nn: 3\nup: true\n");
	check_yaml("{\"a\":{\"b\":{\"c\":\"d\"}}}", "a:\n  b:\n    c: d\n");
	check_yaml("{\"l\":[\"x\",\"y\"],\"e\":[],\"o\":{}}", "l:\n- x\n- y\ne: []\no: {}\n");
	check_yaml("[{\"a\":\"b\",\"c\":\"d\"},{\"a\":\"e\"}]", "- a: b\n  c: d\n- a: e\n");
	check_yaml("{\"l\":[{\"m\":{\"k\":\"v\"}}]}", "l:\n- m:\n    k: v\n");
}

static void quotes_what_yaml_would_misread(void **state)
{
	(void)state;
	check_yaml("{\"a\":\"true\",\"b\":\"12\",\"c\":\"\",\"d\":\"- x\",\"e\":\"k: "
		   "v\",\"f\":\"l\\nm\"}",
		   "a: \"true\"\nb: \"12\"\nc: \"\"\nd: \"- x\"\ne: \"k: v\"\nf: \"l\\nm\"\n");
	check_yaml("{\"mac\":\"02:00:00:00:00:01\",\"cidr\":\"10.0.0.0/24\",\"v6\":\"fd00::1\"}",
		   "mac: \"02:00:00:00:00:01\"\ncidr: \"10.0.0.0/24\"\nv6: fd00::1\n");
}

static void writes_rows(void **state)
{
	static const struct print_column columns[] = {
		{ "NAME", "name/" }, { ">PORTS", "n" }, { "IPS", "ips.address" }, { NULL, NULL }
	};
	json_t *j =
		from_text("[{\"name\":\"projects/p/networks/blue\",\"n\":12,"
			  "\"ips\":[{\"address\":\"1\"},{\"address\":\"2\"}]},{\"name\":\"x\"}]");
	struct arena arena = ARENA_INIT;
	struct buf out = BUF_INIT;

	(void)state;
	print_rows(&arena, j, columns, &out);
	assert_string_equal(buf_str(&out), "NAME  PORTS  IPS\n"
					   "blue     12  1,2\n"
					   "x         -  -\n");
	buf_fini(&out);
	arena_clear(&arena);
	json_decref(j);
}

static void writes_fields(void **state)
{
	json_t *j = from_text("{\"name\":\"a\",\"labels\":{\"k\":\"v\"},\"l\":[\"x\"],\"e\":\"\"}");
	struct arena arena = ARENA_INIT;
	struct buf out = BUF_INIT;

	(void)state;
	print_fields(&arena, j, &out);
	assert_string_equal(buf_str(&out), "FIELD     VALUE\n"
					   "name      a\n"
					   "labels.k  v\n"
					   "l[0]      x\n");
	buf_fini(&out);
	arena_clear(&arena);
	json_decref(j);
}

static void measures_characters_not_bytes(void **state)
{
	static const char *const heads[] = { "A", "B", NULL };
	struct arena arena = ARENA_INIT;
	struct cli_table t;
	struct buf out = BUF_INIT;

	(void)state;
	cli_table_init(&t, &arena, heads);
	cli_table_row(&t, (const char *const[]){ "\xc3\xbc\xc3\xbc", "x" });
	cli_table_row(&t, (const char *const[]){ "abc", NULL });
	cli_table_format(&t, &out);
	assert_string_equal(buf_str(&out), "A    B\n\xc3\xbc\xc3\xbc   x\nabc  -\n");
	buf_fini(&out);
	arena_clear(&arena);
}

static void tells_sizes_and_ages(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	assert_string_equal(cli_bytes_text(&a, 1023), "1023 B");
	assert_string_equal(cli_bytes_text(&a, 1536), "1.5 KiB");
	assert_string_equal(cli_bytes_text(&a, 3ull << 30), "3.0 GiB");
	assert_string_equal(cli_age_text(&a, 1500000000), "1.5 s");
	assert_string_equal(cli_age_text(&a, 61 * NS_PER_SEC), "1m01s");
	assert_string_equal(cli_age_text(&a, 90061 * NS_PER_SEC), "1d01h");
	assert_string_equal(cli_things_text(&a, 1, "port"), "1 port");
	assert_string_equal(cli_things_text(&a, 0, "port"), "0 ports");
	arena_clear(&a);
}

/* The switch's messages have no schema: names and kinds come from the descriptor. */
static void turns_messages_into_json(void **state)
{
	Weft__Switch__V1__PortListReply list = WEFT__SWITCH__V1__PORT_LIST_REPLY__INIT;
	Weft__Switch__V1__Reply reply = WEFT__SWITCH__V1__REPLY__INIT;
	Weft__Switch__V1__Port port = WEFT__SWITCH__V1__PORT__INIT, *ports[] = { &port };
	struct arena arena = ARENA_INIT;
	json_t *j;

	(void)state;
	port.number = 7;
	port.name = (char *)"p";
	port.is_up = true;
	port.socket_path = (char *)"/s";
	list.n_ports = 1;
	list.ports = ports;
	list.next = 0xffffffffffull;
	reply.reply_case = WEFT__SWITCH__V1__REPLY__REPLY_PORT_LIST;
	reply.port_list = &list;
	j = message_json(&reply.base);
	assert_int_equal(json_object_size(j), 1);
	assert_string_equal(print_value(&arena, j, "portList.ports.socketPath"), "/s");
	assert_string_equal(print_value(&arena, j, "portList.ports.number"), "7");
	assert_string_equal(print_value(&arena, j, "portList.ports.isUp"), "yes");
	assert_string_equal(print_value(&arena, j, "portList.next"), "1099511627775");
	assert_string_equal(print_value(&arena, j, "portList.nothing"), "");
	json_decref(j);
	arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_yaml),
		cmocka_unit_test(quotes_what_yaml_would_misread),
		cmocka_unit_test(writes_rows),
		cmocka_unit_test(writes_fields),
		cmocka_unit_test(measures_characters_not_bytes),
		cmocka_unit_test(tells_sizes_and_ages),
		cmocka_unit_test(turns_messages_into_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
