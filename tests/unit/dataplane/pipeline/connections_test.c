/* ct actions in flows, as an operator writes them. */

#include <rte_mbuf.h>
#include "dataplane/conntrack/conntrack.h"
#include "proto/openflow/numbers.h"
#include "lib/rng.h"
#include "tests/fakes/dataplane/pipeline_world.h"

#define THERE "udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=1000,tp_dst=53"
#define BACK  "udp,nw_src=10.0.0.2,nw_dst=10.0.0.1,tp_src=53,tp_dst=1000"

static void expect(struct pipeline_world *w, uint32_t in_port, const char *packet,
		   const char *outputs)
{
	world_run_from(w, in_port, packet);
	assert_string_equal(world_outputs(w), outputs);
}

static uint64_t n_connections(const struct pipeline_world *w)
{
	return conntrack_stats(w->conntrack).n_connections;
}

/* Port 1 is inside, port 2 outside. */
static void add_firewall(struct pipeline_world *w)
{
	world_add(w, "table=0,priority=10,ip,actions=ct(table=1)");
	world_add(w, "table=1,priority=20,ip,in_port=1,ct_state=+trk+new,"
		     "actions=ct(commit),output:2");
	world_add(w, "table=1,priority=20,ip,in_port=1,ct_state=+trk+est,actions=output:2");
	world_add(w, "table=1,priority=20,ip,in_port=2,ct_state=+trk+est,actions=output:1");
}

static void test_firewall(void **state)
{
	struct pipeline_world *w = *state;

	add_firewall(w);
	expect(w, 2, BACK, "");
	assert_int_equal(n_connections(w), 0);
	expect(w, 1, THERE, "2");
	assert_int_equal(n_connections(w), 1);
	expect(w, 1, THERE, "2");
	expect(w, 2, BACK, "1");
	expect(w, 1, THERE, "2");
	expect(w, 2, "udp,nw_src=10.0.0.2,nw_dst=10.0.0.1,tp_src=54,tp_dst=1000", "");
	assert_int_equal(n_connections(w), 1);
}

/* Rules that differ within one burst, and packets of a connection that the burst itself makes. */
static void test_burst(void **state)
{
	struct pipeline_world *w = *state;
	struct rte_mbuf *pkts[12];

	add_firewall(w);
	world_add(w, "table=0,priority=20,udp,tp_dst=54,actions=ct(table=1,zone=7)");
	world_add(w, "table=0,priority=20,udp,tp_dst=55,actions=output:3");
	for (unsigned i = 0; i < 12; i++) {
		char text[100];

		snprintf(text, sizeof(text),
			 "udp,nw_src=10.0.0.%u,nw_dst=10.0.0.2,tp_src=7,tp_dst=%u", i / 6 + 1,
			 53 + i % 3);
		pkts[i] = world_packet(w, text, 20);
	}
	w->res = pipeline_run(w->p, w->t, pkts, 12, 1, w->now_ns);
	assert_string_equal(world_outputs(w), "2 2 3 2 2 3 2 2 3 2 2 3");
	assert_int_equal(n_connections(w), 4);
}

/* A copy goes on in the table; the packet itself knows nothing. */
static void test_fork(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,ip,actions=ct(table=1),output:3,resubmit(,2)");
	world_add(w, "table=1,ip,ct_state=+trk+new,actions=set_field:5->reg0,output:2");
	world_add(w, "table=2,priority=2,reg0=5,actions=output:7");
	world_add(w, "table=2,priority=2,ct_state=+trk,actions=output:7");
	world_add(w, "table=2,priority=1,actions=output:4");
	expect(w, 1, THERE, "2 3 4");
}

/* A ct without a table tells nothing, and what it commits it marks. */
static void test_mark(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,priority=1,ip,actions=ct(table=1)");
	world_add(w, "table=1,priority=9,ip,ct_state=+new,actions=set_field:3->reg1,"
		     "ct(commit,exec(set_field:0x10/"
		     "0xf0->ct_mark,move:NXM_NX_REG1[]->NXM_NX_CT_LABEL[0..31])),"
		     "resubmit(,2)");
	world_add(w, "table=1,priority=9,ip,ct_state=+est,actions=resubmit(,2)");
	world_add(w, "table=2,priority=9,ct_mark=0x10,ct_label=0x3,actions=output:3");
	world_add(w, "table=2,priority=1,ct_mark=0,actions=output:2");
	expect(w, 1, THERE, "2");
	expect(w, 1, BACK, "3");
}

static void test_lower_table(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,priority=2,ip,ct_state=-trk,actions=goto_table:5");
	world_add(w, "table=5,ip,actions=ct(commit,table=0)");
	world_add(w, "table=0,priority=2,ip,ct_state=+trk+new,actions=output:2");
	world_add(w, "table=0,priority=2,ip,ct_state=+trk+est,actions=output:3");
	expect(w, 1, THERE, "2");
	expect(w, 1, BACK, "3");
}

static void test_loop(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,ip,actions=ct(table=0)");
	expect(w, 1, THERE, "");
	assert_int_equal(world_n_dropped(w, DROP_RESUBMIT_LIMIT), 1);
}

static void test_zone_of_register(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,ip,in_port=1,actions=set_field:5->reg3,"
		     "ct(commit,table=1,zone=NXM_NX_REG3[0..15])");
	world_add(w, "table=0,ip,in_port=2,actions=ct(table=1,zone=5)");
	world_add(w, "table=0,ip,in_port=3,actions=ct(table=1,zone=6)");
	world_add(w, "table=1,ip,ct_state=+new,ct_zone=5,actions=output:4");
	world_add(w, "table=1,ip,ct_state=+est,ct_zone=5,actions=output:5");
	world_add(w, "table=1,ip,ct_state=+new,ct_zone=6,actions=output:6");
	expect(w, 1, THERE, "4");
	expect(w, 3, BACK, "6");
	expect(w, 2, BACK, "5");
}

/* The original tuple, in both directions; a look-up as if the packet were the first one. */
static void test_original_tuple(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,ip,actions=ct(commit,table=1)");
	world_add(w, "table=1,priority=2,ip,ct_state=+trk-inv,ct_nw_src=10.0.0.1,ct_nw_proto=17,"
		     "ct_tp_dst=53,actions=output:2,resubmit(,2,ct),resubmit(,2)");
	world_add(w, "table=2,priority=2,udp,nw_src=10.0.0.1,tp_dst=53,actions=output:3");
	world_add(w, "table=2,priority=1,actions=output:4");
	expect(w, 1, THERE, "2 3 3");
	expect(w, 1, BACK, "2 3 4");
}

static void test_clear(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,ip,actions=ct(table=1)");
	world_add(w, "table=1,ip,ct_state=+trk,actions=ct_clear,resubmit(,2)");
	world_add(w, "table=2,priority=2,ct_state=+trk,actions=output:3");
	world_add(w, "table=2,priority=1,actions=output:2");
	expect(w, 1, THERE, "2");
}

/* What is sent before the translation is as it was. */
static void test_nat(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,priority=1,ip,in_port=1,actions=output:8,"
		     "ct(commit,nat(src=192.168.0.1),table=1)");
	world_add(w, "table=0,priority=1,ip,in_port=2,actions=ct(nat,table=1)");
	world_add(w, "table=1,priority=1,ip,in_port=1,nw_src=192.168.0.1,actions=output:2");
	world_add(
		w,
		"table=1,priority=1,ip,in_port=2,nw_dst=10.0.0.1,ct_state=+dnat,actions=output:1");
	world_add(w, "table=1,priority=0,actions=drop");
	expect(w, 1, THERE, "8 2");
	assert_memory_equal(rte_pktmbuf_mtod_offset(w->res->pkts[0], uint8_t *, 26),
			    ((uint8_t[]){ 10, 0, 0, 1 }), 4);
	assert_memory_equal(rte_pktmbuf_mtod_offset(w->res->pkts[1], uint8_t *, 26),
			    ((uint8_t[]){ 192, 168, 0, 1 }), 4);
	expect(w, 2, "udp,nw_src=10.0.0.2,nw_dst=192.168.0.1,tp_src=53,tp_dst=1000", "1");
}

static void test_refused(void **state)
{
	struct pipeline_world *w = *state;

	assert_int_equal(world_try_to_add(w, "ip,actions=ct(table=254)"),
			 OFPET_BAD_ACTION << 16 | OFPBAC_BAD_ARGUMENT);
	assert_int_equal(world_try_to_add(w, "ip,actions=set_field:1->ct_mark"),
			 OFPET_BAD_ACTION << 16 | OFPBAC_BAD_SET_ARGUMENT);
	tables_use_conntrack(w->tables, NULL);
	assert_int_equal(world_try_to_add(w, "ip,actions=ct(table=1)"),
			 OFPET_BAD_ACTION << 16 | OFPBAC_BAD_EXP_TYPE);
	assert_int_equal(world_try_to_add(w, "ip,actions=ct_clear"),
			 OFPET_BAD_ACTION << 16 | OFPBAC_BAD_EXP_TYPE);
}

/* A trace tells what would be, and makes no connection. */
static void test_trace(void **state)
{
	struct pipeline_world *w = *state;
	struct rte_mbuf *pkt = world_packet(w, THERE, 20);
	struct buf text = BUF_INIT;

	add_firewall(w);
	pipeline_trace(w->p, rte_pktmbuf_mtod(pkt, void *), pkt->pkt_len, 1, w->now_ns, &text,
		       NULL);
	assert_non_null(strstr(buf_str(&text), "zone 0: +new+trk"));
	assert_int_equal(n_connections(w), 0);
	buf_fini(&text);
	expect(w, 1, THERE, "2");
	pipeline_trace(w->p, rte_pktmbuf_mtod(pkt, void *), pkt->pkt_len, 1, w->now_ns, &text,
		       NULL);
	assert_int_equal(n_connections(w), 1);
	buf_fini(&text);
	world_counting_free(w, &pkt, 1);
}

/* Flows whose packets stay plain, and the same in a form that takes the general way. */
static const char *const alike[][2] = {
	{ "table=0,priority=9,ip,in_port=1,actions=set_field:1->reg1,ct(table=1,zone=1)",
	  "table=0,priority=9,ip,in_port=1,actions=set_queue:0,set_field:1->reg1,ct(table=1,zone="
	  "1)" },
	{ "table=0,priority=9,ip,in_port=2,actions=set_field:1->reg1,ct(table=1,zone=NXM_NX_REG1[0."
	  ".15],nat)",
	  "table=0,priority=9,ip,in_port=2,actions=set_field:1->reg1,set_queue:0,"
	  "ct(table=1,zone=NXM_NX_REG1[0..15],nat)" },
	{ "table=0,priority=10,udp,tp_dst=4,actions=ct(table=2,zone=2)",
	  "table=0,priority=10,udp,tp_dst=4,actions=set_queue:0,ct(table=2,zone=2)" },
	{ "table=0,priority=10,udp,tp_dst=5,actions=drop",
	  "table=0,priority=10,udp,tp_dst=5,actions=set_queue:0" },
	{ "table=1,priority=9,ip,in_port=1,ct_state=+trk+new,"
	  "actions=ct(commit,zone=1,nat(src=192.168.0.1-192.168.0.3)),output:2",
	  "table=1,priority=9,ip,in_port=1,ct_state=+trk+new,"
	  "actions=ct(commit,zone=1,nat(src=192.168.0.1-192.168.0.3)),set_queue:0,output:2" },
	{ "table=1,priority=9,ip,in_port=1,ct_state=+trk+est,actions=ct(table=2,zone=1,nat)",
	  "table=1,priority=9,ip,in_port=1,ct_state=+trk+est,actions=ct(table=2,zone=1,nat),set_"
	  "queue:0" },
	{ "table=1,priority=9,ip,in_port=2,ct_state=+trk+est,actions=output:1",
	  "table=1,priority=9,ip,in_port=2,ct_state=+trk+est,actions=set_queue:0,output:1" },
	{ "table=2,priority=9,ip,ct_state=+trk+est,actions=output:3",
	  "table=2,priority=9,ip,ct_state=+trk+est,actions=set_queue:0,output:3" },
	{ "table=2,priority=9,ip,ct_state=+trk+new,actions=ct(commit,zone=2),output:4",
	  "table=2,priority=9,ip,ct_state=+trk+new,actions=set_queue:0,ct(commit,zone=2),output:"
	  "4" },
};

/* Without NAT, so that ways behind ct are remembered; a mark decides in the end. */
static const char *const remembered[][2] = {
	{ "table=0,priority=9,ip,in_port=1,actions=set_field:1->reg1,ct(table=1,zone=1)",
	  "table=0,priority=9,ip,in_port=1,actions=set_queue:0,set_field:1->reg1,ct(table=1,zone="
	  "1)" },
	{ "table=0,priority=9,ip,in_port=2,actions=set_field:2->reg1,ct(table=1,zone=1)",
	  "table=0,priority=9,ip,in_port=2,actions=set_queue:0,set_field:2->reg1,ct(table=1,zone="
	  "1)" },
	{ "table=0,priority=10,udp,tp_dst=4,actions=ct(table=1,zone=2)",
	  "table=0,priority=10,udp,tp_dst=4,actions=set_queue:0,ct(table=1,zone=2)" },
	{ "table=1,priority=9,ip,ct_state=+trk+new,reg1=1,"
	  "actions=ct(commit,zone=1,exec(move:NXM_OF_IP_SRC[0..1]->NXM_NX_CT_MARK[0..1])),output:2",
	  "table=1,priority=9,ip,ct_state=+trk+new,reg1=1,"
	  "actions=set_queue:0,ct(commit,zone=1,exec(move:NXM_OF_IP_SRC[0..1]->NXM_NX_CT_MARK[0..1]"
	  ")),output:2" },
	{ "table=1,priority=8,ip,ct_state=+trk+new,actions=ct(commit,zone=2),output:5",
	  "table=1,priority=8,ip,ct_state=+trk+new,actions=set_queue:0,ct(commit,zone=2),output:"
	  "5" },
	{ "table=1,priority=9,ip,ct_state=+trk+est,actions=set_field:7->reg2,goto_table:2",
	  "table=1,priority=9,ip,ct_state=+trk+est,actions=set_queue:0,set_field:7->reg2,goto_"
	  "table:2" },
	{ "table=2,priority=9,ip,reg1=1,reg2=7,ct_mark=0,actions=output:2",
	  "table=2,priority=9,ip,reg1=1,reg2=7,ct_mark=0,actions=set_queue:0,output:2" },
	{ "table=2,priority=9,ip,reg1=2,reg2=7,ct_nw_src=10.0.0.0/"
	  "30,ct_state=+trk+est+rpl-inv,ct_mark=0,actions=output:1",
	  "table=2,priority=9,ip,reg1=2,reg2=7,ct_nw_src=10.0.0.0/"
	  "30,ct_state=+trk+est+rpl-inv,ct_mark=0,actions=set_queue:0,output:1" },
	{ "table=2,priority=8,ip,ct_mark=1,actions=output:3",
	  "table=2,priority=8,ip,ct_mark=1,actions=set_queue:0,output:3" },
	{ "table=2,priority=8,ip,ct_mark=2,actions=ct(table=3,zone=2)",
	  "table=2,priority=8,ip,ct_mark=2,actions=set_queue:0,ct(table=3,zone=2)" },
	{ "table=3,priority=8,ip,ct_state=+trk+new,actions=ct(commit,zone=2),output:6",
	  "table=3,priority=8,ip,ct_state=+trk+new,actions=set_queue:0,ct(commit,zone=2),output:"
	  "6" },
	{ "table=3,priority=8,ip,ct_state=+trk+est,actions=output:7",
	  "table=3,priority=8,ip,ct_state=+trk+est,actions=set_queue:0,output:7" },
};

static void random_packet(struct rng *rng, bool is_back, char *text, size_t size)
{
	unsigned inside = rng_below(rng, 4), nat = rng_below(rng, 3) + 1, port = rng_below(rng, 6);
	const char *proto = rng_below(rng, 2) ? "udp" : "tcp,tcp_flags=0x10";

	if (is_back && rng_below(rng, 2))
		snprintf(text, size, "%s,nw_src=10.0.1.1,nw_dst=192.168.0.%u,tp_src=%u,tp_dst=%u",
			 proto, nat, port, inside + 1000);
	else if (is_back)
		snprintf(text, size, "%s,nw_src=10.0.1.1,nw_dst=10.0.0.%u,tp_src=%u,tp_dst=%u",
			 proto, inside, port, inside + 1000);
	else
		snprintf(text, size, "%s,nw_src=10.0.0.%u,nw_dst=10.0.1.1,tp_src=%u,tp_dst=%u",
			 proto, inside, inside + 1000, port);
}

static void assert_same_result(const struct pipeline_world *a, const struct pipeline_world *b)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", world_outputs(a));
	assert_string_equal(text, world_outputs(b));
	for (unsigned i = 0; i < a->res->n_out; i++) {
		assert_int_equal(a->res->pkts[i]->pkt_len, b->res->pkts[i]->pkt_len);
		assert_memory_equal(rte_pktmbuf_mtod(a->res->pkts[i], void *),
				    rte_pktmbuf_mtod(b->res->pkts[i], void *),
				    a->res->pkts[i]->pkt_len);
	}
	assert_int_equal(n_connections(a), n_connections(b));
}

/* Bursts of packets of a few connections, with time going by. */
static void compare_forms(struct pipeline_world *first, const char *const (*rules)[2],
			  size_t n_rules)
{
	struct pipeline_world *worlds[2] = { first };
	struct rng rng;
	void *other;

	rng_seed(&rng, 20);
	world_setup(&other);
	worlds[1] = other;
	for (unsigned k = 0; k < 2; k++)
		for (size_t i = 0; i < n_rules; i++)
			world_add(worlds[k], rules[i][k]);
	pipeline_thread_use_cache(worlds[0]->t, FLOW_CACHE_ON);
	for (unsigned round = 0; round < 3000; round++) {
		struct rte_mbuf *pkts[2][16];
		unsigned n = 1 + rng_below(&rng, 16), in_port = 1 + rng_below(&rng, 2);
		uint64_t pause = rng_below(&rng, 100) ? 0 : 40 * NS_PER_SEC;
		char text[120];

		for (unsigned i = 0; i < n; i++) {
			random_packet(&rng, in_port == 2, text, sizeof(text));
			for (unsigned k = 0; k < 2; k++)
				pkts[k][i] = world_packet(worlds[k], text, 20);
		}
		for (unsigned k = 0; k < 2; k++) {
			struct pipeline_world *w = worlds[k];

			world_take_result(w);
			w->now_ns += NS_PER_SEC / 1000 + pause;
			w->res = pipeline_run(w->p, w->t, pkts[k], n, in_port, w->now_ns);
		}
		assert_same_result(worlds[0], worlds[1]);
	}
	assert_true(n_connections(worlds[0]) > 10);
	world_teardown(&other);
}

static void test_plain_or_not(void **state)
{
	compare_forms(*state, alike, ARRAY_LENGTH(alike));
}

static void test_remembered_ways(void **state)
{
	struct pipeline_world *w = *state;
	struct flow_cache_stats before, after;

	before = pipeline_thread_cache_stats(w->t);
	compare_forms(w, remembered, ARRAY_LENGTH(remembered));
	after = pipeline_thread_cache_stats(w->t);
	assert_true(after.n_hit > before.n_hit + 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_firewall),
		TEST(test_burst),
		TEST(test_fork),
		TEST(test_mark),
		TEST(test_lower_table),
		TEST(test_loop),
		TEST(test_zone_of_register),
		TEST(test_original_tuple),
		TEST(test_clear),
		TEST(test_nat),
		TEST(test_refused),
		TEST(test_trace),
		TEST(test_plain_or_not),
		TEST(test_remembered_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
