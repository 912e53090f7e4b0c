/* Flow-mods, transactions, timeouts and counters (OF 1.3.5 sections 6.4, 6.5). */

#include "dataplane/table/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openflow/openflow-common.h>
#include "proto/openflow/numbers.h"

struct world {
	struct tables *t;
	struct counter_block *worker;
	struct buf removed; /* "cookie:reason:packets " of each flow-removed */
	uint64_t now_ns;
	struct arena arena; /* for the test's length */
};

static void on_removed(void *ctx, const struct flow *f, uint8_t reason,
		       const struct counter *counts, uint64_t now_ns)
{
	struct world *w = ctx;

	assert_int_equal(now_ns, w->now_ns);
	buf_printf(&w->removed, "%llu:%u:%llu ", (unsigned long long)f->rule->cookie, reason,
		   (unsigned long long)counts->n_packets);
}

static int setup_with(void **state, unsigned max_flows)
{
	struct tables_limits limits = { .max_flows_per_table = max_flows };
	struct world *w = xcalloc(1, sizeof(*w));

	w->t = tables_create(&limits);
	w->worker = counters_take_block(tables_counters(w->t));
	w->now_ns = 100 * NS_PER_SEC;
	tables_on_removed(w->t, on_removed, w);
	*state = w;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, 0);
}

static int setup_small(void **state)
{
	return setup_with(state, 3);
}

static int teardown(void **state)
{
	struct world *w = *state;

	tables_destroy(w->t);
	buf_fini(&w->removed);
	arena_clear(&w->arena);
	free(w);
	return 0;
}

/* TEXT's actions are parsed apart from its match, so that tables_flow_mod() is the one to judge. */
static void parse(const char *text, uint8_t command, struct arena *a, struct of_flow_mod *fm)
{
	const char *actions = strstr(text, "actions=");
	struct status st = STATUS_INIT;
	char *rest = arena_strdup(a, text);

	if (actions)
		strcpy(rest + (actions - text), "actions=drop");
	if (of_flow_mod_parse(rest, command, a, fm, &st) < 0 ||
	    (actions && of_instructions_parse(actions + 8, a, &fm->instructions, &st) < 0))
		fail_msg("%s: %s", text, st.message);
}

static const char *apply(struct world *w, const struct of_flow_mod *fm)
{
	static char name[96];
	struct of_error err = { 0 };

	return tables_flow_mod(w->t, fm, w->now_ns, &err) ? of_error_name(&err, name, sizeof(name))
							  : "";
}

/* "" or the error's name. */
static const char *mod(struct world *w, uint8_t command, const char *text)
{
	struct arena a = ARENA_INIT;
	struct of_flow_mod fm;
	const char *error;

	parse(text, command, &a, &fm);
	error = apply(w, &fm);
	arena_clear(&a);
	return error;
}

#define ADD(W, TEXT)		      assert_string_equal(mod(W, OFPFC_ADD, TEXT), "")
#define FAILS(W, COMMAND, TEXT, NAME) assert_string_equal(mod(W, COMMAND, TEXT), NAME)

static bool print_flow(void *ctx, const struct flow *f)
{
	struct buf *out = ctx;

	buf_printf(out, "%u/%u/%llu ", f->rule->table_id, rule_priority(f->rule),
		   (unsigned long long)f->rule->cookie);
	return true;
}

static struct flow_filter everything(void)
{
	return (struct flow_filter){ .table_id = OF_TABLE_ALL,
				     .out_port = OF_PORT_ANY,
				     .out_group = OF_GROUP_ANY };
}

/* "table/priority/cookie " of the flows that pass FILTER. */
static void assert_list(struct world *w, struct flow_filter filter, const char *want)
{
	struct buf out = BUF_INIT;

	tables_each(w->t, &filter, print_flow, &out);
	assert_string_equal(buf_str(&out), want);
	buf_fini(&out);
}

#define FLOWS(W, WANT) assert_list(W, everything(), WANT)

static bool take_flow(void *ctx, const struct flow *f)
{
	*(const struct flow **)ctx = f;
	return false;
}

static const struct flow *only_flow(struct world *w, uint64_t cookie)
{
	struct flow_filter filter = everything();
	const struct flow *f = NULL;

	filter.cookie = cookie;
	filter.cookie_mask = UINT64_MAX;
	tables_each(w->t, &filter, take_flow, &f);
	assert_non_null(f);
	return f;
}

/* N packets of 100 bytes hit the flow now. */
static void hit(struct world *w, uint64_t cookie, unsigned n)
{
	struct counter *c = counter_at(w->worker, only_flow(w, cookie)->rule->slot);

	count(&c->n_packets, n);
	count(&c->n_bytes, n * 100);
	c->used_ns = w->now_ns;
}

static void add_and_list_by_priority(void **state)
{
	struct world *w = *state;

	ADD(w, "table=1,cookie=1,priority=5,tcp,actions=output:1");
	ADD(w, "table=0,cookie=2,priority=1,actions=drop");
	ADD(w, "table=0,cookie=3,priority=9,in_port=1,actions=output:2");
	FLOWS(w, "0/9/3 0/1/2 1/5/1 ");
	assert_int_equal(tables_n_flows(w->t, 0), 2);
}

static void identical_add_replaces_and_keeps_counts(void **state)
{
	struct world *w = *state;
	struct of_flow_stats fs;

	ADD(w, "cookie=1,priority=5,in_port=1,send_flow_rem,actions=output:1");
	hit(w, 1, 7);
	w->now_ns += 5 * NS_PER_SEC;
	ADD(w, "cookie=2,priority=5,in_port=1,actions=output:2");
	FLOWS(w, "0/5/2 ");
	flow_stats(w->t, only_flow(w, 2), w->now_ns + 1, &w->arena, &fs);
	assert_int_equal(fs.n_packets, 7);
	assert_int_equal(fs.duration_sec, 0);
	assert_int_equal(fs.duration_nsec, 1);
	assert_string_equal(buf_str(&w->removed), "");
	ADD(w, "cookie=3,priority=5,in_port=1,reset_counts,actions=output:2");
	assert_int_equal(flow_counts(w->t, only_flow(w, 3)).n_packets, 0);
}

static void overlap_is_refused_when_asked(void **state)
{
	struct world *w = *state;

	ADD(w, "priority=5,tcp,actions=output:1");
	FAILS(w, OFPFC_ADD, "priority=5,in_port=1,check_overlap,actions=output:1",
	      "OFPET_FLOW_MOD_FAILED/OFPFMFC_OVERLAP");
	assert_string_equal(mod(w, OFPFC_ADD, "priority=5,udp,check_overlap,actions=output:1"), "");
	assert_string_equal(mod(w, OFPFC_ADD, "priority=6,tcp,check_overlap,actions=output:1"), "");
	FAILS(w, OFPFC_ADD, "priority=5,tcp,check_overlap,actions=output:1",
	      "OFPET_FLOW_MOD_FAILED/OFPFMFC_OVERLAP");
}

static void modify_changes_instructions_alone(void **state)
{
	struct world *w = *state;
	struct of_flow_stats fs;

	ADD(w, "cookie=1,priority=5,tcp,idle_timeout=60,actions=output:1");
	ADD(w, "cookie=2,priority=6,tcp,tp_dst=80,actions=output:1");
	ADD(w, "cookie=3,priority=6,udp,actions=output:1");
	hit(w, 1, 4);
	w->now_ns += 2 * NS_PER_SEC;
	assert_string_equal(mod(w, OFPFC_MODIFY, "cookie=9,tcp,idle_timeout=5,actions=output:7"),
			    "");
	flow_stats(w->t, only_flow(w, 1), w->now_ns, &w->arena, &fs);
	assert_int_equal(fs.n_packets, 4);
	assert_int_equal(fs.idle_timeout, 60);
	assert_int_equal(fs.duration_sec, 2);
	assert_list(w,
		    (struct flow_filter){ .table_id = 0, .out_port = 7, .out_group = OF_GROUP_ANY },
		    "0/6/2 0/5/1 ");
	assert_string_equal(mod(w, OFPFC_MODIFY_STRICT, "priority=6,udp,actions=output:8"), "");
	assert_list(w,
		    (struct flow_filter){ .table_id = 0, .out_port = 8, .out_group = OF_GROUP_ANY },
		    "0/6/3 ");
	/* Nothing to modify is no error, and nothing is added. */
	assert_string_equal(mod(w, OFPFC_MODIFY_STRICT, "priority=7,udp,actions=output:8"), "");
	assert_int_equal(tables_n_flows(w->t, 0), 3);
}

static void modify_with_cookie_mask_and_reset(void **state)
{
	struct world *w = *state;

	ADD(w, "cookie=0x11,priority=5,in_port=1,actions=output:1");
	ADD(w, "cookie=0x21,priority=5,in_port=2,actions=output:1");
	hit(w, 0x11, 3);
	hit(w, 0x21, 3);
	assert_string_equal(mod(w, OFPFC_MODIFY, "cookie=0x10/0xf0,reset_counts,actions=output:5"),
			    "");
	assert_int_equal(flow_counts(w->t, only_flow(w, 0x11)).n_packets, 0);
	assert_int_equal(flow_counts(w->t, only_flow(w, 0x21)).n_packets, 3);
}

static void delete_filters(void **state)
{
	struct world *w = *state;

	ADD(w, "cookie=1,priority=1,in_port=1,actions=output:1");
	ADD(w, "cookie=2,priority=2,in_port=1,tcp,actions=output:2");
	ADD(w, "cookie=3,priority=3,in_port=2,actions=output:2");
	ADD(w, "table=3,cookie=4,priority=4,in_port=1,actions=output:1,output:2");
	assert_string_equal(mod(w, OFPFC_DELETE_STRICT, "priority=9,in_port=1"), "");
	assert_string_equal(mod(w, OFPFC_DELETE_STRICT, "priority=1,in_port=1,out_port=5"), "");
	FLOWS(w, "0/3/3 0/2/2 0/1/1 3/4/4 ");
	assert_string_equal(mod(w, OFPFC_DELETE_STRICT, "table=0,priority=1,in_port=1"), "");
	FLOWS(w, "0/3/3 0/2/2 3/4/4 ");
	assert_string_equal(mod(w, OFPFC_DELETE, "table=0,in_port=1"), "");
	FLOWS(w, "0/3/3 3/4/4 ");
	assert_string_equal(mod(w, OFPFC_DELETE, "table=255,out_port=1"), "");
	FLOWS(w, "0/3/3 ");
	assert_string_equal(mod(w, OFPFC_DELETE, "table=255,cookie=4/0xffffffffffffffff"), "");
	FLOWS(w, "0/3/3 ");
	assert_string_equal(mod(w, OFPFC_DELETE, "table=255,cookie=3/0xffffffffffffffff"), "");
	FLOWS(w, "");
}

static void flow_removed_is_told_when_asked(void **state)
{
	struct world *w = *state;

	ADD(w, "cookie=1,priority=1,in_port=1,send_flow_rem,actions=output:1");
	ADD(w, "cookie=2,priority=1,in_port=2,actions=output:1");
	hit(w, 1, 5);
	assert_string_equal(mod(w, OFPFC_DELETE, "table=255"), "");
	assert_string_equal(buf_str(&w->removed), "1:2:5 ");
}

static void a_full_table_is_told(void **state)
{
	struct world *w = *state;

	ADD(w, "in_port=1,actions=drop");
	ADD(w, "in_port=2,actions=drop");
	ADD(w, "in_port=3,actions=drop");
	FAILS(w, OFPFC_ADD, "in_port=4,actions=drop", "OFPET_FLOW_MOD_FAILED/OFPFMFC_TABLE_FULL");
	ADD(w, "in_port=3,actions=output:1");
	ADD(w, "table=1,in_port=4,actions=drop");
}

static void wrong_flow_mods_get_their_error(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "table=254,actions=drop", "OFPET_FLOW_MOD_FAILED/OFPFMFC_BAD_TABLE_ID" },
		{ "table=5,actions=goto_table:5", "OFPET_BAD_INSTRUCTION/OFPBIC_BAD_TABLE_ID" },
		{ "table=5,actions=goto_table:4", "OFPET_BAD_INSTRUCTION/OFPBIC_BAD_TABLE_ID" },
		{ "table=5,actions=goto_table:254", "OFPET_BAD_INSTRUCTION/OFPBIC_BAD_TABLE_ID" },
		{ "actions=output:65280", "OFPET_BAD_ACTION/OFPBAC_BAD_OUT_PORT" },
		{ "actions=LOCAL", "OFPET_BAD_ACTION/OFPBAC_BAD_OUT_PORT" },
		{ "actions=NORMAL", "OFPET_BAD_ACTION/OFPBAC_BAD_OUT_PORT" },
		{ "actions=TABLE", "OFPET_BAD_ACTION/OFPBAC_BAD_OUT_PORT" },
		{ "actions=set_field:10.0.0.1->ip_dst",
		  "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
		{ "ipv6,actions=set_field:10.0.0.1->ip_dst",
		  "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
		{ "udp,actions=set_field:80->tcp_dst",
		  "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
		{ "actions=pop_vlan", "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
		{ "actions=push_vlan:0x8100,pop_vlan,pop_vlan",
		  "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
		{ "actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG0[]",
		  "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
		{ "actions=resubmit(,254)", "OFPET_BAD_ACTION/OFPBAC_BAD_ARGUMENT" },
		{ "actions=write_actions(resubmit(,2))", "OFPET_BAD_ACTION/OFPBAC_BAD_TYPE" },
	};
	struct world *w = *state;

	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *got = mod(w, OFPFC_ADD, cases[i].text);

		if (strcmp(got, cases[i].error) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].text, got, cases[i].error);
	}
	FLOWS(w, "");
}

static void all_tables_are_for_deleting_only(void **state)
{
	struct world *w = *state;
	struct arena a = ARENA_INIT;
	struct of_flow_mod fm;

	parse("actions=drop", OFPFC_ADD, &a, &fm);
	fm.table_id = OF_TABLE_ALL;
	assert_string_equal(apply(w, &fm), "OFPET_FLOW_MOD_FAILED/OFPFMFC_BAD_TABLE_ID");
	fm.command = OFPFC_MODIFY;
	assert_string_equal(apply(w, &fm), "OFPET_FLOW_MOD_FAILED/OFPFMFC_BAD_TABLE_ID");
	fm.command = OFPFC_DELETE;
	assert_string_equal(apply(w, &fm), "");
	fm.command = 5;
	assert_string_equal(apply(w, &fm), "OFPET_FLOW_MOD_FAILED/OFPFMFC_BAD_COMMAND");
	fm.command = OFPFC_ADD;
	fm.table_id = 0;
	fm.flags = 0x8000;
	assert_string_equal(apply(w, &fm), "OFPET_FLOW_MOD_FAILED/OFPFMFC_BAD_FLAGS");
	arena_clear(&a);
}

static void actions_before_count_for_prerequisites(void **state)
{
	struct world *w = *state;

	ADD(w, "in_port=1,actions=push_vlan:0x8100,set_field:4101->vlan_vid,output:1");
	ADD(w, "in_port=2,actions=push_vlan:0x8100,goto_table:1");
	ADD(w, "in_port=3,icmp6,icmp_type=135,icmp_code=0,actions=set_field:136->icmpv6_type,"
	       "set_field:2->nd_options_type,set_field:00:00:00:00:00:01->nd_tll,IN_PORT");
}

/* One flow of several cannot take the instructions: none is changed. */
static void a_failing_modify_changes_nothing(void **state)
{
	struct world *w = *state;

	ADD(w, "cookie=1,priority=5,tcp,actions=output:1");
	ADD(w, "cookie=2,priority=6,in_port=1,actions=output:1");
	FAILS(w, OFPFC_MODIFY, "actions=set_field:80->tcp_dst,output:3",
	      "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT");
	assert_string_equal(mod(w, OFPFC_MODIFY, "tcp,actions=set_field:80->tcp_dst,output:1"), "");
	assert_list(w,
		    (struct flow_filter){ .table_id = 0, .out_port = 1, .out_group = OF_GROUP_ANY },
		    "0/6/2 0/5/1 ");
}

static void rollback_restores_everything(void **state)
{
	struct world *w = *state;
	uint64_t next = 0;

	ADD(w, "cookie=1,priority=5,in_port=1,send_flow_rem,hard_timeout=10,actions=output:1");
	ADD(w, "cookie=2,priority=6,in_port=2,actions=output:1");
	hit(w, 1, 3);
	next = tables_next_expiry(w->t);
	tables_begin(w->t);
	ADD(w, "cookie=3,priority=7,in_port=3,actions=output:1");
	ADD(w, "cookie=4,priority=5,in_port=1,reset_counts,actions=output:4");
	assert_string_equal(mod(w, OFPFC_MODIFY, "table=0,actions=output:9"), "");
	assert_string_equal(mod(w, OFPFC_DELETE, "table=0,in_port=2"), "");
	FAILS(w, OFPFC_ADD, "table=254,actions=drop", "OFPET_FLOW_MOD_FAILED/OFPFMFC_BAD_TABLE_ID");
	FLOWS(w, "0/7/3 0/5/4 ");
	tables_rollback(w->t);
	FLOWS(w, "0/6/2 0/5/1 ");
	assert_list(w,
		    (struct flow_filter){ .table_id = 0, .out_port = 1, .out_group = OF_GROUP_ANY },
		    "0/6/2 0/5/1 ");
	assert_int_equal(flow_counts(w->t, only_flow(w, 1)).n_packets, 3);
	assert_int_equal(tables_next_expiry(w->t), next);
	assert_string_equal(buf_str(&w->removed), "");
}

static void commit_tells_of_removed_flows_at_its_end(void **state)
{
	struct world *w = *state;

	ADD(w, "cookie=1,priority=5,in_port=1,send_flow_rem,actions=output:1");
	tables_begin(w->t);
	assert_string_equal(mod(w, OFPFC_DELETE, "table=0"), "");
	assert_string_equal(buf_str(&w->removed), "");
	tables_commit(w->t, w->now_ns);
	assert_string_equal(buf_str(&w->removed), "1:2:0 ");
	FLOWS(w, "");
}

static void hard_timeout_counts_from_creation(void **state)
{
	struct world *w = *state;

	ADD(w, "cookie=1,in_port=1,hard_timeout=10,send_flow_rem,actions=drop");
	ADD(w, "cookie=2,in_port=2,hard_timeout=5,idle_timeout=7,send_flow_rem,actions=drop");
	assert_int_equal(tables_next_expiry(w->t), 105 * NS_PER_SEC);
	w->now_ns = 105 * NS_PER_SEC - 1;
	assert_int_equal(tables_expire(w->t, w->now_ns), 0);
	w->now_ns++;
	assert_int_equal(tables_expire(w->t, w->now_ns), 1);
	w->now_ns = 200 * NS_PER_SEC;
	assert_int_equal(tables_expire(w->t, w->now_ns), 1);
	assert_string_equal(buf_str(&w->removed), "2:1:0 1:1:0 ");
	assert_int_equal(tables_next_expiry(w->t), UINT64_MAX);
}

static void idle_timeout_moves_with_use(void **state)
{
	struct world *w = *state;

	ADD(w, "cookie=1,in_port=1,idle_timeout=10,send_flow_rem,actions=drop");
	w->now_ns = 108 * NS_PER_SEC;
	hit(w, 1, 2);
	w->now_ns = 110 * NS_PER_SEC;
	assert_int_equal(tables_expire(w->t, w->now_ns), 0);
	assert_int_equal(tables_next_expiry(w->t), 118 * NS_PER_SEC);
	w->now_ns = 118 * NS_PER_SEC;
	assert_int_equal(tables_expire(w->t, w->now_ns), 1);
	assert_string_equal(buf_str(&w->removed), "1:0:2 ");
}

/* Many timeouts in random order come out in theirs. */
static void timeouts_fire_in_order(void **state)
{
	struct world *w = *state;
	char text[96];

	for (unsigned i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "cookie=%u,in_port=%u,hard_timeout=%u,actions=drop", i,
			 i + 1, 1 + i * 67 % 199);
		ADD(w, text);
	}
	for (unsigned i = 0; i < 200; i += 3) {
		snprintf(text, sizeof(text), "priority=32768,in_port=%u", i + 1);
		assert_string_equal(mod(w, OFPFC_DELETE_STRICT, text), "");
	}
	for (uint64_t last = 0; tables_next_expiry(w->t) != UINT64_MAX;) {
		assert_true(tables_next_expiry(w->t) > last);
		last = tables_next_expiry(w->t);
		assert_true(tables_expire(w->t, last) > 0);
	}
	FLOWS(w, "");
}

static void slots_are_used_again_from_zero(void **state)
{
	struct world *w = *state;
	uint32_t slot;

	ADD(w, "cookie=1,in_port=1,actions=drop");
	hit(w, 1, 9);
	slot = only_flow(w, 1)->rule->slot;
	assert_string_equal(mod(w, OFPFC_DELETE, "table=0"), "");
	ADD(w, "cookie=2,in_port=2,actions=drop");
	assert_int_equal(only_flow(w, 2)->rule->slot, slot);
	assert_int_equal(flow_counts(w->t, only_flow(w, 2)).n_packets, 0);
	hit(w, 2, 1);
	assert_int_equal(flow_counts(w->t, only_flow(w, 2)).n_packets, 1);
}

static void counts_survive_their_thread(void **state)
{
	struct world *w = *state;
	struct counter_block *other = counters_take_block(tables_counters(w->t));

	ADD(w, "cookie=1,in_port=1,actions=drop");
	hit(w, 1, 2);
	count(&counter_at(other, only_flow(w, 1)->rule->slot)->n_packets, 3);
	counters_give_block(tables_counters(w->t), other);
	assert_int_equal(flow_counts(w->t, only_flow(w, 1)).n_packets, 5);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(add_and_list_by_priority),
		TEST(identical_add_replaces_and_keeps_counts),
		TEST(overlap_is_refused_when_asked),
		TEST(modify_changes_instructions_alone),
		TEST(modify_with_cookie_mask_and_reset),
		TEST(delete_filters),
		TEST(flow_removed_is_told_when_asked),
		cmocka_unit_test_setup_teardown(a_full_table_is_told, setup_small, teardown),
		TEST(wrong_flow_mods_get_their_error),
		TEST(all_tables_are_for_deleting_only),
		TEST(actions_before_count_for_prerequisites),
		TEST(a_failing_modify_changes_nothing),
		TEST(rollback_restores_everything),
		TEST(commit_tells_of_removed_flows_at_its_end),
		TEST(hard_timeout_counts_from_creation),
		TEST(idle_timeout_moves_with_use),
		TEST(timeouts_fire_in_order),
		TEST(slots_are_used_again_from_zero),
		TEST(counts_survive_their_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
