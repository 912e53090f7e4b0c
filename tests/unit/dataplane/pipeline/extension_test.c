/* Open vSwitch's actions, each by a small example: what comes out, and what the tables are asked.
 */

#include "dataplane/pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <rte_mbuf.h>
#include <openflow/openflow-common.h>
#include "dataplane/action/action_extension.h"
#include "dataplane/learn/learn.h"
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/table/egress.h"
#include "dataplane/table/learned.h"
#include "dataplane/table/tlv_table.h"
#include "proto/openflow/action_bundle.h"
#include "proto/openflow/action_multipath.h"
#include "proto/openflow/numbers.h"

struct world {
	struct tables *tables;
	struct pipeline *p;
	struct pipeline_thread *t;
	const struct pipeline_result *res;
	unsigned n_packets; /* not yet freed */
	uint32_t link_down; /* a port, or 0 */
	uint64_t now_ns;
};

static struct rte_mbuf *counting_copy(void *ctx, const struct rte_mbuf *m)
{
	struct world *w = ctx;

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
	w->now_ns = NS_PER_SEC;
	*state = w;
	return 0;
}

static void take_result(struct world *w)
{
	for (unsigned i = 0; w->res && i < w->res->n_out; i++)
		counting_free(w, &w->res->pkts[i], 1);
	for (unsigned i = 0; w->res && i < w->res->n_punts; i++)
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
	struct pipeline_port ports[8];
	struct pipeline *old = w->p;

	for (unsigned i = 0; i < ARRAY_LENGTH(ports); i++)
		ports[i] = (struct pipeline_port){ .number = i + 1,
						   .state = i + 1 == w->link_down ? OFPPS_LINK_DOWN
										  : 0 };
	w->p = pipeline_compile(w->tables, ports, ARRAY_LENGTH(ports), old);
	pipeline_release(old);
}

/* 0, or the type and code of the error that TEXT gives. */
static uint32_t try_to_add(struct world *w, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err = { 0 };
	struct of_flow_mod fm;
	int ret;

	if (of_flow_mod_parse(text, OFPFC_ADD, &a, &fm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	ret = tables_flow_mod(w->tables, &fm, w->now_ns, &err);
	arena_clear(&a);
	if (ret < 0)
		return (uint32_t)err.type << 16 | err.code;
	compile(w);
	return 0;
}

static void add(struct world *w, const char *text)
{
	assert_int_equal(try_to_add(w, text), 0);
}

static void delete_strict(struct world *w, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err;
	struct of_flow_mod fm;

	if (of_flow_mod_parse(text, OFPFC_DELETE_STRICT, &a, &fm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	assert_int_equal(tables_flow_mod(w->tables, &fm, w->now_ns, &err), 0);
	arena_clear(&a);
	compile(w);
}

static struct rte_mbuf *packet(struct world *w, const char *match, size_t payload)
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
	km.key.ip_ttl = 64;
	packet_compose(&km.key, payload, &bytes);
	pkt = heap_packet_create(bytes.data, bytes.size);
	w->n_packets++;
	buf_fini(&bytes);
	arena_clear(&a);
	return pkt;
}

static void run_sized(struct world *w, const char *match, size_t payload)
{
	struct rte_mbuf *pkt = packet(w, match, payload);

	take_result(w);
	w->res = pipeline_run(w->p, w->t, &pkt, 1, 1, w->now_ns);
}

static void run(struct world *w, const char *match)
{
	run_sized(w, match, 20);
}

/* To where the packet went: "2 3", "c" for the controller. */
static const char *outputs(const struct world *w)
{
	static char text[256];
	size_t at = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < w->res->n_out; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%u", at ? " " : "",
			       w->res->ports[i]);
	for (unsigned i = 0; i < w->res->n_punts; i++)
		at += snprintf(text + at, sizeof(text) - at, "%sc", at ? " " : "");
	return text;
}

static uint64_t n_dropped(const struct world *w, enum drop_reason reason)
{
	return counters_drop_sum(tables_counters(w->tables), reason);
}

static void do_effects(struct world *w)
{
	for (unsigned i = 0; i < w->res->n_effects; i++) {
		const struct pipeline_effect *e = &w->res->effects[i];

		if (e->kind == PIPELINE_LEARN)
			learn_apply(w->tables, e->op->owned, &e->key, w->now_ns);
		else
			tables_shorten(w->tables, e->rule, e->op->fin_timeout.idle,
				       e->op->fin_timeout.hard);
	}
	compile(w);
}

static void output_to_a_register(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=load:3->reg0[8..15],output:reg0[8..15]");
	run(w, "tcp");
	assert_string_equal(outputs(w), "3");
	add(w, "table=0,actions=load:0xfffd->reg0[0..15],output:reg0[0..15]");
	run(w, "tcp");
	assert_string_equal(outputs(w), "c");
	add(w, "table=0,actions=load:77->reg0[],output:reg0[]");
	run(w, "tcp");
	assert_string_equal(outputs(w), "");
	assert_int_equal(n_dropped(w, DROP_NO_SUCH_PORT), 1);
}

static void cut_outputs(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=output:2,output(port=3,max_len=60),output:4");
	run_sized(w, "tcp", 200);
	assert_string_equal(outputs(w), "2 3 4");
	assert_int_equal(w->res->pkts[0]->pkt_len, w->res->pkts[2]->pkt_len);
	assert_true(w->res->pkts[0]->pkt_len > 200);
	assert_int_equal(w->res->pkts[1]->pkt_len, 60);
	add(w, "table=0,actions=output(port=3,max_len=60)");
	run_sized(w, "tcp", 0);
	assert_true(w->res->pkts[0]->pkt_len < 60);
}

static void stack_keeps_values(void **state)
{
	struct world *w = *state;
	char text[2048] = "table=0,actions=push:reg0[]";

	add(w, "table=0,actions=load:2->reg0[],push:reg0[],load:7->reg0[],push:reg0[0..2],"
	       "pop:reg1[],pop:reg0[],output:reg0[],load:3->reg2[],pop:reg2[],output:reg2[]");
	run(w, "tcp");
	assert_string_equal(outputs(w), "2 3");
	for (unsigned i = 0; i < ACTION_MAX_STACK; i++)
		strcat(text, ",push:reg0[]");
	strcat(text, ",output:2");
	add(w, text);
	run(w, "tcp");
	assert_string_equal(outputs(w), "");
	assert_int_equal(n_dropped(w, DROP_STACK_LIMIT), 1);
	/* Values of one packet are not those of the next. */
	add(w, "table=0,actions=load:5->reg0[],pop:reg0[],output:reg0[]");
	run(w, "tcp");
	assert_string_equal(outputs(w), "5");
}

static void exit_ends_everything_but_the_set(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=write_actions(output:4),resubmit(,1),output:5");
	add(w, "table=1,actions=output:2,exit,output:3");
	run(w, "tcp");
	/* Write-actions come after apply-actions, which the exit ended. */
	assert_string_equal(outputs(w), "2");
	add(w, "table=0,actions=write_actions(output:4),goto_table:1");
	add(w, "table=1,actions=output:2,exit,goto_table:2");
	add(w, "table=2,actions=output:3");
	run(w, "tcp");
	assert_string_equal(outputs(w), "2 4");
}

static void clone_brings_all_back(void **state)
{
	struct world *w = *state;
	const uint8_t *a, *b;

	add(w, "table=0,actions=load:2->reg0[],output:6,clone(set_field:00:00:00:00:00:09->eth_dst,"
	       "load:3->reg0[],output:reg0[],exit),output:reg0[]");
	run(w, "tcp,dl_dst=00:00:00:00:00:01");
	assert_string_equal(outputs(w), "6 3 2");
	for (unsigned i = 0; i < 3; i++) {
		a = rte_pktmbuf_mtod(w->res->pkts[i], const uint8_t *);
		assert_int_equal(a[5], i == 1 ? 9 : 1);
	}
	add(w, "table=0,actions=clone(clone(load:3->reg0[],output:reg0[]),output:2),output:4");
	run(w, "tcp");
	assert_string_equal(outputs(w), "3 2 4");
	b = rte_pktmbuf_mtod(w->res->pkts[0], const uint8_t *);
	assert_non_null(b);
}

static void clones_have_a_depth(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=clone(resubmit(,0))");
	run(w, "tcp");
	assert_string_equal(outputs(w), "");
	assert_int_equal(n_dropped(w, DROP_RESUBMIT_LIMIT), 1);
}

static void larger_packets_are_told(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=check_pkt_larger(100)->reg0[0],resubmit(,1)");
	add(w, "table=1,reg0=1,actions=output:2");
	add(w, "table=1,reg0=0,actions=output:3");
	run_sized(w, "tcp", 46);
	assert_string_equal(outputs(w), "3"); /* 14 + 20 + 20 + 46: 100 bytes are not more */
	run_sized(w, "tcp", 47);
	assert_string_equal(outputs(w), "2");
}

static void notes_do_nothing(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=note:01.02.03,output:2");
	run(w, "tcp");
	assert_string_equal(outputs(w), "2");
}

static void bundles_choose_live_ports(void **state)
{
	struct world *w = *state;
	char first[16];

	add(w, "table=0,actions=bundle(eth_src,0,active_backup,ofport,members:3,4)");
	run(w, "tcp");
	assert_string_equal(outputs(w), "3");
	w->link_down = 3;
	compile(w);
	run(w, "tcp");
	assert_string_equal(outputs(w), "4");
	w->link_down = 0;
	add(w, "table=0,actions=bundle_load(eth_src,0,hrw,ofport,reg0[0..15],members:3,4,5),"
	       "output:reg0[0..15]");
	run(w, "tcp");
	snprintf(first, sizeof(first), "%s", outputs(w));
	w->link_down = atoi(first);
	compile(w);
	run(w, "tcp");
	assert_string_not_equal(outputs(w), first);
	assert_string_not_equal(outputs(w), "");
	w->link_down = 3;
	add(w, "table=0,actions=bundle(eth_src,0,active_backup,ofport,members:3,77)");
	run(w, "tcp");
	assert_string_equal(outputs(w), "");
	assert_int_equal(n_dropped(w, DROP_NO_LIVE_PORT), 1);
}

static void multipath_writes_a_link(void **state)
{
	struct world *w = *state;
	unsigned seen[9] = { 0 };

	add(w, "table=0,actions=multipath(symmetric_l4,50,hrw,4,0,reg0[]),resubmit(,1)");
	for (unsigned i = 0; i < 4; i++) {
		char text[64];

		snprintf(text, sizeof(text), "table=1,reg0=%u,actions=output:%u", i, i + 2);
		add(w, text);
	}
	for (unsigned i = 0; i < 64; i++) {
		char text[64];

		snprintf(text, sizeof(text), "tcp,nw_src=10.0.0.%u,tp_src=%u", i, 1000 + i);
		run(w, text);
		assert_int_equal(w->res->n_out, 1);
		seen[w->res->ports[0]]++;
	}
	for (unsigned port = 2; port < 6; port++)
		assert_in_range(seen[port], 4, 40);
}

/* Both directions of a connection hash alike, and what does not count does not matter. */
static void hashes_are_symmetric(void **state)
{
	struct flow_key key = { 0 }, back = { 0 };

	(void)state;
	store_be16(&key.eth_type, 0x0800);
	key.ip_proto = 6;
	store_be32(&key.ipv4_src, 0x0a000001);
	store_be32(&key.ipv4_dst, 0x0a000002);
	store_be16(&key.tp_src, 1234);
	store_be16(&key.tp_dst, 80);
	key.eth_src[5] = 1;
	key.eth_dst[5] = 2;
	back = key;
	back.ipv4_src = key.ipv4_dst;
	back.ipv4_dst = key.ipv4_src;
	back.tp_src = key.tp_dst;
	back.tp_dst = key.tp_src;
	back.eth_src[5] = 2;
	back.eth_dst[5] = 1;
	for (unsigned f = 0; f < OF_N_HASH_FIELDS; f++) {
		bool is_symmetric =
			f != OF_HASH_ETH_SRC && f != OF_HASH_NW_SRC && f != OF_HASH_NW_DST;

		assert_int_equal(action_hash_fields(&key, f, 7) == action_hash_fields(&back, f, 7),
				 is_symmetric);
		assert_int_not_equal(action_hash_fields(&key, f, 7),
				     action_hash_fields(&key, f, 8));
	}
	back = key;
	store_be16(&back.tp_dst, 81);
	assert_int_equal(action_hash_fields(&key, OF_HASH_SYMMETRIC_L3, 0),
			 action_hash_fields(&back, OF_HASH_SYMMETRIC_L3, 0));
	assert_int_not_equal(action_hash_fields(&key, OF_HASH_SYMMETRIC_L4, 0),
			     action_hash_fields(&back, OF_HASH_SYMMETRIC_L4, 0));
	key.ip_proto = back.ip_proto = 17;
	assert_int_equal(action_hash_fields(&key, OF_HASH_SYMMETRIC_L3L4, 0),
			 action_hash_fields(&back, OF_HASH_SYMMETRIC_L3L4, 0));
	assert_int_not_equal(action_hash_fields(&key, OF_HASH_SYMMETRIC_L3L4_UDP, 0),
			     action_hash_fields(&back, OF_HASH_SYMMETRIC_L3L4_UDP, 0));
}

/* Later fragments have no ports, and in IPv6 (RFC 8200) no protocol that could be told. */
static void hashes_keep_fragments_together(void **state)
{
	static const uint16_t types[] = { 0x0800, 0x86dd };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(types); i++) {
		struct flow_key first = { .ip_proto = 6, .ip_frag = KEY_FRAG_ANY }, later;

		store_be16(&first.eth_type, types[i]);
		later = first;
		store_be16(&first.tp_src, 1234);
		later.ip_frag |= KEY_FRAG_LATER;
		if (types[i] == 0x86dd)
			later.ip_proto = 44;
		for (unsigned f = 0; f < OF_N_HASH_FIELDS; f++)
			assert_int_equal(action_hash_fields(&first, f, 7),
					 action_hash_fields(&later, f, 7));
	}
}

/* Every algorithm spreads evenly over all links; hrw moves only what it must. */
static void links_are_shared_out(void **state)
{
	(void)state;
	for (unsigned alg = 0; alg < OF_N_MULTIPATH_ALGORITHMS; alg++) {
		unsigned seen[10] = { 0 }, n_moved = 0;

		for (uint32_t i = 0; i < 10000; i++) {
			uint32_t hash = action_hash_pair(i, 1), link, more;

			link = action_choose_link(hash, alg, 9, 0);
			more = action_choose_link(hash, alg, 10, 0);
			assert_in_range(link, 0, 8);
			seen[link]++;
			n_moved += link != more;
			if (alg == OF_MULTIPATH_HRW)
				assert_true(link == more || more == 9);
		}
		for (unsigned link = 0; link < 9; link++)
			assert_in_range(seen[link], 900, 1350);
		assert_true(n_moved > 500);
		assert_int_equal(action_choose_link(UINT32_MAX, alg, 1, 0), 0);
		assert_in_range(action_choose_link(UINT32_MAX, alg, 65536, 0), 0, 65535);
	}
}

static void controller_tells_all(void **state)
{
	struct world *w = *state;
	const struct pipeline_punt *punt;

	add(w, "table=0,cookie=0x77,actions=controller(reason=invalid_ttl,max_len=50,id=9,"
	       "userdata=0a.0b)");
	run(w, "tcp");
	assert_string_equal(outputs(w), "c");
	punt = &w->res->punts[0];
	assert_int_equal(punt->reason, OFPR_INVALID_TTL);
	assert_int_equal(punt->controller_id, 9);
	assert_int_equal(punt->max_len, 50);
	assert_int_equal(punt->cookie, 0x77);
	assert_int_equal(punt->how->n_userdata, 2);
	assert_memory_equal(punt->how->userdata, "\x0a\x0b", 2);
}

static void conjunctions_find_flows(void **state)
{
	struct world *w = *state;

	add(w, "table=0,priority=10,ip,nw_src=10.0.0.1,actions=conjunction(1,1/2)");
	add(w,
	    "table=0,priority=10,ip,nw_src=10.0.0.2,actions=conjunction(1,1/2),conjunction(2,1/2)");
	add(w, "table=0,priority=10,tcp,tp_dst=80,actions=conjunction(1,2/2)");
	add(w, "table=0,priority=10,tcp,tp_dst=443,actions=conjunction(2,2/2),note:01");
	add(w, "table=0,priority=5,conj_id=1,ip,actions=output:2");
	add(w, "table=0,priority=5,conj_id=2,ip,actions=output:3");
	add(w, "table=0,priority=1,actions=output:4");
	run(w, "tcp,nw_src=10.0.0.1,tp_dst=80");
	assert_string_equal(outputs(w), "2");
	run(w, "tcp,nw_src=10.0.0.2,tp_dst=80");
	assert_string_equal(outputs(w), "2");
	run(w, "tcp,nw_src=10.0.0.2,tp_dst=443");
	assert_string_equal(outputs(w), "3");
	run(w, "tcp,nw_src=10.0.0.1,tp_dst=443");
	assert_string_equal(outputs(w), "4");
	/* What is above the clauses goes before them. */
	add(w, "table=0,priority=11,tcp,tp_dst=80,actions=output:5");
	run(w, "tcp,nw_src=10.0.0.1,tp_dst=80");
	assert_string_equal(outputs(w), "5");
	/* The flow of the id may be above what the clauses are. */
	add(w, "table=0,priority=20,conj_id=2,actions=output:6");
	run(w, "tcp,nw_src=10.0.0.2,tp_dst=443");
	assert_string_equal(outputs(w), "6");
	/* Clauses that go while others stay. */
	delete_strict(w, "table=0,priority=10,ip,nw_src=10.0.0.2");
	run(w, "tcp,nw_src=10.0.0.2,tp_dst=443");
	assert_string_equal(outputs(w), "4");
}

static void clauses_stand_alone(void **state)
{
	struct world *w = *state;

	assert_int_equal(try_to_add(w, "table=0,ip,actions=conjunction(1,1/2),output:2"),
			 (uint32_t)OFPET_EXPERIMENTER << 16 | NXBAC_BAD_CONJUNCTION);
	assert_int_equal(try_to_add(w, "table=0,ip,actions=conjunction(1,1/2),goto_table:1"),
			 (uint32_t)OFPET_EXPERIMENTER << 16 | NXBAC_BAD_CONJUNCTION);
}

/* The flow that stands in table 1, or "". */
static bool print_flow(void *ctx, const struct flow *f)
{
	struct arena a = ARENA_INIT;
	struct of_flow_stats fs;
	struct buf *out = ((void **)ctx)[0];

	flow_stats(((void **)ctx)[1], f, 0, &a, &fs);
	if (out->size)
		buf_puts(out, "\n");
	buf_printf(out, "priority=%u,", fs.priority);
	of_match_print(&fs.match, out);
	buf_puts(out, " actions=");
	of_instructions_print(&fs.instructions, out);
	arena_clear(&a);
	return true;
}

static const char *table_one(struct world *w)
{
	static char text[2048];
	struct buf out = BUF_INIT;
	struct flow_filter filter = { .table_id = 1,
				      .out_port = OF_PORT_ANY,
				      .out_group = OF_GROUP_ANY };
	void *ctx[2] = { &out, w->tables };

	tables_each(w->tables, &filter, print_flow, ctx);
	snprintf(text, sizeof(text), "%s", out.size ? buf_str(&out) : "");
	buf_fini(&out);
	return text;
}

static void learns_a_mac_address(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=learn(table=1,priority=7,cookie=0x9,idle_timeout=10,"
	       "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG3[0..15],"
	       "output:NXM_OF_IN_PORT[]),resubmit(,1)");
	add(w, "table=1,priority=0,actions=output:8");
	run(w, "tcp,dl_src=00:00:00:00:00:05,dl_dst=00:00:00:00:00:06");
	assert_string_equal(outputs(w), "8");
	assert_int_equal(w->res->n_effects, 1);
	do_effects(w);
	assert_non_null(strstr(table_one(w), "priority=7,dl_dst=00:00:00:00:00:05 actions="));
	assert_non_null(strstr(table_one(w), "output:1"));
	/* An established flow costs no message until some time has passed. */
	run(w, "tcp,dl_src=00:00:00:00:00:05,dl_dst=00:00:00:00:00:06");
	w->now_ns += 100 * NS_PER_MS;
	run(w, "tcp,dl_src=00:00:00:00:00:05,dl_dst=00:00:00:00:00:06");
	assert_int_equal(w->res->n_effects, 0);
	w->now_ns += NS_PER_SEC;
	run(w, "tcp,dl_src=00:00:00:00:00:05,dl_dst=00:00:00:00:00:06");
	assert_int_equal(w->res->n_effects, 1);
	run(w, "tcp,dl_src=00:00:00:00:00:06,dl_dst=00:00:00:00:00:05");
	assert_int_equal(w->res->n_effects, 1);
}

/* A wish that was lost is told by the next packet. */
static void lost_lessons_are_repeated(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	run(w, "tcp");
	assert_int_equal(w->res->n_effects, 1);
	pipeline_effect_lost(w->t, &w->res->effects[0]);
	run(w, "tcp");
	assert_int_equal(w->res->n_effects, 1);
	run(w, "tcp");
	assert_int_equal(w->res->n_effects, 0);
}

static void learning_has_a_limit(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=learn(table=1,cookie=5,limit=2,result_dst=reg0[3],"
	       "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:reg0[0..3]");
	for (unsigned i = 0; i < 3; i++) {
		char text[64];

		snprintf(text, sizeof(text), "tcp,dl_src=00:00:00:00:00:0%u", i + 1);
		run(w, text);
		do_effects(w);
	}
	assert_int_equal(tables_n_flows(w->tables, 1), 2);
	/* The third: told on the spot that there was no room; the first two: still there. */
	add(w, "table=0,actions=learn(table=1,cookie=5,limit=2,result_dst=reg0[3],"
	       "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),load:2->reg0[0..1],output:reg0[]");
	run(w, "tcp,dl_src=00:00:00:00:00:03");
	assert_string_equal(outputs(w), "2");
	assert_int_equal(w->res->n_effects, 0);
	add(w, "table=0,actions=learn(table=1,cookie=5,limit=2,result_dst=reg0[1],"
	       "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:reg0[]");
	run(w, "tcp,dl_src=00:00:00:00:00:02");
	assert_string_equal(outputs(w), "2");
	assert_int_equal(w->res->n_effects, 1);
}

/* The learned flows go with the flow that taught them, not with one of two. */
static void lessons_go_with_their_teacher(void **state)
{
	struct world *w = *state;

	add(w, "table=0,priority=1,tcp,actions=learn(table=1,cookie=5,delete_learned,"
	       "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	add(w, "table=0,priority=2,udp,actions=clone(learn(table=1,cookie=5,delete_learned,"
	       "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[])),output:2");
	add(w, "table=1,cookie=6,actions=output:3");
	run(w, "tcp,dl_src=00:00:00:00:00:01");
	do_effects(w);
	run(w, "udp,dl_src=00:00:00:00:00:02");
	do_effects(w);
	assert_int_equal(tables_n_flows(w->tables, 1), 3);
	delete_strict(w, "table=0,priority=1,tcp");
	assert_int_equal(tables_n_flows(w->tables, 1), 3);
	tables_begin(w->tables);
	delete_strict(w, "table=0,priority=2,udp");
	tables_rollback(w->tables);
	assert_int_equal(tables_n_flows(w->tables, 1), 3);
	delete_strict(w, "table=0,priority=2,udp");
	assert_int_equal(tables_n_flows(w->tables, 1), 1);
}

/* Learning again what is there starts its hard timeout anew and changes nothing else. */
static void lessons_are_refreshed(void **state)
{
	struct world *w = *state;
	uint64_t start_ns = w->now_ns;

	add(w, "table=0,actions=learn(table=1,hard_timeout=3,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),"
	       "output:2");
	run(w, "tcp");
	do_effects(w);
	for (unsigned i = 0; i < 5; i++) {
		w->now_ns += NS_PER_SEC;
		assert_int_equal(tables_expire(w->tables, w->now_ns), 0);
		run(w, "tcp");
		assert_int_equal(w->res->n_effects, 1);
		do_effects(w);
		assert_int_equal(tables_n_flows(w->tables, 1), 1);
	}
	assert_int_equal(tables_expire(w->tables, start_ns + 7 * NS_PER_SEC), 0);
	assert_int_equal(tables_expire(w->tables, start_ns + 9 * NS_PER_SEC), 1);
}

/* A flow that was deleted is learned from the next packet. */
static void deleted_lessons_are_learned_again(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	run(w, "tcp");
	do_effects(w);
	run(w, "tcp");
	assert_int_equal(w->res->n_effects, 0);
	delete_strict(w, "table=1,priority=32768,dl_dst=00:00:00:00:00:00");
	assert_int_equal(tables_n_flows(w->tables, 1), 0);
	run(w, "tcp");
	assert_int_equal(w->res->n_effects, 1);
}

static void fin_shortens_timeouts(void **state)
{
	struct world *w = *state;

	add(w, "table=0,tcp,idle_timeout=60,actions=fin_timeout(idle_timeout=5,hard_timeout=7),"
	       "output:2");
	run(w, "tcp,tcp_flags=ack");
	assert_int_equal(w->res->n_effects, 0);
	run(w, "tcp,tcp_flags=ack|fin");
	assert_int_equal(w->res->n_effects, 1);
	do_effects(w);
	assert_int_equal(tables_expire(w->tables, w->now_ns + 4 * NS_PER_SEC), 0);
	assert_int_equal(tables_expire(w->tables, w->now_ns + 6 * NS_PER_SEC), 1);
}

static void set_egress(struct world *w, uint8_t first, bool may)
{
	struct of_error err;

	assert_int_equal(tables_set_first_egress(w->tables, first, &err), may ? 0 : -1);
	compile(w);
}

static void outputs_pass_egress_tables(void **state)
{
	struct world *w = *state;
	const uint8_t *data;

	set_egress(w, 100, true);
	add(w, "table=0,actions=output:2,output:3,output:4,CONTROLLER");
	add(w, "table=100,actset_output=2,actions=set_field:00:00:00:00:00:07->eth_dst,goto_table:"
	       "101");
	add(w, "table=100,actset_output=3,actions=clear_actions");
	add(w, "table=100,actset_output=4,actions=output:5");
	add(w, "table=101,actions=set_field:00:00:00:00:00:08->eth_src");
	run(w, "tcp,dl_dst=00:00:00:00:00:01");
	assert_string_equal(outputs(w), "2 5 4 c");
	data = rte_pktmbuf_mtod(w->res->pkts[0], const uint8_t *);
	assert_int_equal(data[5], 7);
	assert_int_equal(data[11], 8);
	for (unsigned i = 1; i < 3; i++) {
		data = rte_pktmbuf_mtod(w->res->pkts[i], const uint8_t *);
		assert_int_equal(data[5], 1);
	}
	/* No flow for the port: nothing leaves. */
	add(w, "table=0,actions=output:6");
	run(w, "tcp");
	assert_string_equal(outputs(w), "");
	assert_int_equal(n_dropped(w, DROP_TABLE_MISS), 1);
	add(w, "table=0,actions=output(port=2,max_len=40)");
	run_sized(w, "tcp", 100);
	assert_string_equal(outputs(w), "2");
	assert_int_equal(w->res->pkts[0]->pkt_len, 40);
	/* And to where it came from, which an action must ask for. */
	add(w, "table=0,actions=IN_PORT");
	add(w, "table=100,actset_output=1,actions=goto_table:101");
	run(w, "tcp");
	assert_string_equal(outputs(w), "1");
}

static void action_sets_tell_their_output(void **state)
{
	struct world *w = *state;

	add(w, "table=0,tcp,actions=write_actions(output:2),goto_table:1");
	add(w, "table=0,udp,actions=goto_table:1");
	add(w, "table=1,priority=2,actset_output=2,actions=write_actions(output:3),goto_table:2");
	add(w, "table=1,priority=1,actions=output:5");
	add(w, "table=2,priority=2,actset_output=3,actions=clear_actions,goto_table:3");
	add(w, "table=3,priority=2,actset_output=3,actions=output:7");
	add(w, "table=3,priority=1,actions=output:6");
	run(w, "tcp");
	assert_string_equal(outputs(w), "6");
	run(w, "udp");
	assert_string_equal(outputs(w), "5");
}

static void egress_tables_have_a_border(void **state)
{
	struct world *w = *state;

	add(w, "table=0,actions=goto_table:9");
	set_egress(w, 5, false);
	add(w, "table=0,actions=goto_table:4");
	add(w, "table=9,actions=output:2");
	set_egress(w, 5, false);
	delete_strict(w, "table=9,priority=32768");
	set_egress(w, 5, true);
	assert_int_equal(try_to_add(w, "table=0,actions=goto_table:5"),
			 OFPET_BAD_INSTRUCTION << 16 | OFPBIC_BAD_TABLE_ID);
	assert_int_equal(try_to_add(w, "table=5,actions=write_actions(output:2)"),
			 OFPET_BAD_ACTION << 16 | OFPBAC_BAD_TYPE);
	add(w, "table=5,actions=goto_table:6");
	set_egress(w, 0, false);
}

static uint16_t map_options(struct world *w, uint16_t command, const char *text)
{
	struct of_tlv_table mod = { 0 };
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err = { 0 };
	int ret;

	if (text && of_tlv_maps_parse(text, &a, &mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	mod.command = command;
	ret = tables_tlv_mod(w->tables, &mod, &err);
	arena_clear(&a);
	return ret < 0 ? err.code : 0;
}

#define OPTION(CLASS, LENGTH, INDEX)                                                               \
	"{class=" #CLASS ",type=1,len=" #LENGTH "}->tun_metadata" #INDEX

static void tunnel_options_are_fields(void **state)
{
	struct world *w = *state;
	struct of_tlv_table out;
	struct arena a = ARENA_INIT;

	assert_int_not_equal(try_to_add(w, "table=1,tun_metadata3=1,actions=output:2"), 0);
	assert_int_equal(map_options(w, OF_TLV_ADD, OPTION(1, 4, 3) "," OPTION(2, 12, 5)), 0);
	assert_int_equal(map_options(w, OF_TLV_ADD, OPTION(7, 4, 3)), NXTTMFC_ALREADY_MAPPED);
	assert_int_equal(map_options(w, OF_TLV_ADD, OPTION(1, 4, 4)), NXTTMFC_DUP_ENTRY);
	assert_int_equal(map_options(w, OF_TLV_ADD, OPTION(8, 20, 9)), NXTTMFC_BAD_OPT_LEN);
	assert_int_equal(map_options(w, 9, NULL), NXTTMFC_BAD_COMMAND);
	/* All or nothing: the eighth of 16 bytes has no room, so none of them is there. */
	assert_int_equal(
		map_options(w, OF_TLV_ADD,
			    OPTION(10, 16, 10) "," OPTION(11, 16, 11) "," OPTION(
				    12, 16, 12) "," OPTION(13, 16, 13) "," OPTION(14, 16, 14)),
		NXTTMFC_TABLE_FULL);
	tables_tlv_describe(&a, &out);
	assert_int_equal(out.n, 2);
	assert_int_equal(out.maps[1].option_length, 12);
	assert_int_equal(out.max_space, KEY_TUN_METADATA);

	add(w, "table=0,actions=set_field:0x1234->tun_metadata3,"
	       "set_field:0x0102030405060708090a0b0c->tun_metadata5,resubmit(,1)");
	add(w, "table=1,tun_metadata3=0x1234,tun_metadata5=0x0102030405060708090a0b0c,"
	       "actions=output:2");
	add(w, "table=1,priority=1,actions=output:3");
	run(w, "tcp");
	assert_string_equal(outputs(w), "2");
	add(w, "table=0,actions=set_field:0x1235->tun_metadata3,resubmit(,1)");
	run(w, "tcp");
	assert_string_equal(outputs(w), "3");
	assert_int_equal(map_options(w, OF_TLV_CLEAR, NULL), NXTTMFC_INVALID_TLV_DEL);
	delete_strict(w, "table=0,priority=32768");
	delete_strict(w, "table=1,priority=32768,tun_metadata3=0x1234,"
			 "tun_metadata5=0x0102030405060708090a0b0c");
	assert_int_equal(map_options(w, OF_TLV_CLEAR, NULL), 0);
	arena_clear(&a);
}

static void traces_tell(void **state)
{
	struct world *w = *state;
	struct rte_mbuf *pkt;
	struct buf text = BUF_INIT;

	add(w, "table=0,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),"
	       "clone(output:3),output:2");
	pkt = packet(w, "tcp,dl_src=00:00:00:00:00:05", 20);
	pipeline_trace(w->p, rte_pktmbuf_mtod(pkt, void *), pkt->data_len, 1, &text, NULL);
	counting_free(w, &pkt, 1);
	assert_non_null(strstr(buf_str(&text), "learns ADD table:1 "));
	assert_non_null(strstr(buf_str(&text), "dl_dst=00:00:00:00:00:05"));
	assert_non_null(strstr(buf_str(&text), "sent to port 3"));
	assert_int_equal(tables_n_flows(w->tables, 1), 0);
	buf_fini(&text);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(output_to_a_register),
		TEST(cut_outputs),
		TEST(stack_keeps_values),
		TEST(exit_ends_everything_but_the_set),
		TEST(clone_brings_all_back),
		TEST(clones_have_a_depth),
		TEST(larger_packets_are_told),
		TEST(notes_do_nothing),
		TEST(bundles_choose_live_ports),
		TEST(multipath_writes_a_link),
		TEST(hashes_are_symmetric),
		TEST(hashes_keep_fragments_together),
		TEST(links_are_shared_out),
		TEST(controller_tells_all),
		TEST(conjunctions_find_flows),
		TEST(clauses_stand_alone),
		TEST(learns_a_mac_address),
		TEST(lost_lessons_are_repeated),
		TEST(learning_has_a_limit),
		TEST(lessons_go_with_their_teacher),
		TEST(lessons_are_refreshed),
		TEST(deleted_lessons_are_learned_again),
		TEST(fin_shortens_timeouts),
		TEST(outputs_pass_egress_tables),
		TEST(action_sets_tell_their_output),
		TEST(egress_tables_have_a_border),
		TEST(tunnel_options_are_fields),
		TEST(traces_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
