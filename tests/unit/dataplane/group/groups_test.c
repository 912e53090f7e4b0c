/* Groups as controllers change them: every error, references, and what undoing brings back. */

#include "dataplane/table/group_mod.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openflow/openflow-common.h>
#include "dataplane/group/groups.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/mods.h"

#define FAILED(CODE) ((uint32_t)OFPET_GROUP_MOD_FAILED << 16 | (CODE))

static int setup(void **state)
{
	*state = tables_create(NULL);
	return 0;
}

static int teardown(void **state)
{
	tables_destroy(*state);
	return 0;
}

static struct of_group_stats stats_of(struct tables *t, uint32_t id, struct arena *a)
{
	struct of_group_stats s;

	group_stats(tables_groups(t), groups_find(tables_groups(t), id), NS_PER_SEC + 5, a, &s);
	return s;
}

static void errors_are_told(void **state)
{
	static const struct {
		uint16_t command;
		const char *text;
		uint32_t code;
	} cases[] = {
		{ OF_GROUP_ADD, "group_id=1,type=all,bucket=output:1",
		  FAILED(OFPGMFC_GROUP_EXISTS) },
		{ OF_GROUP_ADD, "group_id=9,type=all,bucket=group:8",
		  (uint32_t)OFPET_BAD_ACTION << 16 | OFPBAC_BAD_OUT_GROUP },
		{ OF_GROUP_ADD, "group_id=9,type=ff,bucket=watch_group:8,output:1",
		  FAILED(OFPGMFC_BAD_WATCH) },
		{ OF_GROUP_ADD, "group_id=9,type=ff,bucket=watch_group:9,output:1",
		  FAILED(OFPGMFC_LOOP) },
		{ OF_GROUP_MODIFY, "group_id=8,type=all,bucket=output:1",
		  FAILED(OFPGMFC_UNKNOWN_GROUP) },
		{ OF_GROUP_MODIFY, "group_id=1,type=all,bucket=group:2", FAILED(OFPGMFC_LOOP) },
		{ OF_GROUP_MODIFY, "group_id=1,type=all,bucket=group:1", FAILED(OFPGMFC_LOOP) },
		{ OF_GROUP_DELETE, "group_id=1", FAILED(OFPGMFC_CHAINED_GROUP) },
		{ 77, "group_id=1,type=all", FAILED(OFPGMFC_BAD_COMMAND) },
	};
	struct tables *t = *state;

	assert_int_equal(mod_group(t, OF_GROUP_ADD, "group_id=1,type=indirect,bucket=output:1"), 0);
	assert_int_equal(mod_group(t, OF_GROUP_ADD, "group_id=2,type=all,bucket=group:1"), 0);
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++)
		if (mod_group(t, cases[i].command, cases[i].text) != cases[i].code)
			fail_msg("%s: not the expected error", cases[i].text);
	assert_int_equal(groups_count(tables_groups(t)), 2);
}

/* What no text can say. */
static uint32_t add_raw(struct tables *t, uint32_t id, uint8_t type, struct of_bucket *buckets,
			unsigned n)
{
	struct of_group_mod gm = { .command = OF_GROUP_ADD,
				   .type = type,
				   .group_id = id,
				   .n_buckets = n,
				   .buckets = buckets };
	struct of_error err;

	return tables_group_mod(t, &gm, 0, &err) < 0 ? (uint32_t)err.type << 16 | err.code : 0;
}

static void raw_errors_are_told(void **state)
{
	static struct of_bucket many[GROUP_MAX_BUCKETS + 1];
	struct of_bucket b[2] = {
		{ .id = 1, .watch_port = OF_PORT_ANY, .watch_group = OF_GROUP_ANY },
		{ .id = 1, .watch_port = OF_PORT_ANY, .watch_group = OF_GROUP_ANY }
	};
	struct tables *t = *state;

	for (unsigned i = 0; i < ARRAY_LENGTH(many); i++) {
		many[i] = b[0];
		many[i].id = i;
	}
	assert_int_equal(add_raw(t, OF_GROUP_MAX + 1, OF_GROUP_ALL_BUCKETS, b, 1),
			 FAILED(OFPGMFC_INVALID_GROUP));
	assert_int_equal(add_raw(t, 1, 9, b, 1), FAILED(OFPGMFC_BAD_TYPE));
	assert_int_equal(add_raw(t, 1, OF_GROUP_ALL_BUCKETS, b, 2), FAILED(OFPGMFC_BUCKET_EXISTS));
	assert_int_equal(add_raw(t, 1, OF_GROUP_INDIRECT, b, 0), FAILED(OFPGMFC_INVALID_GROUP));
	assert_int_equal(add_raw(t, 1, OF_GROUP_FAST_FAILOVER, b, 1),
			 FAILED(OFPGMFC_INVALID_GROUP));
	assert_int_equal(add_raw(t, 1, OF_GROUP_ALL_BUCKETS, many, GROUP_MAX_BUCKETS + 1),
			 FAILED(OFPGMFC_OUT_OF_BUCKETS));
	b[0].weight = 1;
	assert_int_equal(add_raw(t, 1, OF_GROUP_ALL_BUCKETS, b, 1), FAILED(OFPGMFC_INVALID_GROUP));
	b[0].weight = 0;
	b[0].id = OF_BUCKET_ALL;
	assert_int_equal(add_raw(t, 1, OF_GROUP_ALL_BUCKETS, b, 1), FAILED(OFPGMFC_BAD_BUCKET));
	b[0].id = 1;
	b[0].watch_port = 3;
	assert_int_equal(add_raw(t, 1, OF_GROUP_ALL_BUCKETS, b, 1),
			 FAILED(OFPGMFC_WATCH_UNSUPPORTED));
	b[0].watch_port = OF_PORT_CONTROLLER;
	assert_int_equal(add_raw(t, 1, OF_GROUP_FAST_FAILOVER, b, 1), FAILED(OFPGMFC_BAD_WATCH));
	assert_int_equal(groups_count(tables_groups(t)), 0);
}

static void groups_run_out(void **state)
{
	struct of_bucket b = { .watch_port = OF_PORT_ANY, .watch_group = OF_GROUP_ANY };
	struct tables *t = *state;

	for (uint32_t id = 0; id < GROUPS_MAX; id++)
		assert_int_equal(add_raw(t, id * 3, OF_GROUP_ALL_BUCKETS, NULL, 0), 0);
	assert_int_equal(add_raw(t, 1, OF_GROUP_INDIRECT, &b, 1), FAILED(OFPGMFC_OUT_OF_GROUPS));
	assert_int_equal(mod_group(t, OF_GROUP_DELETE, "group_id=all"), 0);
	assert_int_equal(groups_count(tables_groups(t)), 0);
}

static void buckets_come_and_go(void **state)
{
	struct tables *t = *state;
	struct of_group_desc d;

	mod_group(t, OF_GROUP_ADD,
		  "group_id=1,type=all,bucket=bucket_id:1,output:1,bucket=bucket_id:2,output:2");
	assert_int_equal(mod_group(t, OF_GROUP_INSERT_BUCKET,
				   "group_id=1,command_bucket_id=1,bucket=bucket_id:7,output:7"),
			 0);
	assert_int_equal(
		mod_group(t, OF_GROUP_INSERT_BUCKET,
			  "group_id=1,command_bucket_id=first,bucket=bucket_id:8,output:8"),
		0);
	assert_int_equal(mod_group(t, OF_GROUP_INSERT_BUCKET,
				   "group_id=1,command_bucket_id=last,bucket=bucket_id:9,output:9"),
			 0);
	group_desc(groups_find(tables_groups(t), 1), &d);
	assert_int_equal(d.n_buckets, 5);
	assert_int_equal(d.buckets[0].id, 8);
	assert_int_equal(d.buckets[1].id, 1);
	assert_int_equal(d.buckets[2].id, 7);
	assert_int_equal(d.buckets[4].id, 9);
	assert_int_equal(mod_group(t, OF_GROUP_INSERT_BUCKET,
				   "group_id=1,command_bucket_id=last,bucket=bucket_id:7,output:7"),
			 FAILED(OFPGMFC_BUCKET_EXISTS));
	assert_int_equal(mod_group(t, OF_GROUP_INSERT_BUCKET,
				   "group_id=1,command_bucket_id=55,bucket=bucket_id:10,output:7"),
			 FAILED(OFPGMFC_UNKNOWN_BUCKET));
	assert_int_equal(mod_group(t, OF_GROUP_REMOVE_BUCKET, "group_id=1,command_bucket_id=55"),
			 FAILED(OFPGMFC_UNKNOWN_BUCKET));
	assert_int_equal(mod_group(t, OF_GROUP_REMOVE_BUCKET, "group_id=1,command_bucket_id=7"), 0);
	assert_int_equal(mod_group(t, OF_GROUP_REMOVE_BUCKET, "group_id=1,command_bucket_id=last"),
			 0);
	group_desc(groups_find(tables_groups(t), 1), &d);
	assert_int_equal(d.n_buckets, 3);
	assert_int_equal(d.buckets[2].id, 2);
	assert_int_equal(mod_group(t, OF_GROUP_REMOVE_BUCKET, "group_id=1,command_bucket_id=all"),
			 0);
	group_desc(groups_find(tables_groups(t), 1), &d);
	assert_int_equal(d.n_buckets, 0);
}

static void references_are_counted(void **state)
{
	struct tables *t = *state;
	struct arena a = ARENA_INIT;

	mod_group(t, OF_GROUP_ADD, "group_id=1,type=all,bucket=output:1");
	mod_group(t, OF_GROUP_ADD, "group_id=2,type=all,bucket=group:1,bucket=group:1");
	assert_int_equal(mod_flow(t, "in_port=1,actions=group:1,group:1"), 0);
	assert_int_equal(mod_flow(t, "in_port=2,actions=group:1"), 0);
	assert_int_equal(stats_of(t, 1, &a).ref_count, 4);
	assert_int_equal(stats_of(t, 1, &a).duration_sec, 1);
	assert_int_equal(stats_of(t, 1, &a).duration_nsec, 5);
	assert_int_equal(mod_flow(t, "in_port=2,actions=output:1"), 0);
	assert_int_equal(stats_of(t, 1, &a).ref_count, 3);
	assert_int_equal(mod_flow(t, "in_port=3,actions=group:77"),
			 (uint32_t)OFPET_BAD_ACTION << 16 | OFPBAC_BAD_OUT_GROUP);
	arena_clear(&a);
}

static unsigned n_removed;

static void on_removed(void *ctx, const struct flow *flow, uint8_t reason,
		       const struct counter *counts, uint64_t now_ns)
{
	(void)ctx;
	(void)flow;
	(void)counts;
	(void)now_ns;
	assert_int_equal(reason, OFPRR_GROUP_DELETE);
	n_removed++;
}

static void deleting_removes_the_flows(void **state)
{
	struct tables *t = *state;

	n_removed = 0;
	tables_on_removed(t, on_removed, NULL);
	mod_group(t, OF_GROUP_ADD, "group_id=1,type=all,bucket=output:1");
	mod_flow(t, "table=3,in_port=1,send_flow_rem,actions=group:1");
	mod_flow(t, "in_port=2,send_flow_rem,actions=write_actions(group:1)");
	mod_flow(t, "in_port=3,send_flow_rem,actions=output:1");
	assert_int_equal(mod_group(t, OF_GROUP_DELETE, "group_id=1"), 0);
	assert_int_equal(n_removed, 2);
	assert_int_equal(tables_n_flows(t, 0), 1);
	assert_int_equal(tables_n_flows(t, 3), 0);
	/* The same flow is judged anew, not remembered. */
	assert_int_not_equal(mod_flow(t, "in_port=2,actions=write_actions(group:1)"), 0);
	mod_group(t, OF_GROUP_ADD, "group_id=5,type=all,bucket=output:1");
	mod_group(t, OF_GROUP_ADD, "group_id=1,type=all,bucket=output:2");
	assert_int_equal(mod_flow(t, "in_port=2,actions=write_actions(group:1)"), 0);
}

/* All of it, by chains and watches, is as it was. */
static void undoing_brings_all_back(void **state)
{
	struct tables *t = *state;
	struct arena a = ARENA_INIT;
	struct of_group_desc d;

	mod_group(t, OF_GROUP_ADD, "group_id=1,type=all,bucket=output:1");
	mod_group(t, OF_GROUP_ADD, "group_id=2,type=all,bucket=group:1");
	mod_group(t, OF_GROUP_ADD, "group_id=3,type=all,bucket=group:2");
	mod_flow(t, "in_port=1,actions=group:3");
	tables_begin(t);
	assert_int_equal(mod_group(t, OF_GROUP_MODIFY, "group_id=2,type=all,bucket=output:9"), 0);
	assert_int_equal(mod_group(t, OF_GROUP_DELETE, "group_id=1"), 0);
	assert_int_equal(mod_group(t, OF_GROUP_ADD, "group_id=7,type=all,bucket=group:2"), 0);
	assert_int_equal(mod_group(t, OF_GROUP_DELETE, "group_id=all"), 0);
	assert_int_equal(mod_group(t, OF_GROUP_ADD, "group_id=1,type=all,bucket=output:4"), 0);
	assert_int_equal(mod_flow(t, "in_port=1,actions=group:1"), 0);
	tables_rollback(t);
	assert_int_equal(groups_count(tables_groups(t)), 3);
	assert_int_equal(tables_n_flows(t, 0), 1);
	assert_int_equal(stats_of(t, 1, &a).ref_count, 1);
	assert_int_equal(stats_of(t, 2, &a).ref_count, 1);
	assert_int_equal(stats_of(t, 3, &a).ref_count, 1);
	assert_null(groups_find(tables_groups(t), 7));
	group_desc(groups_find(tables_groups(t), 2), &d);
	assert_int_equal(d.buckets[0].actions.n, 1);
	assert_int_equal(mod_group(t, OF_GROUP_DELETE, "group_id=1"),
			 FAILED(OFPGMFC_CHAINED_GROUP));
	assert_int_equal(mod_group(t, OF_GROUP_MODIFY, "group_id=1,type=all,bucket=group:3"),
			 FAILED(OFPGMFC_LOOP));
	arena_clear(&a);
}

static void groups_are_listed_by_id(void **state)
{
	static const uint32_t want[] = { 0, 7, 1000, OF_GROUP_MAX };
	struct groups *gs = tables_groups(*state);
	const struct group *g;
	unsigned n = 0;

	for (unsigned i = ARRAY_LENGTH(want); i-- > 0;)
		assert_int_equal(add_raw(*state, want[i], OF_GROUP_ALL_BUCKETS, NULL, 0), 0);
	for (g = groups_next(gs, 0, true); g; g = groups_next(gs, group_id(g), false))
		assert_int_equal(group_id(g), want[n++]);
	assert_int_equal(n, ARRAY_LENGTH(want));
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(errors_are_told),	       TEST(raw_errors_are_told),
		TEST(groups_run_out),	       TEST(buckets_come_and_go),
		TEST(references_are_counted),  TEST(deleting_removes_the_flows),
		TEST(undoing_brings_all_back), TEST(groups_are_listed_by_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
