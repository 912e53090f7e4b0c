#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ofagent/bundle.h"
#include "dataplane/table/budget.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

#include <openflow/openflow-1.4.h>

/* Bundles in the 1.3 experimenter form, and as messages of their own: all or nothing, and each way
 * to use them wrongly. */

#define BOTH (OFPBF_ATOMIC | OFPBF_ORDERED)

static uint32_t ctrl(struct of_peer *p, uint32_t id, uint16_t type, uint16_t flags)
{
	return of_peer_send(
		p, (struct of_msg){ .kind = OF_BUNDLE_CTRL, .bundle_ctrl = { id, type, flags } });
}

static void expect_ctrl(struct of_peer *p, uint32_t xid, uint32_t id, uint16_t type)
{
	const struct of_msg *m = of_peer_expect(p, OF_BUNDLE_CTRL);

	assert_int_equal(m->xid, xid);
	assert_int_equal(m->bundle_ctrl.bundle_id, id);
	assert_int_equal(m->bundle_ctrl.type, type);
}

static void open_bundle(struct of_peer *p, uint32_t id)
{
	expect_ctrl(p, ctrl(p, id, OFPBCT_OPEN_REQUEST, BOTH), id, OFPBCT_OPEN_REPLY);
}

static void commit(struct of_peer *p, uint32_t id)
{
	expect_ctrl(p, ctrl(p, id, OFPBCT_COMMIT_REQUEST, BOTH), id, OFPBCT_COMMIT_REPLY);
}

/* INNER with an xid that is XID_OFF from the outer one. */
static uint32_t add_msg(struct of_peer *p, uint32_t id, uint16_t flags, struct of_msg inner,
			uint32_t xid_off)
{
	struct buf b = BUF_INIT;
	uint32_t xid;

	inner.version = p->version;
	inner.xid = p->xid + 1 + xid_off;
	of_msg_encode(&inner, &b);
	xid = of_peer_send(p, (struct of_msg){ .kind = OF_BUNDLE_ADD,
					       .bundle_add = { id, flags, b.data, b.size } });
	buf_fini(&b);
	return xid;
}

static uint32_t add_flow(struct of_peer *p, uint32_t id, uint8_t command, const char *text)
{
	struct of_msg inner = { .kind = OF_FLOW_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	uint32_t xid;

	if (of_flow_mod_parse(text, command, &a, &inner.flow_mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	xid = add_msg(p, id, BOTH, inner, 0);
	arena_clear(&a);
	return xid;
}

static void expect_flows(struct of_peer *p, const char *want)
{
	struct buf text = BUF_INIT;

	assert_string_equal(of_peer_flows(p, &text), want);
	buf_fini(&text);
}

static void test_commit_is_seen_at_once_and_as_a_whole(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	open_bundle(p, 7);
	add_flow(p, 7, 0, "priority=5,in_port=1,actions=output:2");
	add_flow(p, 7, 0, "priority=6,in_port=1,actions=output:3");
	add_flow(p, 7, 3, "in_port=1,out_port=3");
	of_peer_expect_nothing(p);
	of_world_receive(w, 1, 1, 2, 3);
	assert_int_equal(w->n_sent, 0);
	expect_ctrl(p, ctrl(p, 7, OFPBCT_CLOSE_REQUEST, BOTH), 7, OFPBCT_CLOSE_REPLY);
	commit(p, 7);
	of_world_receive(w, 1, 1, 2, 3);
	assert_int_equal(w->n_sent, 1);
	assert_int_equal(w->sent[0].port, 2);
	expect_flows(p, "table=0 priority=5 in_port=1 actions=output:2\n");
}

static void test_commit_reply_waits_for_the_workers(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	uint32_t xid;

	mem_switch_set_lag(w->sw, NS_PER_SEC);
	open_bundle(p, 7);
	add_flow(p, 7, 0, "in_port=1,actions=output:2");
	xid = ctrl(p, 7, OFPBCT_COMMIT_REQUEST, BOTH);
	of_peer_expect_nothing(p);
	loop_virtual_run_for(w->loop, 999 * NS_PER_MS);
	of_peer_expect_nothing(p);
	loop_virtual_run_for(w->loop, NS_PER_MS);
	expect_ctrl(p, xid, 7, OFPBCT_COMMIT_REPLY);
	of_world_receive(w, 1, 1, 2, 3);
	assert_int_equal(w->n_sent, 1);
}

static void test_discard(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);

	open_bundle(p, 7);
	add_flow(p, 7, 0, "in_port=1,actions=output:2");
	expect_ctrl(p, ctrl(p, 7, OFPBCT_DISCARD_REQUEST, BOTH), 7, OFPBCT_DISCARD_REPLY);
	of_peer_expect_onf_error(p, ctrl(p, 7, OFPBCT_COMMIT_REQUEST, BOTH), OFPBFC_BAD_ID);
	expect_flows(p, "");
}

/* The message that cannot be applied is told with its own xid, then the commit fails; what came
 * before it is undone. */
static void test_failing_message_rolls_back(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	uint32_t bad, xid;

	of_peer_flow_mod(p, 0, "send_flow_rem,priority=1,in_port=1,actions=output:2");
	open_bundle(p, 7);
	add_flow(p, 7, 3, "table=255");
	add_flow(p, 7, 0, "priority=9,ip,actions=output:3");
	bad = add_flow(p, 7, 0, "check_overlap,priority=9,ip,nw_src=10.0.0.1,actions=output:3");
	add_flow(p, 7, 0, "priority=10,ip,actions=output:3");
	xid = ctrl(p, 7, OFPBCT_COMMIT_REQUEST, BOTH);
	of_peer_expect_error(p, bad, OFPET_FLOW_MOD_FAILED, OFPFMFC_OVERLAP);
	of_peer_expect_onf_error(p, xid, OFPBFC_MSG_FAILED);
	of_peer_expect_nothing(p);
	expect_flows(p, "table=0 priority=1 in_port=1 actions=output:2\n");
	of_world_receive(w, 1, 1, 2, 3);
	assert_int_equal(w->sent[0].port, 2);
	of_peer_expect_onf_error(p, ctrl(p, 7, OFPBCT_COMMIT_REQUEST, BOTH), OFPBFC_BAD_ID);
}

/* A budget is kept at the commit: what was too dear on the way may have become cheap.  The message
 * since which it was too dear is told. */
static void test_budget_counts_at_the_end(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	struct tables *t = datapath_tables(mem_switch_datapath(w->sw));
	uint32_t bad, xid;

	of_peer_flow_mod(p, 0, "in_port=1,actions=goto_table:1");
	of_peer_flow_mod(p, 0, "table=1,in_port=1,actions=drop");
	of_peer_flow_mod(p, 0, "table=2,in_port=1,actions=drop");
	of_peer_barrier(p);
	tables_set_budget(t, tables_worst_way(t)->cycles, true);
	open_bundle(p, 7);
	add_flow(p, 7, 0, "table=0,in_port=1,actions=drop");
	bad = add_flow(p, 7, 0, "table=0,in_port=1,actions=resubmit(,1),resubmit(,2)");
	add_flow(p, 7, 0, "table=5,in_port=1,actions=drop");
	xid = ctrl(p, 7, OFPBCT_COMMIT_REQUEST, BOTH);
	of_peer_expect_error(p, bad, OFPET_FLOW_MOD_FAILED, OFPFMFC_TABLE_FULL);
	of_peer_expect_onf_error(p, xid, OFPBFC_MSG_FAILED);
	expect_flows(p, "table=0 priority=32768 in_port=1 actions=goto_table:1\n"
			"table=1 priority=32768 in_port=1 actions=drop\n"
			"table=2 priority=32768 in_port=1 actions=drop\n");
	assert_int_equal(tables_budget(t)->n_refused, 1);
	open_bundle(p, 8);
	add_flow(p, 8, 0, "table=0,in_port=1,actions=resubmit(,1),resubmit(,2)");
	add_flow(p, 8, 3, "table=1");
	commit(p, 8);
	expect_flows(p, "table=0 priority=32768 in_port=1 actions=resubmit(,1),resubmit(,2)\n"
			"table=2 priority=32768 in_port=1 actions=drop\n");
}

static struct of_msg port_down(struct of_world *w, uint32_t number)
{
	const struct of_port *port = datapath_port(mem_switch_datapath(w->sw), 2);
	struct of_msg m = { .kind = OF_PORT_MOD,
			    .port_mod = { .port_no = number,
					  .config = OFPPC_PORT_DOWN,
					  .mask = OFPPC_PORT_DOWN } };

	memcpy(m.port_mod.hw_addr, port->hw_addr, 6);
	return m;
}

static void test_port_mods_belong_to_it(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	uint32_t bad, xid;

	open_bundle(p, 1);
	add_msg(p, 1, BOTH, port_down(w, 2), 0);
	bad = add_msg(p, 1, BOTH, port_down(w, 77), 0);
	xid = ctrl(p, 1, OFPBCT_COMMIT_REQUEST, BOTH);
	of_peer_expect_error(p, bad, OFPET_PORT_MOD_FAILED, OFPPMFC_BAD_PORT);
	of_peer_expect_onf_error(p, xid, OFPBFC_MSG_FAILED);
	assert_int_equal(datapath_port(mem_switch_datapath(w->sw), 2)->config, 0);

	open_bundle(p, 2);
	add_msg(p, 2, BOTH, port_down(w, 2), 0);
	xid = ctrl(p, 2, OFPBCT_COMMIT_REQUEST, BOTH);
	of_peer_expect(p, OF_PORT_STATUS);
	expect_ctrl(p, xid, 2, OFPBCT_COMMIT_REPLY);
	assert_int_equal(datapath_port(mem_switch_datapath(w->sw), 2)->config, OFPPC_PORT_DOWN);
}

static void test_wrong_ids(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);

	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_CLOSE_REQUEST, BOTH), OFPBFC_BAD_ID);
	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_COMMIT_REQUEST, BOTH), OFPBFC_BAD_ID);
	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_DISCARD_REQUEST, BOTH), OFPBFC_BAD_ID);
	open_bundle(p, 1);
	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_OPEN_REQUEST, BOTH), OFPBFC_BUNDLE_EXIST);
	/* The one that was open is gone with it. */
	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_COMMIT_REQUEST, BOTH), OFPBFC_BAD_ID);
	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_OPEN_REPLY, BOTH), OFPBFC_BAD_TYPE);
	of_peer_expect_onf_error(p, ctrl(p, 1, 99, BOTH), OFPBFC_BAD_TYPE);
}

static void test_closed_twice_or_added_to(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);

	open_bundle(p, 1);
	expect_ctrl(p, ctrl(p, 1, OFPBCT_CLOSE_REQUEST, BOTH), 1, OFPBCT_CLOSE_REPLY);
	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_CLOSE_REQUEST, BOTH), OFPBFC_BUNDLE_CLOSED);
	open_bundle(p, 1);
	expect_ctrl(p, ctrl(p, 1, OFPBCT_CLOSE_REQUEST, BOTH), 1, OFPBCT_CLOSE_REPLY);
	of_peer_expect_onf_error(p, add_flow(p, 1, 0, "actions=drop"), OFPBFC_BUNDLE_CLOSED);
	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_COMMIT_REQUEST, BOTH), OFPBFC_BAD_ID);
}

/* Nor when the refused message was the first, and would have opened it. */
static void test_refused_message_opens_and_spoils(void **state)
{
	struct of_msg flow = { .kind = OF_FLOW_MOD, .flow_mod.buffer_id = OF_NO_BUFFER };

	for (uint8_t v = OF_VERSION_1_3; v <= OF_VERSION_1_5; v++) {
		struct of_peer *p = of_world_connect_version(*state, 0, v);

		of_peer_expect_onf_error(p, add_msg(p, 1, BOTH, flow, 1), OFPBFC_MSG_BAD_XID);
		add_flow(p, 1, 0, "actions=drop");
		of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_COMMIT_REQUEST, BOTH),
					 OFPBFC_MSG_FAILED);
		of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_COMMIT_REQUEST, BOTH), OFPBFC_BAD_ID);
		expect_flows(p, "");
	}
}

static void test_wrong_flags(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	struct of_msg inner = { .kind = OF_FLOW_MOD, .flow_mod.buffer_id = OF_NO_BUFFER };

	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_OPEN_REQUEST, 0x10), OFPBFC_BAD_FLAGS);
	open_bundle(p, 1);
	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_CLOSE_REQUEST, 0), OFPBFC_BAD_FLAGS);
	open_bundle(p, 1);
	of_peer_expect_onf_error(p, add_msg(p, 1, 0, inner, 0), OFPBFC_BAD_FLAGS);
	open_bundle(p, 1);
	of_peer_expect_onf_error(p, ctrl(p, 1, OFPBCT_COMMIT_REQUEST, OFPBF_ATOMIC),
				 OFPBFC_BAD_FLAGS);
	expect_flows(p, "");
}

/* A refused message spoils its bundle, so that one who sends ahead does not commit half. */
static void test_messages_that_cannot_be_in_it(void **state)
{
	struct of_msg flow = { .kind = OF_FLOW_MOD, .flow_mod.buffer_id = OF_NO_BUFFER };
	struct of_peer *p = of_world_connect(*state, 0);
	uint32_t xid, commit_xid;

	open_bundle(p, 1);
	add_flow(p, 1, 0, "actions=drop");
	xid = add_msg(p, 1, BOTH, flow, 1);
	commit_xid = ctrl(p, 1, OFPBCT_COMMIT_REQUEST, BOTH);
	of_peer_expect_onf_error(p, xid, OFPBFC_MSG_BAD_XID);
	of_peer_expect_onf_error(p, commit_xid, OFPBFC_MSG_FAILED);
	expect_flows(p, "");

	open_bundle(p, 2);
	xid = add_msg(p, 2, BOTH, (struct of_msg){ .kind = OF_ECHO_REQUEST }, 0);
	of_peer_expect_onf_error(p, xid, OFPBFC_MSG_UNSUP);
	flow.flow_mod.buffer_id = 3;
	xid = add_msg(p, 2, BOTH, flow, 0);
	of_peer_expect_error(p, xid, OFPET_BAD_REQUEST, OFPBRC_BUFFER_UNKNOWN);
}

static void test_inner_length_is_wrong(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	uint8_t inner[] = { 4, 14, 0, 200, 0, 0, 0, 0 };
	uint32_t xid;

	open_bundle(p, 1);
	store_be32(inner + 4, p->xid + 1);
	xid = of_peer_send(p, (struct of_msg){ .kind = OF_BUNDLE_ADD,
					       .bundle_add = { 1, BOTH, inner, sizeof(inner) } });
	of_peer_expect_onf_error(p, xid, OFPBFC_MSG_BAD_LEN);
}

static void test_adding_opens(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);

	add_flow(p, 5, 0, "priority=1,actions=drop");
	commit(p, 5);
	expect_flows(p, "table=0 priority=1  actions=drop\n");
}

static void test_too_many(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);

	for (uint32_t i = 0; i < BUNDLES_MAX; i++)
		open_bundle(p, i);
	of_peer_expect_onf_error(p, ctrl(p, 1000, OFPBCT_OPEN_REQUEST, BOTH),
				 OFPBFC_OUT_OF_BUNDLES);
	of_peer_expect_onf_error(p, add_flow(p, 1000, 0, "actions=drop"), OFPBFC_OUT_OF_BUNDLES);
	expect_ctrl(p, ctrl(p, 0, OFPBCT_DISCARD_REQUEST, BOTH), 0, OFPBCT_DISCARD_REPLY);
	open_bundle(p, 1000);
}

/* What bundles keep is bounded for each connection and for all together; the bound is felt at the
 * message that goes beyond it. */
static void test_memory_is_bounded(void **state)
{
	static const uint8_t message[60000];
	size_t total = 0, n = 0;
	struct bundles a, b;
	struct bundle *of_a, *of_b;
	struct of_world *w = *state;

	bundles_init(&a, NULL, w->loop, &total, NULL);
	bundles_init(&b, NULL, w->loop, &total, NULL);
	of_a = bundle_open(&a, 1, 0);
	of_b = bundle_open(&b, 1, 0);
	while (bundle_add(of_a, message, sizeof(message)) == 0)
		n++;
	assert_int_equal(n, BUNDLES_MAX_BYTES / sizeof(message));
	total += BUNDLES_TOTAL_BYTES - BUNDLES_MAX_BYTES - sizeof(message);
	assert_int_equal(bundle_add(of_b, message, sizeof(message)), 0);
	assert_int_equal(bundle_add(of_b, message, sizeof(message)), -1);
	total -= BUNDLES_TOTAL_BYTES - BUNDLES_MAX_BYTES - sizeof(message);
	bundles_fini(&a);
	bundles_fini(&b);
	assert_int_equal(total, 0);
}

/* Bundles are each connection's own. */
static void test_two_connections(void **state)
{
	struct of_peer *a = of_world_connect(*state, 0), *b = of_world_connect(*state, 1);

	open_bundle(a, 1);
	open_bundle(b, 1);
	add_flow(a, 1, 0, "priority=1,actions=drop");
	commit(b, 1);
	expect_flows(a, "");
	commit(a, 1);
	expect_flows(b, "table=0 priority=1  actions=drop\n");
}

/* --- since 1.4 they are messages of their own, with more in them --- */

static uint32_t add_group(struct of_peer *p, uint32_t id, const char *text)
{
	struct of_msg inner = { .kind = OF_GROUP_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	uint32_t xid;

	if (of_group_mod_parse(text, OF_GROUP_ADD, &a, &inner.group_mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	xid = add_msg(p, id, BOTH, inner, 0);
	arena_clear(&a);
	return xid;
}

static uint32_t add_meter(struct of_peer *p, uint32_t id, const char *text)
{
	struct of_msg inner = { .kind = OF_METER_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	uint32_t xid;

	if (of_meter_mod_parse(text, OF_METER_ADD, &a, &inner.meter_mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	xid = add_msg(p, id, BOTH, inner, 0);
	arena_clear(&a);
	return xid;
}

static uint32_t add_packet_out(struct of_peer *p, uint32_t id, const char *actions)
{
	struct of_msg inner = { .kind = OF_PACKET_OUT };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	uint8_t frame[256];
	uint32_t xid;

	inner.packet_out.size = of_frame_udp(frame, 1, 2, 3);
	inner.packet_out.data = frame;
	inner.packet_out.buffer_id = OF_NO_BUFFER;
	inner.packet_out.in_port = OF_PORT_CONTROLLER;
	if (of_actions_parse(actions, &a, &inner.packet_out.actions, &st) < 0)
		fail_msg("%s: %s", actions, st.message);
	xid = add_msg(p, id, BOTH, inner, 0);
	arena_clear(&a);
	return xid;
}

/* A group, a meter, a flow that uses both, and a packet that meets them, in one. */
static void test_all_kinds_together(void **state)
{
	for (uint8_t version = OF_VERSION_1_3; version <= OF_VERSION_1_5; version++) {
		struct of_world *w = *state;
		struct of_peer *p = of_world_connect_version(w, version - OF_VERSION_1_3, version);
		unsigned n_sent = w->n_sent;
		char text[80];

		open_bundle(p, 9);
		snprintf(text, sizeof(text), "group_id=%u,type=all,bucket=output:2,bucket=output:3",
			 version);
		add_group(p, 9, text);
		snprintf(text, sizeof(text), "meter=%u,kbps,bands=type=drop,rate=1000", version);
		add_meter(p, 9, text);
		snprintf(text, sizeof(text), "priority=%u,actions=meter:%u,group:%u", version,
			 version, version);
		add_flow(p, 9, 0, text);
		add_packet_out(p, 9, "output:TABLE");
		loop_virtual_settle(w->loop);
		assert_int_equal(w->n_sent, n_sent);
		commit(p, 9);
		assert_int_equal(w->n_sent, n_sent + 2);
	}
}

/* What fails at the end leaves nothing of what came before it, packets included. */
static void test_all_kinds_roll_back(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_5);
	uint32_t bad, xid;

	open_bundle(p, 9);
	add_group(p, 9, "group_id=1,type=all,bucket=output:2");
	add_flow(p, 9, 0, "priority=1,actions=group:1");
	add_packet_out(p, 9, "output:2");
	bad = add_packet_out(p, 9, "group:77");
	xid = ctrl(p, 9, OFPBCT_COMMIT_REQUEST, BOTH);
	of_peer_expect_error(p, bad, OFPET_BAD_ACTION, OFPBAC_BAD_OUT_GROUP);
	of_peer_expect_error(p, xid, OFPET_BUNDLE_FAILED, OFPBFC_MSG_FAILED);
	of_peer_barrier(p);
	assert_int_equal(w->n_sent, 0);
	expect_flows(p, "");
	of_peer_send_kind(p, OF_GROUP_DESC_REQUEST);
	assert_int_equal(of_peer_expect(p, OF_GROUP_DESC_REPLY)->group_desc_reply.n, 0);
}

static void test_version_of_the_inner_message(void **state)
{
	struct of_peer *p = of_world_connect_version(*state, 0, OF_VERSION_1_4);
	static const uint8_t inner[8] = { OF_VERSION_1_3, OFPT_PACKET_OUT, 0, 8 };
	uint32_t xid;

	open_bundle(p, 1);
	xid = of_peer_send(p, (struct of_msg){ .kind = OF_BUNDLE_ADD,
					       .bundle_add = { 1, BOTH, inner, sizeof(inner) } });
	of_peer_expect_error(p, xid, OFPET_BAD_REQUEST, OFPBRC_BAD_VERSION);
}

/* One that is left alone is given up, and its owner told with the request that opened it. */
static void test_timeout(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_4);
	uint32_t xid = ctrl(p, 5, OFPBCT_OPEN_REQUEST, BOTH);
	const struct of_msg *m;

	expect_ctrl(p, xid, 5, OFPBCT_OPEN_REPLY);
	for (unsigned i = 0; i < 4; i++) {
		loop_virtual_run_for(w->loop, 4 * NS_PER_SEC);
		add_flow(p, 5, 0, "priority=1,actions=drop");
	}
	of_peer_barrier(p);
	loop_virtual_run_for(w->loop, 11 * NS_PER_SEC);
	m = of_peer_expect(p, OF_ERROR);
	assert_int_equal(m->error.error.type, OFPET_BUNDLE_FAILED);
	assert_int_equal(m->error.error.code, OFPBFC_TIMEOUT);
	assert_int_equal(m->xid, xid);
	assert_int_equal(m->error.data[1], OFPT_BUNDLE_CONTROL);
	of_peer_expect_error(p, ctrl(p, 5, OFPBCT_COMMIT_REQUEST, BOTH), OFPET_BUNDLE_FAILED,
			     OFPBFC_BAD_ID);
}

/* --- 1.5: commits at a time --- */

#define TIMED (BOTH | 1 << 2)

static uint32_t commit_in(struct of_peer *p, uint32_t id, int64_t in_ms)
{
	int64_t at_ns = loop_wall_ns(p->world->loop) + in_ms * (int64_t)NS_PER_MS;

	return of_peer_send(p,
			    (struct of_msg){ .kind = OF_BUNDLE_CTRL,
					     .bundle_ctrl = { id,
							      OFPBCT_COMMIT_REQUEST,
							      TIMED,
							      true,
							      { at_ns / (int64_t)NS_PER_SEC,
								at_ns % (int64_t)NS_PER_SEC } } });
}

static void test_scheduled_commit(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_5);
	uint32_t xid;

	open_bundle(p, 1);
	add_flow(p, 1, 0, "priority=1,actions=drop");
	xid = commit_in(p, 1, 1500);
	loop_virtual_run_for(w->loop, 1499 * NS_PER_MS);
	expect_flows(p, "");
	of_peer_expect_error(p, add_flow(p, 1, 0, "priority=2,actions=drop"), OFPET_BUNDLE_FAILED,
			     OFPBFC_BUNDLE_IN_PROGRESS);
	of_peer_expect_error(p, ctrl(p, 1, OFPBCT_OPEN_REQUEST, BOTH), OFPET_BUNDLE_FAILED,
			     OFPBFC_BUNDLE_IN_PROGRESS);
	loop_virtual_run_for(w->loop, 2 * NS_PER_MS);
	expect_ctrl(p, xid, 1, OFPBCT_COMMIT_REPLY);
	expect_flows(p, "table=0 priority=1  actions=drop\n");
}

static void test_scheduled_commit_given_up(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_5);
	uint32_t xid;

	open_bundle(p, 1);
	add_flow(p, 1, 0, "priority=1,actions=drop");
	commit_in(p, 1, 1500);
	xid = ctrl(p, 1, OFPBCT_DISCARD_REQUEST, BOTH);
	expect_ctrl(p, xid, 1, OFPBCT_DISCARD_REPLY);
	loop_virtual_run_for(w->loop, 2 * NS_PER_SEC);
	expect_flows(p, "");
	/* Nor does one whose owner has gone come about. */
	open_bundle(p, 2);
	add_flow(p, 2, 0, "priority=1,actions=drop");
	commit_in(p, 2, 1500);
	loop_virtual_settle(w->loop);
	stream_pair_break(p->pair, "gone");
	loop_virtual_run_for(w->loop, 2 * NS_PER_SEC);
	expect_flows(of_world_connect(w, 1), "");
}

/* The message's error and the commit's come when its time has. */
static void test_scheduled_commit_fails(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_5);
	uint32_t bad, xid;

	open_bundle(p, 1);
	add_flow(p, 1, 0, "priority=1,actions=drop");
	bad = add_flow(p, 1, 0, "priority=2,actions=group:9");
	xid = commit_in(p, 1, 1500);
	of_peer_expect_nothing(p);
	loop_virtual_run_for(w->loop, 2 * NS_PER_SEC);
	of_peer_expect_error(p, bad, OFPET_BAD_ACTION, OFPBAC_BAD_OUT_GROUP);
	of_peer_expect_error(p, xid, OFPET_BUNDLE_FAILED, OFPBFC_MSG_FAILED);
	of_peer_expect_nothing(p);
	expect_flows(p, "");
}

/* Who has become a slave changes nothing any more. */
static void test_scheduled_commit_of_a_slave(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_5);
	uint32_t xid;

	open_bundle(p, 1);
	add_flow(p, 1, 0, "priority=1,actions=drop");
	xid = commit_in(p, 1, 1500);
	of_peer_send(p, (struct of_msg){ .kind = OF_ROLE_REQUEST,
					 .role = { OF_ROLE_SLAVE, 1, OF_NO_SHORT_ID } });
	of_peer_expect(p, OF_ROLE_REPLY);
	loop_virtual_run_for(w->loop, 2 * NS_PER_SEC);
	of_peer_expect_error(p, xid, OFPET_BAD_REQUEST, OFPBRC_IS_SLAVE);
	expect_flows(p, "");
}

static void test_times_out_of_bounds(void **state)
{
	struct of_peer *p = of_world_connect_version(*state, 0, OF_VERSION_1_5);

	open_bundle(p, 1);
	of_peer_expect_error(p, commit_in(p, 1, 61000), OFPET_BUNDLE_FAILED, OFPBFC_SCHED_FUTURE);
	open_bundle(p, 1);
	of_peer_expect_error(p, commit_in(p, 1, -1100), OFPET_BUNDLE_FAILED, OFPBFC_SCHED_PAST);
	open_bundle(p, 1);
	of_peer_expect_error(p, ctrl(p, 1, OFPBCT_COMMIT_REQUEST, TIMED), OFPET_BUNDLE_FAILED,
			     OFPBFC_BAD_FLAGS);
	open_bundle(p, 1);
	expect_ctrl(p, commit_in(p, 1, -500), 1, OFPBCT_COMMIT_REPLY);
}

static void test_features(void **state)
{
	struct of_peer *p = of_world_connect_version(*state, 0, OF_VERSION_1_5);
	const struct of_bundle_features *f;

	of_peer_send(p, (struct of_msg){ .kind = OF_BUNDLE_FEATURES_REQUEST,
					 .bundle_features.features = 1 });
	f = &of_peer_expect(p, OF_BUNDLE_FEATURES_REPLY)->bundle_features;
	assert_int_equal(f->features, TIMED);
	assert_true(f->has_time);
	assert_int_equal(f->max_future.sec, 60);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_commit_is_seen_at_once_and_as_a_whole),
		TEST(test_commit_reply_waits_for_the_workers),
		TEST(test_discard),
		TEST(test_failing_message_rolls_back),
		TEST(test_budget_counts_at_the_end),
		TEST(test_port_mods_belong_to_it),
		TEST(test_wrong_ids),
		TEST(test_closed_twice_or_added_to),
		TEST(test_wrong_flags),
		TEST(test_refused_message_opens_and_spoils),
		TEST(test_messages_that_cannot_be_in_it),
		TEST(test_inner_length_is_wrong),
		TEST(test_adding_opens),
		TEST(test_too_many),
		TEST(test_memory_is_bounded),
		TEST(test_two_connections),
		TEST(test_all_kinds_together),
		TEST(test_all_kinds_roll_back),
		TEST(test_version_of_the_inner_message),
		TEST(test_timeout),
		TEST(test_scheduled_commit),
		TEST(test_scheduled_commit_given_up),
		TEST(test_scheduled_commit_fails),
		TEST(test_scheduled_commit_of_a_slave),
		TEST(test_times_out_of_bounds),
		TEST(test_features),
	};

	return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
