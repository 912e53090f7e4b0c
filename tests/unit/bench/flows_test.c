/* Flows: no two are equal, few differ in everything, and they come in the order wanted. */

#include "tests/bench/tool/flows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void parse(struct range *r, enum range_kind kind, const char *text)
{
	struct status st = STATUS_INIT;

	assert_int_equal(range_parse(r, kind, text, "x", &st), 0);
}

static struct flow_ranges small_ranges(void)
{
	struct flow_ranges r = { 0 };
	struct status st = STATUS_INIT;

	parse(&r.src, RANGE_IP, "10.0.0.0-10.0.0.6");
	parse(&r.dst, RANGE_IP, "11.0.0.0/29");
	parse(&r.sport, RANGE_PORT, "1000-1002");
	parse(&r.dport, RANGE_PORT, "7");
	parse(&r.smac, RANGE_MAC, "02:00:00:00:00:00-02:00:00:00:00:04");
	parse(&r.dmac, RANGE_MAC, "02:00:00:00:01:00");
	parse(&r.vlan, RANGE_VLAN, "5-6");
	r.has_vlan = true;
	assert_int_equal(flow_ranges_parse_vnis(&r, "9,100-101", "vxlan", &st), 0);
	return r;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct flow_fields));
}

static void no_two_flows_are_equal(void **state)
{
	struct flow_ranges r = small_ranges();
	uint64_t n = flow_ranges_count(&r);
	struct flow_fields *f = xcalloc(n, sizeof(*f));

	(void)state;
	assert_int_equal(n, 7 * 8 * 3 * 5 * 2 * 3);
	for (uint64_t i = 0; i < n; i++)
		flow_ranges_get(&r, i, &f[i]);
	qsort(f, n, sizeof(*f), compare);
	for (uint64_t i = 1; i < n; i++)
		assert_memory_not_equal(&f[i - 1], &f[i], sizeof(*f));
	free(f);
}

static void few_flows_differ_in_all(void **state)
{
	struct flow_ranges r = small_ranges();
	struct flow_fields a = { 0 }, b = { 0 };

	(void)state;
	flow_ranges_get(&r, 0, &a);
	flow_ranges_get(&r, 1, &b);
	assert_memory_not_equal(a.src, b.src, 4);
	assert_memory_not_equal(a.dst, b.dst, 4);
	assert_memory_not_equal(a.sport, b.sport, 2);
	assert_memory_not_equal(a.smac, b.smac, 6);
	assert_memory_not_equal(a.vlan, b.vlan, 2);
	assert_int_not_equal(a.vni, b.vni);
	assert_memory_equal(a.dport, b.dport, 2);
}

static void the_count_does_not_overflow(void **state)
{
	struct flow_ranges r = small_ranges();
	struct flow_fields f;

	(void)state;
	parse(&r.src, RANGE_IP, "2001:db8::/64");
	parse(&r.dst, RANGE_IP, "2001:db8:1::/64");
	assert_true(flow_ranges_count(&r) == 1ull << 63);
	flow_ranges_get(&r, UINT64_MAX, &f); /* any number is some flow */
	assert_in_range(f.vlan[1], 5, 6);
}

static void vnis_are_checked(void **state)
{
	static const char *const bad[] = { "", "16777216", "1-", "5-4", "1,,2", "0-64", "x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct status st = STATUS_INIT;
		struct flow_ranges r = { 0 };

		assert_int_equal(flow_ranges_parse_vnis(&r, bad[i], "vxlan", &st), -1);
	}
}

static void pattern(struct flow_picker *p, const char *text, uint64_t n)
{
	struct status st = STATUS_INIT;
	struct flow_pattern order;

	assert_int_equal(flow_pattern_parse(&order, text, "pattern", &st), 0);
	flow_picker_init(p, &order, n, 1);
}

static void sequential_flows_come_in_turn(void **state)
{
	struct flow_picker p;

	(void)state;
	pattern(&p, "sequential", 3);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(flow_picker_next(&p), i % 3);
	flow_picker_fini(&p);
}

enum { N = 50, DRAWS = 200000 };

static void count_draws(const char *text, unsigned counts[N])
{
	struct flow_picker p;

	memset(counts, 0, N * sizeof(*counts));
	pattern(&p, text, N);
	for (unsigned i = 0; i < DRAWS; i++) {
		uint64_t flow = flow_picker_next(&p);

		assert_true(flow < N);
		counts[flow]++;
	}
	flow_picker_fini(&p);
}

/* Six standard deviations: the seed is fixed, so this cannot fail by chance. */
static void assert_near(unsigned count, double share)
{
	double mean = DRAWS * share;

	assert_true(fabs(count - mean) < 6 * sqrt(mean));
}

static void uniform_flows_are_as_likely(void **state)
{
	unsigned counts[N];

	(void)state;
	count_draws("uniform", counts);
	for (unsigned i = 0; i < N; i++)
		assert_near(counts[i], 1.0 / N);
}

static void zipf_flows_follow_their_rank(void **state)
{
	unsigned counts[N];
	double sum = 0;

	(void)state;
	count_draws("zipf:1.2", counts);
	for (unsigned i = 0; i < N; i++)
		sum += pow(i + 1, -1.2);
	for (unsigned i = 0; i < N; i++)
		assert_near(counts[i], pow(i + 1, -1.2) / sum);
}

static void bad_patterns_are_refused(void **state)
{
	static const char *const bad[] = { "",	      "random",	   "zipf:",    "zipf:11",
					   "zipf:-1", "uniform:2", "zipf:nan", "newer" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct status st = STATUS_INIT;
		struct flow_pattern p;

		assert_int_equal(flow_pattern_parse(&p, bad[i], "pattern", &st), -1);
		assert_string_equal(st.field, "pattern");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_flows_are_equal),
		cmocka_unit_test(few_flows_differ_in_all),
		cmocka_unit_test(the_count_does_not_overflow),
		cmocka_unit_test(vnis_are_checked),
		cmocka_unit_test(sequential_flows_come_in_turn),
		cmocka_unit_test(uniform_flows_are_as_likely),
		cmocka_unit_test(zipf_flows_follow_their_rank),
		cmocka_unit_test(bad_patterns_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
