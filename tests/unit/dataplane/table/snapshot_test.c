/* What snapshots need of the tables: rules that live as long as they, and the changes since. */

#include "dataplane/table/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <openflow/openflow-common.h>
#include "proto/openflow/numbers.h"

static void change(struct tables *t, uint8_t command, uint64_t key)
{
	struct of_flow_mod fm = { .table_id = 3,
				  .command = command,
				  .priority = 7,
				  .cookie = key,
				  .buffer_id = OF_NO_BUFFER,
				  .out_port = OF_PORT_ANY,
				  .out_group = OF_GROUP_ANY };
	struct arena a = ARENA_INIT;
	struct of_error err;

	of_match_set_u64(&a, &fm.match, OF_FIELD_METADATA, key);
	assert_int_equal(tables_flow_mod(t, &fm, 1, &err), 0);
	arena_clear(&a);
}

static const struct rule *rule_of(struct tables *t, uint64_t key)
{
	struct flow_iter it = tables_from(t, 3, 0);
	const struct flow *f;

	while ((f = flow_iter_next(&it)))
		if (f->rule->cookie == key)
			return f->rule;
	fail_msg("no flow %llu", (unsigned long long)key);
	return NULL;
}

/* A deleted rule's counter slot is there to be taken when the rule is gone. */
static void check_slot_is_kept(struct tables *t, uint32_t slot, bool is_kept)
{
	bool is_taken = false;
	int64_t taken[8];

	for (unsigned i = 0; i < ARRAY_LENGTH(taken); i++) {
		taken[i] = counters_take_slot(tables_counters(t));
		is_taken |= taken[i] == slot;
	}
	for (unsigned i = 0; i < ARRAY_LENGTH(taken); i++)
		counters_give_slot(tables_counters(t), taken[i]);
	assert_int_equal(is_taken, !is_kept);
}

static void rules_live_as_long_as_their_snapshots(void **state)
{
	struct tables *t = tables_create(NULL);
	struct tables_snapshot first, second, third;
	uint32_t slot;

	(void)state;
	for (unsigned is_swapped = 0; is_swapped < 2; is_swapped++) {
		change(t, OFPFC_ADD, 1);
		slot = rule_of(t, 1)->slot;
		tables_hold(t, &first);
		tables_hold(t, &second);
		change(t, OFPFC_DELETE_STRICT, 1);
		check_slot_is_kept(t, slot, true);
		tables_hold(t, &third);
		check_slot_is_kept(t, slot, true);
		tables_drop(t, is_swapped ? &second : &first);
		check_slot_is_kept(t, slot, true);
		tables_drop(t, is_swapped ? &first : &second);
		/* The third was made without it. */
		check_slot_is_kept(t, slot, false);
		tables_drop(t, &third);
	}
	tables_destroy(t);
}

static void rules_of_no_snapshot_go_at_once(void **state)
{
	struct tables *t = tables_create(NULL);
	uint32_t slot;

	(void)state;
	change(t, OFPFC_ADD, 1);
	slot = rule_of(t, 1)->slot;
	change(t, OFPFC_DELETE_STRICT, 1);
	check_slot_is_kept(t, slot, false);
	tables_destroy(t);
}

static void check_change(const struct table_change *c, const struct rule *r, bool is_removal)
{
	assert_ptr_equal(c->rule, r);
	assert_int_equal(c->is_removal, is_removal);
}

static void changes_are_told_in_order(void **state)
{
	struct tables *t = tables_create(NULL);
	const struct table_change *changes;
	const struct rule *one, *two, *modified;
	struct tables_snapshot s;
	uint64_t since;
	unsigned n;

	(void)state;
	change(t, OFPFC_ADD, 1);
	one = rule_of(t, 1);
	tables_hold(t, &s);
	since = tables_generation(t, 3);
	change(t, OFPFC_MODIFY_STRICT, 1);
	modified = rule_of(t, 1);
	assert_int_equal(modified->rank, one->rank);
	tables_begin(t);
	change(t, OFPFC_ADD, 2);
	two = rule_of(t, 2);
	change(t, OFPFC_DELETE_STRICT, 1);
	tables_rollback(t);
	changes = tables_changes(t, 3, since, &n);
	assert_non_null(changes);
	assert_int_equal(n, 6);
	check_change(&changes[0], one, true);
	check_change(&changes[1], modified, false);
	check_change(&changes[2], two, false);
	check_change(&changes[3], modified, true);
	check_change(&changes[4], modified, false);
	check_change(&changes[5], two, true);
	tables_drop(t, &s);
	tables_destroy(t);
}

static void changes_are_not_told_when_not_known(void **state)
{
	struct tables *t = tables_create(NULL);
	struct tables_snapshot s;
	uint64_t since;
	unsigned n;

	(void)state;
	change(t, OFPFC_ADD, 1);
	since = tables_generation(t, 3);
	change(t, OFPFC_ADD, 2);
	assert_null(tables_changes(t, 3, since, &n)); /* no snapshot is held */
	tables_hold(t, &s);
	change(t, OFPFC_ADD, 3);
	assert_null(tables_changes(t, 3, since, &n)); /* of an older generation */
	since = tables_generation(t, 3) - 1;
	assert_non_null(tables_changes(t, 3, since, &n));
	for (unsigned i = 0; i < 5000; i++)
		change(t, OFPFC_ADD, 10 + i);
	assert_null(tables_changes(t, 3, since, &n)); /* too many */
	tables_drop(t, &s);
	tables_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_live_as_long_as_their_snapshots),
		cmocka_unit_test(rules_of_no_snapshot_go_at_once),
		cmocka_unit_test(changes_are_told_in_order),
		cmocka_unit_test(changes_are_not_told_when_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
