#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "dataplane/ofagent/conn.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

/* Long replies: whole, in parts, at the reader's pace. */

#define N_FLOWS 60000

static void fill_tables(struct of_world *w)
{
	struct tables *t = datapath_tables(mem_switch_datapath(w->sw));
	struct arena a = ARENA_INIT;
	struct of_error err;

	for (unsigned i = 0; i < N_FLOWS; i++) {
		struct of_flow_mod fm = { .table_id = i % 3,
					  .priority = i / 16,
					  .cookie = i,
					  .buffer_id = OF_NO_BUFFER,
					  .out_port = OF_PORT_ANY,
					  .out_group = OF_GROUP_ANY };

		of_match_set_u64(&a, &fm.match, OF_FIELD_METADATA, i);
		assert_int_equal(tables_flow_mod(t, &fm, loop_now_ns(w->loop), &err), 0);
		arena_clear(&a);
	}
	datapath_changed(mem_switch_datapath(w->sw));
}

static uint32_t ask(struct of_peer *p, enum of_kind kind, uint8_t table_id)
{
	return of_peer_send(p,
			    (struct of_msg){ .kind = kind,
					     .flow_stats_request = { .table_id = table_id,
								     .out_port = OF_PORT_ANY,
								     .out_group = OF_GROUP_ANY } });
}

/* Which flows a whole reply tells of, by cookie; returns the number of messages. */
static unsigned read_dump(struct of_peer *p, uint32_t xid, uint8_t *times)
{
	unsigned n_messages = 0;
	const struct of_msg *m;

	do {
		m = of_peer_expect(p, OF_FLOW_STATS_REPLY);
		assert_int_equal(m->xid, xid);
		for (unsigned i = 0; i < m->flow_stats_reply.n; i++)
			times[m->flow_stats_reply.stats[i].cookie]++;
		n_messages++;
	} while (m->flow_stats_reply.more);
	return n_messages;
}

static void test_every_flow_once(void **state)
{
	static uint8_t times[N_FLOWS];
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	fill_tables(w);
	memset(times, 0, sizeof(times));
	assert_true(read_dump(p, ask(p, OF_FLOW_STATS_REQUEST, OF_TABLE_ALL), times) > 50);
	for (unsigned i = 0; i < N_FLOWS; i++)
		assert_int_equal(times[i], 1);
	memset(times, 0, sizeof(times));
	read_dump(p, ask(p, OF_FLOW_STATS_REQUEST, 1), times);
	for (unsigned i = 0; i < N_FLOWS; i++)
		assert_int_equal(times[i], i % 3 == 1);
}

static void test_aggregate_in_steps(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	fill_tables(w);
	ask(p, OF_AGGREGATE_REQUEST, OF_TABLE_ALL);
	assert_int_equal(of_peer_expect(p, OF_AGGREGATE_REPLY)->aggregate_reply.n_flows, N_FLOWS);
}

/* Nobody reads: little is made.  Meanwhile another connection works, and flows go; those that stay
 * are told once, when the reader is back.  What the reader asked next comes after. */
static void test_slow_reader_and_changes(void **state)
{
	static uint8_t times[N_FLOWS];
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0), *other = of_world_connect(w, 1);
	uint32_t xid;

	fill_tables(w);
	memset(times, 0, sizeof(times));
	stream_pair_stall(p->pair, 1, true);
	xid = ask(p, OF_FLOW_STATS_REQUEST, OF_TABLE_ALL);
	of_peer_send_kind(p, OF_ECHO_REQUEST);
	loop_virtual_settle(w->loop);
	of_peer_flow_mod(other, 3, "table=2");
	of_peer_flow_mod(other, 0, "table=0,priority=65000,cookie=5,actions=drop");
	of_peer_barrier(other);
	stream_pair_stall(p->pair, 1, false);
	read_dump(p, xid, times);
	of_peer_expect(p, OF_ECHO_REPLY);
	for (unsigned i = 0; i < N_FLOWS; i++) {
		if (i % 3 != 2)
			assert_int_equal(times[i], 1);
		else
			assert_int_equal(times[i], 0);
	}
}

static void test_reader_leaves_in_the_middle(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	fill_tables(w);
	stream_pair_stall(p->pair, 1, true);
	ask(p, OF_FLOW_STATS_REQUEST, OF_TABLE_ALL);
	loop_virtual_settle(w->loop);
	assert_true(p->pair != NULL);
	stream_pair_break(p->pair, "gone");
	loop_virtual_settle(w->loop);
	assert_null(conn_next(mem_switch_datapath(w->sw), NULL));
}

static void test_filters(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	struct of_msg m = { .kind = OF_AGGREGATE_REQUEST,
			    .flow_stats_request = { .table_id = OF_TABLE_ALL,
						    .out_port = 2,
						    .out_group = OF_GROUP_ANY } };

	of_peer_flow_mod(p, 0, "cookie=1,priority=1,ip,actions=output:1");
	of_peer_flow_mod(p, 0, "cookie=2,priority=2,ip,nw_dst=10.0.0.1,actions=output:2");
	of_peer_flow_mod(p, 0, "cookie=3,priority=3,arp,actions=output:2");
	of_peer_send(p, m);
	assert_int_equal(of_peer_expect(p, OF_AGGREGATE_REPLY)->aggregate_reply.n_flows, 2);
	m.flow_stats_request.cookie = 3;
	m.flow_stats_request.cookie_mask = UINT64_MAX;
	of_peer_send(p, m);
	assert_int_equal(of_peer_expect(p, OF_AGGREGATE_REPLY)->aggregate_reply.n_flows, 1);
	of_peer_expect_error(p, ask(p, OF_FLOW_STATS_REQUEST, 254), OFPET_BAD_REQUEST,
			     OFPBRC_BAD_TABLE_ID);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_flow_once),
		TEST(test_aggregate_in_steps),
		TEST(test_slow_reader_and_changes),
		TEST(test_reader_leaves_in_the_middle),
		TEST(test_filters),
	};

	return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
