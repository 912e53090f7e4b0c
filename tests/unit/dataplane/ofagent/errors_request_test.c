#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "dataplane/ofagent/monitor.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/error_rows.h"

/* Wrong requests, but for flows, groups, meters and bundles: each way, and what is answered
 * (docs/openflow-errors.md). */

#define REQUEST(CODE)  OFPET_BAD_REQUEST, OFPBRC_##CODE
#define PORT(CODE)     OFPET_PORT_MOD_FAILED, OFPPMFC_##CODE
#define TABLE(CODE)    OFPET_TABLE_MOD_FAILED, OFPTMFC_##CODE
#define QUEUE(CODE)    OFPET_QUEUE_OP_FAILED, OFPQOFC_##CODE
#define ROLE(CODE)     OFPET_ROLE_REQUEST_FAILED, OFPRRFC_##CODE
#define PROPERTY(CODE) OFPET_BAD_PROPERTY, OFPBPC_##CODE
#define MONITOR(CODE)  OFPET_FLOW_MONITOR_FAILED, OFPMOFC_##CODE
#define ASYNC(CODE)    OFPET_ASYNC_CONFIG_FAILED, OFPACFC_##CODE

#define SLAVE	   "message 24 00000003 ffff 0000 0000000000000001"
#define ANY_PORT   " ffffffff"
#define ANY_GROUP  " ffffffff"
#define NO_MATCH   " 0001 0004 00000000"
#define NO_COOKIE  " 00*16"
#define PORT_1	   " 00000001 00000000 0a0000000001 0000"
#define FRAME	   " 00*60"
#define NO_BUFFER  " ffffffff"
#define SOME_GROUP "group 0 group_id=1,type=all,bucket=output:1"

/* Another controller, which has taken a name for itself. */
static void name_other(struct of_peer *p)
{
	struct of_peer *other = of_world_connect_version(p->world, 1, OF_VERSION_1_5);

	of_peer_send(other, (struct of_msg){ .kind = OF_ROLE_REQUEST, .role.short_id = 7 });
	of_peer_expect(other, OF_ROLE_REPLY);
}

static void add_monitors(struct of_peer *p)
{
	char line[64];

	for (unsigned i = 0; i < MONITORS_MAX; i++) {
		snprintf(line, sizeof(line), "monitor %u table=1", i + 10);
		error_rows_send(p, line);
	}
	loop_virtual_settle(p->world->loop);
	while (of_peer_next(p))
		;
}

static const struct error_row rows[] = {
	/* headers */
	{ "version 0", ROW_ALL, NULL, "message 5 @0=00", REQUEST(BAD_VERSION) },
	{ "version never agreed", ROW_ALL, NULL, "message 5 @0=07", REQUEST(BAD_VERSION) },
	{ "other version than agreed", ROW_1_3 | ROW_1_5, NULL, "message 5 @0=05",
	  REQUEST(BAD_VERSION) },
	{ "unknown type", ROW_ALL, NULL, "message 99", REQUEST(BAD_TYPE) },
	{ "type of a later version", ROW_1_3, NULL, "message 33 00000001 0000 0000",
	  REQUEST(BAD_TYPE) },
	{ "type of an earlier version", ROW_SINCE_1_4, NULL, "message 22 00000001 00000000",
	  REQUEST(BAD_TYPE) },
	{ "type that a switch sends", ROW_ALL, NULL, "message 6 00*24", REQUEST(BAD_TYPE) },
	{ "type that a switch sends, cut off", ROW_ALL, NULL, "message 10 00*4",
	  REQUEST(BAD_TYPE) },
	{ "multipart reply", ROW_ALL, NULL, "message 19 000d 0000 00000000", REQUEST(BAD_TYPE) },
	{ "unknown multipart", ROW_ALL, NULL, "multipart 77", REQUEST(BAD_MULTIPART) },
	{ "multipart of a later version", ROW_1_3, NULL, "multipart 14", REQUEST(BAD_MULTIPART) },
	{ "multipart of the newest version", ROW_UNTIL_1_4, NULL, "multipart 19 00*8",
	  REQUEST(BAD_MULTIPART) },
	{ "unknown experimenter", ROW_ALL, NULL, "experimenter 0xabcdef 1",
	  REQUEST(BAD_EXPERIMENTER) },
	{ "unknown experimenter of a multipart", ROW_ALL, NULL, "multipart 65535 00abcdef 00000001",
	  REQUEST(BAD_EXPERIMENTER) },
	{ "unknown message of the ONF", ROW_ALL, NULL, "experimenter 0x4f4e4600 9999",
	  REQUEST(BAD_EXP_TYPE) },
	{ "unknown message of Nicira", ROW_ALL, NULL, "experimenter 0x2320 9999",
	  REQUEST(BAD_EXP_TYPE) },
	{ "unknown multipart of Nicira", ROW_ALL, NULL, "multipart 65535 00002320 000003e7",
	  REQUEST(BAD_EXP_TYPE) },
	{ "multipart of Nicira without a type", ROW_ALL, NULL, "multipart 65535 00002320",
	  REQUEST(BAD_LEN) },
	{ "padding of a zone to be flushed", ROW_ALL, NULL, "experimenter 0x2320 29 00*5 01 0001",
	  ROW_NX(NXBRC_MUST_BE_ZERO) },
	{ "flush by an unknown property", ROW_ALL, NULL,
	  "experimenter 0x2320 32 06 00*7 0007 0008 00000000", PROPERTY(BAD_TYPE) },
	{ "flush by a zone cut off", ROW_ALL, NULL,
	  "experimenter 0x2320 32 06 00*7 0002 0004 00000000", PROPERTY(BAD_LEN) },
	{ "flush by addresses of two families", ROW_ALL, NULL,
	  "experimenter 0x2320 32 06 00*7 0000 0038 00*4 0000 0014 00*10 ffff 0a000001 00*4"
	  " 0001 0014 fd 00*14 01 00*4",
	  PROPERTY(BAD_VALUE) },
	{ "too long", ROW_ALL, NULL, "message 5 00000000", REQUEST(BAD_LEN) },
	{ "too short", ROW_ALL, NULL, "message 14 00*8", REQUEST(BAD_LEN) },
	{ "part of a request that has no parts", ROW_ALL, NULL, "multipart 0 @10=0001",
	  REQUEST(MULTIPART_BUFFER_OVERFLOW) },

	/* who may, and what there is */
	{ "slave changes flows", ROW_ALL, SLAVE, "flow 0 actions=drop", REQUEST(IS_SLAVE) },
	{ "slave changes groups", ROW_ALL, SLAVE, SOME_GROUP, REQUEST(IS_SLAVE) },
	{ "slave changes meters", ROW_ALL, SLAVE, "meter 0 meter=1,kbps,band=type=drop,rate=1",
	  REQUEST(IS_SLAVE) },
	{ "slave changes tables", ROW_ALL, SLAVE, "message 17 01 000000 00000000",
	  REQUEST(IS_SLAVE) },
	{ "slave opens a bundle", ROW_ALL, SLAVE, "control 1 0 3", REQUEST(IS_SLAVE) },
	{ "slave drops fragments", ROW_ALL, SLAVE, "message 9 0001 0080", REQUEST(IS_SLAVE) },
	{ "slave maps tunnel options", ROW_ALL, SLAVE,
	  "tlv 0 {class=1,type=1,len=4}->tun_metadata0", REQUEST(IS_SLAVE) },
	{ "slave sends a packet", ROW_UNTIL_1_4, SLAVE,
	  "message 13" NO_BUFFER " 00000001 0000 00*6" FRAME, REQUEST(IS_SLAVE) },
	{ "packet-in format that is not spoken", ROW_ALL, NULL, "experimenter 0x2320 16 00000001",
	  REQUEST(EPERM) },
	{ "flow with a buffer", ROW_ALL, NULL, "flow 0 actions=drop @32=00000001",
	  REQUEST(BUFFER_UNKNOWN) },
	{ "packet-out of a buffer", ROW_UNTIL_1_4, NULL, "message 13 00000005 00000001 0000 00*6",
	  REQUEST(BUFFER_UNKNOWN) },
	{ "flows of a table that is not there", ROW_ALL, NULL,
	  "multipart 1 fe000000" ANY_PORT ANY_GROUP " 00000000" NO_COOKIE NO_MATCH,
	  REQUEST(BAD_TABLE_ID) },
	{ "aggregate of a table that is not there", ROW_ALL, NULL,
	  "multipart 2 fe000000" ANY_PORT ANY_GROUP " 00000000" NO_COOKIE NO_MATCH,
	  REQUEST(BAD_TABLE_ID) },
	{ "packet-out from a port that is not there", ROW_UNTIL_1_4, NULL,
	  "message 13" NO_BUFFER " 0000004d 0000 00*6" FRAME, REQUEST(BAD_PORT) },
	{ "packet-out from a number that no port has", ROW_UNTIL_1_4, NULL,
	  "message 13" NO_BUFFER " 00000000 0000 00*6" FRAME, REQUEST(BAD_PORT) },
	{ "packet-out from a port that is not there, 1.5", ROW_1_5, NULL,
	  "message 13" NO_BUFFER " 0000 0000 0001 000c 80000004 0000004d 00000000" FRAME,
	  REQUEST(BAD_PORT) },
	{ "statistics of a port that is not there", ROW_ALL, NULL, "multipart 4 0000004d 00000000",
	  REQUEST(BAD_PORT) },
	{ "packet-out without a packet", ROW_UNTIL_1_4, NULL,
	  "message 13" NO_BUFFER " 00000001 0000 00*6", REQUEST(BAD_PACKET) },
	{ "packet-out with a header field", ROW_1_5, NULL,
	  "message 13" NO_BUFFER " 0000 0000 0001 0012 80000004 00000001 80000a02 0800 00*6" FRAME,
	  REQUEST(PIPELINE_FIELDS_ONLY) },

	/* ports, tables, queues, configuration */
	{ "port-mod of no port", ROW_1_3, NULL, "message 16 0000004d 00*28", PORT(BAD_PORT) },
	{ "port-mod of no port since 1.4", ROW_SINCE_1_4, NULL, "message 16 0000004d 00*20",
	  PORT(BAD_PORT) },
	{ "port-mod with another address", ROW_1_3, NULL, "message 16 00000001 00*28",
	  PORT(BAD_HW_ADDR) },
	{ "port-mod with another address since 1.4", ROW_SINCE_1_4, NULL,
	  "message 16 00000001 00*20", PORT(BAD_HW_ADDR) },
	{ "port-mod of unknown bits", ROW_1_3, NULL, "message 16" PORT_1 " 00000000 00000100 00*8",
	  PORT(BAD_CONFIG) },
	{ "port-mod of unknown bits since 1.4", ROW_SINCE_1_4, NULL,
	  "message 16" PORT_1 " 00000000 00000100", PORT(BAD_CONFIG) },
	{ "port-mod of bits that are not masked", ROW_SINCE_1_4, NULL,
	  "message 16" PORT_1 " 00000001 00000000", PORT(BAD_CONFIG) },
	{ "port-mod that advertises what is not", ROW_1_3, NULL,
	  "message 16" PORT_1 " 00*8 80000000 00000000", PORT(BAD_ADVERTISE) },
	{ "port-mod that advertises what is not since 1.4", ROW_SINCE_1_4, NULL,
	  "message 16" PORT_1 " 00*8 0000 0008 80000000", PORT(BAD_ADVERTISE) },
	{ "port-mod of an optical port", ROW_SINCE_1_4, NULL,
	  "message 16" PORT_1 " 00*8 0001 0018 00*20", PROPERTY(BAD_TYPE) },
	{ "port-mod with a property cut off", ROW_SINCE_1_4, NULL,
	  "message 16" PORT_1 " 00*8 0000 0010 00000000", PROPERTY(BAD_LEN) },
	{ "port-mod with a property twice", ROW_SINCE_1_4, NULL,
	  "message 16" PORT_1 " 00*8 0000 0008 00000000 0000 0008 00000000", PROPERTY(DUP_TYPE) },
	{ "port-mod with an experimenter's property", ROW_SINCE_1_4, NULL,
	  "message 16" PORT_1 " 00*8 ffff 000c 00abcdef 00000001 00000000",
	  PROPERTY(BAD_EXPERIMENTER) },
	{ "table-mod of no table", ROW_ALL, NULL, "message 17 fe 000000 00000000",
	  TABLE(BAD_TABLE) },
	{ "table-mod of unknown bits", ROW_ALL, NULL, "message 17 01 000000 00000010",
	  TABLE(BAD_CONFIG) },
	{ "table-mod with a way of eviction that is not", ROW_SINCE_1_4, NULL,
	  "message 17 01 000000 00000004 0002 0008 00000008", PROPERTY(BAD_VALUE) },
	{ "table-mod with vacancy upside down", ROW_SINCE_1_4, NULL,
	  "message 17 01 000000 00000008 0003 0008 50 20 00 00", PROPERTY(BAD_VALUE) },
	{ "queues of no port", ROW_ALL, NULL, "multipart 5 0000004d ffffffff", QUEUE(BAD_PORT) },
	{ "queue configuration of no port", ROW_1_3, NULL, "message 22 0000004d 00000000",
	  QUEUE(BAD_PORT) },
	{ "queue description of no port", ROW_SINCE_1_4, NULL, "multipart 15 0000004d ffffffff",
	  QUEUE(BAD_PORT) },
	{ "queue that is not there", ROW_ALL, NULL, "multipart 5 00000001 00000009",
	  QUEUE(BAD_QUEUE) },
	{ "fragments to be reassembled", ROW_ALL, NULL, "message 9 0002 0080",
	  OFPET_SWITCH_CONFIG_FAILED, OFPSCFC_BAD_FLAGS },
	{ "configuration of unknown bits", ROW_ALL, NULL, "message 9 0100 0080",
	  OFPET_SWITCH_CONFIG_FAILED, OFPSCFC_BAD_FLAGS },

	/* roles and asynchronous messages */
	{ "stale generation", ROW_ALL, "message 24 00000002 ffff 0000 000000000000000a",
	  "message 24 00000002 ffff 0000 0000000000000009", ROLE(STALE) },
	{ "unknown role", ROW_ALL, NULL, "message 24 00000004 ffff 0000 0000000000000009",
	  ROLE(BAD_ROLE) },
	{ "short id that another has", ROW_1_5, NULL,
	  "message 24 00000001 0007 0000 0000000000000000", ROLE(ID_IN_USE), name_other },
	{ "asynchronous messages for a reason that is not", ROW_SINCE_1_4, NULL,
	  "message 28 0000 0008 80000000", ASYNC(INVALID) },
	{ "asynchronous messages for a reason that is not, Nicira", ROW_1_3, NULL,
	  "experimenter 0x2320 27 0000 0008 80000000", ASYNC(INVALID) },
	{ "asynchronous messages of no kind", ROW_SINCE_1_4, NULL, "message 28 0050 0008 00000000",
	  PROPERTY(BAD_TYPE) },
	{ "asynchronous messages of an experimenter", ROW_SINCE_1_4, NULL,
	  "message 28 fffe 000c 00abcdef 00000001 00000000", PROPERTY(BAD_EXPERIMENTER) },
	{ "asynchronous messages told twice", ROW_SINCE_1_4, NULL,
	  "message 28 0000 0008 00000000 0000 0008 00000000", PROPERTY(DUP_TYPE) },

	/* flow monitors */
	{ "monitor that is there", ROW_ALL, "monitor 5 table=1", "monitor 5 table=2",
	  MONITOR(MONITOR_EXISTS) },
	{ "monitor that is not there", ROW_SINCE_1_4, NULL, "monitor 5 table=1 @31=01",
	  MONITOR(UNKNOWN_MONITOR) },
	{ "monitor to cancel that is not there", ROW_1_3, NULL,
	  "experimenter 0x4f4e4600 1870 00000005", MONITOR(UNKNOWN_MONITOR) },
	{ "monitor to cancel that is not there, Nicira", ROW_ALL, NULL,
	  "experimenter 0x2320 21 00000005", MONITOR(UNKNOWN_MONITOR) },
	{ "monitors above their number", ROW_SINCE_1_4, NULL, "monitor 5 table=1", MONITOR(UNKNOWN),
	  add_monitors },
	{ "monitor with an unknown command", ROW_SINCE_1_4, NULL, "monitor 5 table=1 @31=03",
	  MONITOR(BAD_COMMAND) },
	{ "monitor of nothing", ROW_SINCE_1_4, NULL, "monitor 5 table=1 @28=0000",
	  MONITOR(BAD_FLAGS) },
	{ "monitor with unknown flags", ROW_SINCE_1_4, NULL, "monitor 5 table=1 @28=8001",
	  MONITOR(BAD_FLAGS) },
	{ "monitor of a table that is not there", ROW_SINCE_1_4, NULL, "monitor 5 table=1 @30=fe",
	  MONITOR(BAD_TABLE_ID) },
	{ "monitor of a port that cannot be", ROW_SINCE_1_4, NULL, "monitor 5 table=1 @20=00000000",
	  MONITOR(BAD_OUT) },
	{ "monitor of a group that cannot be", ROW_SINCE_1_4, NULL,
	  "monitor 5 table=1 @24=fffffffd", MONITOR(BAD_OUT) },
	{ "monitor with a field that is not", ROW_SINCE_1_4, NULL,
	  "monitor 5 table=1 @32=0001000c80006304 +00000001 +00000000", OFPET_BAD_MATCH,
	  OFPBMC_BAD_FIELD },
	{ "second of two monitors", ROW_SINCE_1_4, NULL,
	  "multipart 16 00000005" ANY_PORT ANY_GROUP " 0002 00 00" NO_MATCH
	  " 00000005" ANY_PORT ANY_GROUP " 0002 00 00" NO_MATCH,
	  MONITOR(MONITOR_EXISTS) },
	{ "monitor deleted before one that is wrong", ROW_SINCE_1_4, "monitor 5 table=1",
	  "multipart 16 00000005" ANY_PORT ANY_GROUP " 0002 00 02" NO_MATCH
	  " 00000006" ANY_PORT ANY_GROUP " 0002 fe 00" NO_MATCH,
	  MONITOR(BAD_TABLE_ID) },
	{ "monitor padding", ROW_ALL, NULL,
	  "multipart 65535 00002320 00000002 00000005 0002 ffff 0000 00 0100000000",
	  ROW_NX(NXBRC_MUST_BE_ZERO) },

	/* Nicira */
	{ "controller id padding", ROW_ALL, NULL, "experimenter 0x2320 20 000000000001 0007",
	  ROW_NX(NXBRC_MUST_BE_ZERO) },
	{ "packet to resume", ROW_ALL, NULL, "experimenter 0x2320 28 0000 0012 00*14 00*6",
	  ROW_NX(NXR_NOT_SUPPORTED) },
	{ "tunnel option command", ROW_ALL, NULL, "experimenter 0x2320 24 0003 00*6",
	  ROW_NX(NXTTMFC_BAD_COMMAND) },
	{ "tunnel option length", ROW_ALL, NULL,
	  "experimenter 0x2320 24 0000 00*6 0001 01 05 0000 0000", ROW_NX(NXTTMFC_BAD_OPT_LEN) },
	{ "tunnel option of no bytes", ROW_ALL, NULL,
	  "experimenter 0x2320 24 0000 00*6 0001 01 00 0000 0000", ROW_NX(NXTTMFC_BAD_OPT_LEN) },
	{ "tunnel option field", ROW_ALL, NULL,
	  "experimenter 0x2320 24 0000 00*6 0001 01 04 0040 0000", ROW_NX(NXTTMFC_BAD_FIELD_IDX) },
	{ "tunnel options too many", ROW_ALL, NULL,
	  "tlv 0 {class=1,type=1,len=16}->tun_metadata0"
	  ",{class=1,type=2,len=16}->tun_metadata1"
	  ",{class=1,type=3,len=16}->tun_metadata2"
	  ",{class=1,type=4,len=16}->tun_metadata3"
	  ",{class=1,type=5,len=16}->tun_metadata4"
	  ",{class=1,type=6,len=16}->tun_metadata5"
	  ",{class=1,type=7,len=16}->tun_metadata6"
	  ",{class=1,type=8,len=16}->tun_metadata7"
	  ",{class=1,type=9,len=16}->tun_metadata8",
	  ROW_NX(NXTTMFC_TABLE_FULL) },
	{ "tunnel option field that is taken", ROW_ALL, "tlv 2",
	  "tlv 0 {class=1,type=1,len=4}->tun_metadata0,{class=1,type=2,len=4}->tun_metadata0",
	  ROW_NX(NXTTMFC_ALREADY_MAPPED) },
	{ "tunnel option twice", ROW_ALL, NULL,
	  "tlv 0 {class=1,type=1,len=4}->tun_metadata0,{class=1,type=1,len=4}->tun_metadata1",
	  ROW_NX(NXTTMFC_DUP_ENTRY) },
	{ "tunnel option that a flow matches", ROW_ALL,
	  "tlv 2\ntlv 0 {class=1,type=1,len=4}->tun_metadata0\nflow 0 tun_metadata0=1,actions=drop",
	  "tlv 2", ROW_NX(NXTTMFC_INVALID_TLV_DEL) },
	{ "flow with a tunnel option that is not mapped", ROW_ALL, "tlv 2",
	  "flow 0 tun_metadata0=1,actions=drop", ROW_NX(NXFMFC_INVALID_TLV_FIELD) },
};

int main(void)
{
	return error_rows_run("errors_request", rows, ARRAY_LENGTH(rows));
}
