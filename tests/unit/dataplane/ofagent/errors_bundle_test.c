#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "dataplane/ofagent/bundle.h"
#include "tests/fakes/dataplane/error_rows.h"

/* Wrong uses of bundles (docs/openflow-errors.md).  A bundle that is used wrongly is gone, as is
 * said by `drops_bundle`; a message that cannot be in one leaves it, but it cannot be committed any
 * more (bundle_test.c). */

#define BUNDLE(CODE)   OFPET_BUNDLE_FAILED, OFPBFC_##CODE
#define PROPERTY(CODE) OFPET_BAD_PROPERTY, OFPBPC_##CODE

#define OPEN	"control 1 0 3"
#define OPENED	OPEN "\nadd 1 3 flow 0 in_port=1,actions=output:2"
#define CLOSED	OPENED "\ncontrol 1 2 3"
#define ADD	"add 1 3 "
#define DROPS	NULL, true
#define NO_TIME " 00*4 0000000000000000 00000000 00000000"
#define FUTURE	" 00*4 00007fffffffffff 00000000 00000000"

static void open_all(struct of_peer *p)
{
	char line[32];

	for (unsigned i = 0; i < BUNDLES_MAX; i++) {
		snprintf(line, sizeof(line), "control %u 0 3", 100 + i);
		error_rows_send(p, line);
	}
}

/* A bundle whose commit waits for its time. */
static void schedule(struct of_peer *p)
{
	int64_t now = loop_wall_ns(p->world->loop) / (int64_t)NS_PER_SEC;
	char line[120];

	error_rows_send(p, OPEN);
	snprintf(line, sizeof(line), "control 1 4 7 0001 0018 00*4 %016llx 00000000 00000000",
		 (unsigned long long)(now + 10));
	error_rows_send(p, line);
}

static void fill_outs(struct of_peer *p)
{
	error_rows_send(p, OPEN);
	for (unsigned i = 0; i < BUNDLE_MAX_OUTS; i++)
		error_rows_send(p, p->version < OF_VERSION_1_5
					   ? ADD "message 13 ffffffff 00000001 0000 00*6 00*14"
					   : ADD "message 13 ffffffff 0000 0000 0001 000c 80000004"
						 " 00000001 00000000 00*14");
}

static const struct error_row rows[] = {
	{ "bundle to close that is not there", ROW_ALL, NULL, "control 1 2 3", BUNDLE(BAD_ID) },
	{ "bundle to commit that is not there", ROW_ALL, NULL, "control 1 4 3", BUNDLE(BAD_ID) },
	{ "bundle to discard that is not there", ROW_ALL, NULL, "control 1 6 3", BUNDLE(BAD_ID) },
	{ "bundle that is there", ROW_ALL, OPENED, OPEN, BUNDLE(BUNDLE_EXIST), DROPS },
	{ "bundle closed twice", ROW_ALL, CLOSED, "control 1 2 3", BUNDLE(BUNDLE_CLOSED), DROPS },
	{ "bundle added to after it was closed", ROW_ALL, CLOSED, ADD "flow 0 actions=drop",
	  BUNDLE(BUNDLE_CLOSED), DROPS },
	{ "more bundles than a connection may have", ROW_ALL, NULL, OPEN, BUNDLE(OUT_OF_BUNDLES),
	  open_all },
	{ "bundle message that a switch sends", ROW_ALL, NULL, "control 1 1 3", BUNDLE(BAD_TYPE) },
	{ "unknown bundle message", ROW_ALL, NULL, "control 1 9 3", BUNDLE(BAD_TYPE) },
	{ "unknown bundle flags", ROW_ALL, NULL, "control 1 0 16", BUNDLE(BAD_FLAGS) },
	{ "bundle closed with other flags", ROW_ALL, OPENED, "control 1 2 1", BUNDLE(BAD_FLAGS),
	  DROPS },
	{ "bundle committed with other flags", ROW_ALL, OPENED, "control 1 4 1", BUNDLE(BAD_FLAGS),
	  DROPS },
	{ "bundle added to with other flags", ROW_ALL, OPENED, "add 1 0 flow 0 actions=drop",
	  BUNDLE(BAD_FLAGS), DROPS },
	{ "commit in time without a time", ROW_1_5, OPENED, "control 1 4 7", BUNDLE(BAD_FLAGS),
	  DROPS },
	{ "message longer than what holds it", ROW_ALL, OPEN, ADD "message 14 00*8 @2=0100",
	  BUNDLE(MSG_BAD_LEN) },
	{ "message shorter than what holds it", ROW_1_3, OPEN, ADD "message 14 00*8 @2=0008",
	  BUNDLE(MSG_BAD_LEN) },
	{ "no message to be added", ROW_SINCE_1_4, OPEN, "message 34 00000001 0000 0003",
	  BUNDLE(MSG_BAD_LEN) },
	{ "message with another number", ROW_ALL, OPEN, ADD "flow 0 actions=drop @4=00000001",
	  BUNDLE(MSG_BAD_XID) },
	{ "message of another version", ROW_ALL, OPEN, ADD "flow 0 actions=drop @0=07",
	  OFPET_BAD_REQUEST, OFPBRC_BAD_VERSION },
	{ "message that no bundle takes", ROW_ALL, OPEN, ADD "message 20", BUNDLE(MSG_UNSUP) },
	{ "bundle within a bundle", ROW_ALL, OPEN, ADD "control 2 0 3", BUNDLE(MSG_UNSUP) },
	{ "more packet-outs than a bundle takes", ROW_UNTIL_1_4, NULL,
	  ADD "message 13 ffffffff 00000001 0000 00*6 00*14", BUNDLE(MSG_TOO_MANY), fill_outs },
	{ "message with a wrong action", ROW_ALL, OPEN, ADD "actions 0063 0008 00000000",
	  OFPET_BAD_ACTION, OFPBAC_BAD_TYPE },
	{ "message with a wrong match", ROW_ALL, OPEN, ADD "match 8000fe04 00000000",
	  OFPET_BAD_MATCH, OFPBMC_BAD_FIELD },
	{ "message of an unknown type", ROW_ALL, OPEN, ADD "message 99", OFPET_BAD_REQUEST,
	  OFPBRC_BAD_TYPE },
	{ "commit that waits, committed", ROW_1_5, NULL, "control 1 4 3",
	  BUNDLE(BUNDLE_IN_PROGRESS), schedule },
	{ "commit that waits, added to", ROW_1_5, NULL, ADD "flow 0 actions=drop",
	  BUNDLE(BUNDLE_IN_PROGRESS), schedule },
	{ "commit too far ahead", ROW_1_5, OPENED, "control 1 4 7 0001 0018" FUTURE,
	  BUNDLE(SCHED_FUTURE), DROPS },
	{ "commit too late", ROW_1_5, OPENED, "control 1 4 7 0001 0018" NO_TIME, BUNDLE(SCHED_PAST),
	  DROPS },
	{ "unknown bundle property", ROW_SINCE_1_4, NULL, "control 1 0 3 0009 0008 00000000",
	  PROPERTY(BAD_TYPE) },
	{ "bundle property of an unknown experimenter", ROW_SINCE_1_4, NULL,
	  "control 1 0 3 ffff 000c 00abcdef 00000001 00000000", PROPERTY(BAD_EXPERIMENTER) },
	{ "bundle property cut off", ROW_SINCE_1_4, NULL, "control 1 0 3 0001 0010 00000000",
	  PROPERTY(BAD_LEN) },
	{ "times of commits to be set", ROW_1_5, NULL,
	  "multipart 19 00000002 00000000 0001 0048 00*4 00*16 0000000000000078 00*8"
	  " 0000000000000001 00*8 00*16",
	  OFPET_BAD_REQUEST, OFPBRC_MULTIPART_BAD_SCHED },
	{ "times of commits to be set to none", ROW_1_5, NULL, "multipart 19 00000002 00000000",
	  OFPET_BAD_REQUEST, OFPBRC_MULTIPART_BAD_SCHED },
	{ "time told twice", ROW_1_5, OPENED,
	  "control 1 4 7 0001 0018" NO_TIME " 0001 0018" NO_TIME, PROPERTY(DUP_TYPE), DROPS },
};

/* --- messages that are right by themselves, and cannot be applied --- */

struct failing {
	const char *first; /* is applied, and must be undone */
	const char *bad;
	struct of_error error;
};

/* Two errors come: of the message, quoting it as it was sent within, and of the commit. */
static void fail_commit(struct of_peer *p, const struct failing *f)
{
	struct buf add = BUF_INIT, inner = BUF_INIT, commit = BUF_INIT, before = BUF_INIT,
		   after = BUF_INIT;
	const size_t header = p->version == OF_VERSION_1_3 ? 24 : 16;
	char line[200];

	error_rows_dump(p, true, &before);
	error_rows_send(p, OPEN);
	snprintf(line, sizeof(line), ADD "%s", f->first);
	error_rows_send(p, line);
	snprintf(line, sizeof(line), ADD "%s", f->bad);
	error_rows_message(p, line, &add);
	buf_add(&inner, add.data + header, add.size - header);
	of_peer_send_bytes(p, add.data, add.size);
	error_rows_send(p, ADD "flow 0 in_port=3,actions=output:1");
	error_rows_message(p, "control 1 4 3", &commit);
	of_peer_send_bytes(p, commit.data, commit.size);
	of_peer_expect(p, OF_BUNDLE_CTRL); /* it was opened */
	error_rows_expect(p, &f->error, &inner);
	error_rows_expect(p, &(struct of_error){ BUNDLE(MSG_FAILED) }, &commit);
	of_peer_expect_nothing(p);
	error_rows_dump(p, true, &after);
	assert_int_equal(before.size, after.size);
	assert_memory_equal(before.data, after.data, after.size);
	buf_fini(&add);
	buf_fini(&inner);
	buf_fini(&commit);
	buf_fini(&before);
	buf_fini(&after);
}

static void test_commit_that_fails_changes_nothing(void **state)
{
	static const struct failing cases[] = {
		{ "flow 0 in_port=1,actions=output:2",
		  "flow 0 in_port=2,actions=group:9",
		  { OFPET_BAD_ACTION, OFPBAC_BAD_OUT_GROUP } },
		{ "group 0 group_id=1,type=all,bucket=output:1",
		  "group 0 group_id=1,type=all,bucket=output:2",
		  { OFPET_GROUP_MOD_FAILED, OFPGMFC_GROUP_EXISTS } },
		{ "meter 0 meter=1,kbps,band=type=drop,rate=1",
		  "meter 1 meter=2,kbps,band=type=drop,rate=1",
		  { OFPET_METER_MOD_FAILED, OFPMMFC_UNKNOWN_METER } },
		{ "flow 0 priority=7,in_port=2,ip,actions=drop",
		  "flow 0 check_overlap,priority=7,ip,actions=drop",
		  { OFPET_FLOW_MOD_FAILED, OFPFMFC_OVERLAP } },
		{ "meter 2 meter=all",
		  "flow 0 actions=meter:5,output:1",
		  { OFPET_BAD_ACTION, OFPBAC_BAD_METER } },
		{ "group 2 group_id=5",
		  "flow 0 actions=group:5",
		  { OFPET_BAD_ACTION, OFPBAC_BAD_OUT_GROUP } },
	};

	of_world_teardown(state);
	for (uint8_t v = OF_VERSION_1_3; v <= OF_VERSION_1_5; v++) {
		for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
			struct of_peer *p;

			of_world_setup(state);
			p = of_world_connect_version(*state, 0, v);
			error_rows_send(p, "group 0 group_id=5,type=all,bucket=output:1");
			error_rows_send(p, "meter 0 meter=5,kbps,band=type=drop,rate=1");
			error_rows_send(p, "flow 0 priority=9,in_port=1,actions=meter:5,group:5");
			of_peer_barrier(p);
			fail_commit(p, &cases[i]);
			of_world_teardown(state);
		}
	}
	of_world_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_commit_that_fails_changes_nothing,
						of_world_setup, of_world_teardown),
	};
	int n_failed = error_rows_run("errors_bundle", rows, ARRAY_LENGTH(rows));

	return n_failed + cmocka_run_group_tests_name("errors_bundle_commit", tests, NULL, NULL);
}
