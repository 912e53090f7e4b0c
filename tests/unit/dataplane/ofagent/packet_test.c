#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/openflow/action_output.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

#include <openflow/openflow-1.1.h>
#include <openflow/openflow-1.2.h>
#include <openflow/openflow-common.h>

/* Packet-in and packet-out. */

struct out {
	struct of_msg m;
	struct arena arena;
	uint8_t frame[256];
};

static struct of_msg *packet_out(struct out *o, uint32_t in_port, const char *actions)
{
	struct status st = STATUS_INIT;

	*o = (struct out){ .m = { .kind = OF_PACKET_OUT } };
	o->m.packet_out.size = of_frame_udp(o->frame, 1, 2, 3);
	o->m.packet_out.data = o->frame;
	o->m.packet_out.buffer_id = OF_NO_BUFFER;
	o->m.packet_out.in_port = in_port;
	if (of_actions_parse(actions, &o->arena, &o->m.packet_out.actions, &st) < 0)
		fail_msg("%s: %s", actions, st.message);
	return &o->m;
}

static uint32_t send_out(struct of_peer *p, uint32_t in_port, const char *actions)
{
	struct out o;
	uint32_t xid = of_peer_send(p, *packet_out(&o, in_port, actions));

	arena_clear(&o.arena);
	return xid;
}

static void test_packet_in_tells_why_and_whence(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	const struct of_field_match *f;
	const struct of_msg *m;

	of_peer_flow_mod(
		p, 0, "cookie=0x99,priority=1,in_port=2,actions=load:7->NXM_NX_REG3[],controller");
	of_peer_flow_mod(p, 0, "cookie=0x98,priority=0,actions=controller:20");
	of_peer_barrier(p);
	of_world_receive(w, 2, 1, 2, 3);
	m = of_peer_expect(p, OF_PACKET_IN);
	assert_int_equal(m->packet_in.reason, OFPR_ACTION);
	assert_int_equal(m->packet_in.cookie, 0x99);
	assert_int_equal(m->packet_in.table_id, 0);
	assert_int_equal(m->packet_in.buffer_id, OF_NO_BUFFER);
	assert_int_equal(m->packet_in.total_len, 60);
	assert_int_equal(m->packet_in.size, 60);
	f = of_match_find(&m->packet_in.match, OF_FIELD_IN_PORT);
	assert_int_equal(load_be32(f->value), 2);
	f = of_match_find(&m->packet_in.match, OF_FIELD_REG3);
	assert_int_equal(load_be32(f->value), 7);
	/* The table-miss flow has its own reason; that it asks for 20 bytes does not matter without
	 * buffers. */
	of_world_receive(w, 1, 1, 2, 3);
	m = of_peer_expect(p, OF_PACKET_IN);
	assert_int_equal(m->packet_in.reason, OFPR_NO_MATCH);
	assert_int_equal(m->packet_in.cookie, 0x98);
	assert_int_equal(m->packet_in.total_len, 60);
	assert_int_equal(m->packet_in.size, 60);
}

static uint8_t next_reason(struct of_peer *p)
{
	return of_peer_expect(p, OF_PACKET_IN)->packet_in.reason;
}

static void add_indirect_group(struct of_peer *p, const char *text)
{
	struct of_msg m = { .kind = OF_GROUP_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;

	if (of_group_mod_parse(text, OFPGC11_ADD, &a, &m.group_mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	of_peer_send(p, m);
	arena_clear(&a);
}

/* Since 1.4 an output to the controller tells where it stands; before, all are actions. */
static void expect_reasons(struct of_world *w, struct of_peer *p, bool is_old)
{
	add_indirect_group(p, "group_id=1,type=indirect,bucket=actions=controller");
	of_peer_flow_mod(p, 0, "priority=0,actions=controller");
	of_peer_flow_mod(p, 0, "priority=1,udp,tp_dst=1,actions=controller");
	of_peer_flow_mod(p, 0, "priority=1,udp,tp_dst=2,actions=write_actions(controller)");
	of_peer_flow_mod(p, 0, "priority=1,udp,tp_dst=3,actions=group:1");
	of_peer_flow_mod(p, 0, "priority=1,udp,tp_dst=4,actions=write_actions(group:1)");
	of_peer_barrier(p);
	of_world_receive(w, 1, 1, 2, 9);
	assert_int_equal(next_reason(p), OFPR_NO_MATCH);
	of_world_receive(w, 1, 1, 2, 1);
	assert_int_equal(next_reason(p), OFPR_ACTION);
	of_world_receive(w, 1, 1, 2, 2);
	assert_int_equal(next_reason(p), is_old ? OFPR_ACTION : OFPR_ACTION_SET);
	of_world_receive(w, 1, 1, 2, 3);
	assert_int_equal(next_reason(p), is_old ? OFPR_ACTION : OFPR_GROUP);
	of_world_receive(w, 1, 1, 2, 4);
	assert_int_equal(next_reason(p), is_old ? OFPR_ACTION : OFPR_GROUP);
	send_out(p, 1, "controller");
	assert_int_equal(next_reason(p), is_old ? OFPR_ACTION : OFPR_PACKET_OUT);
	send_out(p, 1, "group:1");
	assert_int_equal(next_reason(p), is_old ? OFPR_ACTION : OFPR_GROUP);
	send_out(p, 1, "output:TABLE"); /* to port 3 */
	assert_int_equal(next_reason(p), is_old ? OFPR_ACTION : OFPR_GROUP);
}

static void test_reasons_in_1_3(void **state)
{
	expect_reasons(*state, of_world_connect(*state, 0), true);
}

static void test_reasons_in_1_4(void **state)
{
	expect_reasons(*state, of_world_connect_version(*state, 0, OF_VERSION_1_4), false);
}

static void test_reasons_in_1_5(void **state)
{
	expect_reasons(*state, of_world_connect_version(*state, 0, OF_VERSION_1_5), false);
}

/* Without a table-miss flow nobody hears of the packet (OF 1.3.5 section 5.4). */
static void test_table_miss_drops(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	of_world_receive(w, 1, 1, 2, 3);
	of_peer_expect_nothing(p);
	assert_int_equal(w->n_sent, 0);
}

/* miss_send_len is for what no output sent, a packet whose TTL ran out; a table-miss flow has a
 * max_len of its own (OF 1.3.5 section 7.3.2). */
static void test_miss_send_len(void **state)
{
	static const uint16_t wanted[] = { 0, OFPCML12_NO_BUFFER };
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	struct of_msg async = { .kind = OF_SET_ASYNC };
	const struct of_packet_in *pi;

	async.async.has[0] = 1u << OF_ASYNC_PACKET_IN;
	async.async.mask[OF_ASYNC_PACKET_IN][0] = 7;
	of_peer_send(p, async);
	of_peer_flow_mod(p, 0, "priority=0,actions=controller");
	of_peer_flow_mod(p, 0, "priority=1,udp,tp_dst=1,actions=mod_nw_ttl:1,dec_ttl,output:2");
	for (unsigned i = 0; i < ARRAY_LENGTH(wanted); i++) {
		of_peer_send(p, (struct of_msg){ .kind = OF_SET_CONFIG,
						 .config.miss_send_len = wanted[i] });
		of_peer_barrier(p);
		of_world_receive(w, 1, 1, 2, 1);
		pi = &of_peer_expect(p, OF_PACKET_IN)->packet_in;
		assert_int_equal(pi->reason, OFPR_INVALID_TTL);
		assert_int_equal(pi->size, wanted[i] ? 60 : 0); /* no buffer keeps what 30 leave */
		assert_int_equal(pi->total_len, 60);
		of_world_receive(w, 1, 1, 2, 9);
		pi = &of_peer_expect(p, OF_PACKET_IN)->packet_in;
		assert_int_equal(pi->reason, OFPR_NO_MATCH);
		assert_int_equal(pi->size, 60);
		assert_int_equal(pi->buffer_id, OF_NO_BUFFER);
	}
}

static void expect_field(const struct of_match *m, enum of_field_id id, const char *text)
{
	const struct of_field_match *f = of_match_find(m, id);
	struct of_field_match copy;
	struct of_match one = { .n = 1, .fields = &copy };
	struct buf out = BUF_INIT;

	assert_non_null(f);
	copy = *f;
	of_match_print(&one, &out);
	assert_string_equal(buf_str(&out), text);
	buf_fini(&out);
}

/* All that the pipeline knows of the packet is told, but for what is zero. */
static void test_packet_in_has_the_pipelines_fields(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	const struct of_match *m;

	of_peer_flow_mod(p, 0,
			 "priority=1,actions=load:7->NXM_NX_REG15[],set_field:0x11->metadata,"
			 "set_field:0x22->tun_id,set_field:0x33->pkt_mark,"
			 "set_field:10.0.0.9->tun_src,set_field:fe80::9->tun_ipv6_dst,"
			 "load:0x12->NXM_NX_REG0[],load:0->NXM_NX_REG0[],controller");
	of_peer_barrier(p);
	of_world_receive(w, 2, 1, 2, 3);
	m = &of_peer_expect(p, OF_PACKET_IN)->packet_in.match;
	assert_int_equal(m->n, 7);
	expect_field(m, OF_FIELD_IN_PORT, "in_port=2");
	expect_field(m, OF_FIELD_REG15, "reg15=0x7");
	expect_field(m, OF_FIELD_METADATA, "metadata=0x11");
	expect_field(m, OF_FIELD_TUNNEL_ID, "tun_id=0x22");
	expect_field(m, OF_FIELD_PKT_MARK, "pkt_mark=0x33");
	expect_field(m, OF_FIELD_TUN_SRC, "tun_src=10.0.0.9");
	expect_field(m, OF_FIELD_TUN_IPV6_DST, "tun_ipv6_dst=fe80::9");
}

static void test_slow_reader_misses_packets_not_replies(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	unsigned n = 0;
	const struct of_msg *m;

	of_peer_flow_mod(p, 0, "actions=controller");
	of_peer_barrier(p);
	stream_pair_stall(p->pair, 1, true);
	for (unsigned i = 0; i < 40000; i++)
		of_world_receive(w, 1, 1, 2, 3);
	stream_pair_stall(p->pair, 1, false);
	loop_virtual_settle(w->loop);
	while ((m = of_peer_next(p)))
		n += m->kind == OF_PACKET_IN;
	assert_in_range(n, 10000, 39000);
	assert_false(p->is_closed);
	of_peer_barrier(p);
}

static void test_packet_out_to_a_port(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	uint8_t frame[256];

	send_out(p, OF_PORT_CONTROLLER, "output:2,output:3");
	of_peer_barrier(p);
	assert_int_equal(w->n_sent, 2);
	assert_int_equal(w->sent[0].port, 2);
	assert_int_equal(w->sent[1].port, 3);
	assert_int_equal(w->sent[1].size, of_frame_udp(frame, 1, 2, 3));
	assert_memory_equal(w->sent[1].data, frame, w->sent[1].size);
}

static void test_packet_out_through_the_tables(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	of_peer_flow_mod(p, 0, "in_port=1,actions=output:3");
	/* Without a barrier: flow-mods before it count. */
	send_out(p, 1, "output:TABLE");
	of_peer_barrier(p);
	assert_int_equal(w->n_sent, 1);
	assert_int_equal(w->sent[0].port, 3);
	send_out(p, 1, "output:IN_PORT");
	of_peer_barrier(p);
	assert_int_equal(w->sent[1].port, 1);
	send_out(p, 1, "output:ALL");
	of_peer_barrier(p);
	assert_int_equal(w->n_sent, 4);
}

static void set_field(struct out *o, enum of_field_id id, uint64_t value)
{
	of_match_set_u64(&o->arena, &o->m.packet_out.match, id, value);
}

/* Since 1.5: what the pipeline would know of the packet comes with it. */
static void test_packet_out_with_the_pipelines_fields(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_5);
	struct out o;

	of_peer_flow_mod(p, 0,
			 "in_port=1,metadata=0x11,tun_id=0x22,reg5=0x33,xreg4=0x44,"
			 "pkt_mark=0x55,tun_src=10.0.0.9,actions=output:3");
	packet_out(&o, 1, "output:TABLE");
	set_field(&o, OF_FIELD_IN_PHY_PORT, 1);
	set_field(&o, OF_FIELD_METADATA, 0x11);
	set_field(&o, OF_FIELD_TUNNEL_ID, 0x22);
	set_field(&o, OF_FIELD_REG5, 0x33);
	set_field(&o, OF_FIELD_REG9, 0x44);
	set_field(&o, OF_FIELD_PKT_MARK, 0x55);
	of_peer_send(p, o.m);
	of_peer_barrier(p);
	assert_int_equal(w->n_sent, 0);
	set_field(&o, OF_FIELD_TUN_SRC, 0x0a000009);
	of_peer_send(p, o.m);
	of_peer_barrier(p);
	assert_int_equal(w->n_sent, 1);
	assert_int_equal(w->sent[0].port, 3);
	arena_clear(&o.arena);
}

static void test_packet_out_with_other_fields(void **state)
{
	static const struct {
		enum of_field_id id;
		uint64_t value;
		uint16_t code;
	} wrong[] = {
		{ OF_FIELD_IN_PHY_PORT, 2, OFPBMC_BAD_VALUE },
		{ OF_FIELD_ACTSET_OUTPUT, 2, OFPBMC_BAD_FIELD },
		{ OF_FIELD_CT_STATE, 1, OFPBMC_BAD_FIELD },
	};
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_5);
	struct out o;

	for (unsigned i = 0; i < ARRAY_LENGTH(wrong); i++) {
		packet_out(&o, 1, "output:2");
		set_field(&o, wrong[i].id, wrong[i].value);
		of_peer_expect_error(p, of_peer_send(p, o.m), OFPET_BAD_MATCH, wrong[i].code);
		arena_clear(&o.arena);
	}
	packet_out(&o, 1, "output:2");
	set_field(&o, OF_FIELD_ETH_TYPE, 0x0800);
	of_peer_expect_error(p, of_peer_send(p, o.m), OFPET_BAD_REQUEST,
			     OFPBRC_PIPELINE_FIELDS_ONLY);
	arena_clear(&o.arena);
	of_peer_barrier(p);
	assert_int_equal(w->n_sent, 0);
}

static void test_packet_out_errors(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	struct out o;

	packet_out(&o, 1, "output:2")->packet_out.buffer_id = 5;
	of_peer_expect_error(p, of_peer_send(p, o.m), OFPET_BAD_REQUEST, OFPBRC_BUFFER_UNKNOWN);
	o.m.packet_out.buffer_id = OF_NO_BUFFER;
	o.m.packet_out.in_port = 99;
	of_peer_expect_error(p, of_peer_send(p, o.m), OFPET_BAD_REQUEST, OFPBRC_BAD_PORT);
	o.m.packet_out.in_port = 1;
	o.m.packet_out.size = 10;
	of_peer_expect_error(p, of_peer_send(p, o.m), OFPET_BAD_REQUEST, OFPBRC_BAD_PACKET);
	arena_clear(&o.arena);
	packet_out(&o, 1, "output:2");
	((struct of_action_output *)o.m.packet_out.actions.list[0])->port = OF_PORT_ANY;
	of_peer_expect_error(p, of_peer_send(p, o.m), OFPET_BAD_ACTION, OFPBAC_BAD_OUT_PORT);
	arena_clear(&o.arena);
	of_peer_barrier(p);
	assert_int_equal(((struct of_world *)*state)->n_sent, 0);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_packet_in_tells_why_and_whence),
		TEST(test_packet_in_has_the_pipelines_fields),
		TEST(test_reasons_in_1_3),
		TEST(test_reasons_in_1_4),
		TEST(test_reasons_in_1_5),
		TEST(test_table_miss_drops),
		TEST(test_miss_send_len),
		TEST(test_slow_reader_misses_packets_not_replies),
		TEST(test_packet_out_to_a_port),
		TEST(test_packet_out_through_the_tables),
		TEST(test_packet_out_with_the_pipelines_fields),
		TEST(test_packet_out_with_other_fields),
		TEST(test_packet_out_errors),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
