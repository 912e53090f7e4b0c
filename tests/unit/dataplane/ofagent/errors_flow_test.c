#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "dataplane/table/budget.h"
#include "dataplane/table/table_config.h"
#include "tests/fakes/dataplane/error_rows.h"

/* Wrong flow-mods: their matches, instructions and actions, and what the tables say
 * (docs/openflow-errors.md). */

#define ACTION(CODE)	  OFPET_BAD_ACTION, OFPBAC_##CODE
#define INSTRUCTION(CODE) OFPET_BAD_INSTRUCTION, OFPBIC_##CODE
#define MATCH(CODE)	  OFPET_BAD_MATCH, OFPBMC_##CODE
#define FLOW(CODE)	  OFPET_FLOW_MOD_FAILED, OFPFMFC_##CODE

#define OUTPUT_1 "0000001000000001ffff000000000000"

static void limit_table_1(struct of_peer *p)
{
	tables_set_max_flows(datapath_tables(mem_switch_datapath(p->world->sw)), 1, 2);
}

static void spend_the_budget(struct of_peer *p)
{
	struct tables *t = datapath_tables(mem_switch_datapath(p->world->sw));

	of_peer_barrier(p);
	tables_set_budget(t, tables_worst_way(t)->cycles, true);
}

static const struct error_row rows[] = {
	/* actions */
	{ "unknown action", ROW_ALL, NULL, "actions 0063 0008 00000000", ACTION(BAD_TYPE) },
	{ "action of a later version", ROW_UNTIL_1_4, NULL, "actions 001d 0008 00000001",
	  ACTION(BAD_TYPE) },
	{ "action that a set may not hold", ROW_ALL, NULL,
	  "instructions 0003 0018 00000000 ffff 0010 00002320 000e fff8 02 000000",
	  ACTION(BAD_TYPE) },
	{ "action that is not carried out", ROW_ALL, NULL, "flow 0 ip,actions=decap()",
	  ACTION(BAD_EXP_TYPE) },
	{ "action too short", ROW_ALL, NULL, "actions 0000 0008 00000001", ACTION(BAD_LEN) },
	{ "action of no length", ROW_ALL, NULL, "actions 0000 0000 00000001", ACTION(BAD_LEN) },
	{ "action longer than its list", ROW_ALL, NULL, "actions 0000 0020 00000001 ffff 00*6",
	  ACTION(BAD_LEN) },
	{ "action of an odd length", ROW_ALL, NULL, "actions 0000 0011 00000001 ffff 00*14",
	  ACTION(BAD_LEN) },
	{ "action of an unknown experimenter", ROW_ALL, NULL, "actions ffff 0008 00abcdef",
	  ACTION(BAD_EXPERIMENTER) },
	{ "unknown action of Nicira", ROW_ALL, NULL, "actions ffff 0010 00002320 03e7 00*6",
	  ACTION(BAD_EXP_TYPE) },
	{ "output to port 0", ROW_ALL, NULL, "actions 0000 0010 00000000 ffff 00*6",
	  ACTION(BAD_OUT_PORT) },
	{ "output to any port", ROW_ALL, NULL, "actions 0000 0010 ffffffff ffff 00*6",
	  ACTION(BAD_OUT_PORT) },
	{ "output to a port that is never there", ROW_ALL, NULL, "flow 0 actions=NORMAL",
	  ACTION(BAD_OUT_PORT) },
	{ "output of a packet-out to port 0", ROW_UNTIL_1_4, NULL,
	  "message 13 ffffffff 00000001 0010 00*6 0000 0010 00000000 ffff 00*6 00*60",
	  ACTION(BAD_OUT_PORT) },
	{ "tag of no VLAN type", ROW_ALL, NULL, "actions 0011 0008 0800 0000",
	  ACTION(BAD_ARGUMENT) },
	{ "packet to be held for the controller", ROW_ALL, NULL, "flow 0 actions=controller(pause)",
	  ACTION(BAD_ARGUMENT) },
	{ "resubmit to no table", ROW_ALL, NULL, "actions ffff 0010 00002320 000e fff8 fe 000000",
	  ACTION(BAD_ARGUMENT) },
	{ "more actions than a list holds", ROW_ALL, NULL, "actions " OUTPUT_1 "*1025",
	  ACTION(TOO_MANY) },
	{ "flow larger than a message that tells of it", ROW_ALL, NULL, "actions " OUTPUT_1 "*4090",
	  ACTION(TOO_MANY) },
	{ "queue that cannot be", ROW_ALL, NULL, "actions 0015 0008 ffffffff", ACTION(BAD_QUEUE) },
	{ "group that is not there", ROW_ALL, NULL, "flow 0 actions=group:99",
	  ACTION(BAD_OUT_GROUP) },
	{ "group that cannot be", ROW_ALL, NULL, "actions 0016 0008 fffffffc",
	  ACTION(BAD_OUT_GROUP) },
	{ "modified to a group that is not there", ROW_ALL,
	  "flow 0 priority=1,in_port=1,actions=output:1\nflow 0 priority=2,in_port=1,actions=drop",
	  "flow 1 in_port=1,actions=group:99", ACTION(BAD_OUT_GROUP) },
	{ "action on packets that are not matched", ROW_ALL, NULL, "actions 0018 0008 00000000",
	  ACTION(MATCH_INCONSISTENT) },
	{ "field set on packets that are not matched", ROW_ALL, NULL,
	  "actions 0019 0010 80001a02 0050 00*6", ACTION(MATCH_INCONSISTENT) },
	{ "unknown field set", ROW_ALL, NULL, "actions 0019 0010 8000fe04 00*8",
	  ACTION(BAD_SET_TYPE) },
	{ "field set that may not be", ROW_ALL, NULL, "actions 0019 0010 80000004 00000001 00*4",
	  ACTION(BAD_SET_TYPE) },
	{ "field set of another length", ROW_ALL, NULL, "actions 0019 0010 80000604 00*8",
	  ACTION(BAD_SET_LEN) },
	{ "field set that ends too late", ROW_ALL, NULL, "actions 0019 0010 800006ff 00*8",
	  ACTION(BAD_SET_LEN) },
	{ "value set that no packet has", ROW_ALL, NULL, "actions 0019 0010 80000c02 ffff 00*6",
	  ACTION(BAD_SET_ARGUMENT) },
	{ "field set under a mask before 1.5", ROW_UNTIL_1_4, NULL,
	  "actions 0019 0018 8000070c 010000000000 ff0000000000 00*4", ACTION(BAD_SET_MASK) },
	{ "value set outside its mask", ROW_1_5, NULL,
	  "actions 0019 0018 8000070c 010000000000 000000000000 00*4", ACTION(BAD_SET_MASK) },
	{ "meter that is not there", ROW_ALL, NULL, "flow 0 actions=meter:99", ACTION(BAD_METER) },
	{ "meter 0", ROW_UNTIL_1_4, NULL, "instructions 0006 0008 00000000", ACTION(BAD_METER) },
	{ "meter 0 since 1.5", ROW_1_5, NULL, "actions 001d 0008 00000000", ACTION(BAD_METER) },
	{ "second meter that is not there", ROW_1_5, "meter 0 meter=1,kbps,band=type=drop,rate=1",
	  "actions 001d 0008 00000001 001d 0008 00000063", ACTION(BAD_METER) },
	{ "clause that does more", ROW_ALL, NULL, "flow 0 ip,actions=conjunction(1,1/2),output:2",
	  ROW_NX(NXBAC_BAD_CONJUNCTION) },
	{ "clause that goes on", ROW_ALL, NULL, "flow 0 ip,actions=conjunction(1,1/2),goto_table:1",
	  ROW_NX(NXBAC_BAD_CONJUNCTION) },

	/* instructions */
	{ "unknown instruction", ROW_ALL, NULL, "instructions 0063 0008 00000000",
	  INSTRUCTION(UNKNOWN_INST) },
	{ "instruction of a later version", ROW_UNTIL_1_4, NULL,
	  "instructions 0007 0010 00000000 80020000 00000000", INSTRUCTION(UNKNOWN_INST) },
	{ "statistics trigger", ROW_1_5, NULL, "instructions 0007 0010 00000000 80020000 00000000",
	  INSTRUCTION(UNSUP_INST) },
	{ "meter instruction since 1.5", ROW_1_5, NULL, "instructions 0006 0008 00000001",
	  INSTRUCTION(UNSUP_INST) },
	{ "goto to no table", ROW_ALL, NULL, "instructions 0001 0008 fe 000000",
	  INSTRUCTION(BAD_TABLE_ID) },
	{ "goto to all tables", ROW_ALL, NULL, "instructions 0001 0008 ff 000000",
	  INSTRUCTION(BAD_TABLE_ID) },
	{ "goto back", ROW_ALL, NULL, "flow 0 table=5,actions=goto_table:6 @24=06",
	  INSTRUCTION(BAD_TABLE_ID) },
	{ "instruction of an unknown experimenter", ROW_ALL, NULL,
	  "instructions ffff 0008 00abcdef", INSTRUCTION(BAD_EXPERIMENTER) },
	{ "instruction too short", ROW_ALL, NULL, "instructions 0002 0008 00000000",
	  INSTRUCTION(BAD_LEN) },
	{ "instruction too long", ROW_ALL, NULL, "instructions 0001 0010 01 000000 00*8",
	  INSTRUCTION(BAD_LEN) },
	{ "instruction of no length", ROW_ALL, NULL, "instructions 0001 0000 01 000000",
	  INSTRUCTION(BAD_LEN) },
	{ "instruction longer than its message", ROW_ALL, NULL, "instructions 0001 0100 01 000000",
	  INSTRUCTION(BAD_LEN) },
	{ "instruction twice", ROW_ALL, NULL,
	  "instructions 0001 0008 01 000000 0001 0008 01 000000", INSTRUCTION(DUP_INST) },

	/* matches */
	{ "match of OpenFlow 1.1", ROW_ALL, NULL, "flow 0 actions=drop @48=0000", MATCH(BAD_TYPE) },
	{ "match cut off", ROW_ALL, NULL, "match 80000004 0000", MATCH(BAD_LEN) },
	{ "match longer than its message", ROW_ALL, NULL, "flow 0 actions=drop @50=0100",
	  MATCH(BAD_LEN) },
	{ "match of no length", ROW_ALL, NULL, "flow 0 actions=drop @50=0000", MATCH(BAD_LEN) },
	{ "field of another length", ROW_ALL, NULL, "match 80000002 0001", MATCH(BAD_LEN) },
	{ "value outside its mask", ROW_ALL, NULL, "match 8000070c 010000000000 000000000000",
	  MATCH(BAD_WILDCARDS) },
	{ "unknown field", ROW_ALL, NULL, "match 8000fe04 00000000", MATCH(BAD_FIELD) },
	{ "field of an unknown experimenter", ROW_ALL, NULL, "match ffff0008 00abcdef 00000000",
	  MATCH(BAD_FIELD) },
	{ "VLAN number that cannot be", ROW_ALL, NULL, "match 80000c02 ffff", MATCH(BAD_VALUE) },
	{ "DSCP that cannot be", ROW_ALL, NULL, "match 80000a02 0800 80001001 40",
	  MATCH(BAD_VALUE) },
	{ "packets that are not Ethernet", ROW_1_5, NULL, "match 80005804 00010800",
	  MATCH(BAD_VALUE) },
	{ "field masked that may not be", ROW_ALL, NULL, "match 80000108 00000000 ffff0000",
	  MATCH(BAD_MASK) },
	{ "field without what it needs", ROW_ALL, NULL, "match 80001a02 0050", MATCH(BAD_PREREQ) },
	{ "field before what it needs", ROW_ALL, NULL, "match 80001401 06 80000a02 0800",
	  MATCH(BAD_PREREQ) },
	{ "field twice", ROW_ALL, NULL, "match 80000004 00000001 80000004 00000001",
	  MATCH(DUP_FIELD) },

	/* the flow as a whole */
	{ "table that is full", ROW_ALL,
	  "flow 0 table=1,in_port=1,actions=drop\nflow 0 table=1,in_port=2,actions=drop",
	  "flow 0 table=1,in_port=3,actions=drop", FLOW(TABLE_FULL), limit_table_1 },
	{ "flow that exceeds the budget", ROW_ALL,
	  "flow 0 in_port=1,actions=drop\nflow 0 table=1,in_port=1,actions=drop",
	  "flow 0 in_port=2,actions=goto_table:1", FLOW(TABLE_FULL), spend_the_budget },
	{ "flow modified to exceed the budget", ROW_ALL,
	  "flow 0 in_port=1,actions=drop\nflow 0 table=1,in_port=1,actions=drop",
	  "flow 1 in_port=1,actions=goto_table:1", FLOW(TABLE_FULL), spend_the_budget },
	{ "flow in no table", ROW_ALL, NULL, "flow 0 table=1,actions=drop @24=fe",
	  FLOW(BAD_TABLE_ID) },
	{ "flow in all tables", ROW_ALL, NULL, "flow 0 table=1,actions=drop @24=ff",
	  FLOW(BAD_TABLE_ID) },
	{ "flow that overlaps", ROW_ALL, "flow 0 priority=9,ip,actions=drop",
	  "flow 0 check_overlap,priority=9,ip,nw_src=10.0.0.1,actions=drop", FLOW(OVERLAP) },
	{ "unknown flow command", ROW_ALL, NULL, "flow 0 actions=drop @25=05", FLOW(BAD_COMMAND) },
	{ "unknown flow flags", ROW_ALL, NULL, "flow 0 actions=drop @44=0020", FLOW(BAD_FLAGS) },
};

int main(void)
{
	return error_rows_run("errors_flow", rows, ARRAY_LENGTH(rows));
}
