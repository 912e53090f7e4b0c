/* Open vSwitch's actions, each by a small example: what comes out, and what the tables are asked.
 */

#include "tests/fakes/dataplane/pipeline_world.h"

#include <rte_mbuf.h>
#include <openflow/openflow-common.h>
#include "dataplane/action/action_extension.h"
#include "dataplane/table/group_mod.h"
#include "dataplane/table/meter_mod.h"
#include "proto/openflow/action_bundle.h"
#include "proto/openflow/action_multipath.h"
#include "proto/openflow/numbers.h"

static void output_to_a_register(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=load:3->reg0[8..15],output:reg0[8..15]");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "3");
	world_add(w, "table=0,actions=load:0xfffd->reg0[0..15],output:reg0[0..15]");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "c");
	world_add(w, "table=0,actions=load:77->reg0[],output:reg0[]");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "");
	assert_int_equal(world_n_dropped(w, DROP_NO_SUCH_PORT), 1);
}

static void cut_outputs(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=output:2,output(port=3,max_len=60),output:4");
	world_run_sized(w, "tcp", 200);
	assert_string_equal(world_outputs(w), "2 3 4");
	assert_int_equal(w->res->pkts[0]->pkt_len, w->res->pkts[2]->pkt_len);
	assert_true(w->res->pkts[0]->pkt_len > 200);
	assert_int_equal(w->res->pkts[1]->pkt_len, 60);
	world_add(w, "table=0,actions=output(port=3,max_len=60)");
	world_run_sized(w, "tcp", 0);
	assert_true(w->res->pkts[0]->pkt_len < 60);
}

static void stack_keeps_values(void **state)
{
	struct pipeline_world *w = *state;
	char text[2048] = "table=0,actions=push:reg0[]";

	world_add(w, "table=0,actions=load:2->reg0[],push:reg0[],load:7->reg0[],push:reg0[0..2],"
		     "pop:reg1[],pop:reg0[],output:reg0[],load:3->reg2[],pop:reg2[],output:reg2[]");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "2 3");
	for (unsigned i = 0; i < ACTION_MAX_STACK; i++)
		strcat(text, ",push:reg0[]");
	strcat(text, ",output:2");
	world_add(w, text);
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "");
	assert_int_equal(world_n_dropped(w, DROP_STACK_LIMIT), 1);
	/* Values of one packet are not those of the next. */
	world_add(w, "table=0,actions=load:5->reg0[],pop:reg0[],output:reg0[]");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "5");
}

static void exit_ends_everything_but_the_set(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=write_actions(output:4),resubmit(,1),output:5");
	world_add(w, "table=1,actions=output:2,exit,output:3");
	world_run(w, "tcp");
	/* Write-actions come after apply-actions, which the exit ended. */
	assert_string_equal(world_outputs(w), "2");
	world_add(w, "table=0,actions=write_actions(output:4),goto_table:1");
	world_add(w, "table=1,actions=output:2,exit,goto_table:2");
	world_add(w, "table=2,actions=output:3");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "2 4");
}

static void clone_brings_all_back(void **state)
{
	struct pipeline_world *w = *state;
	const uint8_t *a, *b;

	world_add(w, "table=0,actions=load:2->reg0[],output:6,clone(set_field:00:00:00:00:00:09->"
		     "eth_dst,"
		     "load:3->reg0[],output:reg0[],exit),output:reg0[]");
	world_run(w, "tcp,dl_dst=00:00:00:00:00:01");
	assert_string_equal(world_outputs(w), "6 3 2");
	for (unsigned i = 0; i < 3; i++) {
		a = rte_pktmbuf_mtod(w->res->pkts[i], const uint8_t *);
		assert_int_equal(a[5], i == 1 ? 9 : 1);
	}
	world_add(w,
		  "table=0,actions=clone(clone(load:3->reg0[],output:reg0[]),output:2),output:4");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "3 2 4");
	b = rte_pktmbuf_mtod(w->res->pkts[0], const uint8_t *);
	assert_non_null(b);
}

static void clones_have_a_depth(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=clone(resubmit(,0))");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "");
	assert_int_equal(world_n_dropped(w, DROP_RESUBMIT_LIMIT), 1);
}

static void larger_packets_are_told(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=check_pkt_larger(100)->reg0[0],resubmit(,1)");
	world_add(w, "table=1,reg0=1,actions=output:2");
	world_add(w, "table=1,reg0=0,actions=output:3");
	world_run_sized(w, "tcp", 46);
	assert_string_equal(world_outputs(w), "3"); /* 14 + 20 + 20 + 46: 100 bytes are not more */
	world_run_sized(w, "tcp", 47);
	assert_string_equal(world_outputs(w), "2");
}

static void notes_do_nothing(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=note:01.02.03,output:2");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "2");
}

static void bundles_choose_live_ports(void **state)
{
	struct pipeline_world *w = *state;
	char first[16];

	world_add(w, "table=0,actions=bundle(eth_src,0,active_backup,ofport,members:3,4)");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "3");
	w->link_down = 3;
	world_compile(w);
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "4");
	w->link_down = 0;
	world_add(w, "table=0,actions=bundle_load(eth_src,0,hrw,ofport,reg0[0..15],members:3,4,5),"
		     "output:reg0[0..15]");
	world_run(w, "tcp");
	snprintf(first, sizeof(first), "%s", world_outputs(w));
	w->link_down = atoi(first);
	world_compile(w);
	world_run(w, "tcp");
	assert_string_not_equal(world_outputs(w), first);
	assert_string_not_equal(world_outputs(w), "");
	w->link_down = 3;
	world_add(w, "table=0,actions=bundle(eth_src,0,active_backup,ofport,members:3,77)");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "");
	assert_int_equal(world_n_dropped(w, DROP_NO_LIVE_PORT), 1);
}

static void multipath_writes_a_link(void **state)
{
	struct pipeline_world *w = *state;
	unsigned seen[9] = { 0 };

	world_add(w, "table=0,actions=multipath(symmetric_l4,50,hrw,4,0,reg0[]),resubmit(,1)");
	for (unsigned i = 0; i < 4; i++) {
		char text[64];

		snprintf(text, sizeof(text), "table=1,reg0=%u,actions=output:%u", i, i + 2);
		world_add(w, text);
	}
	for (unsigned i = 0; i < 64; i++) {
		char text[64];

		snprintf(text, sizeof(text), "tcp,nw_src=10.0.0.%u,tp_src=%u", i, 1000 + i);
		world_run(w, text);
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
	struct pipeline_world *w = *state;
	const struct pipeline_punt *punt;

	world_add(w, "table=0,cookie=0x77,actions=controller(reason=invalid_ttl,max_len=50,id=9,"
		     "userdata=0a.0b)");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "c");
	punt = &w->res->punts[0];
	assert_int_equal(punt->reason, OFPR_INVALID_TTL);
	assert_int_equal(punt->controller_id, 9);
	assert_int_equal(punt->max_len, 50);
	assert_int_equal(punt->cookie, 0x77);
	assert_int_equal(punt->how->n_userdata, 2);
	assert_memory_equal(punt->how->userdata, "\x0a\x0b", 2);
}

static unsigned n_flows_left(struct pipeline_world *w)
{
	return tables_n_flows(w->tables, 0);
}

/* A controller action's own meter, and what a clone does, are references like others. */
static void nested_names_are_references(void **state)
{
	struct pipeline_world *w = *state;
	struct of_meter_band band = { .type = OF_BAND_DROP, .rate = 1000 };
	struct of_meter_config meter = {
		.flags = OF_METER_KBPS, .meter_id = 7, .n_bands = 1, .bands = &band
	};
	struct of_group_mod group = { .type = OF_GROUP_SELECT, .group_id = 9 };
	struct of_error err;

	assert_int_equal(world_try_to_add(w, "table=0,actions=controller(meter_id=7)"),
			 OFPET_BAD_ACTION << 16 | OFPBAC_BAD_METER);
	assert_int_equal(tables_meter_mod(w->tables, &meter, 0, &err), 0);
	assert_int_equal(tables_group_mod(w->tables, &group, 0, &err), 0);
	world_add(w, "table=0,tcp,actions=controller(meter_id=7)");
	world_add(w, "table=0,udp,actions=clone(controller(meter_id=7)),output:2");
	world_add(w, "table=0,arp,actions=clone(clone(group:9)),group:9");
	world_add(w, "table=0,ip,actions=output:2");
	assert_int_equal(n_flows_left(w), 4);
	meter.command = OF_METER_DELETE;
	assert_int_equal(tables_meter_mod(w->tables, &meter, 0, &err), 0);
	assert_int_equal(n_flows_left(w), 2);
	group.command = OF_GROUP_DELETE;
	assert_int_equal(tables_group_mod(w->tables, &group, 0, &err), 0);
	assert_int_equal(n_flows_left(w), 1);
	world_compile(w);
}

static void conjunctions_find_flows(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,priority=10,ip,nw_src=10.0.0.1,actions=conjunction(1,1/2)");
	world_add(w, "table=0,priority=10,ip,nw_src=10.0.0.2,actions=conjunction(1,1/"
		     "2),conjunction(2,1/2)");
	world_add(w, "table=0,priority=10,tcp,tp_dst=80,actions=conjunction(1,2/2)");
	world_add(w, "table=0,priority=10,tcp,tp_dst=443,actions=conjunction(2,2/2),note:01");
	world_add(w, "table=0,priority=5,conj_id=1,ip,actions=output:2");
	world_add(w, "table=0,priority=5,conj_id=2,ip,actions=output:3");
	world_add(w, "table=0,priority=1,actions=output:4");
	world_run(w, "tcp,nw_src=10.0.0.1,tp_dst=80");
	assert_string_equal(world_outputs(w), "2");
	world_run(w, "tcp,nw_src=10.0.0.2,tp_dst=80");
	assert_string_equal(world_outputs(w), "2");
	world_run(w, "tcp,nw_src=10.0.0.2,tp_dst=443");
	assert_string_equal(world_outputs(w), "3");
	world_run(w, "tcp,nw_src=10.0.0.1,tp_dst=443");
	assert_string_equal(world_outputs(w), "4");
	/* What is above the clauses goes before them. */
	world_add(w, "table=0,priority=11,tcp,tp_dst=80,actions=output:5");
	world_run(w, "tcp,nw_src=10.0.0.1,tp_dst=80");
	assert_string_equal(world_outputs(w), "5");
	/* The flow of the id may be above what the clauses are. */
	world_add(w, "table=0,priority=20,conj_id=2,actions=output:6");
	world_run(w, "tcp,nw_src=10.0.0.2,tp_dst=443");
	assert_string_equal(world_outputs(w), "6");
	/* Clauses that go while others stay. */
	world_delete_strict(w, "table=0,priority=10,ip,nw_src=10.0.0.2");
	world_run(w, "tcp,nw_src=10.0.0.2,tp_dst=443");
	assert_string_equal(world_outputs(w), "4");
}

static void clauses_stand_alone(void **state)
{
	struct pipeline_world *w = *state;

	assert_int_equal(world_try_to_add(w, "table=0,ip,actions=conjunction(1,1/2),output:2"),
			 (uint32_t)OFPET_EXPERIMENTER << 16 | NXBAC_BAD_CONJUNCTION);
	assert_int_equal(world_try_to_add(w, "table=0,ip,actions=conjunction(1,1/2),goto_table:1"),
			 (uint32_t)OFPET_EXPERIMENTER << 16 | NXBAC_BAD_CONJUNCTION);
}

static void traces_tell(void **state)
{
	struct pipeline_world *w = *state;
	struct rte_mbuf *pkt;
	struct buf text = BUF_INIT;

	world_add(w, "table=0,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),"
		     "clone(output:3),output:2");
	pkt = world_packet(w, "tcp,dl_src=00:00:00:00:00:05", 20);
	pipeline_trace(w->p, rte_pktmbuf_mtod(pkt, void *), pkt->data_len, 1, 0, &text, NULL);
	world_counting_free(w, &pkt, 1);
	assert_non_null(strstr(buf_str(&text), "learns ADD table:1 "));
	assert_non_null(strstr(buf_str(&text), "dl_dst=00:00:00:00:00:05"));
	assert_non_null(strstr(buf_str(&text), "sent to port 3"));
	assert_int_equal(tables_n_flows(w->tables, 1), 0);
	buf_fini(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(output_to_a_register),	   TEST(cut_outputs),
		TEST(stack_keeps_values),	   TEST(exit_ends_everything_but_the_set),
		TEST(clone_brings_all_back),	   TEST(clones_have_a_depth),
		TEST(larger_packets_are_told),	   TEST(notes_do_nothing),
		TEST(bundles_choose_live_ports),   TEST(multipath_writes_a_link),
		TEST(hashes_are_symmetric),	   TEST(hashes_keep_fragments_together),
		TEST(links_are_shared_out),	   TEST(controller_tells_all),
		TEST(nested_names_are_references), TEST(conjunctions_find_flows),
		TEST(clauses_stand_alone),	   TEST(traces_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
