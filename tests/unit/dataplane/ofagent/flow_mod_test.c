#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

#include <openflow/openflow-common.h>

/* Flow-mods, their errors, timeouts and what is told of removed flows. */

static void expect_flows(struct of_peer *p, const char *want)
{
	struct buf text = BUF_INIT;

	assert_string_equal(of_peer_flows(p, &text), want);
	buf_fini(&text);
}

static void test_five_commands(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);

	of_peer_flow_mod(p, OFPFC_ADD, "priority=5,ip,nw_dst=10.0.0.1,actions=output:1");
	of_peer_flow_mod(p, OFPFC_ADD, "priority=5,ip,nw_dst=10.0.0.2,actions=output:1");
	of_peer_flow_mod(p, OFPFC_ADD, "table=3,priority=7,actions=drop");
	of_peer_flow_mod(p, OFPFC_MODIFY, "ip,actions=output:2");
	of_peer_flow_mod(p, OFPFC_MODIFY_STRICT, "priority=5,ip,nw_dst=10.0.0.1,actions=output:3");
	expect_flows(p, "table=0 priority=5 ip,nw_dst=10.0.0.1 actions=output:3\n"
			"table=0 priority=5 ip,nw_dst=10.0.0.2 actions=output:2\n"
			"table=3 priority=7  actions=drop\n");
	of_peer_flow_mod(p, OFPFC_DELETE_STRICT, "priority=4,ip,nw_dst=10.0.0.2");
	of_peer_flow_mod(p, OFPFC_DELETE_STRICT, "priority=5,ip,nw_dst=10.0.0.1");
	expect_flows(p, "table=0 priority=5 ip,nw_dst=10.0.0.2 actions=output:2\n"
			"table=3 priority=7  actions=drop\n");
	of_peer_flow_mod(p, OFPFC_DELETE, "table=255");
	expect_flows(p, "");
}

static void test_errors(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	struct of_msg m = { .kind = OF_FLOW_MOD,
			    .flow_mod = { .table_id = 0,
					  .command = OFPFC_ADD,
					  .buffer_id = 17,
					  .out_port = OF_PORT_ANY,
					  .out_group = OF_GROUP_ANY } };
	uint32_t xid;

	xid = of_peer_send(p, m);
	of_peer_expect_error(p, xid, OFPET_BAD_REQUEST, OFPBRC_BUFFER_UNKNOWN);
	m.flow_mod.buffer_id = OF_NO_BUFFER;
	m.flow_mod.command = 9;
	xid = of_peer_send(p, m);
	of_peer_expect_error(p, xid, OFPET_FLOW_MOD_FAILED, OFPFMFC_BAD_COMMAND);
	m.flow_mod.command = OFPFC_ADD;
	m.flow_mod.table_id = 254;
	xid = of_peer_send(p, m);
	of_peer_expect_error(p, xid, OFPET_FLOW_MOD_FAILED, OFPFMFC_BAD_TABLE_ID);
	m.flow_mod.table_id = 1;
	m.flow_mod.instructions.has_goto = true;
	m.flow_mod.instructions.goto_table = 1;
	xid = of_peer_send(p, m);
	of_peer_expect_error(p, xid, OFPET_BAD_INSTRUCTION, OFPBIC_BAD_TABLE_ID);
	m.flow_mod.instructions.has_goto = false;
	m.flow_mod.flags = 0x4000;
	xid = of_peer_send(p, m);
	of_peer_expect_error(p, xid, OFPET_FLOW_MOD_FAILED, OFPFMFC_BAD_FLAGS);
	expect_flows(p, "");
}

static void test_overlap(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	uint32_t xid;

	of_peer_flow_mod(p, OFPFC_ADD, "priority=5,ip,nw_dst=10.0.0.0/8,actions=output:1");
	xid = of_peer_flow_mod(p, OFPFC_ADD,
			       "check_overlap,priority=5,ip,nw_src=10.0.0.1,actions=output:1");
	of_peer_expect_error(p, xid, OFPET_FLOW_MOD_FAILED, OFPFMFC_OVERLAP);
	of_peer_flow_mod(p, OFPFC_ADD,
			 "check_overlap,priority=6,ip,nw_src=10.0.0.1,actions=output:1");
	of_peer_barrier(p);
}

static void test_deleted_flow_is_told_to_those_who_want_it(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0), *other = of_world_connect(w, 1);
	const struct of_msg *m;

	of_peer_flow_mod(p, OFPFC_ADD,
			 "send_flow_rem,cookie=0xabc,priority=5,in_port=1,actions=output:2");
	of_peer_barrier(p);
	of_world_receive(w, 1, 1, 2, 9);
	of_peer_flow_mod(p, OFPFC_DELETE, "in_port=1");
	m = of_peer_expect(p, OF_FLOW_REMOVED);
	assert_int_equal(m->flow_removed.reason, OFPRR_DELETE);
	assert_int_equal(m->flow_removed.cookie, 0xabc);
	assert_int_equal(m->flow_removed.priority, 5);
	assert_int_equal(m->flow_removed.n_packets, 1);
	assert_int_equal(m->flow_removed.n_bytes, 60);
	of_peer_expect(other, OF_FLOW_REMOVED);
}

static void test_hard_timeout(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	const struct of_msg *m;

	of_peer_flow_mod(p, OFPFC_ADD, "send_flow_rem,hard_timeout=3,in_port=1,actions=output:2");
	of_peer_barrier(p);
	loop_virtual_run_for(w->loop, 2900 * NS_PER_MS);
	of_world_receive(w, 1, 1, 2, 9);
	assert_int_equal(w->n_sent, 1);
	of_peer_expect_nothing(p);
	loop_virtual_run_for(w->loop, 200 * NS_PER_MS);
	m = of_peer_expect(p, OF_FLOW_REMOVED);
	assert_int_equal(m->flow_removed.reason, OFPRR_HARD_TIMEOUT);
	assert_int_equal(m->flow_removed.duration_sec, 3);
	of_world_receive(w, 1, 1, 2, 9);
	assert_int_equal(w->n_sent, 1);
}

static void test_idle_timeout_is_put_off_by_packets(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	of_peer_flow_mod(p, OFPFC_ADD, "send_flow_rem,idle_timeout=2,in_port=1,actions=output:2");
	of_peer_barrier(p);
	for (unsigned i = 0; i < 5; i++) {
		loop_virtual_run_for(w->loop, 1500 * NS_PER_MS);
		of_world_receive(w, 1, 1, 2, 9);
		if (i == 2) /* stay alive ourselves */
			of_peer_barrier(p);
	}
	assert_int_equal(w->n_sent, 5);
	while (of_peer_next(p))
		;
	loop_virtual_run_for(w->loop, 2100 * NS_PER_MS);
	assert_int_equal(of_peer_expect(p, OF_FLOW_REMOVED)->flow_removed.reason,
			 OFPRR_IDLE_TIMEOUT);
}

/* A thousand flow-mods in one go are compiled once, before the barrier's reply. */
static void test_burst(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	char text[100];

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "priority=%u,udp,udp_dst=%u,actions=output:%u", i + 1,
			 i + 1, 2 + i % 2);
		of_peer_flow_mod(p, OFPFC_ADD, text);
	}
	of_peer_barrier(p);
	of_world_receive(w, 1, 1, 2, 500);
	assert_int_equal(w->n_sent, 1);
	assert_int_equal(w->sent[0].port, 3);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_five_commands), TEST(test_errors),
		TEST(test_overlap),	  TEST(test_deleted_flow_is_told_to_those_who_want_it),
		TEST(test_hard_timeout),  TEST(test_idle_timeout_is_put_off_by_packets),
		TEST(test_burst),
	};

	return cmocka_run_group_tests_name("flow_mod", tests, NULL, NULL);
}
