#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openflow/openflow-common.h>

#include <stdlib.h>

#include "dataplane/ofagent/conn.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

/* The connection itself: hellos, framing, errors, life signs, slow readers. */

#define HEADER(VERSION, TYPE, SIZE)                                                                \
	{                                                                                          \
		VERSION, TYPE, 0, SIZE, 0, 0, 0, 77                                                \
	}

static void test_hello_with_bitmap(void **state)
{
	struct of_peer *p = of_world_connect_silent(*state, 0);
	const struct of_msg *m = of_peer_expect(p, OF_HELLO);

	assert_int_equal(m->version, OF_VERSION_1_5);
	assert_int_equal(m->hello.versions, 0x70);
	of_peer_send(p, (struct of_msg){ .kind = OF_HELLO, .hello.versions = 0x10 });
	of_peer_send_kind(p, OF_FEATURES_REQUEST);
	of_peer_expect(p, OF_FEATURES_REPLY);
}

/* What a hello of that header and those bytes of bitmap (0: none) makes of the connection. */
static void check_agreed(struct of_world *w, uint8_t header, uint32_t bitmap, uint8_t version)
{
	uint8_t hello[16] = { header, OFPT_HELLO, 0, 8, 0, 0, 0, 77, 0, 1, 0, 8 };
	struct of_peer *p = of_world_connect_silent(w, 0);
	uint8_t echo[] = HEADER(0, OFPT_ECHO_REQUEST, 8);

	store_be32(hello + 12, bitmap);
	hello[3] = bitmap ? 16 : 8;
	of_peer_expect(p, OF_HELLO);
	of_peer_send_bytes(p, hello, hello[3]);
	echo[0] = version;
	of_peer_send_bytes(p, echo, sizeof(echo));
	assert_int_equal(of_peer_expect(p, OF_ECHO_REPLY)->version, version);
	for (uint8_t other = 1; other < 9; other++) {
		if (other == version)
			continue;
		echo[0] = other;
		of_peer_send_bytes(p, echo, sizeof(echo));
		of_peer_expect_error(p, 77, OFPET_BAD_REQUEST, OFPBRC_BAD_VERSION);
		assert_int_equal(p->msg.version, version);
	}
	stream_pair_break(p->pair, "next");
	loop_virtual_settle(w->loop);
}

static void test_highest_common_version(void **state)
{
	check_agreed(*state, 4, 0, 4);
	check_agreed(*state, 5, 0, 5);
	check_agreed(*state, 6, 0, 6);
	check_agreed(*state, 7, 0, 6);
	check_agreed(*state, 4, 0x10, 4);
	check_agreed(*state, 6, 0x32, 5);
	check_agreed(*state, 6, 0x52, 6);
	check_agreed(*state, 1, 0x12, 4);
	check_agreed(*state, 9, 0x3f2, 6);
}

static void expect_incompatible(struct of_peer *p)
{
	const struct of_msg *m = of_peer_expect(p, OF_ERROR);

	assert_int_equal(m->error.error.type, OFPET_HELLO_FAILED);
	assert_int_equal(m->error.error.code, OFPHFC_INCOMPATIBLE);
	assert_memory_equal(m->error.data, "this switch speaks", 18);
	assert_true(p->is_closed);
}

static void test_hello_of_version_1_0(void **state)
{
	static const uint8_t hello[] = HEADER(1, OFPT_HELLO, 8);
	struct of_peer *p = of_world_connect_silent(*state, 0);

	of_peer_expect(p, OF_HELLO);
	of_peer_send_bytes(p, hello, sizeof(hello));
	expect_incompatible(p);
}

static void test_hello_whose_bitmap_lacks_1_3(void **state)
{
	struct of_peer *p = of_world_connect_silent(*state, 0);

	of_peer_expect(p, OF_HELLO);
	of_peer_send(p, (struct of_msg){ .kind = OF_HELLO, .hello.versions = 0x8e });
	expect_incompatible(p);
}

static void test_something_else_before_hello(void **state)
{
	struct of_peer *p = of_world_connect_silent(*state, 0);
	uint32_t xid;

	of_peer_expect(p, OF_HELLO);
	xid = of_peer_send_kind(p, OF_FEATURES_REQUEST);
	of_peer_expect_error(p, xid, OFPET_HELLO_FAILED, OFPHFC_EPERM);
	assert_true(p->is_closed);
}

static void test_pieces_of_one_byte(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);

	stream_pair_set_piece(p->pair, 1);
	of_peer_send_kind(p, OF_FEATURES_REQUEST);
	of_peer_send_kind(p, OF_GET_CONFIG_REQUEST);
	assert_int_equal(of_peer_expect(p, OF_FEATURES_REPLY)->features_reply.datapath_id, 0x1234);
	assert_int_equal(of_peer_expect(p, OF_GET_CONFIG_REPLY)->config.miss_send_len, 128);
}

static void test_length_below_8_ends_it(void **state)
{
	static const uint8_t bad[] = HEADER(4, OFPT_ECHO_REQUEST, 7);
	struct of_peer *p = of_world_connect(*state, 0);

	of_peer_send_bytes(p, bad, sizeof(bad));
	of_peer_expect_nothing(p);
	assert_true(p->is_closed);
}

static void test_errors_quote_64_bytes_and_the_connection_lives(void **state)
{
	static const uint8_t bad_type[] = HEADER(4, 99, 8);
	static const uint8_t bad_version[] = HEADER(1, OFPT_FEATURES_REQUEST, 8);
	static const uint8_t bad_length[] = HEADER(4, OFPT_FLOW_MOD, 8);
	static const uint8_t not_for_us[] = HEADER(4, OFPT_BARRIER_REPLY, 8);
	struct of_peer *p = of_world_connect(*state, 0);
	uint8_t big[200] = HEADER(4, 99, 200);
	const struct of_msg *m;

	of_peer_send_bytes(p, bad_type, sizeof(bad_type));
	of_peer_expect_error(p, 77, OFPET_BAD_REQUEST, OFPBRC_BAD_TYPE);
	of_peer_send_bytes(p, bad_version, sizeof(bad_version));
	of_peer_expect_error(p, 77, OFPET_BAD_REQUEST, OFPBRC_BAD_VERSION);
	of_peer_send_bytes(p, bad_length, sizeof(bad_length));
	of_peer_expect_error(p, 77, OFPET_BAD_REQUEST, OFPBRC_BAD_LEN);
	of_peer_send_bytes(p, not_for_us, sizeof(not_for_us));
	of_peer_expect_error(p, 77, OFPET_BAD_REQUEST, OFPBRC_BAD_TYPE);
	of_peer_send_bytes(p, big, sizeof(big));
	m = of_peer_expect(p, OF_ERROR);
	assert_int_equal(m->error.size, 64);
	assert_memory_equal(m->error.data, big, 64);
	of_peer_barrier(p);
}

static void test_unknown_experimenter_and_multipart(void **state)
{
	static const uint8_t experimenter[] = { 4, 4, 0, 16, 0, 0, 0, 77, 1, 2, 3, 4, 0, 0, 0, 1 };
	static const uint8_t weft[] = { 4, 4, 0, 16, 0, 0, 0, 77, 0, 'W', 'F', 'T', 0, 0, 0, 9 };
	static const uint8_t onf[] = { 4, 4, 0, 16, 0, 0, 0, 77, 'O', 'N', 'F', 0, 0, 0, 0, 9 };
	static const uint8_t nothing[] = { 4, 18, 0, 16, 0, 0, 0, 77, 0, 99, 0, 0, 0, 0, 0, 0 };
	struct of_peer *p = of_world_connect(*state, 0);

	of_peer_send_bytes(p, experimenter, sizeof(experimenter));
	of_peer_expect_error(p, 77, OFPET_BAD_REQUEST, OFPBRC_BAD_EXPERIMENTER);
	of_peer_send_bytes(p, weft, sizeof(weft));
	of_peer_expect_error(p, 77, OFPET_BAD_REQUEST, OFPBRC_BAD_EXP_TYPE);
	of_peer_send_bytes(p, onf, sizeof(onf));
	of_peer_expect_error(p, 77, OFPET_BAD_REQUEST, OFPBRC_BAD_EXP_TYPE);
	of_peer_send_bytes(p, nothing, sizeof(nothing));
	of_peer_expect_error(p, 77, OFPET_BAD_REQUEST, OFPBRC_BAD_MULTIPART);
	of_peer_barrier(p);
}

static void test_echo(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	uint32_t xid;
	const struct of_msg *m;

	xid = of_peer_send(p, (struct of_msg){ .kind = OF_ECHO_REQUEST,
					       .echo = { (const uint8_t *)"hello", 5 } });
	m = of_peer_expect(p, OF_ECHO_REPLY);
	assert_int_equal(m->xid, xid);
	assert_int_equal(m->echo.size, 5);
	assert_memory_equal(m->echo.data, "hello", 5);
}

static void test_config(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	uint32_t xid;

	of_peer_send(p, (struct of_msg){ .kind = OF_SET_CONFIG, .config = { 0, 9000 } });
	of_peer_send_kind(p, OF_GET_CONFIG_REQUEST);
	assert_int_equal(of_peer_expect(p, OF_GET_CONFIG_REPLY)->config.miss_send_len, 9000);
	xid = of_peer_send(p, (struct of_msg){ .kind = OF_SET_CONFIG, .config = { 2, 1 } });
	of_peer_expect_error(p, xid, OFPET_SWITCH_CONFIG_FAILED, OFPSCFC_BAD_FLAGS);
	of_peer_send_kind(p, OF_GET_CONFIG_REQUEST);
	assert_int_equal(of_peer_expect(p, OF_GET_CONFIG_REPLY)->config.miss_send_len, 9000);
	of_peer_send(p, (struct of_msg){ .kind = OF_SET_CONFIG, .config = { 1, 9000 } });
	of_peer_send_kind(p, OF_GET_CONFIG_REQUEST);
	assert_int_equal(of_peer_expect(p, OF_GET_CONFIG_REPLY)->config.flags, OFPC_FRAG_DROP);
	of_peer_send(p, (struct of_msg){ .kind = OF_SET_CONFIG, .config = { 0, 9000 } });
	of_peer_send_kind(p, OF_GET_CONFIG_REQUEST);
	assert_int_equal(of_peer_expect(p, OF_GET_CONFIG_REPLY)->config.flags, OFPC_FRAG_NORMAL);
}

static void test_description_and_features(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	const struct of_msg *m;

	of_peer_send_kind(p, OF_DESC_REQUEST);
	assert_string_equal(of_peer_expect(p, OF_DESC_REPLY)->desc.dp, "memory");
	of_peer_send_kind(p, OF_FEATURES_REQUEST);
	m = of_peer_expect(p, OF_FEATURES_REPLY);
	assert_int_equal(m->features_reply.n_tables, 254);
	assert_int_equal(m->features_reply.n_buffers, 0);
}

/* Every table once, in whole entries, over several messages. */
static void test_table_features(void **state)
{
	static const uint8_t ask[] = { 4, 18, 0, 16, 0, 0, 0, 77, 0, 12, 0, 0, 0, 0, 0, 0 };
	static const uint8_t set[] = { 4, 18, 0, 24, 0, 0, 0, 77, 0, 12, 0, 0,
				       0, 0,  0, 0,  0, 0, 0, 0,  0, 0,	 0, 0 };
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	unsigned n = 0, n_messages = 0;
	bool more = true;

	of_peer_send_bytes(p, ask, sizeof(ask));
	loop_virtual_settle(w->loop);
	for (; more; n_messages++) {
		struct cursor c = cursor_of(p->in.data, p->in.size);
		const uint8_t *header = cursor_take(&c, 16);

		assert_non_null(header);
		assert_int_equal(header[1], OFPT_MULTIPART_REPLY);
		assert_int_equal(load_be16(header + 8), OFPMP_TABLE_FEATURES);
		more = load_be16(header + 10);
		c = cursor_of(header + 16, load_be16(header + 2) - 16);
		for (; cursor_left(&c); n++) {
			const uint8_t *entry = cursor_take(&c, load_be16(c.at));

			assert_non_null(entry);
			assert_int_equal(entry[2], n);
		}
		buf_pull(&p->in, load_be16(header + 2));
	}
	assert_int_equal(n, 254);
	assert_true(n_messages > 1);
	of_peer_send_bytes(p, set, sizeof(set));
	of_peer_expect_error(p, 77, OFPET_BAD_PROPERTY, OFPBPC_BAD_LEN);
}

static void test_silent_peer_is_probed_then_closed(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	loop_virtual_run_for(w->loop, 4 * NS_PER_SEC);
	of_peer_expect_nothing(p);
	loop_virtual_run_for(w->loop, 2 * NS_PER_SEC);
	of_peer_expect(p, OF_ECHO_REQUEST);
	assert_false(p->is_closed);
	loop_virtual_run_for(w->loop, 10 * NS_PER_SEC);
	assert_true(p->is_closed);
}

static void test_answering_peer_lives(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	for (unsigned i = 0; i < 10; i++) {
		loop_virtual_run_for(w->loop, 6 * NS_PER_SEC);
		of_peer_expect(p, OF_ECHO_REQUEST);
		of_peer_send_kind(p, OF_ECHO_REPLY);
	}
	of_peer_barrier(p);
}

static void test_no_hello_is_closed(void **state)
{
	static const uint8_t half[] = { 4, 0, 0 };
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_silent(w, 0);

	loop_virtual_run_for(w->loop, 14 * NS_PER_SEC);
	of_peer_send_bytes(p, half, sizeof(half));
	loop_virtual_run_for(w->loop, 2 * NS_PER_SEC);
	assert_true(p->is_closed);
}

/* A peer that asks and does not read: the switch stops handling, holds little, and goes on when it
 * reads; one that never reads is closed. */
static void test_slow_reader(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	uint8_t *block = xcalloc(1, 60000);
	struct conn *c = conn_next(mem_switch_datapath(w->sw), NULL);
	struct conn_info info;
	unsigned n = 0;

	stream_pair_stall(p->pair, 1, true);
	for (unsigned i = 0; i < 100; i++)
		of_peer_send(p,
			     (struct of_msg){ .kind = OF_ECHO_REQUEST, .echo = { block, 60000 } });
	loop_virtual_settle(w->loop);
	conn_info_get(c, &info);
	assert_true(info.n_sent < 1 + 2 + CONN_PAUSE_BYTES / 60000);
	stream_pair_stall(p->pair, 1, false);
	for (; n < 100; n++)
		of_peer_expect(p, OF_ECHO_REPLY);

	stream_pair_stall(p->pair, 1, true);
	for (unsigned i = 0; i < 100; i++)
		of_peer_send(p,
			     (struct of_msg){ .kind = OF_ECHO_REQUEST, .echo = { block, 60000 } });
	loop_virtual_run_for(w->loop, 40 * NS_PER_SEC);
	assert_null(conn_next(mem_switch_datapath(w->sw), NULL));
	free(block);
}

static void test_broken_connection_leaves_the_tables(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	struct buf text = BUF_INIT;

	of_peer_flow_mod(p, 0, "priority=1,in_port=1,actions=output:2");
	of_peer_barrier(p);
	stream_pair_break(p->pair, "cut");
	loop_virtual_settle(w->loop);
	assert_null(conn_next(mem_switch_datapath(w->sw), NULL));
	of_world_receive(w, 1, 1, 2, 7);
	assert_int_equal(w->n_sent, 1);
	p = of_world_connect(w, 0);
	assert_string_equal(of_peer_flows(p, &text),
			    "table=0 priority=1 in_port=1 actions=output:2\n");
	buf_fini(&text);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hello_with_bitmap),
		TEST(test_highest_common_version),
		TEST(test_hello_of_version_1_0),
		TEST(test_hello_whose_bitmap_lacks_1_3),
		TEST(test_something_else_before_hello),
		TEST(test_pieces_of_one_byte),
		TEST(test_length_below_8_ends_it),
		TEST(test_errors_quote_64_bytes_and_the_connection_lives),
		TEST(test_unknown_experimenter_and_multipart),
		TEST(test_echo),
		TEST(test_config),
		TEST(test_description_and_features),
		TEST(test_table_features),
		TEST(test_silent_peer_is_probed_then_closed),
		TEST(test_answering_peer_lives),
		TEST(test_no_hello_is_closed),
		TEST(test_slow_reader),
		TEST(test_broken_connection_leaves_the_tables),
	};

	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
