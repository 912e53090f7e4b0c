/* Egress tables, and the options of tunnels as fields. */

#include "tests/fakes/dataplane/pipeline_world.h"

#include <rte_mbuf.h>
#include <openflow/openflow-common.h>
#include "dataplane/table/egress.h"
#include "dataplane/table/group_mod.h"
#include "dataplane/table/tlv_table.h"
#include "proto/openflow/numbers.h"

static void set_egress(struct pipeline_world *w, uint8_t first, bool may)
{
	struct of_error err;

	assert_int_equal(tables_set_first_egress(w->tables, first, &err), may ? 0 : -1);
	world_compile(w);
}

static void outputs_pass_egress_tables(void **state)
{
	struct pipeline_world *w = *state;
	const uint8_t *data;

	set_egress(w, 100, true);
	world_add(w, "table=0,actions=output:2,output:3,output:4,CONTROLLER");
	world_add(
		w,
		"table=100,actset_output=2,actions=set_field:00:00:00:00:00:07->eth_dst,goto_table:"
		"101");
	world_add(w, "table=100,actset_output=3,actions=clear_actions");
	world_add(w, "table=100,actset_output=4,actions=output:5");
	world_add(w, "table=101,actions=set_field:00:00:00:00:00:08->eth_src");
	world_run(w, "tcp,dl_dst=00:00:00:00:00:01");
	assert_string_equal(world_outputs(w), "2 5 4 c");
	data = rte_pktmbuf_mtod(w->res->pkts[0], const uint8_t *);
	assert_int_equal(data[5], 7);
	assert_int_equal(data[11], 8);
	for (unsigned i = 1; i < 3; i++) {
		data = rte_pktmbuf_mtod(w->res->pkts[i], const uint8_t *);
		assert_int_equal(data[5], 1);
	}
	/* No flow for the port: nothing leaves. */
	world_add(w, "table=0,actions=output:6");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "");
	assert_int_equal(world_n_dropped(w, DROP_TABLE_MISS), 1);
	world_add(w, "table=0,actions=output(port=2,max_len=40)");
	world_run_sized(w, "tcp", 100);
	assert_string_equal(world_outputs(w), "2");
	assert_int_equal(w->res->pkts[0]->pkt_len, 40);
	/* And to where it came from, which an action must ask for. */
	world_add(w, "table=0,actions=IN_PORT");
	world_add(w, "table=100,actset_output=1,actions=goto_table:101");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "1");
}

static void action_sets_tell_their_output(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,tcp,actions=write_actions(output:2),goto_table:1");
	world_add(w, "table=0,udp,actions=goto_table:1");
	world_add(
		w,
		"table=1,priority=2,actset_output=2,actions=write_actions(output:3),goto_table:2");
	world_add(w, "table=1,priority=1,actions=output:5");
	world_add(w, "table=2,priority=2,actset_output=3,actions=clear_actions,goto_table:3");
	world_add(w, "table=3,priority=2,actset_output=3,actions=output:7");
	world_add(w, "table=3,priority=1,actions=output:6");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "6");
	world_run(w, "udp");
	assert_string_equal(world_outputs(w), "5");
}

static void egress_tables_have_a_border(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=goto_table:9");
	set_egress(w, 5, false);
	world_add(w, "table=0,actions=goto_table:4");
	world_add(w, "table=9,actions=output:2");
	set_egress(w, 5, false);
	world_delete_strict(w, "table=9,priority=32768");
	set_egress(w, 5, true);
	assert_int_equal(world_try_to_add(w, "table=0,actions=goto_table:5"),
			 OFPET_BAD_INSTRUCTION << 16 | OFPBIC_BAD_TABLE_ID);
	assert_int_equal(world_try_to_add(w, "table=5,actions=write_actions(output:2)"),
			 OFPET_BAD_ACTION << 16 | OFPBAC_BAD_TYPE);
	/* Resubmits stay on their side, in clones as well. */
	assert_int_equal(world_try_to_add(w, "table=0,actions=resubmit(,5)"),
			 OFPET_BAD_ACTION << 16 | OFPBAC_BAD_ARGUMENT);
	assert_int_equal(world_try_to_add(w, "table=5,actions=clone(resubmit(,4))"),
			 OFPET_BAD_ACTION << 16 | OFPBAC_BAD_ARGUMENT);
	world_add(w, "table=5,actions=resubmit(,6),resubmit(,255)");
	world_add(w, "table=5,actions=goto_table:6");
	set_egress(w, 0, false);
	world_delete_strict(w, "table=5,priority=32768");
	set_egress(w, 0, true);
	world_add(w, "table=0,actions=clone(resubmit(,7))");
	set_egress(w, 7, false);
	set_egress(w, 8, true);
}

/* What resubmits itself for ever in the egress tables is cut there. */
static void egress_loops_are_cut(void **state)
{
	struct pipeline_world *w = *state;

	set_egress(w, 100, true);
	world_add(w, "table=0,actions=output:2");
	world_add(w, "table=100,actions=output:3,resubmit(,100)");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "");
	assert_int_equal(world_n_dropped(w, DROP_RESUBMIT_LIMIT), 1);
}

static uint16_t map_options(struct pipeline_world *w, uint16_t command, const char *text)
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
	struct pipeline_world *w = *state;
	struct of_tlv_table out;
	struct arena a = ARENA_INIT;

	assert_int_not_equal(world_try_to_add(w, "table=1,tun_metadata3=1,actions=output:2"), 0);
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
	tables_tlv_describe(w->tables, &a, &out);
	assert_int_equal(out.n, 2);
	assert_int_equal(out.maps[1].option_length, 12);
	assert_int_equal(out.max_space, KEY_TUN_METADATA);

	world_add(w, "table=0,actions=set_field:0x1234->tun_metadata3,"
		     "set_field:0x0102030405060708090a0b0c->tun_metadata5,resubmit(,1)");
	world_add(w, "table=1,tun_metadata3=0x1234,tun_metadata5=0x0102030405060708090a0b0c,"
		     "actions=output:2");
	world_add(w, "table=1,priority=1,actions=output:3");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "2");
	world_add(w, "table=0,actions=set_field:0x1235->tun_metadata3,resubmit(,1)");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "3");
	assert_int_equal(map_options(w, OF_TLV_CLEAR, NULL), NXTTMFC_INVALID_TLV_DEL);
	world_delete_strict(w, "table=0,priority=32768");
	world_delete_strict(w, "table=1,priority=32768,tun_metadata3=0x1234,"
			       "tun_metadata5=0x0102030405060708090a0b0c");
	assert_int_equal(map_options(w, OF_TLV_CLEAR, NULL), 0);
	arena_clear(&a);
}

/* Two switches of one process have each their own; a group's bucket holds an option, too. */
static void options_are_a_switchs_own(void **state)
{
	struct pipeline_world *w = *state, *other;
	void *other_state;
	struct of_bucket bucket = { .id = 1,
				    .watch_port = OF_PORT_ANY,
				    .watch_group = OF_GROUP_ANY };
	struct of_group_mod group = {
		.type = OF_GROUP_INDIRECT, .group_id = 9, .n_buckets = 1, .buckets = &bucket
	};
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err;

	world_setup(&other_state);
	other = other_state;
	assert_int_equal(map_options(w, OF_TLV_ADD, OPTION(1, 4, 3)), 0);
	assert_int_equal(map_options(other, OF_TLV_ADD, OPTION(5, 12, 9) "," OPTION(1, 8, 3)), 0);
	world_add(w, "table=0,actions=set_field:7->tun_metadata3,resubmit(,1)");
	assert_int_not_equal(world_try_to_add(w, "table=1,tun_metadata9=1,actions=output:4"), 0);
	world_add(other, "table=0,actions=set_field:0x0102030405060708->tun_metadata3,"
			 "set_field:9->tun_metadata9,resubmit(,1)");
	world_add(w, "table=1,tun_metadata3=7,actions=output:2");
	world_add(other, "table=1,tun_metadata3=0x0102030405060708,tun_metadata9=9,"
			 "actions=output:3");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "2");
	world_run(other, "tcp");
	assert_string_equal(world_outputs(other), "3");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "2");

	assert_int_equal(
		of_actions_parse("set_field:7->tun_metadata3,output:2", &a, &bucket.actions, &st),
		0);
	assert_int_equal(tables_group_mod(w->tables, &group, 0, &err), 0);
	world_delete_strict(w, "table=0,priority=32768");
	world_delete_strict(w, "table=1,priority=32768,tun_metadata3=7");
	assert_int_equal(map_options(w, OF_TLV_CLEAR, NULL), NXTTMFC_INVALID_TLV_DEL);
	group.command = OF_GROUP_DELETE;
	assert_int_equal(tables_group_mod(w->tables, &group, 0, &err), 0);
	assert_int_equal(map_options(w, OF_TLV_CLEAR, NULL), 0);
	world_compile(w);
	arena_clear(&a);
	world_teardown(&other_state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(outputs_pass_egress_tables),  TEST(action_sets_tell_their_output),
		TEST(egress_tables_have_a_border), TEST(egress_loops_are_cut),
		TEST(tunnel_options_are_fields),   TEST(options_are_a_switchs_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
