/* Messages about groups, meters, tables and monitors, and Nicira's: what is wrong with one by
 * itself gets the error that the specifications name for it (OF 1.3.5 section 7.4.4, OF 1.5.1
 * section 7.5.4, Open vSwitch's nicira-ext.h). */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/openflow/msg.h"
#include "tests/unit/proto/openflow/hex.h"

/* The message without its length and xid: version, type, and what follows the header. */
struct error_case {
	const char *what;
	const char *head; /* version and type */
	const char *body;
	const char *error; /* NULL: none */
};

#define MULTIPART(TYPE) TYPE " 0000 00000000 "
#define NX(TYPE)	"00002320 000000" TYPE " "
#define OUTPUT		"0000 0010 00000001 0000 000000000000 "

#define GROUP  "OFPET_GROUP_MOD_FAILED/OFPGMFC_"
#define METER  "OFPET_METER_MOD_FAILED/OFPMMFC_"
#define TABLE  "OFPET_TABLE_MOD_FAILED/OFPTMFC_"
#define TF     "OFPET_TABLE_FEATURES_FAILED/OFPTFFC_"
#define MON    "OFPET_FLOW_MONITOR_FAILED/OFPMOFC_"
#define PROP   "OFPET_BAD_PROPERTY/OFPBPC_"
#define REQ    "OFPET_BAD_REQUEST/OFPBRC_"
#define ACTION "OFPET_BAD_ACTION/OFPBAC_"
#define MATCH  "OFPET_BAD_MATCH/OFPBMC_"
#define NICIRA "OFPET_EXPERIMENTER/"

/* Buckets of 1.3 and 1.5, with output:1. */
#define OLD_BUCKET "0020 0000 ffffffff ffffffff 00000000 " OUTPUT
#define NEW_BUCKET "0018 0010 00000000 " OUTPUT
#define ADD_ALL	   "0000 00 00 00000001 "
#define ADD_SELECT "0000 01 00 00000001 "
#define NEW_TAIL   "0000 ffffffff "
#define HASH	   "68617368 00000000 0000000000000000 "
#define WEIGHT	   "0000 0008 0001 0000 "

static const struct error_case group_cases[] = {
	{ "one bucket", "040f", ADD_ALL OLD_BUCKET, NULL },
	{ "one bucket, 1.5", "060f", ADD_ALL "0018 " NEW_TAIL NEW_BUCKET, NULL },
	{ "cut off", "040f", "0000 00", REQ "BAD_LEN" },
	{ "unknown command", "040f", "0006 00 00 00000001", GROUP "BAD_COMMAND" },
	{ "insert-bucket in 1.3", "040f", "0003 00 00 00000001", GROUP "BAD_COMMAND" },
	{ "remove-bucket in 1.4", "050f", "0005 00 00 00000001", GROUP "BAD_COMMAND" },
	{ "add or modify", "040f", "8000 00 00 00000001 " OLD_BUCKET, NULL },
	{ "unknown type", "040f", "0000 04 00 00000001", GROUP "BAD_TYPE" },
	{ "group ALL added", "040f", "0000 00 00 fffffffc", GROUP "INVALID_GROUP" },
	{ "group ANY deleted", "040f", "0002 00 00 ffffffff", GROUP "INVALID_GROUP" },
	{ "group ALL deleted", "040f", "0002 00 00 fffffffc", NULL },
	{ "the greatest group", "040f", "0002 00 00 ffffff00", NULL },
	{ "deletion with buckets", "040f", "0002 00 00 00000001 " OLD_BUCKET,
	  GROUP "INVALID_GROUP" },
	{ "indirect without buckets", "040f", "0000 02 00 00000001", GROUP "INVALID_GROUP" },
	{ "indirect with two", "040f", "0000 02 00 00000001 " OLD_BUCKET OLD_BUCKET,
	  GROUP "INVALID_GROUP" },
	{ "indirect deleted", "040f", "0002 02 00 00000001", NULL },
	{ "bucket shorter than its header", "040f", ADD_ALL "0008 0000 ffffffff",
	  GROUP "BAD_BUCKET" },
	{ "bucket's length 0", "040f", ADD_ALL "0000 0000 ffffffff ffffffff 00000000",
	  GROUP "BAD_BUCKET" },
	{ "bucket longer than the message", "040f",
	  ADD_ALL "0030 0000 ffffffff ffffffff 00000000 " OUTPUT, GROUP "BAD_BUCKET" },
	{ "bucket of an odd length", "040f",
	  ADD_ALL "0014 0000 ffffffff ffffffff 00000000 00000000", GROUP "BAD_BUCKET" },
	{ "weight outside a select group", "040f", ADD_ALL "0010 0001 ffffffff ffffffff 00000000",
	  GROUP "INVALID_GROUP" },
	{ "watch_port of an all group", "040f", ADD_ALL "0010 0000 00000001 ffffffff 00000000",
	  GROUP "WATCH_UNSUPPORTED" },
	{ "watch_group of an all group", "040f", ADD_ALL "0010 0000 ffffffff 00000001 00000000",
	  GROUP "WATCH_UNSUPPORTED" },
	{ "watch_port of a select group", "040f", ADD_SELECT "0010 0001 00000001 ffffffff 00000000",
	  NULL },
	{ "fast failover without watch", "040f",
	  "0000 03 00 00000001 0010 0000 ffffffff ffffffff 00000000", GROUP "INVALID_GROUP" },
	{ "watch_port 0", "040f", "0000 03 00 00000001 0010 0000 00000000 ffffffff 00000000",
	  GROUP "BAD_WATCH" },
	{ "watch_port IN_PORT", "040f", "0000 03 00 00000001 0010 0000 fffffff8 ffffffff 00000000",
	  GROUP "BAD_WATCH" },
	{ "watch_group ALL", "040f", "0000 03 00 00000001 0010 0000 ffffffff fffffffc 00000000",
	  GROUP "BAD_WATCH" },
	{ "unknown action", "040f",
	  ADD_ALL "0018 0000 ffffffff ffffffff 00000000 00fe 0008 00000000", ACTION "BAD_TYPE" },
	{ "output to port 0", "040f",
	  ADD_ALL "0020 0000 ffffffff ffffffff 00000000 0000 0010 00000000 0000 000000000000",
	  ACTION "BAD_OUT_PORT" },
	{ "actions cut off", "040f",
	  ADD_ALL "0018 0000 ffffffff ffffffff 00000000 0000 0010 00000001", ACTION "BAD_LEN" },
};

static const struct error_case new_group_cases[] = {
	{ "insert first", "060f", "0003 00 00 00000001 0018 0000 fffffffd " NEW_BUCKET, NULL },
	{ "insert behind all", "060f", "0003 00 00 00000001 0018 " NEW_TAIL NEW_BUCKET,
	  GROUP "BAD_BUCKET" },
	{ "remove all", "060f", "0005 00 00 00000001 0000 " NEW_TAIL, NULL },
	{ "remove a reserved id", "060f", "0005 00 00 00000001 0000 0000 ffffff01",
	  GROUP "BAD_BUCKET" },
	{ "remove with buckets", "060f", "0005 00 00 00000001 0018 " NEW_TAIL NEW_BUCKET,
	  GROUP "BAD_BUCKET" },
	{ "add with a bucket of the command", "060f", ADD_ALL "0000 0000 00000001",
	  GROUP "BAD_BUCKET" },
	{ "unknown command", "060f", "0004 00 00 00000001 0000 " NEW_TAIL, GROUP "BAD_COMMAND" },
	{ "more buckets than bytes", "060f", ADD_ALL "0020 " NEW_TAIL NEW_BUCKET, REQ "BAD_LEN" },
	{ "head cut off", "060f", ADD_ALL "0000 0000", REQ "BAD_LEN" },
	{ "bucket's actions beyond it", "060f",
	  ADD_ALL "0018 " NEW_TAIL "0018 0018 00000000 " OUTPUT, GROUP "BAD_BUCKET" },
	{ "reserved bucket id", "060f", ADD_ALL "0018 " NEW_TAIL "0018 0010 ffffffff " OUTPUT,
	  GROUP "BAD_BUCKET" },
	{ "the same bucket id twice", "060f",
	  ADD_ALL "0010 " NEW_TAIL "0008 0000 00000005 0008 0000 00000005", GROUP "BAD_BUCKET" },
	{ "unknown bucket property", "060f",
	  ADD_ALL "0010 " NEW_TAIL "0010 0000 00000000 0003 0008 00000000", PROP "BAD_TYPE" },
	{ "experimenter's bucket property", "060f",
	  ADD_ALL "0018 " NEW_TAIL "0018 0000 00000000 ffff 000c 00000001 00000002 00000000",
	  PROP "BAD_EXPERIMENTER" },
	{ "bucket property of length 2", "060f",
	  ADD_ALL "0010 " NEW_TAIL "0010 0000 00000000 0000 0002 00000000", PROP "BAD_LEN" },
	{ "bucket property beyond the bucket", "060f",
	  ADD_ALL "0010 " NEW_TAIL "0010 0000 00000000 0000 0010 00000000", PROP "BAD_LEN" },
	{ "watch_port property too short", "060f",
	  ADD_ALL "0010 " NEW_TAIL "0010 0000 00000000 0001 0006 00000000", PROP "BAD_LEN" },
	{ "weight twice", "060f", ADD_SELECT "0018 " NEW_TAIL "0018 0000 00000000 " WEIGHT WEIGHT,
	  PROP "DUP_TYPE" },
	{ "weight as Open vSwitch once had it", "060f",
	  ADD_SELECT "0010 " NEW_TAIL "0010 0000 00000000 0000 0006 0005 0000", NULL },
	{ "selection method", "060f",
	  ADD_SELECT "0000 " NEW_TAIL "ffff 0028 0000154d 00000001 00000000 " HASH
		     "0000000000000000",
	  NULL },
	{ "selection method of an all group", "060f",
	  ADD_ALL "0000 " NEW_TAIL "ffff 0028 0000154d 00000001 00000000 " HASH "0000000000000000",
	  PROP "BAD_VALUE" },
	{ "selection method of a deletion", "060f",
	  "0002 01 00 00000001 0000 " NEW_TAIL "ffff 0028 0000154d 00000001 00000000 " HASH
	  "0000000000000000",
	  PROP "BAD_VALUE" },
	{ "unknown selection method", "060f",
	  ADD_SELECT "0000 " NEW_TAIL "ffff 0028 0000154d 00000001 00000000 "
		     "69696969 00000000 0000000000000000 0000000000000000",
	  PROP "BAD_VALUE" },
	{ "selection method without an end", "060f",
	  ADD_SELECT "0000 " NEW_TAIL "ffff 0028 0000154d 00000001 00000000 "
		     "68686868 68686868 6868686868686868 0000000000000000",
	  PROP "BAD_VALUE" },
	{ "selection method cut off", "060f",
	  ADD_SELECT "0000 " NEW_TAIL "ffff 0010 0000154d 00000001 00000000", PROP "BAD_LEN" },
	{ "unknown type of Netronome's", "060f",
	  ADD_SELECT "0000 " NEW_TAIL "ffff 000c 0000154d 00000002 00000000", PROP "BAD_EXP_TYPE" },
	{ "another experimenter's property", "060f",
	  ADD_SELECT "0000 " NEW_TAIL "ffff 000c 00001234 00000001 00000000",
	  PROP "BAD_EXPERIMENTER" },
	{ "unknown group property", "060f", ADD_SELECT "0000 " NEW_TAIL "0000 0008 00000000",
	  PROP "BAD_TYPE" },
	{ "unknown field to hash", "060f",
	  ADD_SELECT "0000 " NEW_TAIL "ffff 0030 0000154d 00000001 00000000 " HASH
		     "0000000000000000 80005004 ffffffff",
	  MATCH "BAD_FIELD" },
	{ "field to hash without bits", "060f",
	  ADD_SELECT "0000 " NEW_TAIL "ffff 0030 0000154d 00000001 00000000 " HASH
		     "0000000000000000 80001604 00000000",
	  MATCH "BAD_MASK" },
	{ "a field to hash twice", "060f",
	  ADD_SELECT "0000 " NEW_TAIL "ffff 0038 0000154d 00000001 00000000 " HASH
		     "0000000000000000 80001604 ffffffff 80001604 ffffffff",
	  MATCH "DUP_FIELD" },
	{ "Nicira's form in 1.3", "0404",
	  NX("1f") "0003 00 00 00000001 0018 0000 fffffffd " NEW_BUCKET, NULL },
	{ "Nicira's form, behind all", "0404",
	  NX("1f") "0003 00 00 00000001 0018 " NEW_TAIL NEW_BUCKET, GROUP "BAD_BUCKET" },
	{ "Nicira's form, unknown command", "0504", NX("1f") "0004 00 00 00000001 0000 " NEW_TAIL,
	  GROUP "BAD_COMMAND" },
	{ "description of one group", "0612", MULTIPART("0007") "00000001 00000000", NULL },
	{ "description, 1.5, without a group", "0612", MULTIPART("0007"), REQ "BAD_LEN" },
	{ "description, 1.3, with a group", "0412", MULTIPART("0007") "00000001 00000000",
	  REQ "BAD_LEN" },
	{ "statistics without a group", "0412", MULTIPART("0006"), REQ "BAD_LEN" },
	{ "features with a body", "0412", MULTIPART("0008") "00000000", REQ "BAD_LEN" },
};

#define DROP "0001 0010 00000064 00000000 00000000 "

static const struct error_case meter_cases[] = {
	{ "one band", "041d", "0000 0001 00000001 " DROP, NULL },
	{ "no band", "041d", "0000 0001 00000001 ", NULL },
	{ "cut off", "041d", "0000 0001", REQ "BAD_LEN" },
	{ "unknown command", "041d", "0003 0001 00000001 ", METER "BAD_COMMAND" },
	{ "meter 0", "041d", "0000 0001 00000000 ", METER "INVALID_METER" },
	{ "meter ALL added", "041d", "0000 0001 ffffffff ", METER "INVALID_METER" },
	{ "meter ALL deleted", "041d", "0002 0000 ffffffff ", NULL },
	{ "a reserved meter", "041d", "0000 0001 ffff0001 ", METER "INVALID_METER" },
	{ "the controller's meter", "041d", "0000 0001 fffffffe ", NULL },
	{ "both units", "041d", "0000 0003 00000001 ", METER "BAD_FLAGS" },
	{ "unknown flag", "041d", "0000 0011 00000001 ", METER "BAD_FLAGS" },
	{ "deletion with flags and bands", "041d", "0002 ffff 00000001 00ff 0000", NULL },
	{ "unknown band", "041d", "0000 0001 00000001 0003 0010 00000064 00000000 00000000",
	  METER "BAD_BAND" },
	{ "experimenter's band", "041d", "0000 0001 00000001 ffff 0010 00000064 00000000 00000000",
	  METER "BAD_BAND" },
	{ "band of a wrong length", "041d",
	  "0000 0001 00000001 0001 0018 00000064 00000000 00000000", REQ "BAD_LEN" },
	{ "band cut off", "041d", "0000 0001 00000001 0001 0010 00000064", REQ "BAD_LEN" },
	{ "statistics without a meter", "0412", MULTIPART("0009"), REQ "BAD_LEN" },
	{ "configuration without a meter", "0412", MULTIPART("000a"), REQ "BAD_LEN" },
	{ "features with a body", "0412", MULTIPART("000b") "00000000", REQ "BAD_LEN" },
};

static const struct error_case table_cases[] = {
	{ "table-mod, 1.3", "0411", "00 000000 00000003", NULL },
	{ "table-mod, 1.3, eviction", "0411", "00 000000 00000004", TABLE "BAD_CONFIG" },
	{ "table-mod, 1.3, with a property", "0411", "00 000000 00000000 0002 0008 00000001",
	  REQ "BAD_LEN" },
	{ "table-mod, cut off", "0511", "00 000000", REQ "BAD_LEN" },
	{ "table-mod, eviction", "0511", "00 000000 00000004 0002 0008 00000001", NULL },
	{ "table-mod, unknown config", "0511", "00 000000 00000010", TABLE "BAD_CONFIG" },
	{ "table-mod, unknown eviction flag", "0511", "00 000000 00000004 0002 0008 00000008",
	  PROP "BAD_VALUE" },
	{ "table-mod, unknown property", "0511", "00 000000 00000000 0001 0008 00000001",
	  PROP "BAD_TYPE" },
	{ "table-mod, experimenter's property", "0511",
	  "00 000000 00000000 ffff 000c 00000001 00000001 00000000", PROP "BAD_EXPERIMENTER" },
	{ "table-mod, eviction twice", "0511",
	  "00 000000 00000004 0002 0008 00000001 0002 0008 00000001", PROP "DUP_TYPE" },
	{ "table-mod, eviction too short", "0511", "00 000000 00000004 0002 0006 00000000",
	  PROP "BAD_LEN" },
	{ "table-mod, vacancy the wrong way round", "0511",
	  "00 000000 00000008 0003 0008 14 0a 00 00", PROP "BAD_VALUE" },
	{ "table-mod, vacancy over 100 %", "0511", "00 000000 00000008 0003 0008 14 65 00 00",
	  PROP "BAD_VALUE" },
	{ "table-mod, vacancy given", "0511", "00 000000 00000008 0003 0008 0a 14 01 00",
	  PROP "BAD_VALUE" },
	{ "description in 1.3", "0412", MULTIPART("000e"), NULL },
	{ "description", "0512", MULTIPART("000e"), NULL },
	{ "description with a body", "0512", MULTIPART("000e") "00000000", REQ "BAD_LEN" },
	{ "status in 1.3", "041f", "03 00000000000000 0008 00 00 00000000", REQ "BAD_TYPE" },
};

#define NAME	 "0000000000000000000000000000000000000000000000000000000000000000 "
#define METADATA "0000000000000000 0000000000000000 00000000 00000000 "

static const struct error_case feature_cases[] = {
	{ "features, asked", "0412", MULTIPART("000c"), NULL },
	{ "features, an entry too short", "0412", MULTIPART("000c") "0008 00 00 00000000",
	  PROP "BAD_LEN" },
	{ "features, an entry beyond the message", "0412",
	  MULTIPART("000c") "0048 00 00 00000000 " NAME METADATA, PROP "BAD_LEN" },
	{ "features of table ALL", "0412", MULTIPART("000c") "0040 ff 00 00000000 " NAME METADATA,
	  TF "BAD_TABLE" },
	{ "features, unknown command", "0612",
	  MULTIPART("000c") "0040 00 04 00000000 " NAME METADATA, TF "BAD_COMMAND" },
	{ "features, that is padding in 1.4", "0512",
	  MULTIPART("000c") "0040 00 04 00000000 " NAME METADATA, NULL },
	{ "features, a property of length 3", "0412",
	  MULTIPART("000c") "0048 00 00 00000000 " NAME METADATA "0000 0003 00000000",
	  PROP "BAD_LEN" },
	{ "features, a property beyond the entry", "0412",
	  MULTIPART("000c") "0048 00 00 00000000 " NAME METADATA "0000 0010 00000000",
	  PROP "BAD_LEN" },
};

#define ANY_MATCH "0001 0004 00000000"
#define ONF_MON	  "ffff 0000 00000000 4f4e4600 0000074e "
#define NX_MON	  "ffff 0000 00000000 00002320 00000002 "

static const struct error_case monitor_cases[] = {
	{ "standard", "0512", MULTIPART("0010") "00000001 ffffffff ffffffff 0002 ff 00 " ANY_MATCH,
	  NULL },
	{ "initial only", "0512",
	  MULTIPART("0010") "00000001 ffffffff ffffffff 0001 ff 00 " ANY_MATCH, NULL },
	{ "nothing to tell", "0512",
	  MULTIPART("0010") "00000001 ffffffff ffffffff 0010 ff 00 " ANY_MATCH, MON "BAD_FLAGS" },
	{ "unknown flag", "0512",
	  MULTIPART("0010") "00000001 ffffffff ffffffff 0082 ff 00 " ANY_MATCH, MON "BAD_FLAGS" },
	{ "unknown command", "0512",
	  MULTIPART("0010") "00000001 ffffffff ffffffff 0002 ff 03 " ANY_MATCH, MON "BAD_COMMAND" },
	{ "deletion", "0512", MULTIPART("0010") "00000001 ffffffff ffffffff 0000 ff 02 " ANY_MATCH,
	  NULL },
	{ "deletion as Open vSwitch sends it", "0512",
	  MULTIPART("0010") "00000001 00000000 00000000 0000 00 02", NULL },
	{ "cut off", "0512", MULTIPART("0010") "00000001 ffffffff ffffffff", REQ "BAD_LEN" },
	{ "without a match", "0512", MULTIPART("0010") "00000001 ffffffff ffffffff 0002 ff 00",
	  MATCH "BAD_LEN" },
	{ "bad match", "0512",
	  MULTIPART("0010") "00000001 ffffffff ffffffff 0002 ff 00 "
			    "0001 000c 80001604 0a000001 00000000",
	  MATCH "BAD_PREREQ" },
	{ "ONF", "0412", ONF_MON "00000001 0002 0004 ffffffff ff 000000 " ANY_MATCH, NULL },
	{ "ONF, initial only", "0412", ONF_MON "00000001 0001 0004 ffffffff ff 000000 " ANY_MATCH,
	  MON "BAD_FLAGS" },
	{ "ONF, the standard's flag", "0412",
	  ONF_MON "00000001 0042 0004 ffffffff ff 000000 " ANY_MATCH, MON "BAD_FLAGS" },
	{ "ONF, zeros that are none", "0412",
	  ONF_MON "00000001 0002 0004 ffffffff ff 000001 " ANY_MATCH, NICIRA "NXBRC_MUST_BE_ZERO" },
	{ "ONF, cut off", "0412", ONF_MON "00000001 0002 0004", REQ "BAD_LEN" },
	{ "Nicira", "0412", NX_MON "00000001 0002 ffff 0006 ff 0000000000 00000002 0001 0000",
	  NULL },
	{ "Nicira, match beyond the message", "0412",
	  NX_MON "00000001 0002 ffff 000e ff 0000000000 00000002 0001 0000", MATCH "BAD_LEN" },
	{ "Nicira, padding cut off", "0412",
	  NX_MON "00000001 0002 ffff 0006 ff 0000000000 00000002 0001", REQ "BAD_LEN" },
	{ "Nicira, zeros that are none", "0412", NX_MON "00000001 0002 ffff 0000 ff 0000000001",
	  NICIRA "NXBRC_MUST_BE_ZERO" },
	{ "Nicira, unknown flag", "0412", NX_MON "00000001 0042 ffff 0000 ff 0000000000",
	  MON "BAD_FLAGS" },
	{ "cancel without an id", "0404", "4f4e4600 0000074e", REQ "BAD_LEN" },
	{ "unknown event", "0513", MULTIPART("0010") "0008 0007 00000000",
	  NICIRA "NXBRC_FM_BAD_EVENT" },
	{ "update of an odd length", "0513", MULTIPART("0010") "000c 0005 00000000 00000000",
	  REQ "BAD_LEN" },
	{ "update of length 0", "0513", MULTIPART("0010") "0000 0005 00000000", REQ "BAD_LEN" },
	{ "pause with more", "0513", MULTIPART("0010") "0010 0005 00000000 0000000000000000",
	  REQ "BAD_LEN" },
};

/* An address of a tuple: its end, and the last two bytes. */
#define CT_V4(TYPE, LOW) TYPE "0014 00000000000000000000ffff0a00" LOW "00000000"

static const struct error_case nicira_cases[] = {
	{ "packet-in format", "0404", NX("10") "00000002", NULL },
	{ "an older packet-in format", "0404", NX("10") "00000001", REQ "EPERM" },
	{ "an unknown packet-in format", "0404", NX("10") "00000003", REQ "EPERM" },
	{ "packet-in format cut off", "0404", NX("10") "0000", REQ "BAD_LEN" },
	{ "controller id", "0404", NX("14") "000000000000 0005", NULL },
	{ "controller id, zeros that are none", "0404", NX("14") "000000000001 0005",
	  NICIRA "NXBRC_MUST_BE_ZERO" },
	{ "controller id cut off", "0404", NX("14") "000000000000", REQ "BAD_LEN" },
	{ "set-async2", "0404", NX("1b") "0001 0008 00000003", NULL },
	{ "set-async2 in 1.4", "0504", NX("1b") "0001 0008 00000003", NULL },
	{ "resume without a packet", "0404", NX("1c"), REQ "BAD_LEN" },
	{ "resume", "0404", NX("1c") "0000 0005 01000000", NULL },
	{ "resume, more than the whole", "0404", NX("1c") "0000 0006 01020000 0001 0008 00000001",
	  REQ "BAD_LEN" },
	{ "resume, unknown property", "0404", NX("1c") "0009 0008 00000000", PROP "BAD_TYPE" },
	{ "resume, two packets", "0404", NX("1c") "0000 0005 01000000 0000 0005 01000000",
	  PROP "DUP_TYPE" },
	{ "resume, cookie cut off", "0404", NX("1c") "0004 0008 00000000", PROP "BAD_LEN" },
	{ "resume, table id too long", "0404", NX("1c") "0003 000c 00000000 0000000000000000",
	  PROP "BAD_LEN" },
	{ "flush of a zone", "0404", NX("1d") "000000000000 0005", NULL },
	{ "flush of a zone, zeros that are none", "0404", NX("1d") "010000000000 0005",
	  NICIRA "NXBRC_MUST_BE_ZERO" },
	{ "flush", "0404", NX("20") "06 00000000000000", NULL },
	{ "flush, zeros that are none", "0404", NX("20") "06 00000000000001",
	  NICIRA "NXBRC_MUST_BE_ZERO" },
	{ "flush, unknown property", "0404", NX("20") "06 00000000000000 0007 0008 00000000",
	  PROP "BAD_TYPE" },
	{ "flush, an experimenter's property", "0404",
	  NX("20") "06 00000000000000 ffff 000c 00abcdef 00000001 00000000",
	  PROP "BAD_EXPERIMENTER" },
	{ "flush, zone cut off", "0404", NX("20") "06 00000000000000 0002 0004 00000000",
	  PROP "BAD_LEN" },
	{ "flush, tuples", "0404",
	  NX("20") "06 00000000000000 0000 0020 00000000" CT_V4(
		  "0000", "0001") "0001 0020 00000000" CT_V4("0001", "0002"),
	  NULL },
	{ "flush, an empty tuple", "0404", NX("20") "06 00000000000000 0000 0008 00000000", NULL },
	{ "flush, a tuple shorter than its head", "0404",
	  NX("20") "06 00000000000000 0000 0004 00000000", PROP "BAD_LEN" },
	{ "flush, a tuple's property beyond it", "0404",
	  NX("20") "06 00000000000000 0000 0010 00000000 0002 0010 00500000", PROP "BAD_LEN" },
	{ "flush, a tuple's unknown property", "0404",
	  NX("20") "06 00000000000000 0000 0010 00000000 0007 0008 00500000", PROP "BAD_TYPE" },
	{ "flush, an address cut off", "0404",
	  NX("20") "06 00000000000000 0000 0018 00000000 0001 0010 000000000000000000000000",
	  PROP "BAD_LEN" },
	{ "flush, a port cut off", "0404",
	  NX("20") "06 00000000000000 0000 0010 00000000 0002 0005 50000000", PROP "BAD_LEN" },
	{ "flush, an ICMP type cut off", "0404",
	  NX("20") "01 00000000000000 0000 0010 00000000 0005 0004 00000000", PROP "BAD_LEN" },
	{ "flush, addresses of two families", "0404",
	  NX("20") "06 00000000000000 0000 0020 00000000" CT_V4(
		  "0000",
		  "0001") "0001 0020 00000000 0000 0014 fc000000000000000000000000000001 00000000",
	  PROP "BAD_VALUE" },
	{ "flush, a mark", "0404",
	  NX("20") "00 00000000000000 0003 0008 00000001 0004 0008 000000ff", NULL },
	{ "flush, a mark too long", "0404",
	  NX("20") "00 00000000000000 0003 0010 00000001 0000000000000000", PROP "BAD_LEN" },
	{ "flush, labels cut off", "0404",
	  NX("20") "00 00000000000000 0005 0010 00000001 0000000000000000", PROP "BAD_LEN" },
	{ "TLV table", "0404", NX("18") "0000 000000000000 ffff 01 04 0000 0000", NULL },
	{ "TLV table, unknown command", "0404", NX("18") "0003 000000000000",
	  NICIRA "NXTTMFC_BAD_COMMAND" },
	{ "TLV table, odd length", "0404", NX("18") "0000 000000000000 ffff 01 05 0000 0000",
	  NICIRA "NXTTMFC_BAD_OPT_LEN" },
	{ "TLV table, too long an option", "0404",
	  NX("18") "0000 000000000000 ffff 01 80 0000 0000", NICIRA "NXTTMFC_BAD_OPT_LEN" },
	{ "TLV table, field 64", "0404", NX("18") "0000 000000000000 ffff 01 04 0040 0000",
	  NICIRA "NXTTMFC_BAD_FIELD_IDX" },
	{ "TLV table, half a mapping", "0404", NX("18") "0000 000000000000 ffff 01 04",
	  REQ "BAD_LEN" },
	{ "TLV table cleared, whatever follows", "0404", NX("18") "0002 000000000000 ffff", NULL },
	{ "TLV table, cut off", "0404", NX("18") "0000", REQ "BAD_LEN" },
	{ "TLV table asked with a body", "0404", NX("19") "00", REQ "BAD_LEN" },
};

static void check(const struct error_case *c)
{
	struct buf b = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct of_error err = { 0 };
	struct of_msg msg;
	char name[96];
	uint8_t *copy;
	int rc;

	add_hex(&b, c->head);
	add_hex(&b, "0000 00000001");
	add_hex(&b, c->body);
	store_be16(b.data + 2, b.size);
	copy = xmemdup(b.data, b.size); /* exact, for sanitizers */
	rc = of_msg_decode(copy, b.size, &a, &msg, &err);
	if (c->error && rc == 0)
		fail_msg("%s: accepted, want %s", c->what, c->error);
	if (rc != 0 && !c->error)
		fail_msg("%s: %s, want no error", c->what, of_error_name(&err, name, sizeof(name)));
	if (c->error && strcmp(of_error_name(&err, name, sizeof(name)), c->error) != 0)
		fail_msg("%s: %s, want %s", c->what, name, c->error);
	free(copy);
	buf_fini(&b);
	arena_clear(&a);
}

#define CHECK_ALL(NAME, CASES)                                                                     \
	static void NAME(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		for (size_t i = 0; i < ARRAY_LENGTH(CASES); i++)                                   \
			check(&(CASES)[i]);                                                        \
	}
CHECK_ALL(groups, group_cases)
CHECK_ALL(groups_of_1_5, new_group_cases)
CHECK_ALL(meters, meter_cases)
CHECK_ALL(tables, table_cases)
CHECK_ALL(table_features, feature_cases)
CHECK_ALL(monitors, monitor_cases)
CHECK_ALL(nicira, nicira_cases)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups),	  cmocka_unit_test(groups_of_1_5),
		cmocka_unit_test(meters),	  cmocka_unit_test(tables),
		cmocka_unit_test(table_features), cmocka_unit_test(monitors),
		cmocka_unit_test(nicira),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
