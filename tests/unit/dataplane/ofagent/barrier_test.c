#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

/* Barriers, with workers that lag a second behind: answered neither before nor much after they
 * run what was asked for. */

static void lag(struct of_world *w)
{
	mem_switch_set_lag(w->sw, NS_PER_SEC);
}

static void test_reply_waits_for_the_workers(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	lag(w);
	of_peer_flow_mod(p, 0, "in_port=1,actions=output:2");
	of_peer_send_kind(p, OF_BARRIER_REQUEST);
	of_peer_expect_nothing(p);
	of_world_receive(w, 1, 1, 2, 9);
	assert_int_equal(w->n_sent, 0);
	loop_virtual_run_for(w->loop, 999 * NS_PER_MS);
	of_peer_expect_nothing(p);
	loop_virtual_run_for(w->loop, NS_PER_MS);
	of_peer_expect(p, OF_BARRIER_REPLY);
	of_world_receive(w, 1, 1, 2, 9);
	assert_int_equal(w->n_sent, 1);
}

static void test_messages_behind_it_wait_and_others_do_not(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0), *other = of_world_connect(w, 1);

	lag(w);
	of_peer_flow_mod(p, 0, "in_port=1,actions=output:2");
	of_peer_send_kind(p, OF_BARRIER_REQUEST);
	of_peer_send_kind(p, OF_ECHO_REQUEST);
	of_peer_send_kind(p, OF_BARRIER_REQUEST);
	of_peer_expect_nothing(p);
	of_peer_send_kind(other, OF_ECHO_REQUEST);
	of_peer_expect(other, OF_ECHO_REPLY);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	of_peer_expect(p, OF_BARRIER_REPLY);
	of_peer_expect(p, OF_ECHO_REPLY);
	of_peer_expect_nothing(p);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	of_peer_expect(p, OF_BARRIER_REPLY);
}

static void test_packet_out_before_it_has_gone(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	struct of_msg m = { .kind = OF_PACKET_OUT };
	struct arena a = ARENA_INIT;
	uint8_t frame[256];

	lag(w);
	m.packet_out.size = of_frame_udp(frame, 1, 2, 3);
	m.packet_out.data = frame;
	m.packet_out.buffer_id = OF_NO_BUFFER;
	m.packet_out.in_port = OF_PORT_CONTROLLER;
	assert_int_equal(of_actions_parse("output:2", &a, &m.packet_out.actions, NULL), 0);
	of_peer_send(p, m);
	of_peer_send_kind(p, OF_BARRIER_REQUEST);
	of_peer_expect_nothing(p);
	assert_int_equal(w->n_sent, 0);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	of_peer_expect(p, OF_BARRIER_REPLY);
	assert_int_equal(w->n_sent, 1);
	arena_clear(&a);
}

static void test_statistics_count_all(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	const struct of_msg *m;

	of_peer_flow_mod(p, 0, "in_port=1,actions=output:2");
	of_peer_barrier(p);
	for (unsigned i = 1; i <= 20; i++) {
		of_world_receive(w, 1, 1, 2, 9);
		of_peer_send(
			p, (struct of_msg){ .kind = OF_AGGREGATE_REQUEST,
					    .flow_stats_request = { .table_id = OF_TABLE_ALL,
								    .out_port = OF_PORT_ANY,
								    .out_group = OF_GROUP_ANY } });
		m = of_peer_expect(p, OF_AGGREGATE_REPLY);
		assert_int_equal(m->aggregate_reply.n_flows, 1);
		assert_int_equal(m->aggregate_reply.n_packets, i);
		assert_int_equal(m->aggregate_reply.n_bytes, 60 * i);
	}
	of_peer_send_kind(p, OF_TABLE_STATS_REQUEST);
	m = of_peer_expect(p, OF_TABLE_STATS_REPLY);
	assert_int_equal(m->table_stats_reply.n, 254);
	assert_int_equal(m->table_stats_reply.stats[0].active_count, 1);
	assert_int_equal(m->table_stats_reply.stats[0].lookup_count, 20);
	assert_int_equal(m->table_stats_reply.stats[0].matched_count, 20);
}

static void test_peer_that_leaves_while_it_waits(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	lag(w);
	of_peer_flow_mod(p, 0, "in_port=1,actions=output:2");
	of_peer_send_kind(p, OF_BARRIER_REQUEST);
	loop_virtual_settle(w->loop);
	stream_pair_break(p->pair, "cut");
	loop_virtual_run_for(w->loop, 2 * NS_PER_SEC);
	of_world_receive(w, 1, 1, 2, 9);
	assert_int_equal(w->n_sent, 1);
}

static void test_without_a_barrier_changes_come_soon(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	of_peer_flow_mod(p, 0, "in_port=1,actions=output:2");
	loop_virtual_settle(w->loop);
	of_world_receive(w, 1, 1, 2, 9);
	assert_int_equal(w->n_sent, 1);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reply_waits_for_the_workers),
		TEST(test_messages_behind_it_wait_and_others_do_not),
		TEST(test_packet_out_before_it_has_gone),
		TEST(test_statistics_count_all),
		TEST(test_peer_that_leaves_while_it_waits),
		TEST(test_without_a_barrier_changes_come_soon),
	};

	return cmocka_run_group_tests_name("barrier", tests, NULL, NULL);
}
