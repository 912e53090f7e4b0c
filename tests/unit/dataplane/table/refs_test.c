#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <openflow/openflow-common.h>
#include "dataplane/table/tables.h"
#include "proto/openflow/group.h"
#include "tests/fakes/dataplane/mods.h"

/* A group or meter takes the flows with it that name it, whatever else they do, and no others. */

#define N_GROUPS 40

static struct tables *create(void)
{
	struct tables *t = tables_create(NULL);
	char text[128];

	for (unsigned g = 1; g <= N_GROUPS; g++) {
		snprintf(text, sizeof(text), "group_id=%u,type=all,bucket=output:%u", g, g);
		assert_int_equal(mod_group(t, OF_GROUP_ADD, text), 0);
	}
	assert_int_equal(mod_meter(t, 0, "meter=3 kbps band=type=drop rate=1000"), 0);
	/* Three flows of a group in two tables, each of which does something else. */
	for (unsigned g = 1; g <= N_GROUPS; g++) {
		snprintf(text, sizeof(text), "table=1,in_port=%u,actions=group:%u", g, g);
		assert_int_equal(mod_flow(t, text), 0);
		snprintf(text, sizeof(text), "table=0,in_port=%u,actions=group:%u", g, g);
		assert_int_equal(mod_flow(t, text), 0);
		snprintf(text, sizeof(text),
			 "table=0,priority=7,in_port=%u,"
			 "actions=meter:3,group:%u,write_actions(group:%u)",
			 g, g, g % N_GROUPS + 1);
		assert_int_equal(mod_flow(t, text), 0);
	}
	return t;
}

static uint32_t delete_group(struct tables *t, unsigned id)
{
	char text[32];

	snprintf(text, sizeof(text), "group_id=%u", id);
	return mod_group(t, OF_GROUP_DELETE, text);
}

static void assert_flows(const struct tables *t, unsigned in_table_0, unsigned in_table_1)
{
	assert_int_equal(tables_n_flows(t, 0), in_table_0);
	assert_int_equal(tables_n_flows(t, 1), in_table_1);
}

struct told {
	unsigned n;
	uint64_t last; /* table and rank of the flow told last */
};

static void on_change(void *ctx, const struct tables_event *e)
{
	struct told *told = ctx;
	uint64_t place = (uint64_t)e->flow->rule->table_id << 56 | e->flow->rule->rank >> 8;

	assert_int_equal(e->reason, OFPRR_GROUP_DELETE);
	assert_true(place >= told->last);
	told->last = place;
	told->n++;
}

static void test_groups_go(void **state)
{
	struct tables *t = create();
	struct told told = { 0 };

	(void)state;
	assert_flows(t, 2 * N_GROUPS, N_GROUPS);
	tables_on_change(t, on_change, &told);
	assert_int_equal(delete_group(t, 5), 0);
	/* its three, and the one whose action set names it */
	assert_int_equal(told.n, 4);
	assert_flows(t, 2 * N_GROUPS - 3, N_GROUPS - 1);
	tables_on_change(t, NULL, NULL);
	for (unsigned g = 1; g <= N_GROUPS; g++)
		assert_int_equal(delete_group(t, g), 0);
	assert_flows(t, 0, 0);
	tables_destroy(t);
}

static void test_a_meter_goes(void **state)
{
	struct tables *t = create();

	(void)state;
	assert_int_equal(mod_meter(t, 2, "meter=3"), 0);
	assert_flows(t, N_GROUPS, N_GROUPS);
	tables_destroy(t);
}

/* What was undone is found again, what was modified under its new name only. */
static void test_changes_are_followed(void **state)
{
	struct tables *t = create();
	struct of_flow_mod fm = { .table_id = 1,
				  .command = OFPFC_MODIFY,
				  .buffer_id = OF_NO_BUFFER,
				  .out_port = OF_PORT_ANY,
				  .out_group = OF_GROUP_ANY };
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err;

	(void)state;
	tables_begin(t);
	assert_int_equal(delete_group(t, 5), 0);
	assert_int_equal(delete_group(t, 6), 0);
	tables_rollback(t);
	assert_flows(t, 2 * N_GROUPS, N_GROUPS);
	assert_int_equal(of_instructions_parse("group:9", &a, &fm.instructions, &st), 0);
	tables_begin(t);
	assert_int_equal(tables_flow_mod(t, &fm, 1, &err), 0);
	tables_rollback(t);
	assert_int_equal(delete_group(t, 9), 0);
	assert_flows(t, 2 * N_GROUPS - 3, N_GROUPS - 1);
	assert_int_equal(of_instructions_parse("group:11", &a, &fm.instructions, &st), 0);
	assert_int_equal(tables_flow_mod(t, &fm, 1, &err), 0);
	assert_int_equal(delete_group(t, 12), 0);
	assert_flows(t, 2 * N_GROUPS - 6, N_GROUPS - 1);
	assert_int_equal(delete_group(t, 11), 0);
	assert_flows(t, 2 * N_GROUPS - 8, 0); /* one of its three went with group 12 */
	arena_clear(&a);
	tables_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_go),
		cmocka_unit_test(test_a_meter_goes),
		cmocka_unit_test(test_changes_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
