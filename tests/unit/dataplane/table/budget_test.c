/* What looking a packet up can cost, and the budget for it. */

#include "dataplane/table/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openflow/openflow-1.1.h>
#include <openflow/openflow-common.h>
#include "dataplane/table/egress.h"
#include "lib/rng.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/mods.h"

#define TABLE_FULL ((uint32_t)OFPET_FLOW_MOD_FAILED << 16 | OFPFMFC_TABLE_FULL)

static int setup(void **state)
{
	*state = tables_create(&(struct tables_limits){ 0 });
	return 0;
}

static int teardown(void **state)
{
	tables_destroy(*state);
	return 0;
}

static uint32_t change(struct tables *t, uint8_t command, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err = { 0 };
	struct of_flow_mod fm;
	int rc;

	if (of_flow_mod_parse(text, command, &a, &fm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	rc = tables_flow_mod(t, &fm, 0, &err);
	arena_clear(&a);
	return rc < 0 ? (uint32_t)err.type << 16 | err.code : 0;
}

static void add(struct tables *t, const char *text)
{
	assert_int_equal(mod_flow(t, text), 0);
}

/* Two networks of MACs, which make table ID cost something. */
static void fill(struct tables *t, unsigned id)
{
	char text[128];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(text, sizeof(text),
			 "table=%u,priority=%u,dl_dst=02:00:00:00:00:00/ff:ff:ff:ff:ff:%s,"
			 "actions=drop",
			 id, i + 1, i ? "00" : "f0");
		add(t, text);
	}
	assert_true(tables_estimate(t, id) > 0);
}

static unsigned worst(struct tables *t)
{
	return tables_worst_way(t)->cycles;
}

static unsigned sum(struct tables *t, unsigned n, const uint8_t *ids)
{
	unsigned cycles = 0;

	for (unsigned i = 0; i < n; i++)
		cycles += tables_estimate(t, ids[i]);
	return cycles;
}

/* The worst way is just these tables. */
#define EXPECT_WAY(T, ...)                                                                         \
	do {                                                                                       \
		const uint8_t ids_[] = { __VA_ARGS__ };                                            \
		struct tables_way want_ = { .cycles = sum(T, sizeof(ids_), ids_) };                \
		for (unsigned i_ = 0; i_ < sizeof(ids_); i_++)                                     \
			want_.tables[ids_[i_] / 64] |= 1ull << ids_[i_] % 64;                      \
		assert_int_equal(worst(T), want_.cycles);                                          \
		assert_memory_equal(tables_worst_way(T)->tables, want_.tables,                     \
				    sizeof(want_.tables));                                         \
	} while (0)

static void test_empty_tables_cost_nothing(void **state)
{
	struct tables *t = *state;

	assert_int_equal(worst(t), 0);
	fill(t, 3); /* no packet gets there */
	assert_int_equal(worst(t), 0);
	add(t, "in_port=1,actions=goto_table:7");
	EXPECT_WAY(t, 0);
}

static void test_the_dearest_way_by_goto(void **state)
{
	struct tables *t = *state;

	for (unsigned id = 1; id < 6; id++)
		fill(t, id);
	add(t, "in_port=1,actions=goto_table:1");
	add(t, "in_port=2,actions=goto_table:2");
	EXPECT_WAY(t, 0, 1);
	add(t, "table=2,priority=9,in_port=2,actions=goto_table:4");
	EXPECT_WAY(t, 0, 2, 4);
	add(t, "table=4,priority=9,in_port=2,actions=goto_table:200");
	EXPECT_WAY(t, 0, 2, 4);
	fill(t, 200);
	EXPECT_WAY(t, 0, 2, 4, 200);
	assert_int_equal(change(t, OFPFC_MODIFY_STRICT, "priority=32768,in_port=2,actions=drop"),
			 0);
	EXPECT_WAY(t, 0, 1);
	assert_int_equal(change(t, OFPFC_DELETE, "table=1"), 0);
	EXPECT_WAY(t, 0);
}

/* All that resubmits lead to is counted, and once. */
static void test_resubmits(void **state)
{
	struct tables *t = *state;

	for (unsigned id = 1; id < 8; id++)
		fill(t, id);
	add(t, "in_port=1,actions=resubmit(,5),resubmit(,5),clone(resubmit(,6)),goto_table:1");
	EXPECT_WAY(t, 0, 1, 5, 6);
	add(t, "table=6,priority=9,in_port=1,actions=resubmit(,2),goto_table:7");
	EXPECT_WAY(t, 0, 1, 2, 5, 6, 7);
	add(t, "table=2,priority=9,in_port=1,actions=resubmit(,0)"); /* without end, but for its
									limit */
	EXPECT_WAY(t, 0, 1, 2, 5, 6, 7);
	add(t, "table=3,priority=9,in_port=1,actions=resubmit(,4)"); /* no packet gets there */
	EXPECT_WAY(t, 0, 1, 2, 5, 6, 7);
	assert_int_equal(change(t, OFPFC_DELETE, "table=0,in_port=1"), 0);
	assert_int_equal(worst(t), 0);
}

static void test_egress_tables_count_once(void **state)
{
	struct tables *t = *state;
	struct of_error err;

	assert_int_equal(tables_set_first_egress(t, 10, &err), 0);
	add(t, "in_port=1,actions=output:1,output:2");
	EXPECT_WAY(t, 0);
	fill(t, 10);
	fill(t, 12);
	EXPECT_WAY(t, 0, 10);
	add(t, "table=10,priority=9,in_port=1,actions=goto_table:12");
	EXPECT_WAY(t, 0, 10, 12);
}

static void test_refused_flows_change_nothing(void **state)
{
	struct tables *t = *state;
	uint64_t generation;

	fill(t, 1);
	fill(t, 2);
	add(t, "in_port=1,actions=drop");
	add(t, "in_port=2,actions=goto_table:1");
	tables_set_budget(t, worst(t), true);
	generation = tables_worst_way(t)->cycles;
	assert_int_equal(change(t, OFPFC_ADD, "table=1,priority=9,in_port=2,actions=goto_table:2"),
			 TABLE_FULL);
	assert_int_equal(change(t, OFPFC_MODIFY, "table=1,actions=goto_table:2"), TABLE_FULL);
	assert_int_equal(tables_n_flows(t, 1), 2);
	assert_int_equal(tables_budget(t)->n_refused, 2);
	assert_true(tables_budget(t)->refused.cycles > generation);
	EXPECT_WAY(t, 0, 1);
	/* What does not make it worse is done, whether or not it is a change. */
	assert_int_equal(
		change(t, OFPFC_MODIFY_STRICT, "priority=32768,in_port=1,actions=goto_table:2"), 0);
	add(t, "in_port=1,actions=goto_table:1");
	assert_int_equal(change(t, OFPFC_DELETE, "in_port=1"), 0);
	tables_set_budget(t, worst(t), false);
	add(t, "table=1,priority=9,in_port=2,actions=goto_table:2");
	EXPECT_WAY(t, 0, 1, 2);
}

/* A transaction may exceed it on its way, but not at its end. */
static void test_transactions(void **state)
{
	struct tables *t = *state;
	struct of_error err;

	fill(t, 1);
	fill(t, 2);
	add(t, "in_port=2,actions=goto_table:1");
	tables_set_budget(t, worst(t), true);
	tables_begin(t);
	add(t, "table=1,priority=9,in_port=2,actions=goto_table:2");
	assert_true(tables_exceed(t));
	assert_int_equal(tables_check_budget(t, &err), -1);
	assert_int_equal((uint32_t)err.type << 16 | err.code, TABLE_FULL);
	assert_int_equal(change(t, OFPFC_DELETE_STRICT, "priority=32768,in_port=2"), 0);
	assert_int_equal(tables_check_budget(t, &err), 0);
	tables_commit(t, 0);
	assert_int_equal(mod_flow(t, "in_port=3,actions=goto_table:1"), TABLE_FULL);
	tables_begin(t);
	add(t, "in_port=3,actions=goto_table:1");
	assert_true(tables_exceed(t));
	tables_rollback(t);
	assert_false(tables_exceed(t));
	add(t, "in_port=3,actions=drop");
}

/* --- with many changes, as if all were counted anew --- */

enum { N_TEXTS = 160, N_ROUNDS = 3000 };

struct model {
	char texts[N_TEXTS][128];
	bool is_there[N_TEXTS];
};

static void random_text(struct rng *rng, unsigned i, char *text, size_t size)
{
	static const char *const matches[] = {
		"in_port=%u",
		"dl_src=02:00:00:00:00:%02x",
		"ip,nw_dst=10.%u.0.0/16",
		"ip,nw_dst=10.0.%u.0/24",
		"ip,nw_src=10.1.1.%u",
		"tcp,tp_dst=%u",
		"ip,nw_dst=10.0.0.0/8,nw_src=10.0.0.%u",
	};
	unsigned id = rng_below(rng, 4), to = id + 1 + rng_below(rng, 3);
	char match[80];

	snprintf(match, sizeof(match), matches[rng_below(rng, ARRAY_LENGTH(matches))], i);
	if (rng_below(rng, 5) == 0)
		snprintf(text, size, "table=%u,priority=%u,%s,actions=resubmit(,%u)", id, i, match,
			 to);
	else if (rng_below(rng, 3))
		snprintf(text, size, "table=%u,priority=%u,%s,actions=drop", id, i, match);
	else
		snprintf(text, size, "table=%u,priority=%u,%s,actions=goto_table:%u", id, i, match,
			 to);
}

/* The worst way if I were there as well. */
static unsigned worst_anew(const struct model *m, unsigned i)
{
	struct tables *t = tables_create(&(struct tables_limits){ 0 });
	unsigned cycles;

	for (unsigned k = 0; k < N_TEXTS; k++)
		if (m->is_there[k] || k == i)
			add(t, m->texts[k]);
	cycles = worst(t);
	tables_destroy(t);
	return cycles;
}

static void test_refusal_does_not_depend_on_what_was(void **state)
{
	struct tables *t = *state;
	struct model *m = xcalloc(1, sizeof(*m));
	unsigned budget = 0, n_refused = 0, n_added = 0;
	struct rng rng;

	rng_seed(&rng, 4);
	for (unsigned i = 0; i < N_TEXTS; i++)
		random_text(&rng, i + 1, m->texts[i], sizeof(m->texts[i]));
	for (unsigned i = 0; i < N_TEXTS; i += 3)
		m->is_there[i] = true;
	budget = worst_anew(m, 0);
	memset(m->is_there, 0, sizeof(m->is_there));
	tables_set_budget(t, budget, true);
	for (unsigned round = 0; round < N_ROUNDS; round++) {
		unsigned i = rng_below(&rng, N_TEXTS), before, after;

		if (m->is_there[i]) {
			char text[128];

			snprintf(text, sizeof(text), "%.*s",
				 (int)(strstr(m->texts[i], ",actions") - m->texts[i]), m->texts[i]);
			assert_int_equal(change(t, OFPFC_DELETE_STRICT, text), 0);
			m->is_there[i] = false;
			continue;
		}
		before = worst_anew(m, N_TEXTS);
		after = worst_anew(m, i);
		if (after > budget && after > before) {
			assert_int_equal(mod_flow(t, m->texts[i]), TABLE_FULL);
			n_refused++;
		} else {
			assert_int_equal(mod_flow(t, m->texts[i]), 0);
			m->is_there[i] = true;
			n_added++;
		}
	}
	assert_true(n_refused > 50 && n_added > 50);
	assert_int_equal(tables_budget(t)->n_refused, n_refused);
	free(m);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty_tables_cost_nothing),
		TEST(test_the_dearest_way_by_goto),
		TEST(test_resubmits),
		TEST(test_egress_tables_count_once),
		TEST(test_refused_flows_change_nothing),
		TEST(test_transactions),
		TEST(test_refusal_does_not_depend_on_what_was),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
