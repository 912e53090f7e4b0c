/* The walk's particular promises, each by a small example; differential_test.c has the rest. */

#include "dataplane/pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <rte_mbuf.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/table/fragments.h"
#include "dataplane/table/tables.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/packets.h"

struct world {
	struct tables *tables;
	struct pipeline *p;
	struct pipeline_thread *t;
	const struct pipeline_result *res;
	unsigned n_copies, n_packets; /* made; not yet freed */
	unsigned n_fail_copies;	      /* how many copies are refused */
};

static struct rte_mbuf *counting_copy(void *ctx, const struct rte_mbuf *m)
{
	struct world *w = ctx;

	if (w->n_fail_copies) {
		w->n_fail_copies--;
		return NULL;
	}
	w->n_copies++;
	w->n_packets++;
	return heap_packet_ops.copy(NULL, m);
}

static void counting_free(void *ctx, struct rte_mbuf **pkts, unsigned n)
{
	struct world *w = ctx;

	w->n_packets -= n;
	heap_packet_ops.free(NULL, pkts, n);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct packet_ops ops = { counting_copy, counting_free, w };

	w->tables = tables_create(NULL);
	w->t = pipeline_thread_create(w->tables, &ops);
	*state = w;
	return 0;
}

static void take_result(struct world *w)
{
	if (!w->res)
		return;
	for (unsigned i = 0; i < w->res->n_out; i++)
		counting_free(w, &w->res->pkts[i], 1);
	for (unsigned i = 0; i < w->res->n_punts; i++)
		counting_free(w, &w->res->punts[i].pkt, 1);
	w->res = NULL;
}

/* Every test ends with as many packets as it began with. */
static int teardown(void **state)
{
	struct world *w = *state;

	take_result(w);
	assert_int_equal(w->n_packets, 0);
	pipeline_release(w->p);
	pipeline_thread_destroy(w->tables, w->t);
	tables_destroy(w->tables);
	free(w);
	return 0;
}

static void compile(struct world *w)
{
	static const struct pipeline_port ports[] = {
		{ 1, 0 },
		{ 2, 0 },
		{ 3, OFPPC_NO_FWD },
		{ 4, OFPPC_PORT_DOWN },
		{ 5, OFPPC_NO_RECV },
	};
	struct pipeline *old = w->p;

	w->p = pipeline_compile(w->tables, ports, ARRAY_LENGTH(ports), old);
	pipeline_release(old);
}

static void add(struct world *w, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	struct of_error err;

	if (of_flow_mod_parse(text, OFPFC_ADD, &a, &fm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	assert_int_equal(tables_flow_mod(w->tables, &fm, 0, &err), 0);
	arena_clear(&a);
	compile(w);
}

static struct rte_mbuf *packet(struct world *w, const char *match)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct buf bytes = BUF_INIT;
	struct key_mask km;
	struct of_error err;
	struct of_match m;
	struct rte_mbuf *pkt;

	if (of_match_parse(match, &a, &m, &st) < 0)
		fail_msg("%s: %s", match, st.message);
	assert_int_equal(key_mask_from_match(&m, &km, &err), 0);
	packet_compose(&km.key, 0, &bytes);
	pkt = heap_packet_create(bytes.data, bytes.size);
	w->n_packets++;
	buf_fini(&bytes);
	arena_clear(&a);
	return pkt;
}

static void run(struct world *w, struct rte_mbuf **pkts, unsigned n, uint32_t in_port)
{
	take_result(w);
	w->n_copies = 0;
	w->res = pipeline_run(w->p, w->t, pkts, n, in_port, 7);
}

static void send_one(struct world *w, const char *match, uint32_t in_port)
{
	struct rte_mbuf *pkt = packet(w, match);

	run(w, &pkt, 1, in_port);
}

static uint64_t drops(struct world *w, enum drop_reason reason)
{
	return counters_drop_sum(tables_counters(w->tables), reason);
}

static void a_packet_is_copied_only_when_it_must_be(void **state)
{
	struct world *w = *state;

	add(w, "udp,tp_dst=1,actions=output:2");
	add(w, "udp,tp_dst=2,actions=set_field:9->udp_src,output:2");
	add(w, "udp,tp_dst=3,actions=output:2,set_field:9->udp_src,output:2");
	add(w, "udp,tp_dst=4,actions=output:2,CONTROLLER,output:2");
	add(w, "udp,tp_dst=5,actions=output:2,set_field:9->udp_src");
	send_one(w, "udp,tp_dst=1", 1);
	assert_int_equal(w->n_copies, 0);
	send_one(w, "udp,tp_dst=2", 1);
	assert_int_equal(w->n_copies, 0);
	send_one(w, "udp,tp_dst=3", 1);
	assert_int_equal(w->n_copies, 1);
	assert_int_equal(w->res->n_out, 2);
	send_one(w, "udp,tp_dst=4", 1);
	assert_int_equal(w->n_copies, 2);
	assert_int_equal(w->res->n_punts, 1);
	send_one(w, "udp,tp_dst=5", 1);
	assert_int_equal(w->n_copies, 1);
	assert_int_equal(w->res->n_out, 1);
}

static void packets_leave_in_order_of_arrival(void **state)
{
	static const char *const kinds[] = { "udp,tp_dst=1", "udp,tp_dst=2", "udp,tp_dst=3" };
	static const uint32_t ports[] = { 2, 1, 6 };
	struct rte_mbuf *pkts[30];
	struct world *w = *state;

	add(w, "udp,tp_dst=1,actions=goto_table:9");
	add(w, "table=9,actions=output:2");
	add(w, "udp,tp_dst=2,actions=IN_PORT");
	add(w, "udp,tp_dst=3,actions=drop");
	for (unsigned i = 0; i < 30; i++)
		pkts[i] = packet(w, kinds[i % 3]);
	run(w, pkts, 30, 1);
	assert_int_equal(w->res->n_out, 20);
	assert_false(w->res->is_one_port);
	for (unsigned i = 0, k = 0; i < 30; i++) {
		if (i % 3 == 2)
			continue;
		assert_int_equal(w->res->ports[k], ports[i % 3]);
		assert_ptr_equal(w->res->pkts[k++], pkts[i]);
	}
}

static void bad_packets_leave_a_good_burst(void **state)
{
	struct rte_mbuf *pkts[6];
	struct world *w = *state;

	add(w, "udp,tp_dst=1,actions=output:2");
	for (unsigned i = 0; i < 6; i++) {
		pkts[i] = packet(w, "udp,tp_dst=1");
		if (i % 2)
			pkts[i]->data_len = pkts[i]->pkt_len = 20;
	}
	run(w, pkts, 6, 1);
	assert_int_equal(w->res->n_out, 3);
	assert_ptr_equal(w->res->pkts[1], pkts[2]);
	assert_int_equal(drops(w, DROP_IPV4_TRUNCATED), 3);
}

struct listed {
	struct buf text;
};

static void list_drop(void *ctx, const struct pipeline_drop *d)
{
	struct listed *l = ctx;

	buf_printf(&l->text, "%s/%u/%llu/%llu ", drop_reason_name(d->reason), d->table_id,
		   d->has_cookie ? (unsigned long long)d->cookie : 0ull,
		   (unsigned long long)d->n_packets);
}

static void drops_have_owners(void **state)
{
	struct listed l = { BUF_INIT };
	struct world *w = *state;

	add(w, "table=0,cookie=5,udp,actions=goto_table:4");
	add(w, "table=4,cookie=77,udp,tp_dst=9,actions=drop");
	add(w, "table=4,cookie=78,udp,tp_dst=10,actions=output:1");
	send_one(w, "udp,tp_dst=9", 1);
	send_one(w, "udp,tp_dst=9", 1);
	send_one(w, "udp,tp_dst=8", 1);
	send_one(w, "udp,tp_dst=10", 1);
	send_one(w, "udp,tp_dst=10", 5);
	pipeline_each_drop(w->tables, list_drop, &l);
	assert_string_equal(buf_str(&l.text), "no-output/4/77/2 table-miss/4/0/1 "
					      "output-to-input-port/255/0/1 "
					      "port-no-receive/255/0/1 ");
	buf_fini(&l.text);
}

static void every_unusable_port_has_its_reason(void **state)
{
	struct world *w = *state;

	add(w, "udp,tp_dst=1,actions=output:3");
	add(w, "udp,tp_dst=2,actions=output:4");
	add(w, "udp,tp_dst=3,actions=output:600");
	send_one(w, "udp,tp_dst=1", 1);
	send_one(w, "udp,tp_dst=2", 1);
	send_one(w, "udp,tp_dst=3", 1);
	assert_int_equal(drops(w, DROP_PORT_NO_FWD), 1);
	assert_int_equal(drops(w, DROP_PORT_DOWN), 1);
	assert_int_equal(drops(w, DROP_NO_SUCH_PORT), 1);
}

static void table_miss_flow_punts_as_no_match(void **state)
{
	struct world *w = *state;

	add(w, "priority=0,cookie=3,actions=CONTROLLER:64");
	add(w, "udp,cookie=4,actions=load:0x11->NXM_NX_REG3[],set_field:0x22->metadata,CONTROLLER:"
	       "65535");
	send_one(w, "tcp", 2);
	assert_int_equal(w->res->n_punts, 1);
	assert_int_equal(w->res->punts[0].reason, OFPR_NO_MATCH);
	assert_int_equal(w->res->punts[0].max_len, 64);
	assert_int_equal(w->res->punts[0].cookie, 3);
	assert_int_equal(w->res->punts[0].in_port, 2);
	send_one(w, "udp", 2);
	assert_int_equal(w->res->punts[0].reason, OFPR_ACTION);
	assert_int_equal(w->res->punts[0].key.reg[3], __builtin_bswap32(0x11));
	assert_int_equal(w->res->punts[0].key.metadata, __builtin_bswap64(0x22));
}

/* A loop of resubmits ends, and nothing of the packet is sent. */
static void resubmit_loops_are_cut(void **state)
{
	struct world *w = *state;

	add(w, "actions=output:2,set_field:00:00:00:00:00:01->eth_dst,resubmit(,0)");
	send_one(w, "udp", 1);
	assert_int_equal(w->res->n_out, 0);
	assert_int_equal(drops(w, DROP_RESUBMIT_LIMIT), 1);
}

/* Two resubmits a level: 2^64 if only the depth were bounded. */
static void resubmit_bombs_are_cut(void **state)
{
	struct world *w = *state;

	add(w, "actions=resubmit(,0),resubmit(,0)");
	send_one(w, "udp", 1);
	assert_int_equal(drops(w, DROP_RESUBMIT_LIMIT), 1);
	for (unsigned id = 0; id < 250; id++) {
		char text[96];

		snprintf(text, sizeof(text),
			 "table=%u,priority=9,actions=resubmit(,%u),resubmit(,%u)", id, id + 1,
			 id + 1);
		add(w, text);
	}
	send_one(w, "udp", 1);
	assert_int_equal(drops(w, DROP_RESUBMIT_LIMIT), 2);
}

static void resubmit_looks_up_by_another_port(void **state)
{
	struct world *w = *state;

	add(w, "in_port=1,actions=resubmit(7,3),output:2");
	add(w, "table=3,in_port=7,actions=IN_PORT");
	send_one(w, "udp", 1);
	assert_int_equal(w->res->n_out, 2);
	assert_int_equal(w->res->ports[0], 1);
	assert_int_equal(w->res->ports[1], 2);
}

static void no_memory_for_a_copy_is_counted(void **state)
{
	struct world *w = *state;

	add(w, "udp,actions=output:1,output:2,set_field:9->udp_src,output:1");
	w->n_fail_copies = 1;
	send_one(w, "udp", 6);
	assert_int_equal(w->res->n_out, 2);
	assert_int_equal(drops(w, DROP_NO_MEMORY), 1);
}

static void no_headroom_drops_the_packet(void **state)
{
	struct world *w = *state;
	struct rte_mbuf *pkt;

	add(w, "udp,actions=push_vlan:0x8100,output:2");
	pkt = packet(w, "udp");
	memmove(pkt->buf_addr, rte_pktmbuf_mtod(pkt, void *), pkt->data_len);
	pkt->data_off = 0;
	run(w, &pkt, 1, 1);
	assert_int_equal(w->res->n_out, 0);
	assert_int_equal(drops(w, DROP_NO_HEADROOM), 1);
}

/* More outputs than a burst may make are dropped and counted, the others sent. */
/* What was sent before is sent; the controllers hear of it. */
static void a_ttl_that_runs_out_is_told(void **state)
{
	struct world *w = *state;

	add(w, "ip,nw_dst=0.0.0.1,actions=dec_ttl,output:2");
	add(w, "ip,nw_dst=0.0.0.2,actions=output:2,dec_ttl(3,9),output:2,goto_table:1");
	add(w, "table=1,actions=output:2");
	send_one(w, "ip,nw_dst=0.0.0.1,nw_ttl=2", 1);
	assert_int_equal(w->res->n_out, 1);
	assert_int_equal(w->res->n_punts, 0);
	send_one(w, "ip,nw_dst=0.0.0.1,nw_ttl=1", 1);
	assert_int_equal(w->res->n_out, 0);
	assert_int_equal(w->res->n_punts, 1);
	assert_int_equal(w->res->punts[0].reason, OFPR_INVALID_TTL);
	assert_int_equal(w->res->punts[0].controller_id, 0);
	assert_int_equal(drops(w, DROP_INVALID_TTL), 1);
	send_one(w, "ip,nw_dst=0.0.0.2,nw_ttl=0", 1);
	assert_int_equal(w->res->n_out, 1);
	assert_int_equal(w->res->n_punts, 2);
	assert_int_equal(w->res->punts[0].controller_id, 3);
	assert_int_equal(w->res->punts[1].controller_id, 9);
	assert_int_equal(drops(w, DROP_INVALID_TTL), 2);
}

static void fragments_are_dropped_when_asked(void **state)
{
	struct world *w = *state;

	add(w, "actions=output:2");
	send_one(w, "ip,ip_frag=first", 1);
	assert_int_equal(w->res->n_out, 1);
	tables_set_drop_fragments(w->tables, true);
	compile(w);
	send_one(w, "ip,ip_frag=first", 1);
	assert_int_equal(w->res->n_out, 0);
	send_one(w, "ipv6,ip_frag=later", 1);
	assert_int_equal(w->res->n_out, 0);
	assert_int_equal(drops(w, DROP_FRAGMENT), 2);
	send_one(w, "udp", 1);
	assert_int_equal(w->res->n_out, 1);
	tables_set_drop_fragments(w->tables, false);
	compile(w);
	send_one(w, "ipv6,ip_frag=later", 1);
	assert_int_equal(w->res->n_out, 1);
}

static void outputs_are_bounded(void **state)
{
	struct rte_mbuf *pkts[PACKET_BURST_MAX];
	struct world *w = *state;
	struct buf text = BUF_INIT;
	unsigned n_sent;

	buf_puts(&text, "udp,actions=");
	for (unsigned i = 0; i < 200; i++)
		buf_printf(&text, "%soutput:2", i ? "," : "");
	add(w, buf_str(&text));
	buf_fini(&text);
	for (unsigned i = 0; i < PACKET_BURST_MAX; i++)
		pkts[i] = packet(w, "udp");
	run(w, pkts, PACKET_BURST_MAX, 1);
	n_sent = w->res->n_out;
	assert_int_equal(n_sent, 8192);
	assert_int_equal(drops(w, DROP_OUTPUT_LIMIT), PACKET_BURST_MAX * 200 - n_sent);
}

static const struct action_program *program(const char *text, struct arena *a)
{
	struct action_env env = { .is_packet_out = true, .n_tables = TABLES_N };
	struct status st = STATUS_INIT;
	const struct action_program *p;
	struct of_actions acts;
	struct of_error err;

	if (of_actions_parse(text, a, &acts, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	p = action_compile(&acts, &env, &err);
	assert_non_null(p);
	return p;
}

static void execute(struct world *w, const char *actions, uint32_t in_port)
{
	struct arena a = ARENA_INIT;
	const struct action_program *p = program(actions, &a);

	take_result(w);
	w->res = pipeline_execute(w->p, w->t, packet(w, "udp,tp_dst=1"), in_port, p, 7);
	action_program_destroy((struct action_program *)p);
	arena_clear(&a);
}

static void packet_out_runs_its_actions(void **state)
{
	struct world *w = *state;

	add(w, "udp,in_port=1,actions=write_actions(output:2)");
	execute(w, "output:1,output:2", OF_PORT_CONTROLLER);
	assert_int_equal(w->res->n_out, 2);
	execute(w, "TABLE", 1);
	assert_int_equal(w->res->n_out, 1);
	assert_int_equal(w->res->ports[0], 2);
	execute(w, "TABLE", OF_PORT_CONTROLLER);
	assert_int_equal(w->res->n_out, 0);
	assert_int_equal(drops(w, DROP_TABLE_MISS), 1);
	execute(w, "IN_PORT", 1);
	assert_int_equal(w->res->ports[0], 1);
	execute(w, "FLOOD", 1);
	assert_int_equal(w->res->n_out, 2);
}

/* A controller may send bytes that are no packet. */
static void packet_out_takes_any_bytes(void **state)
{
	struct world *w = *state;
	struct arena a = ARENA_INIT;
	const struct action_program *p =
		program("set_field:00:00:00:00:00:01->eth_dst,push_vlan:0x8100,output:2", &a);
	struct rte_mbuf *pkt = heap_packet_create("abc", 3);

	compile(w);
	w->n_packets++;
	w->res = pipeline_execute(w->p, w->t, pkt, OF_PORT_CONTROLLER, p, 7);
	assert_int_equal(w->res->n_out, 0);
	assert_int_equal(drops(w, DROP_SHORT_ETHERNET), 1);
	action_program_destroy((struct action_program *)p);
	arena_clear(&a);
}

static void unchanged_tables_are_shared(void **state)
{
	struct pipeline_table_info before, after;
	struct world *w = *state;
	struct pipeline *old;

	add(w, "table=0,in_port=1,actions=output:2");
	add(w, "table=1,in_port=1,actions=output:2");
	old = w->p;
	w->p = pipeline_compile(w->tables, NULL, 0, old);
	pipeline_table_info(old, 0, &before);
	pipeline_table_info(w->p, 0, &after);
	assert_ptr_equal(before.reason, after.reason); /* the very same look-up */
	pipeline_release(w->p);
	w->p = old;
	add(w, "table=1,in_port=2,actions=output:1");
	pipeline_table_info(w->p, 0, &after);
	assert_ptr_equal(before.reason, after.reason);
	pipeline_table_info(w->p, 1, &after);
	assert_int_equal(after.n_rules, 2);
	assert_string_equal(after.lookup, "few");
	pipeline_table_info(w->p, 2, &after);
	assert_string_equal(after.lookup, "none");
}

/* A snapshot goes on as it was while the tables change, also for flows that are deleted. */
static void a_snapshot_does_not_change(void **state)
{
	struct rte_mbuf *pkt;
	struct world *w = *state;
	struct pipeline *old;
	struct of_error err;
	struct of_flow_mod del = { .command = OFPFC_DELETE,
				   .table_id = OF_TABLE_ALL,
				   .out_port = OF_PORT_ANY,
				   .out_group = OF_GROUP_ANY };

	add(w, "actions=output:2");
	old = w->p;
	assert_int_equal(tables_flow_mod(w->tables, &del, 0, &err), 0);
	w->p = pipeline_compile(w->tables, NULL, 0, old);
	pkt = packet(w, "udp");
	w->res = pipeline_run(old, w->t, &pkt, 1, 1, 0);
	assert_int_equal(w->res->n_out, 1);
	take_result(w);
	pipeline_release(old);
	send_one(w, "udp", 1);
	assert_int_equal(w->res->n_out, 0);
}

static void tables_count_lookups(void **state)
{
	struct world *w = *state;
	struct table_counter c;

	add(w, "udp,actions=goto_table:200");
	send_one(w, "udp", 1);
	send_one(w, "tcp", 1);
	c = counters_table_sum(tables_counters(w->tables), 0);
	assert_int_equal(c.n_lookups, 2);
	assert_int_equal(c.n_matched, 1);
	assert_int_equal(c.n_missed, 1);
	c = counters_table_sum(tables_counters(w->tables), 200);
	assert_int_equal(c.n_missed, 1);
}

static void a_trace_reads_well(void **state)
{
	static const char want[] = "table 0: priority 100, in_port=1, cookie 0x7: "
				   "load:0x3->NXM_NX_REG0[],resubmit(,5),goto_table:20\n"
				   "    load:0x3->NXM_NX_REG0[]\n"
				   "    resubmit(,5)\n"
				   "    table 5: priority 32768, cookie 0x0: output:2\n"
				   "        output:2\n"
				   "        -> sent to port 2\n"
				   "table 20: no flow matches\n";
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct buf text = BUF_INIT;
	struct world *w = *state;
	struct of_match m;

	add(w, "cookie=7,priority=100,in_port=1,actions=load:3->NXM_NX_REG0[],resubmit(,5),goto_"
	       "table:20");
	add(w, "table=5,actions=output:2");
	assert_int_equal(of_match_parse("in_port=1,tcp,nw_dst=10.0.0.1", &a, &m, &st), 0);
	assert_int_equal(pipeline_trace_match(w->p, &m, 0, &text, NULL, &st), 0);
	assert_string_equal(buf_str(&text), want);
	buf_clear(&text);
	assert_int_equal(of_match_parse("in_port=2,tcp,nw_dst=10.0.0.1", &a, &m, &st), 0);
	assert_int_equal(pipeline_trace_match(w->p, &m, 0, &text, NULL, &st), 0);
	assert_string_equal(buf_str(&text),
			    "table 0: no flow matches\n"
			    "dropped: table-miss. No flow of the table matched and the table has "
			    "no table-miss flow.\n");
	/* A trace counts nothing. */
	assert_int_equal(counters_table_sum(tables_counters(w->tables), 0).n_lookups, 0);
	assert_int_equal(drops(w, DROP_TABLE_MISS), 0);
	buf_fini(&text);
	arena_clear(&a);
}

/* Eighty tables each write some bits: the set is bounded. */
static void action_sets_are_bounded(void **state)
{
	struct world *w = *state;

	for (unsigned id = 0; id < 80; id++) {
		char text[128];

		snprintf(text, sizeof(text),
			 "table=%u,actions=write_actions(load:1->NXM_NX_REG0[%u]),goto_table:%u",
			 id, id % 32, id + 1);
		add(w, text);
	}
	add(w, "table=80,actions=output:2");
	send_one(w, "udp", 1);
	assert_int_equal(w->res->n_out, 0);
	assert_int_equal(drops(w, DROP_ACTION_SET_LIMIT), 1);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_packet_is_copied_only_when_it_must_be),
		TEST(packets_leave_in_order_of_arrival),
		TEST(bad_packets_leave_a_good_burst),
		TEST(drops_have_owners),
		TEST(every_unusable_port_has_its_reason),
		TEST(table_miss_flow_punts_as_no_match),
		TEST(resubmit_loops_are_cut),
		TEST(resubmit_bombs_are_cut),
		TEST(resubmit_looks_up_by_another_port),
		TEST(no_memory_for_a_copy_is_counted),
		TEST(no_headroom_drops_the_packet),
		TEST(a_ttl_that_runs_out_is_told),
		TEST(fragments_are_dropped_when_asked),
		TEST(outputs_are_bounded),
		TEST(packet_out_runs_its_actions),
		TEST(packet_out_takes_any_bytes),
		TEST(unchanged_tables_are_shared),
		TEST(a_snapshot_does_not_change),
		TEST(tables_count_lookups),
		TEST(a_trace_reads_well),
		TEST(action_sets_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
