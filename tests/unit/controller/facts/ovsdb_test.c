/* The OVSDB client against a server that is a script: what it asks, what it understands, how it
 * comes back, and what it does not believe. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "controller/facts/external.h"
#include "controller/facts/json_split.h"
#include "lib/buf.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"

#define SW 0x2a

struct fixture {
	struct loop *loop;
	struct switches *switches;
	struct ovsdb_dialer dialer;
	struct external *external;
	unsigned n_dials;
	struct ovsdb *dialling; /* waits for ovsdb_connected() */
	struct stream_pair *pair;
	struct stream *server; /* our end */
	struct buf heard;      /* what the client sent */
	bool is_closed;
	struct buf found; /* what was told, one a line */
};

static void dial(void *ctx, const struct addr *addr, struct ovsdb *o)
{
	struct fixture *f = ctx;

	(void)addr;
	f->n_dials++;
	f->dialling = o;
}

static void cancel(void *ctx, struct ovsdb *o)
{
	struct fixture *f = ctx;

	(void)o;
	f->dialling = NULL;
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct fixture *f = arg;

	buf_add(&f->heard, data, size);
}

static void on_closed(void *arg, const char *why)
{
	struct fixture *f = arg;

	(void)why;
	f->is_closed = true;
	stream_close(f->server);
	f->server = NULL;
}

static const struct stream_events server_events = { .data = on_data, .closed = on_closed };

static void told(void *arg, uint64_t datapath_id, const char *iface_id, uint32_t of_port,
		 const char *interface_name)
{
	struct fixture *f = arg;

	buf_printf(&f->found, "%llx %s %u %s\n", (unsigned long long)datapath_id, iface_id, of_port,
		   interface_name);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct status st = STATUS_INIT;

	f->loop = loop_virtual_create();
	f->switches = switches_create();
	f->dialer = (struct ovsdb_dialer){ .dial = dial, .cancel = cancel, .ctx = f };
	f->external = external_create(f->loop, f->switches, &f->dialer, told, f);
	assert_int_equal(external_set_host(f->external, SW, "unix:/db.sock", &st), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	external_destroy(f->external);
	stream_close(f->server);
	stream_pair_release(f->pair);
	loop_virtual_settle(f->loop);
	switches_destroy(f->switches);
	loop_virtual_destroy(f->loop);
	buf_fini(&f->heard);
	buf_fini(&f->found);
	free(f);
	return 0;
}

/* The server accepts what the client dials. */
static void accept_dial(struct fixture *f)
{
	struct stream *ends[2];
	struct ovsdb *o = f->dialling;

	assert_non_null(o);
	f->dialling = NULL;
	stream_pair_release(f->pair);
	f->pair = stream_pair_create(f->loop, ends);
	f->server = ends[1];
	f->is_closed = false;
	stream_set_events(f->server, &server_events, f);
	ovsdb_connected(o, ends[0], NULL);
	loop_virtual_settle(f->loop);
}

static void say(struct fixture *f, const char *json)
{
	stream_send(f->server, json, strlen(json));
	loop_virtual_settle(f->loop);
}

static void connect_switch(struct fixture *f)
{
	const struct switch_fact sw = { .datapath_id = SW, .name = "h1" };
	const struct switch_port ports[] = {
		{ .number = 1, .name = "p1" }, { .number = 2, .name = "a-name-of-fifte" }, /* cut */
	};

	switches_connected(f->switches, &sw, ports, 2);
}

static void expect_found(struct fixture *f, const char *text)
{
	assert_string_equal(buf_str(&f->found), text);
	buf_clear(&f->found);
}

#define ROW(NAME, OFPORT, ID)                                                                      \
	"{\"new\":{\"name\":\"" NAME "\",\"ofport\":" OFPORT                                       \
	",\"error\":[\"set\",[]],\"external_ids\":[\"map\",[[\"iface-id\",\"" ID "\"]]]}}"
#define INITIAL(ROWS) "{\"id\":1,\"error\":null,\"result\":{\"Interface\":{" ROWS "}}}"
#define UPDATE(ROWS)                                                                               \
	"{\"id\":null,\"method\":\"update\",\"params\":[null,{\"Interface\":{" ROWS "}}]}"

static void test_asks_for_a_monitor(void **state)
{
	struct fixture *f = *state;

	accept_dial(f);
	assert_string_equal(buf_str(&f->heard),
			    "{\"method\":\"monitor\",\"params\":[\"Open_vSwitch\",null,"
			    "{\"Interface\":[{\"columns\":[\"name\",\"ofport\",\"external_ids\","
			    "\"error\"]}]}],\"id\":1}");
}

static void test_found_when_database_and_switch_agree(void **state)
{
	struct fixture *f = *state;

	accept_dial(f);
	say(f, INITIAL("\"u1\":" ROW("p1", "1", "projects/acme/ports/a1") ",\"u2\":" ROW(
		       "a-name-of-fifteen-and-more", "2", "a2")));
	expect_found(f, "");
	connect_switch(f);
	assert_non_null(strstr(buf_str(&f->found), "2a projects/acme/ports/a1 1 p1\n"));
	assert_non_null(strstr(buf_str(&f->found), "2a a2 2 a-name-of-fifteen-and-more\n"));
	buf_clear(&f->found);
	switches_remove_port(f->switches, SW, 1);
	expect_found(f, "2a projects/acme/ports/a1 0 p1\n");
	switches_set_port(f->switches, SW, &(struct switch_port){ .number = 1, .name = "p1" });
	expect_found(f, "2a projects/acme/ports/a1 1 p1\n");
}

static void test_updates(void **state)
{
	struct fixture *f = *state;

	connect_switch(f);
	accept_dial(f);
	say(f, INITIAL(""));
	/* Created, without a number yet; then numbered; renamed to another port's; deleted. */
	say(f, UPDATE("\"u1\":" ROW("p1", "[\"set\",[]]", "a1")));
	expect_found(f, "");
	say(f, UPDATE("\"u1\":" ROW("p1", "1", "a1")));
	expect_found(f, "2a a1 1 p1\n");
	say(f, UPDATE("\"u1\":" ROW("p1", "1", "b1")));
	expect_found(f, "2a a1 0 p1\n2a b1 1 p1\n");
	say(f, UPDATE("\"u1\":{\"old\":{}}"));
	expect_found(f, "2a b1 0 p1\n");
	say(f, UPDATE("\"u1\":" ROW("p1", "-1", "a1")));
	expect_found(f, "");
}

static void test_echo_is_answered(void **state)
{
	struct fixture *f = *state;

	accept_dial(f);
	buf_clear(&f->heard);
	say(f, "{\"method\":\"echo\",\"params\":[1,\"x\"],\"id\":\"e\"}");
	assert_string_equal(buf_str(&f->heard),
			    "{\"result\":[1,\"x\"],\"error\":null,\"id\":\"e\"}");
}

/* While the database is away its ports stay; what it lacks when it is back is gone. */
static void test_reconnects_and_forgets_what_is_gone(void **state)
{
	struct fixture *f = *state;

	connect_switch(f);
	accept_dial(f);
	say(f, INITIAL("\"u1\":" ROW("p1", "1", "a1")));
	expect_found(f, "2a a1 1 p1\n");
	stream_pair_break(f->pair, "cable cut");
	loop_virtual_settle(f->loop);
	expect_found(f, "");
	assert_int_equal(f->n_dials, 1);
	loop_virtual_run_for(f->loop, OVSDB_RETRY_MIN_NS);
	assert_int_equal(f->n_dials, 2);
	accept_dial(f);
	say(f, INITIAL("\"u7\":" ROW("p2", "2", "a2")));
	expect_found(f, "2a a1 0 p1\n");
}

static void test_backs_off(void **state)
{
	struct fixture *f = *state;
	uint64_t pause_ns = OVSDB_RETRY_MIN_NS;

	for (int i = 0; i < 10; i++) {
		struct ovsdb *o = f->dialling;
		unsigned before = f->n_dials;

		f->dialling = NULL;
		ovsdb_connected(o, NULL, "connection refused");
		loop_virtual_run_for(f->loop, pause_ns - 1);
		assert_int_equal(f->n_dials, before);
		loop_virtual_run_for(f->loop, 1);
		assert_int_equal(f->n_dials, before + 1);
		pause_ns = MIN_OF(pause_ns * 2, OVSDB_RETRY_MAX_NS);
	}
}

static void test_dead_server_is_left(void **state)
{
	struct fixture *f = *state;

	accept_dial(f);
	buf_clear(&f->heard);
	loop_virtual_run_for(f->loop, OVSDB_PROBE_NS + OVSDB_PROBE_NS / 2);
	assert_non_null(strstr(buf_str(&f->heard), "\"echo\""));
	loop_virtual_run_for(f->loop, OVSDB_PROBE_NS);
	assert_true(f->is_closed);
}

/* What is no JSON-RPC ends the connection and tells nothing. */
static void test_nonsense_is_refused(void **state)
{
	static const char *const nonsense[] = {
		"[]",
		"hello",
		"{\"id\":1,\"error\":\"no such database\",\"result\":null}",
		INITIAL("\"u1\":{}") "}",
		"{\"id\":1,\"result\":{\"Interface\":[]}}",
		"{\"a\":1,\"a\":2}",
		"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		"[",
	};
	struct fixture *f = *state;

	connect_switch(f);
	for (size_t i = 0; i < ARRAY_LENGTH(nonsense); i++) {
		accept_dial(f);
		say(f, nonsense[i]);
		if (!f->is_closed)
			fail_msg("accepted: %s", nonsense[i]);
		loop_virtual_run_for(f->loop, OVSDB_RETRY_MAX_NS);
	}
	expect_found(f, "");
}

/* Rows that lack columns or have others of the wrong type are rows without a port. */
static void test_strange_rows_are_no_ports(void **state)
{
	struct fixture *f = *state;

	connect_switch(f);
	accept_dial(f);
	say(f, INITIAL("\"u1\":{\"new\":{\"name\":7,\"ofport\":\"x\",\"external_ids\":{}}},"
		       "\"u2\":{\"new\":{\"external_ids\":[\"map\",[[1,2],[\"iface-id\",3],[]]]}},"
		       "\"u3\":null,\"u4\":{\"new\":{\"ofport\":99999999999}}"));
	assert_false(f->is_closed);
	expect_found(f, "");
}

static void test_split_finds_the_end_in_any_pieces(void **state)
{
	static const char text[] = "  {\"a\":\"}\\\"{\",\"b\":[{},\"\\\\\"]} {\"c\":1}";
	size_t end = strlen("  {\"a\":\"}\\\"{\",\"b\":[{},\"\\\\\"]}");

	(void)state;
	for (size_t cut = 0; cut <= end; cut++) {
		struct json_split s = { 0 };
		bool is_end;
		long n = json_split(&s, (const uint8_t *)text, cut, &is_end);

		assert_int_equal(n, cut);
		assert_int_equal(is_end, cut == end);
		if (is_end)
			continue;
		n = json_split(&s, (const uint8_t *)text + cut, sizeof(text) - 1 - cut, &is_end);
		assert_true(is_end);
		assert_int_equal(cut + n, end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_asks_for_a_monitor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_found_when_database_and_switch_agree, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_updates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_echo_is_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reconnects_and_forgets_what_is_gone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_backs_off, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_server_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strange_rows_are_no_ports, setup, teardown),
		cmocka_unit_test(test_split_finds_the_end_in_any_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
