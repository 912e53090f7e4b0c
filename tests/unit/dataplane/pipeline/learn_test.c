/* Learn and fin_timeout: what packets ask of the tables, and what becomes of it. */

#include "tests/fakes/dataplane/pipeline_world.h"

#include <stdio.h>
#include "dataplane/action/action_learn.h"
#include "dataplane/table/learned.h"
#include "proto/openflow/numbers.h"

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

static const char *table_one(struct pipeline_world *w)
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
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=learn(table=1,priority=7,cookie=0x9,idle_timeout=10,"
		     "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG3[0..15],"
		     "output:NXM_OF_IN_PORT[]),resubmit(,1)");
	world_add(w, "table=1,priority=0,actions=output:8");
	world_run(w, "tcp,dl_src=00:00:00:00:00:05,dl_dst=00:00:00:00:00:06");
	assert_string_equal(world_outputs(w), "8");
	assert_int_equal(w->res->n_effects, 1);
	world_do_effects(w);
	assert_non_null(strstr(table_one(w), "priority=7,dl_dst=00:00:00:00:00:05 actions="));
	assert_non_null(strstr(table_one(w), "output:1"));
	/* An established flow costs no message until some time has passed. */
	world_run(w, "tcp,dl_src=00:00:00:00:00:05,dl_dst=00:00:00:00:00:06");
	w->now_ns += 100 * NS_PER_MS;
	world_run(w, "tcp,dl_src=00:00:00:00:00:05,dl_dst=00:00:00:00:00:06");
	assert_int_equal(w->res->n_effects, 0);
	w->now_ns += NS_PER_SEC;
	world_run(w, "tcp,dl_src=00:00:00:00:00:05,dl_dst=00:00:00:00:00:06");
	assert_int_equal(w->res->n_effects, 1);
	world_run(w, "tcp,dl_src=00:00:00:00:00:06,dl_dst=00:00:00:00:00:05");
	assert_int_equal(w->res->n_effects, 1);
}

/* Packets that stay plain have no states: what an earlier burst left there does not count. */
static void lessons_follow_aborted_packets(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,udp,actions=output:2,set_field:00:00:00:00:00:01->eth_dst,"
		     "resubmit(,0)");
	world_add(w, "table=0,tcp,actions=learn(table=2,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),"
		     "goto_table:1");
	world_add(w, "table=1,actions=output:8");
	world_run(w, "udp");
	assert_string_equal(world_outputs(w), "");
	world_run(w, "tcp");
	assert_string_equal(world_outputs(w), "8");
	assert_int_equal(w->res->n_effects, 1);
}

/* A wish that was lost is told by the next packet. */
static void lost_lessons_are_repeated(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	world_run(w, "tcp");
	assert_int_equal(w->res->n_effects, 1);
	pipeline_effect_lost(w->t, &w->res->effects[0]);
	world_run(w, "tcp");
	assert_int_equal(w->res->n_effects, 1);
	world_run(w, "tcp");
	assert_int_equal(w->res->n_effects, 0);
}

static void learning_has_a_limit(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=learn(table=1,cookie=5,limit=2,result_dst=reg0[3],"
		     "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:reg0[0..3]");
	for (unsigned i = 0; i < 3; i++) {
		char text[64];

		snprintf(text, sizeof(text), "tcp,dl_src=00:00:00:00:00:0%u", i + 1);
		world_run(w, text);
		world_do_effects(w);
	}
	assert_int_equal(tables_n_flows(w->tables, 1), 2);
	/* The third: told on the spot that there was no room; the first two: still there. */
	world_add(w, "table=0,actions=learn(table=1,cookie=5,limit=2,result_dst=reg0[3],"
		     "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),load:2->reg0[0..1],output:reg0[]");
	world_run(w, "tcp,dl_src=00:00:00:00:00:03");
	assert_string_equal(world_outputs(w), "2");
	assert_int_equal(w->res->n_effects, 0);
	world_add(w, "table=0,actions=learn(table=1,cookie=5,limit=2,result_dst=reg0[1],"
		     "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:reg0[]");
	world_run(w, "tcp,dl_src=00:00:00:00:00:02");
	assert_string_equal(world_outputs(w), "2");
	assert_int_equal(w->res->n_effects, 1);
}

/* The learned flows go with the flow that taught them, not with one of two. */
static void lessons_go_with_their_teacher(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,priority=1,tcp,actions=learn(table=1,cookie=5,delete_learned,"
		     "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	world_add(w, "table=0,priority=2,udp,actions=clone(learn(table=1,cookie=5,delete_learned,"
		     "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[])),output:2");
	world_add(w, "table=1,cookie=6,actions=output:3");
	world_run(w, "tcp,dl_src=00:00:00:00:00:01");
	world_do_effects(w);
	world_run(w, "udp,dl_src=00:00:00:00:00:02");
	world_do_effects(w);
	assert_int_equal(tables_n_flows(w->tables, 1), 3);
	world_delete_strict(w, "table=0,priority=1,tcp");
	assert_int_equal(tables_n_flows(w->tables, 1), 3);
	tables_begin(w->tables);
	world_delete_strict(w, "table=0,priority=2,udp");
	tables_rollback(w->tables);
	assert_int_equal(tables_n_flows(w->tables, 1), 3);
	world_delete_strict(w, "table=0,priority=2,udp");
	assert_int_equal(tables_n_flows(w->tables, 1), 1);
}

/* Learning again what is there starts its hard timeout anew and changes nothing else. */
static void lessons_are_refreshed(void **state)
{
	struct pipeline_world *w = *state;
	uint64_t start_ns = w->now_ns;

	world_add(w,
		  "table=0,actions=learn(table=1,hard_timeout=3,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),"
		  "output:2");
	world_run(w, "tcp");
	world_do_effects(w);
	for (unsigned i = 0; i < 5; i++) {
		w->now_ns += NS_PER_SEC;
		assert_int_equal(tables_expire(w->tables, w->now_ns), 0);
		world_run(w, "tcp");
		assert_int_equal(w->res->n_effects, 1);
		world_do_effects(w);
		assert_int_equal(tables_n_flows(w->tables, 1), 1);
	}
	assert_int_equal(tables_expire(w->tables, start_ns + 7 * NS_PER_SEC), 0);
	assert_int_equal(tables_expire(w->tables, start_ns + 9 * NS_PER_SEC), 1);
}

/* A flow that was deleted is learned from the next packet. */
static void deleted_lessons_are_learned_again(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	world_run(w, "tcp");
	world_do_effects(w);
	world_run(w, "tcp");
	assert_int_equal(w->res->n_effects, 0);
	world_delete_strict(w, "table=1,priority=32768,dl_dst=00:00:00:00:00:00");
	assert_int_equal(tables_n_flows(w->tables, 1), 0);
	world_run(w, "tcp");
	assert_int_equal(w->res->n_effects, 1);
}

static void fin_shortens_timeouts(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w,
		  "table=0,tcp,idle_timeout=60,actions=fin_timeout(idle_timeout=5,hard_timeout=7),"
		  "output:2");
	world_run(w, "tcp,tcp_flags=ack");
	assert_int_equal(w->res->n_effects, 0);
	world_run(w, "tcp,tcp_flags=ack|fin");
	assert_int_equal(w->res->n_effects, 1);
	world_do_effects(w);
	assert_int_equal(tables_expire(w->tables, w->now_ns + 4 * NS_PER_SEC), 0);
	assert_int_equal(tables_expire(w->tables, w->now_ns + 6 * NS_PER_SEC), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(learns_a_mac_address),  TEST(lessons_follow_aborted_packets),
		TEST(lost_lessons_are_repeated),
		TEST(learning_has_a_limit),  TEST(lessons_go_with_their_teacher),
		TEST(lessons_are_refreshed), TEST(deleted_lessons_are_learned_again),
		TEST(fin_shortens_timeouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
