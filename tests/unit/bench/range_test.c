/* Ranges of addresses and numbers: what is taken, what is refused, and each value of one. */

#include "tests/bench/tool/range.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void assert_value(enum range_kind kind, const char *text, uint64_t n, uint64_t i,
			 const char *bytes)
{
	struct status st = STATUS_INIT;
	uint8_t value[16];
	char hex[33] = "";
	struct range r;

	assert_int_equal(range_parse(&r, kind, text, "src", &st), 0);
	assert_int_equal(r.n, n);
	range_put(&r, i, value);
	for (int b = 0; b < r.size; b++)
		sprintf(hex + 2 * b, "%02x", value[b]);
	assert_string_equal(hex, bytes);
}

static void values_count_from_the_first(void **state)
{
	(void)state;
	assert_value(RANGE_IP, "10.0.0.1", 1, 0, "0a000001");
	assert_value(RANGE_IP, "10.0.0.254-10.0.1.1", 4, 3, "0a000101");
	assert_value(RANGE_IP, "10.1.2.3/8", 1 << 24, 0x010203, "0a010203");
	assert_value(RANGE_IP, "0.0.0.0/0", 1ull << 32, 0xffffffff, "ffffffff");
	assert_value(RANGE_IP, "2001:db8::/64", 1ull << 63, 5, "20010db8000000000000000000000005");
	assert_value(RANGE_IP, "2001:db8::ff-2001:db8::101", 3, 1,
		     "20010db8000000000000000000000100");
	assert_value(RANGE_MAC, "02:00:00:00:00:ff-02:00:00:00:01:01", 3, 2, "020000000101");
	assert_value(RANGE_PORT, "1024-65535", 64512, 64511, "ffff");
	assert_value(RANGE_VLAN, "0-4095", 4096, 100, "0064");
}

static void what_is_no_range_is_refused_by_name(void **state)
{
	static const struct {
		enum range_kind kind;
		const char *text;
	} bad[] = {
		{ RANGE_IP, "" },
		{ RANGE_IP, "10.0.0" },
		{ RANGE_IP, "10.0.0.0/33" },
		{ RANGE_IP, "10.0.0.0/" },
		{ RANGE_IP, "10.0.0.2-10.0.0.1" },
		{ RANGE_IP, "10.0.0.1-2001:db8::1" },
		{ RANGE_IP, "2001:db8::-2001:db8:0:1::" }, /* more than the low 64 bits */
		{ RANGE_IP, "2001:db8::/63" },
		{ RANGE_IP, "10.0.0.1-10.0.0.2-10.0.0.3" },
		{ RANGE_MAC, "02:00:00:00:00" },
		{ RANGE_MAC, "02:00:00:00:00:01/40" },
		{ RANGE_MAC, "02:00:00:00:00:01:02" },
		{ RANGE_PORT, "65536" },
		{ RANGE_PORT, "-1" },
		{ RANGE_PORT, "1-" },
		{ RANGE_PORT, "0x10" },
		{ RANGE_VLAN, "4096" },
		{ RANGE_IP,
		  "1111111111111111111111111111111111111111111111111111111111111111111111" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct status st = STATUS_INIT;
		struct range r;

		assert_int_equal(range_parse(&r, bad[i].kind, bad[i].text, "dst", &st), -1);
		assert_string_equal(st.field, "dst");
		assert_non_null(strstr(st.message, "--dst: '"));
		assert_non_null(strstr(st.message, "such as"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_count_from_the_first),
		cmocka_unit_test(what_is_no_range_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
