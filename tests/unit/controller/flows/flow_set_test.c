#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/flows/cookie.h"
#include "controller/flows/flow_build.h"
#include "controller/flows/flow_diff.h"
#include "controller/flows/flow_set.h"
#include "lib/rng.h"

/* A flow in table `forward`, of app l2 and RESOURCE: to MAC number DST by PORT. */
static struct flow_entry *make(uint64_t resource, uint64_t dst, uint32_t port)
{
	struct flow_build b;
	struct flow_entry *f;

	flow_build_init(&b, APP_L2, resource);
	flow(&b, TABLE_FORWARD, 100, 0);
	when(&b, OF_FIELD_ETH_DST, dst);
	then_output(&b, port);
	flow_build_end(&b);
	f = b.flows[0];
	b.n_flows = 0;
	flow_build_fini(&b);
	return f;
}

static bool state(struct flow_set *s, uint64_t resource, struct flow_entry *a, struct flow_entry *b)
{
	struct flow_entry *flows[] = { a, b };

	return flow_set_replace(s, cookie_make(APP_L2, resource, 0), flows, b ? 2 : a ? 1 : 0);
}

static uint32_t port_of_dst(const struct flow_set *s, uint64_t dst)
{
	struct flow_entry *key = make(1, dst, 1);
	struct flow_entry *f = flow_map_find(flow_set_desired(s), key);
	struct buf text = BUF_INIT;
	uint32_t port = 0;

	if (f) {
		of_actions_print(&f->instructions->apply, &text);
		sscanf(buf_str(&text), "output:%u", &port);
	}
	buf_fini(&text);
	flow_entry_unref(key);
	return port;
}

static void test_replace_adds_changes_and_removes(void **unused)
{
	struct flow_set *s = flow_set_create(NULL, NULL);

	(void)unused;
	assert_true(state(s, 1, make(1, 10, 1), make(1, 11, 2)));
	assert_int_equal(port_of_dst(s, 10), 1);
	assert_int_equal(port_of_dst(s, 11), 2);
	assert_true(state(s, 1, make(1, 10, 3), NULL));
	assert_int_equal(port_of_dst(s, 10), 3);
	assert_int_equal(port_of_dst(s, 11), 0);
	assert_true(state(s, 1, NULL, NULL));
	assert_int_equal(flow_map_n(flow_set_desired(s)), 0);
	flow_set_destroy(s);
}

static void test_restating_changes_nothing(void **unused)
{
	struct flow_set *s = flow_set_create(NULL, NULL);
	uint64_t generation, n_touched;

	(void)unused;
	state(s, 1, make(1, 10, 1), NULL);
	generation = flow_set_generation(s);
	n_touched = flow_set_n_touched(s);
	assert_false(state(s, 1, make(1, 10, 1), NULL));
	assert_int_equal(flow_set_generation(s), generation);
	assert_int_equal(flow_set_n_touched(s), n_touched);
	flow_set_destroy(s);
}

/* Whoever comes first, the smaller cookie has the key; the other gets it when that is gone. */
static void test_two_owners_of_one_key(void **unused)
{
	(void)unused;
	for (int order = 0; order < 2; order++) {
		struct flow_set *s = flow_set_create(NULL, NULL);

		state(s, order ? 2 : 1, make(order ? 2 : 1, 10, order ? 2 : 1), NULL);
		state(s, order ? 1 : 2, make(order ? 1 : 2, 10, order ? 1 : 2), NULL);
		assert_int_equal(port_of_dst(s, 10), 1);
		state(s, 1, NULL, NULL);
		assert_int_equal(port_of_dst(s, 10), 2);
		state(s, 2, NULL, NULL);
		assert_int_equal(port_of_dst(s, 10), 0);
		flow_set_destroy(s);
	}
}

static void count(void *arg)
{
	++*(int *)arg;
}

static void test_changes_are_told_once_and_taken(void **unused)
{
	int n_told = 0;
	struct flow_set *s = flow_set_create(count, &n_told);
	struct flow_map keys;

	(void)unused;
	state(s, 1, make(1, 10, 1), make(1, 11, 1));
	state(s, 2, make(2, 12, 1), NULL);
	assert_int_equal(n_told, 1);
	flow_set_take_changed(s, &keys);
	assert_int_equal(flow_map_n(&keys), 3);
	flow_map_fini(&keys);
	state(s, 2, NULL, NULL);
	assert_int_equal(n_told, 2);
	flow_set_destroy(s);
}

static void put(struct flow_map *m, struct flow_entry *f)
{
	flow_map_put(m, f);
	flow_entry_unref(f);
}

static void test_diff_as_text(void **unused)
{
	struct flow_map want = FLOW_MAP_INIT, have = FLOW_MAP_INIT;
	struct flow_changes changes;
	struct buf text = BUF_INIT;

	(void)unused;
	put(&want, make(1, 10, 1));
	put(&want, make(1, 11, 2));
	put(&want, make(1, 12, 3));
	put(&have, make(1, 10, 1));
	put(&have, make(1, 11, 9));
	put(&have, make(1, 13, 4));
	flow_diff(&want, &have, &changes);
	flow_changes_print(&changes, &text);
	assert_string_equal(buf_str(&text), "~table=30,priority=100,cookie=0x0500000000000100,"
					    "dl_dst=00:00:00:00:00:0b actions=output:2\n"
					    "+table=30,priority=100,cookie=0x0500000000000100,"
					    "dl_dst=00:00:00:00:00:0c actions=output:3\n"
					    "-table=30,priority=100,cookie=0x0500000000000100,"
					    "dl_dst=00:00:00:00:00:0d actions=output:4\n");
	flow_changes_fini(&changes);
	flow_map_fini(&want);
	flow_map_fini(&have);
	buf_fini(&text);
}

/* A flow is only led to when the table it leads to is ready, and stays until nothing leads to it.
 */
static void test_diff_order(void **unused)
{
	struct flow_map want = FLOW_MAP_INIT, have = FLOW_MAP_INIT;
	struct flow_changes changes;
	struct flow_build b;

	(void)unused;
	flow_build_init(&b, APP_L2, 1);
	flow(&b, TABLE_ADMIT, 1, 0);
	flow(&b, TABLE_FORWARD, 1, 0);
	flow(&b, TABLE_SPOOF, 1, 0);
	flow(&b, TABLE_ARP, 2, 0);
	flow(&b, TABLE_FLOOD, 2, 0);
	flow_build_end(&b);
	for (int i = 0; i < 3; i++)
		flow_map_put(&want, b.flows[i]);
	for (int i = 3; i < 5; i++)
		flow_map_put(&have, b.flows[i]);
	flow_build_fini(&b);
	flow_diff(&want, &have, &changes);
	assert_int_equal(changes.n, 5);
	assert_int_equal(changes.list[0].want->table, TABLE_FORWARD);
	assert_int_equal(changes.list[1].want->table, TABLE_SPOOF);
	assert_int_equal(changes.list[2].want->table, TABLE_ADMIT);
	assert_null(changes.list[3].want);
	assert_int_equal(changes.list[3].have->table, TABLE_ARP);
	assert_int_equal(changes.list[4].have->table, TABLE_FLOOD);
	flow_changes_fini(&changes);
	flow_map_fini(&want);
	flow_map_fini(&have);
}

static void apply(struct flow_map *installed, const struct flow_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++) {
		if (changes->list[i].want)
			flow_map_put(installed, changes->list[i].want);
		else
			flow_map_remove(installed, changes->list[i].have);
	}
}

/* Random statements of random owners: the keys that changed are enough to keep up, and the set
 * is what the owners' last statements make from nothing. */
static void test_incremental_equals_recomputed(void **unused)
{
	enum { OWNERS = 6, KEYS = 10 };
	uint32_t ports[OWNERS + 1][KEYS] = { 0 };
	struct flow_set *s = flow_set_create(NULL, NULL);
	struct flow_map installed = FLOW_MAP_INIT;
	struct rng rng;

	(void)unused;
	rng_seed(&rng, 20);
	for (int round = 0; round < 2000; round++) {
		unsigned owner = 1 + rng_below(&rng, OWNERS);
		struct flow_entry *flows[KEYS];
		struct flow_changes changes;
		struct flow_map keys;
		size_t n = 0;

		for (int k = 0; k < KEYS; k++) {
			ports[owner][k] = rng_below(&rng, 3);
			if (ports[owner][k])
				flows[n++] = make(owner, k + 1, ports[owner][k]);
		}
		flow_set_replace(s, cookie_make(APP_L2, owner, 0), flows, n);
		for (int k = 0; k < KEYS; k++) {
			uint32_t port = 0;

			for (int o = OWNERS; o > 0; o--)
				port = ports[o][k] ? ports[o][k] : port;
			assert_int_equal(port_of_dst(s, k + 1), port);
		}
		flow_set_take_changed(s, &keys);
		flow_diff_keys(flow_set_desired(s), &installed, &keys, &changes);
		apply(&installed, &changes);
		assert_true(flow_map_equal(&installed, flow_set_desired(s)));
		flow_changes_fini(&changes);
		flow_map_fini(&keys);
	}
	flow_map_fini(&installed);
	flow_set_destroy(s);
}

static void test_cookie_round_trip(void **unused)
{
	uint64_t cookie = cookie_make(APP_SPOOF, 0x123456789abcull, 7);

	(void)unused;
	assert_int_equal(cookie_app(cookie), APP_SPOOF);
	assert_int_equal(cookie_resource(cookie), 0x123456789abcull);
	assert_int_equal(cookie_purpose(cookie), 7);
	assert_int_equal(cookie_owner(cookie), cookie_make(APP_SPOOF, 0x123456789abcull, 0));
}

static void test_layout_is_ascending_and_says_what_is_ours(void **unused)
{
	size_t n;
	const struct layout_table_info *tables = layout_tables(&n);

	(void)unused;
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || tables[i - 1].number < tables[i].number);
		assert_non_null(layout_app_name(tables[i].app));
		assert_true(layout_owns(tables[i].number, 0));
	}
	assert_true(layout_owns(99, cookie_make(APP_ARP, 1, 0)));
	assert_false(layout_owns(99, 0));
	assert_false(layout_owns(99, ~0ull));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace_adds_changes_and_removes),
		cmocka_unit_test(test_restating_changes_nothing),
		cmocka_unit_test(test_two_owners_of_one_key),
		cmocka_unit_test(test_changes_are_told_once_and_taken),
		cmocka_unit_test(test_diff_as_text),
		cmocka_unit_test(test_diff_order),
		cmocka_unit_test(test_incremental_equals_recomputed),
		cmocka_unit_test(test_cookie_round_trip),
		cmocka_unit_test(test_layout_is_ascending_and_says_what_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
