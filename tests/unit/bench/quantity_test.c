/* Rates, parts and sizes as people write them. */

#include "tests/bench/tool/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static double pps_of(const char *text, double link_bits, double bytes)
{
	struct status st = STATUS_INIT;
	struct rate r;

	assert_int_equal(rate_parse(&r, text, "rate", &st), 0);
	return rate_pps(&r, link_bits, bytes, "rate", &st);
}

static void rates_have_units(void **state)
{
	(void)state;
	assert_float_equal(pps_of("max", 0, 64), 0, 0);
	assert_float_equal(pps_of("1000", 0, 64), 1000, 1e-9);
	assert_float_equal(pps_of("1.5M", 0, 64), 1.5e6, 1e-9);
	assert_float_equal(pps_of("20kpps", 0, 64), 2e4, 1e-9);
	/* a 64-byte frame takes 84 bytes of the wire: RFC 2544's 14,880,952 of 10 Gbit/s */
	assert_float_equal(pps_of("10Gbit/s", 0, 64), 14880952.4, 0.1);
	assert_float_equal(pps_of("100%", 10e9, 64), 14880952.4, 0.1);
	assert_float_equal(pps_of("10%", 10e9, 1518), 81274.4, 0.1);
}

static void percent_needs_a_speed(void **state)
{
	struct status st = STATUS_INIT;
	struct rate r = { RATE_PART, 0.5 };

	(void)state;
	assert_true(rate_pps(&r, 0, 64, "rate", &st) < 0);
	assert_non_null(strstr(st.message, "give packets or bits a second"));
}

static void bad_rates_are_refused(void **state)
{
	static const char *const bad[] = { "",	  "0",	 "-1",	 "1e99", "nan", "101%",
					   "10x", "1kk", "fast", "1 M",	 "5Gb" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct status st = STATUS_INIT;
		struct rate r;

		assert_int_equal(rate_parse(&r, bad[i], "rate", &st), -1);
		assert_string_equal(st.field, "rate");
	}
}

static void parts(void **state)
{
	static const char *const bad[] = { "", "-1", "1.1", "101%", "x", "1%%" };
	struct status st = STATUS_INIT;
	double part;

	(void)state;
	assert_int_equal(part_parse(&part, "0.01%", "loss", &st), 0);
	assert_float_equal(part, 0.0001, 1e-12);
	assert_int_equal(part_parse(&part, "0", "loss", &st), 0);
	assert_float_equal(part, 0, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		st = STATUS_INIT;
		assert_int_equal(part_parse(&part, bad[i], "loss", &st), -1);
	}
}

static void count_sizes(const struct sizes *s, unsigned counts[SIZES_MAX])
{
	memset(counts, 0, SIZES_MAX * sizeof(*counts));
	for (unsigned i = 0; i < s->n_wheel; i++)
		counts[s->wheel[i]]++;
}

static void sizes_come_as_often_as_wanted(void **state)
{
	struct status st = STATUS_INIT;
	unsigned counts[SIZES_MAX];
	struct sizes s;

	(void)state;
	assert_int_equal(sizes_parse(&s, "imix", "size", &st), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.n_wheel, 12);
	count_sizes(&s, counts);
	assert_int_equal(counts[0], 7);
	assert_int_equal(counts[1], 4);
	assert_int_equal(counts[2], 1);
	assert_float_equal(sizes_mean(&s), (7 * 64 + 4 * 594 + 1518) / 12.0, 1e-9);
	assert_int_equal(sizes_largest(&s), 1518);
	assert_int_equal(sizes_smallest(&s), 64);
	for (unsigned n = 1; n < 200; n++) { /* each length of the wheel is met wholly */
		char text[32];

		snprintf(text, sizeof(text), "64x%u,65x3", n);
		assert_int_equal(sizes_parse(&s, text, "size", &st), 0);
		count_sizes(&s, counts);
		assert_int_equal(counts[0], n);
		assert_int_equal(counts[1], 3);
	}
}

static void bad_sizes_are_refused(void **state)
{
	static const char *const bad[] = {
		"",	  "63",
		"9019",	  "64,",
		",64",	  "64x0",
		"64x257", "64x",
		"big",	  "64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct status st = STATUS_INIT;
		struct sizes s;

		assert_int_equal(sizes_parse(&s, bad[i], "sizes", &st), -1);
		assert_string_equal(st.field, "sizes");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_have_units),
		cmocka_unit_test(percent_needs_a_speed),
		cmocka_unit_test(bad_rates_are_refused),
		cmocka_unit_test(parts),
		cmocka_unit_test(sizes_come_as_often_as_wanted),
		cmocka_unit_test(bad_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
