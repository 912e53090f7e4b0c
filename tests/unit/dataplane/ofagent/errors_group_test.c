#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/group/group.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/error_rows.h"

/* Wrong group-mods, meter-mods and table features (docs/openflow-errors.md). */

#define GROUP(CODE)    OFPET_GROUP_MOD_FAILED, OFPGMFC_##CODE
#define METER(CODE)    OFPET_METER_MOD_FAILED, OFPMMFC_##CODE
#define FEATURES(CODE) OFPET_TABLE_FEATURES_FAILED, OFPTFFC_##CODE
#define PROPERTY(CODE) OFPET_BAD_PROPERTY, OFPBPC_##CODE

#define ALL_1	   "group 0 group_id=1,type=all,bucket=output:1"
#define SELECT_1   "group 0 group_id=1,type=select,bucket=output:1"
#define INDIRECT_1 "group 0 group_id=1,type=indirect,bucket=output:1"
#define FAILOVER_1 "group 0 group_id=1,type=ff,bucket=watch_port:1,output:1"
#define CHAIN	   ALL_1 "\ngroup 0 group_id=2,type=all,bucket=group:1"
#define INSERT	   "group 3 group_id=1,command_bucket_id=last,bucket=bucket_id:7,"
#define BIG_BUCKET(ID)                                                                             \
	"bucket=bucket_id:" ID ",set_field:00:00:00:00:00:01->eth_src,set_field:00:00:00:00:00:"   \
			       "02->eth_dst,set_field:::1->ipv6_src,"                              \
	"set_field:::1->ipv6_dst,output:1"
#define METER_1	  "meter 0 meter=1,kbps,band=type=drop,rate=1"
#define DROP_BAND "00010010000000010000000000000000"

/* One entry of table features: its table, command and features, and what it can and how much. */
#define ENTRY(LENGTH, TABLE, REST, CAN, MAX) LENGTH " " TABLE " " REST " 00*48 " CAN " " MAX
#define TABLE_1(CAN, MAX)		     ENTRY("0040", "01", "00 00000000", CAN, MAX)
#define WITH_PROPERTY(LENGTH, HEX)                                                                 \
	"multipart 12 " ENTRY(LENGTH, "01", "00 00000001", "00000000", "00001000") " " HEX

/* Such an entry in one word. */
#define ZEROS_26     "0000000000000000000000000000000000000000000000000000"
#define TABLE_1_WORD "0040010000000000" ZEROS_26 ZEROS_26 "00001000"

/* NTRSELMETH, with a method of five letters. */
#define SELECTION(METHOD)                                                                          \
	" +ffff00280000154d0000000100000000" METHOD "00000000000000000000000000000000000000"

static void fill_group(struct of_peer *p)
{
	static struct of_bucket buckets[GROUP_MAX_BUCKETS];
	struct of_msg m = { .kind = OF_GROUP_MOD,
			    .group_mod = { .command = OF_GROUP_ADD,
					   .type = OF_GROUP_SELECT,
					   .group_id = 1,
					   .command_bucket_id = OF_BUCKET_ALL,
					   .n_buckets = GROUP_MAX_BUCKETS,
					   .buckets = buckets } };

	for (unsigned i = 0; i < GROUP_MAX_BUCKETS; i++)
		buckets[i] = (struct of_bucket){
			.id = i, .weight = 1, .watch_port = OF_PORT_ANY, .watch_group = OF_GROUP_ANY
		};
	of_peer_send(p, m);
}

/* All that a message can tell of, but for some bytes; the buckets are not many. */
static void make_group_large(struct of_peer *p)
{
	struct of_msg m = { .kind = OF_GROUP_MOD };
	struct buf text = BUF_INIT;
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;

	buf_puts(&text, "group_id=1,type=select");
	for (unsigned i = 0; i < 1020; i++)
		buf_puts(&text, ",bucket=set_field:00:00:00:00:00:01->eth_src,set_field:00:00:00:"
				"00:00:02->eth_dst,output:1");
	if (of_group_mod_parse(buf_str(&text), OF_GROUP_ADD, &a, &m.group_mod, &st) < 0)
		fail_msg("%s", st.message);
	of_peer_send(p, m);
	arena_clear(&a);
	buf_fini(&text);
}

static const struct error_row rows[] = {
	/* groups */
	{ "group that is there", ROW_ALL, ALL_1, SELECT_1, GROUP(GROUP_EXISTS) },
	{ "group number that cannot be", ROW_ALL, NULL, ALL_1 " @12=ffffff01",
	  GROUP(INVALID_GROUP) },
	{ "group number that cannot be, modified", ROW_ALL, NULL,
	  "group 1 group_id=1,type=all @12=fffffffc", GROUP(INVALID_GROUP) },
	{ "indirect group with two buckets", ROW_ALL, NULL,
	  "group 0 group_id=1,type=all,bucket=output:1,bucket=output:2 @10=02",
	  GROUP(INVALID_GROUP) },
	{ "indirect group without a bucket", ROW_ALL, NULL, "group 0 group_id=1,type=all @10=02",
	  GROUP(INVALID_GROUP) },
	{ "weight in a group that has none", ROW_UNTIL_1_4, NULL, ALL_1 " @18=0005",
	  GROUP(INVALID_GROUP) },
	{ "failover group without a watch", ROW_ALL, NULL, ALL_1 " @10=03", GROUP(INVALID_GROUP) },
	{ "weight put into a group that has none", ROW_ALL, ALL_1, INSERT "weight:5,output:2",
	  GROUP(INVALID_GROUP) },
	{ "second bucket put into an indirect group", ROW_ALL, INDIRECT_1, INSERT "output:2",
	  GROUP(INVALID_GROUP) },
	{ "last bucket taken from an indirect group", ROW_ALL, INDIRECT_1,
	  "group 5 group_id=1,command_bucket_id=all", GROUP(INVALID_GROUP) },
	{ "bucket without a watch put into a failover group", ROW_ALL, FAILOVER_1,
	  INSERT "output:2", GROUP(INVALID_GROUP) },
	{ "watch put into a group that has none", ROW_ALL, ALL_1, INSERT "watch_port:2,output:2",
	  GROUP(WATCH_UNSUPPORTED) },
	{ "watch in a group that has none", ROW_ALL, NULL, FAILOVER_1 " @10=00",
	  GROUP(WATCH_UNSUPPORTED) },
	{ "bucket put into a full group", ROW_ALL, NULL,
	  "group 3 group_id=1,command_bucket_id=last,bucket=bucket_id:5000,output:2",
	  GROUP(OUT_OF_BUCKETS), fill_group },
	{ "more buckets than a group holds", ROW_UNTIL_1_4, NULL,
	  "message 15 0000 00 00 00000001 00100000ffffffffffffffff00000000*1025",
	  GROUP(OUT_OF_BUCKETS) },
	{ "group larger than a message that tells of it", ROW_UNTIL_1_4, NULL,
	  "message 15 0000 00 00 00000001 00100000ffffffffffffffff00000000*4090",
	  GROUP(OUT_OF_BUCKETS) },
	{ "bucket put into a group that could not be told of then", ROW_ALL, NULL,
	  "group 3 group_id=1,command_bucket_id=last," BIG_BUCKET("5000") "," BIG_BUCKET(
		  "5001") "," BIG_BUCKET("5002"),
	  GROUP(OUT_OF_BUCKETS), make_group_large },
	{ "group that would lead to itself", ROW_ALL, CHAIN,
	  "group 1 group_id=1,type=all,bucket=group:2", GROUP(LOOP) },
	{ "group that watches itself", ROW_ALL, NULL,
	  "group 0 group_id=1,type=ff,bucket=watch_group:1,output:1", GROUP(LOOP) },
	{ "bucket put in that would lead to its group", ROW_ALL, CHAIN, INSERT "group:2",
	  GROUP(LOOP) },
	{ "group to modify that is not there", ROW_ALL, NULL,
	  "group 1 group_id=9,type=all,bucket=output:1", GROUP(UNKNOWN_GROUP) },
	{ "bucket put into no group", ROW_ALL, NULL, INSERT "output:2", GROUP(UNKNOWN_GROUP) },
	{ "group that another leads to", ROW_ALL, CHAIN, "group 2 group_id=1",
	  GROUP(CHAINED_GROUP) },
	{ "unknown group type", ROW_ALL, NULL, ALL_1 " @10=04", GROUP(BAD_TYPE) },
	{ "unknown group command", ROW_ALL, NULL, ALL_1 " @8=0007", GROUP(BAD_COMMAND) },
	{ "group command of a later version", ROW_UNTIL_1_4, NULL, ALL_1 " @8=0003",
	  GROUP(BAD_COMMAND) },
	{ "bucket of a wrong length", ROW_UNTIL_1_4, NULL, ALL_1 " @16=0048", GROUP(BAD_BUCKET) },
	{ "bucket too short", ROW_UNTIL_1_4, NULL, ALL_1 " @16=0008", GROUP(BAD_BUCKET) },
	{ "bucket of a wrong length since 1.5", ROW_1_5, NULL, ALL_1 " @24=0048",
	  GROUP(BAD_BUCKET) },
	{ "bucket number that cannot be", ROW_1_5, NULL, ALL_1 " @28=ffffffff", GROUP(BAD_BUCKET) },
	{ "bucket number twice", ROW_1_5, NULL,
	  "group 0 group_id=1,type=all,bucket=bucket_id:0,output:1,bucket=bucket_id:1,output:2"
	  " @52=00000000",
	  GROUP(BAD_BUCKET) },
	{ "bucket to act on where there is none", ROW_1_5, NULL, ALL_1 " @20=00000001",
	  GROUP(BAD_BUCKET) },
	{ "bucket put into no place", ROW_ALL, ALL_1,
	  "group 3 group_id=1,command_bucket_id=55,bucket=bucket_id:7,output:2",
	  GROUP(UNKNOWN_BUCKET) },
	{ "bucket to take out that is not there", ROW_ALL, ALL_1,
	  "group 5 group_id=1,command_bucket_id=55", GROUP(UNKNOWN_BUCKET) },
	{ "bucket put in that is there", ROW_ALL, ALL_1,
	  "group 3 group_id=1,command_bucket_id=last,bucket=bucket_id:0,output:2",
	  GROUP(BUCKET_EXISTS) },
	{ "watched port that cannot be", ROW_UNTIL_1_4, NULL, FAILOVER_1 " @20=00000000",
	  GROUP(BAD_WATCH) },
	{ "watched port that cannot be since 1.5", ROW_1_5, NULL, FAILOVER_1 " @52=00000000",
	  GROUP(BAD_WATCH) },
	{ "watched group that is not there", ROW_ALL, NULL,
	  "group 0 group_id=1,type=ff,bucket=watch_group:77,output:1", GROUP(BAD_WATCH) },
	{ "bucket to port 0", ROW_UNTIL_1_4, NULL, ALL_1 " @36=00000000", OFPET_BAD_ACTION,
	  OFPBAC_BAD_OUT_PORT },
	{ "bucket to a group that is not there", ROW_ALL, NULL,
	  "group 0 group_id=1,type=all,bucket=group:9", OFPET_BAD_ACTION, OFPBAC_BAD_OUT_GROUP },
	{ "bucket with an unknown action", ROW_UNTIL_1_4, NULL, ALL_1 " @32=0063", OFPET_BAD_ACTION,
	  OFPBAC_BAD_TYPE },
	{ "unknown way to select", ROW_1_5, NULL, SELECT_1 SELECTION("6775657373"),
	  PROPERTY(BAD_VALUE) },
	{ "selection over a field that is not kept", ROW_ALL, "tlv 2",
	  "group 0 group_id=1,type=select,selection_method=hash,fields(tun_metadata0),"
	  "bucket=output:1",
	  PROPERTY(BAD_EXP_VALUE) },
	{ "way to select where nothing is selected", ROW_1_5, NULL, ALL_1 SELECTION("6861736800"),
	  PROPERTY(BAD_VALUE) },
	{ "way to select cut off", ROW_1_5, NULL, SELECT_1 " +ffff000c0000154d0000000100000000",
	  PROPERTY(BAD_LEN) },
	{ "unknown group property of a known experimenter", ROW_1_5, NULL,
	  ALL_1 " +ffff000c0000154d0000000900000000", PROPERTY(BAD_EXP_TYPE) },
	{ "group property of an unknown experimenter", ROW_1_5, NULL,
	  ALL_1 " +ffff000c00abcdef0000000900000000", PROPERTY(BAD_EXPERIMENTER) },
	{ "unknown group property", ROW_1_5, NULL, ALL_1 " +0009000800000000", PROPERTY(BAD_TYPE) },
	{ "group property cut off", ROW_1_5, NULL, ALL_1 " +0009001000000000", PROPERTY(BAD_LEN) },

	/* meters */
	{ "meter that is there", ROW_ALL, METER_1, METER_1, METER(METER_EXISTS) },
	{ "meter number 0", ROW_ALL, NULL, METER_1 " @12=00000000", METER(INVALID_METER) },
	{ "meter number that cannot be", ROW_ALL, NULL, METER_1 " @12=ffff0001",
	  METER(INVALID_METER) },
	{ "all meters added", ROW_ALL, NULL, METER_1 " @12=ffffffff", METER(INVALID_METER) },
	{ "meter to modify that is not there", ROW_ALL, NULL,
	  "meter 1 meter=9,kbps,band=type=drop,rate=1", METER(UNKNOWN_METER) },
	{ "statistics of a meter that is not there", ROW_ALL, NULL, "multipart 9 00000009 00*4",
	  METER(UNKNOWN_METER) },
	{ "configuration of a meter that is not there", ROW_ALL, NULL, "multipart 10 00000009 00*4",
	  METER(UNKNOWN_METER) },
	{ "unknown meter command", ROW_ALL, NULL, METER_1 " @8=0003", METER(BAD_COMMAND) },
	{ "meter in bits and in packets", ROW_ALL, NULL, METER_1 " @10=0003", METER(BAD_FLAGS) },
	{ "unknown meter flags", ROW_ALL, NULL, METER_1 " @10=0011", METER(BAD_FLAGS) },
	{ "unknown band", ROW_ALL, NULL, METER_1 " @16=0007", METER(BAD_BAND) },
	{ "band of an experimenter", ROW_ALL, NULL, METER_1 " @16=ffff", METER(BAD_BAND) },
	{ "band that remarks what goes to the controller", ROW_ALL, NULL,
	  "meter 0 meter=1,kbps,band=type=dscp_remark,rate=1,prec_level=1 @12=fffffffe",
	  METER(BAD_BAND) },
	{ "precedence of no steps", ROW_ALL, NULL,
	  "meter 0 meter=1,kbps,band=type=dscp_remark,rate=1,prec_level=1 @28=00",
	  METER(BAD_BAND_VALUE) },
	{ "precedence of too many steps", ROW_ALL, NULL,
	  "meter 0 meter=1,kbps,band=type=dscp_remark,rate=1,prec_level=1 @28=04",
	  METER(BAD_BAND_VALUE) },
	{ "more bands than a meter has", ROW_ALL, NULL,
	  "message 29 0000 0001 00000001 " DROP_BAND "*17", METER(OUT_OF_BANDS) },
	{ "modified to more bands than a meter has", ROW_ALL, METER_1,
	  "message 29 0001 0001 00000001 " DROP_BAND "*17", METER(OUT_OF_BANDS) },
	{ "band of a wrong length", ROW_ALL, NULL, METER_1 " @18=000c", OFPET_BAD_REQUEST,
	  OFPBRC_BAD_LEN },

	/* table features */
	{ "features of no table", ROW_ALL, NULL,
	  "multipart 12 " ENTRY("0040", "fe", "00 00000000", "00000000", "00001000"),
	  FEATURES(BAD_TABLE) },
	{ "features of all tables", ROW_ALL, NULL,
	  "multipart 12 " ENTRY("0040", "ff", "00 00000000", "00000000", "00001000"),
	  FEATURES(BAD_TABLE) },
	{ "table to disable", ROW_1_5, NULL,
	  "multipart 12 " ENTRY("0040", "01", "03 00000001", "00000000", "00001000"),
	  FEATURES(EPERM) },
	{ "table that can what none can", ROW_SINCE_1_4, NULL,
	  "multipart 12 " TABLE_1("00000010", "00001000"), FEATURES(BAD_CAPA) },
	{ "table for no flows", ROW_ALL, NULL, "multipart 12 " TABLE_1("00000000", "00000000"),
	  FEATURES(BAD_MAX_ENT) },
	{ "table for more flows than fit", ROW_ALL, NULL,
	  "multipart 12 " TABLE_1("00000000", "ffffffff"), FEATURES(BAD_MAX_ENT) },
	{ "unknown table features", ROW_1_5, NULL,
	  "multipart 12 " ENTRY("0040", "01", "00 00000080", "00000000", "00001000"),
	  FEATURES(BAD_FEATURES) },
	{ "some properties of a table without the others", ROW_ALL, NULL,
	  WITH_PROPERTY("0048", "0000 0008 0001 0004"), FEATURES(BAD_FEATURES) },
	{ "unknown command for a table", ROW_1_5, NULL,
	  "multipart 12 " ENTRY("0040", "01", "04 00000001", "00000000", "00001000"),
	  FEATURES(BAD_COMMAND) },
	{ "more tables than there are", ROW_ALL, NULL, "multipart 12 " TABLE_1_WORD "*255",
	  FEATURES(TOO_MANY) },
	{ "table twice", ROW_ALL, NULL,
	  "multipart 12 " TABLE_1("00000000", "00001000") " " TABLE_1("00000000", "00001000"),
	  ROW_NX(NXTFFC_DUP_TABLE) },
	{ "unknown table property", ROW_ALL, NULL, WITH_PROPERTY("0048", "0063 0008 00000000"),
	  PROPERTY(BAD_TYPE) },
	{ "table property cut off", ROW_ALL, NULL, WITH_PROPERTY("0048", "0000 0010 00000000"),
	  PROPERTY(BAD_LEN) },
	{ "table property with an unknown field", ROW_ALL, NULL,
	  WITH_PROPERTY("0048", "0008 0008 8000fe04"), PROPERTY(BAD_VALUE) },
	{ "table property twice", ROW_ALL, NULL,
	  WITH_PROPERTY("0050", "0000 0008 0001 0004 0000 0008 0001 0004"), PROPERTY(DUP_TYPE) },
	{ "table property of an unknown experimenter", ROW_ALL, NULL,
	  WITH_PROPERTY("0050", "ffff 000c 00abcdef 00000001 00000000"),
	  PROPERTY(BAD_EXPERIMENTER) },
};

int main(void)
{
	return error_rows_run("errors_group", rows, ARRAY_LENGTH(rows));
}
