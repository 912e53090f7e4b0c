#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include <openflow/openflow-common.h>

#include "dataplane/table/tables.h"
#include "lib/rng.h"
#include "proto/openflow/numbers.h"

/* The kept order of flows against what it means, over random changes. */

#define N_KEYS 400

static void change(struct tables *t, struct rng *r, uint8_t command)
{
	uint64_t key = rng_below(r, N_KEYS);
	struct of_flow_mod fm = { .table_id = 3,
				  .command = command,
				  .priority = key % 7,
				  .buffer_id = OF_NO_BUFFER,
				  .out_port = OF_PORT_ANY,
				  .out_group = OF_GROUP_ANY };
	struct arena a = ARENA_INIT;
	struct of_error err;

	of_match_set_u64(&a, &fm.match, OF_FIELD_METADATA, key);
	assert_int_equal(tables_flow_mod(t, &fm, 1, &err), 0);
	arena_clear(&a);
}

static void check_order(struct tables *t)
{
	struct flow_iter it = tables_from(t, 3, 0);
	const struct flow *x = NULL, *y;
	unsigned n = 0;

	for (; (y = flow_iter_next(&it)); x = y, n++)
		assert_true(!x || rule_priority(x->rule) > rule_priority(y->rule) ||
			    (rule_priority(x->rule) == rule_priority(y->rule) &&
			     flow_serial(x) < flow_serial(y)));
	assert_int_equal(n, tables_n_flows(t, 3));
}

static void test_order_is_kept(void **state)
{
	struct tables *t = tables_create(&(struct tables_limits){ 0 });
	struct rng r;

	(void)state;
	rng_seed(&r, 1);
	for (unsigned i = 0; i < 5000; i++) {
		bool is_undone = rng_below(&r, 10) == 0;

		if (is_undone)
			tables_begin(t);
		for (unsigned j = rng_below(&r, is_undone ? 30 : 3); j > 0; j--)
			change(t, &r, rng_below(&r, 3) ? OFPFC_ADD : OFPFC_DELETE_STRICT);
		if (is_undone)
			tables_rollback(t);
		if (rng_below(&r, 4) == 0)
			check_order(t);
	}
	check_order(t);
	tables_destroy(t);
}

/* Of many chunks: each flow once, all in order. */
static void test_large_table(void **state)
{
	struct tables *t = tables_create(&(struct tables_limits){ 0 });
	struct arena a = ARENA_INIT;
	struct of_error err;

	(void)state;
	for (unsigned i = 0; i < 40000; i++) {
		struct of_flow_mod fm = { .table_id = 3,
					  .command = i < 20000 ? OFPFC_ADD : OFPFC_DELETE_STRICT,
					  .priority = i % 20000 % 5,
					  .buffer_id = OF_NO_BUFFER,
					  .out_port = OF_PORT_ANY,
					  .out_group = OF_GROUP_ANY };

		of_match_set_u64(&a, &fm.match, OF_FIELD_METADATA, i % 20000);
		assert_int_equal(tables_flow_mod(t, &fm, 1, &err), 0);
		arena_clear(&a);
		if (i % 997 == 0)
			check_order(t);
	}
	assert_int_equal(tables_n_flows(t, 3), 0);
	tables_destroy(t);
}

/* Each before all that are there, then every second one gone, then each behind the others. */
static void test_new_ones_first(void **state)
{
	struct tables *t = tables_create(&(struct tables_limits){ 0 });
	struct of_error err;

	(void)state;
	for (unsigned i = 0; i < 6000; i++) {
		bool is_removal = i >= 2000 && i < 3000;
		struct of_flow_mod fm = { .table_id = 3,
					  .command = is_removal ? OFPFC_DELETE_STRICT : OFPFC_ADD,
					  .priority = is_removal ? 2 * (i - 2000) : i,
					  .buffer_id = OF_NO_BUFFER,
					  .out_port = OF_PORT_ANY,
					  .out_group = OF_GROUP_ANY };

		assert_int_equal(tables_flow_mod(t, &fm, 1, &err), 0);
		if (i % 331 == 0)
			check_order(t);
	}
	assert_int_equal(tables_n_flows(t, 3), 4000);
	tables_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_ones_first),
		cmocka_unit_test(test_order_is_kept),
		cmocka_unit_test(test_large_table),
	};

	return cmocka_run_group_tests_name("sorted", tests, NULL, NULL);
}
