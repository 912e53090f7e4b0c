/* Full tables (eviction), nearly full ones (vacancy), and the events of flows' changes (OF 1.4.1
 * sections 6.4, 7.3.4.3 and 7.3.5.19). */

#include "dataplane/table/table_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openflow/openflow-common.h>
#include "proto/openflow/monitor.h"
#include "proto/openflow/numbers.h"

struct world {
	struct tables *t;
	struct counter_block *worker;
	struct buf told; /* what the callbacks were told, in words */
	uint64_t now_ns;
};

static void on_removed(void *ctx, const struct flow *f, uint8_t reason,
		       const struct counter *counts, uint64_t now_ns)
{
	struct world *w = ctx;

	(void)counts;
	(void)now_ns;
	buf_printf(&w->told, "removed:%llu:%u ", (unsigned long long)f->rule->cookie, reason);
}

static void on_vacancy(void *ctx, uint8_t table_id, uint8_t reason)
{
	struct world *w = ctx;
	struct of_table_desc desc;

	tables_table_desc(w->t, table_id, &desc);
	buf_printf(&w->told, "%s:%u:%u%% ", reason == OF_TABLE_VACANCY_DOWN ? "down" : "up",
		   table_id, desc.vacancy);
}

static void on_change(void *ctx, const struct tables_event *e)
{
	static const char *const words[] = { [OF_UPDATE_ADDED] = "added",
					     [OF_UPDATE_REMOVED] = "gone",
					     [OF_UPDATE_MODIFIED] = "modified" };
	struct world *w = ctx;

	buf_printf(&w->told, "%s:%llu:%u:%s%u ", words[e->event],
		   (unsigned long long)e->flow->rule->cookie, e->reason, e->author == w ? "w" : "-",
		   e->xid);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->t = tables_create(NULL);
	w->worker = counters_take_block(tables_counters(w->t));
	w->now_ns = 100 * NS_PER_SEC;
	tables_on_removed(w->t, on_removed, w);
	tables_on_vacancy(w->t, on_vacancy, w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	tables_destroy(w->t);
	buf_fini(&w->told);
	free(w);
	return 0;
}

/* Flow COOKIE of table 0, matching its cookie as metadata.  0 or the error's code. */
static uint16_t mod(struct world *w, uint8_t command, uint64_t cookie, uint16_t importance,
		    uint16_t idle, uint16_t hard)
{
	struct of_flow_mod fm = { .command = command,
				  .priority = 5,
				  .cookie = cookie,
				  .idle_timeout = idle,
				  .hard_timeout = hard,
				  .importance = importance,
				  .flags = OF_FLOW_SEND_REMOVED,
				  .buffer_id = OF_NO_BUFFER,
				  .out_port = OF_PORT_ANY,
				  .out_group = OF_GROUP_ANY };
	struct of_error err = { 0 };
	struct arena a = ARENA_INIT;
	int rc;

	of_match_set_u64(&a, &fm.match, OF_FIELD_METADATA, cookie);
	rc = tables_flow_mod(w->t, &fm, w->now_ns, &err);
	arena_clear(&a);
	return rc < 0 ? err.code : 0;
}

static void table_mod(struct world *w, const struct of_table_desc *desc)
{
	struct of_error err;

	assert_int_equal(tables_table_mod(w->t, desc, &err), 0);
}

static void expect(struct world *w, const char *told)
{
	assert_string_equal(buf_str(&w->told), told);
	buf_clear(&w->told);
}

static void the_least_important_goes_first(void **state)
{
	struct world *w = *state;

	tables_set_max_flows(w->t, 0, 3);
	mod(w, OFPFC_ADD, 1, 7, 0, 0);
	mod(w, OFPFC_ADD, 2, 3, 0, 0);
	mod(w, OFPFC_ADD, 3, 5, 0, 0);
	assert_int_equal(mod(w, OFPFC_ADD, 4, 9, 0, 0), OFPFMFC_TABLE_FULL);
	table_mod(w, &(struct of_table_desc){ .config = OF_TABLE_EVICTION });
	assert_int_equal(mod(w, OFPFC_ADD, 4, 9, 0, 0), 0);
	expect(w, "removed:2:5 ");
	assert_int_equal(mod(w, OFPFC_ADD, 5, 6, 0, 0), 0);
	expect(w, "removed:3:5 ");
	/* Nothing is worth less than it. */
	assert_int_equal(mod(w, OFPFC_ADD, 6, 5, 0, 0), OFPFMFC_TABLE_FULL);
	/* One that replaces another needs no room. */
	assert_int_equal(mod(w, OFPFC_ADD, 5, 2, 0, 0), 0);
	expect(w, "");
	table_mod(w, &(struct of_table_desc){ .config = 0 });
	assert_int_equal(mod(w, OFPFC_ADD, 7, 9, 0, 0), OFPFMFC_TABLE_FULL);
	assert_int_equal(tables_n_flows(w->t, 0), 3);
}

static uint32_t slot_of(struct world *w, uint64_t cookie)
{
	struct flow_iter it = tables_from(w->t, 0, 0);
	const struct flow *f;

	while ((f = flow_iter_next(&it)) && f->rule->cookie != cookie)
		;
	assert_non_null(f);
	return f->rule->slot;
}

static void of_equals_the_shortest_life_goes(void **state)
{
	struct world *w = *state;

	tables_set_max_flows(w->t, 0, 3);
	table_mod(w,
		  &(struct of_table_desc){ .table_id = OF_TABLE_ALL, .config = OF_TABLE_EVICTION });
	mod(w, OFPFC_ADD, 1, 0, 0, 0);	/* for ever */
	mod(w, OFPFC_ADD, 2, 0, 10, 0); /* until 110 s, but see below */
	mod(w, OFPFC_ADD, 3, 0, 0, 20); /* until 120 s */
	w->now_ns += 15 * NS_PER_SEC;
	counter_at(w->worker, slot_of(w, 2))->used_ns = w->now_ns; /* now until 125 s */
	assert_int_equal(mod(w, OFPFC_ADD, 4, 0, 0, 0), 0);
	expect(w, "removed:3:5 ");
	assert_int_equal(mod(w, OFPFC_ADD, 5, 0, 0, 0), 0);
	expect(w, "removed:2:5 ");
}

static void a_failed_transaction_brings_the_evicted_back(void **state)
{
	struct world *w = *state;

	tables_set_max_flows(w->t, 0, 2);
	table_mod(w, &(struct of_table_desc){ .config = OF_TABLE_EVICTION });
	mod(w, OFPFC_ADD, 1, 0, 0, 0);
	mod(w, OFPFC_ADD, 2, 0, 0, 0);
	tables_begin(w->t);
	assert_int_equal(mod(w, OFPFC_ADD, 3, 1, 0, 0), 0);
	assert_int_equal(mod(w, OFPFC_ADD, 4, 1, 0, 0), 0);
	tables_rollback(w->t);
	expect(w, "");
	slot_of(w, 1);
	slot_of(w, 2);
	assert_int_equal(tables_n_flows(w->t, 0), 2);
	assert_int_equal(mod(w, OFPFC_ADD, 5, 0, 0, 0), 0);
	assert_int_equal(tables_n_flows(w->t, 0), 2);
}

static void vacancy_is_told_once_each_way(void **state)
{
	struct world *w = *state;
	struct of_table_desc desc;

	tables_set_max_flows(w->t, 0, 10);
	table_mod(w, &(struct of_table_desc){ .config = OF_TABLE_VACANCY,
					      .has_vacancy = true,
					      .vacancy_down = 20,
					      .vacancy_up = 40 });
	for (unsigned i = 1; i <= 10; i++)
		mod(w, OFPFC_ADD, i, 0, 0, 0);
	expect(w, "down:0:10% ");
	for (unsigned i = 1; i <= 4; i++)
		mod(w, OFPFC_DELETE_STRICT, i, 0, 0, 0);
	expect(w, "removed:1:2 removed:2:2 removed:3:2 removed:4:2 ");
	mod(w, OFPFC_DELETE_STRICT, 5, 0, 0, 0);
	expect(w, "removed:5:2 up:0:50% ");
	tables_table_desc(w->t, 0, &desc);
	assert_int_equal(desc.config, OF_TABLE_VACANCY);
	assert_int_equal(desc.vacancy_down, 20);
	assert_int_equal(desc.vacancy_up, 40);
	/* A transaction that ends where it began says nothing. */
	tables_begin(w->t);
	for (unsigned i = 1; i <= 4; i++)
		mod(w, OFPFC_ADD, i, 0, 0, 0);
	for (unsigned i = 1; i <= 4; i++)
		mod(w, OFPFC_DELETE_STRICT, i, 0, 0, 0);
	tables_commit(w->t, w->now_ns);
	expect(w, "removed:1:2 removed:2:2 removed:3:2 removed:4:2 ");
}

static void wrong_table_mods_change_nothing(void **state)
{
	static const struct of_table_desc wrong[] = {
		{ .table_id = TABLES_N },
		{ .config = 1 << 9 },
		{ .config = OF_TABLE_VACANCY,
		  .has_vacancy = true,
		  .vacancy_down = 50,
		  .vacancy_up = 40 },
		{ .config = OF_TABLE_VACANCY,
		  .has_vacancy = true,
		  .vacancy_down = 50,
		  .vacancy_up = 101 },
	};
	struct world *w = *state;
	struct of_table_desc desc;
	struct of_error err;

	for (unsigned i = 0; i < ARRAY_LENGTH(wrong); i++)
		assert_int_equal(tables_table_mod(w->t, &wrong[i], &err), -1);
	tables_table_desc(w->t, 0, &desc);
	assert_int_equal(desc.config, 0);
	assert_int_equal(desc.vacancy, 100);
}

static void changes_are_told_with_their_author(void **state)
{
	struct world *w = *state;

	tables_on_removed(w->t, NULL, NULL);
	tables_on_change(w->t, on_change, w);
	tables_set_author(w->t, w, 7);
	mod(w, OFPFC_ADD, 1, 0, 0, 2);
	expect(w, "added:1:0:w7 ");
	tables_begin(w->t);
	tables_set_author(w->t, w, 8);
	mod(w, OFPFC_MODIFY_STRICT, 1, 0, 0, 0);
	tables_set_author(w->t, w, 9);
	mod(w, OFPFC_ADD, 2, 0, 0, 0);
	mod(w, OFPFC_DELETE_STRICT, 2, 0, 0, 0);
	expect(w, "");
	tables_commit(w->t, w->now_ns);
	expect(w, "modified:1:0:w8 added:2:0:w9 gone:2:2:w9 ");
	/* One that is replaced is not told as gone. */
	mod(w, OFPFC_ADD, 1, 0, 0, 2);
	expect(w, "added:1:0:w9 ");
	w->now_ns += 2 * NS_PER_SEC;
	tables_expire(w->t, w->now_ns);
	expect(w, "gone:1:1:-0 ");
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_least_important_goes_first),
		TEST(of_equals_the_shortest_life_goes),
		TEST(a_failed_transaction_brings_the_evicted_back),
		TEST(vacancy_is_told_once_each_way),
		TEST(wrong_table_mods_change_nothing),
		TEST(changes_are_told_with_their_author),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
