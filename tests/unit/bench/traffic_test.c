/* The bytes of the benchmark's packets: what is in them, that checksums are right, and which flow
 * comes how often. */

#include "tests/bench/traffic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "lib/util.h"

enum { ROOM = TRAFFIC_MAX_SIZE + TRAFFIC_TUNNEL_SIZE };

static struct traffic *make(const char *text)
{
	struct traffic_profile p;
	struct status st = STATUS_INIT;
	struct traffic *t;

	traffic_profile_init(&p);
	assert_int_equal(traffic_profile_parse(&p, text, &st), 0);
	t = traffic_create(&p, &st);
	if (!t)
		fail_msg("%s: %s", text, st.message);
	return t;
}

/* 0xffff for bytes that contain their own checksum. */
static uint16_t sum(const uint8_t *data, size_t size, uint32_t start)
{
	for (size_t i = 0; i < size; i++)
		start += i % 2 ? data[i] : data[i] << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

static void check_ipv4(const uint8_t *ip, size_t size)
{
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(load_be16(ip + 2), size);
	assert_int_equal(sum(ip, 20, 0), 0xffff);
}

static void check_frame(const uint8_t *frame, uint16_t size)
{
	const uint8_t *ip = frame + 14;
	uint16_t l4_size = size - 34;

	assert_int_equal(load_be16(frame + 12), 0x0800);
	check_ipv4(ip, size - 14);
	if (ip[9] == 17) {
		assert_int_equal(load_be16(frame + 38), l4_size);
		assert_int_equal(load_be16(frame + 40), 0);
		return;
	}
	assert_int_equal(ip[9], 6);
	assert_int_equal(sum(frame + 34, l4_size, sum(ip + 12, 8, 6 + l4_size)), 0xffff);
}

static void every_checksum_is_right(void **state)
{
	static const char *const profiles[] = {
		"flows=500",
		"flows=500 protocol=tcp",
		"flows=500 size=imix",
		"flows=500 size=imix protocol=tcp",
		"flows=500 size=1518 protocol=tcp",
		"flows=500 size=65 protocol=tcp fresh=1",
		"flows=3 fresh=1 protocol=tcp",
		"flows=500 order=zipf:1.1",
		"flows=9 ip_src=255.255.255.0-255.255.255.255 ip_dst=255.255.255.255 "
		"port_src=65535 port_dst=65535 protocol=tcp",
	};
	uint8_t frame[ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(profiles); i++) {
		struct traffic *t = make(profiles[i]);
		struct traffic_source s;

		traffic_source_init(&s, t, 0, 1);
		for (unsigned n = 0; n < 3000; n++) {
			memset(frame, 0xa5, sizeof(frame));
			check_frame(frame, traffic_write(t, traffic_next(&s), frame));
		}
		traffic_destroy(t);
	}
}

static void a_tunnel_goes_around_each_frame(void **state)
{
	struct traffic *t = make("flows=100 size=imix vxlan=4711,192.0.2.1,192.0.2.2,"
				 "02:00:00:00:00:0a,02:00:00:00:00:0b");
	uint8_t frame[ROOM];
	struct traffic_source s;
	bool is_varied = false;

	(void)state;
	traffic_source_init(&s, t, 0, 1);
	for (unsigned n = 0; n < 1000; n++) {
		uint16_t size = traffic_write(t, traffic_next(&s), frame);

		assert_in_range(size, 64 + 50, traffic_max_size(t));
		assert_memory_equal(frame, "\2\0\0\0\0\xb\2\0\0\0\0\xa\x8\0", 14);
		check_ipv4(frame + 14, size - 14);
		assert_int_equal(load_be32(frame + 26), 0xc0000201);
		assert_int_equal(load_be32(frame + 30), 0xc0000202);
		assert_int_equal(load_be16(frame + 36), 4789);
		assert_int_equal(load_be16(frame + 38), size - 34);
		assert_int_equal(load_be32(frame + 42), 0x08000000);
		assert_int_equal(load_be32(frame + 46), 4711 << 8);
		assert_true(load_be16(frame + 34) >= 0xc000);
		is_varied |= load_be16(frame + 34) != 0xc000;
		check_frame(frame + 50, size - 50);
	}
	assert_true(is_varied);
	traffic_destroy(t);
}

static void ranges_count_as_digits(void **state)
{
	struct traffic *t = make("flows=12 order=in-turn ip_src=10.0.0.1-10.0.0.2 "
				 "port_src=7-9 ip_dst=10.1.0.1-10.1.0.2 port_dst=53 "
				 "eth_src=02:00:00:00:00:fe-02:00:00:00:01:01");
	struct traffic_source s;
	uint8_t frame[ROOM];

	(void)state;
	traffic_source_init(&s, t, 0, 1);
	for (unsigned i = 0; i < 24; i++) {
		unsigned flow = i % 12;

		traffic_write(t, traffic_next(&s), frame);
		assert_int_equal(load_be32(frame + 26), 0x0a000001 + flow % 2);
		assert_int_equal(load_be16(frame + 34), 7 + flow / 2 % 3);
		assert_int_equal(load_be32(frame + 30), 0x0a010001 + flow / 6);
		assert_int_equal(load_be16(frame + 36), 53);
		assert_int_equal(load_be16(frame + 10), 0xfe + flow % 4);
	}
	traffic_destroy(t);
}

/* Of N packets, how many came of each flow, told by the source address. */
static unsigned *count_flows(const struct traffic *t, unsigned n)
{
	unsigned *counts = xcalloc(t->n_flows, sizeof(*counts));
	uint8_t frame[ROOM];
	struct traffic_source s;

	traffic_source_init(&s, t, 0, 1);
	for (unsigned i = 0; i < n; i++) {
		traffic_write(t, traffic_next(&s), frame);
		assert_in_range(load_be32(frame + 26), 0x0a000000, 0x0a000000 + t->n_flows - 1);
		counts[load_be32(frame + 26) & 0xffff]++;
	}
	return counts;
}

static int descending(const void *a, const void *b)
{
	return *(const unsigned *)a < *(const unsigned *)b ? 1 : -1;
}

static void uniform_flows_come_equally_often(void **state)
{
	struct traffic *t = make("flows=100 order=uniform");
	unsigned *counts = count_flows(t, 100000);

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_in_range(counts[i], 600, 1400);
	free(counts);
	traffic_destroy(t);
}

static void zipf_flows_come_by_their_rank(void **state)
{
	struct traffic *t = make("flows=100 order=zipf:1");
	unsigned *counts = count_flows(t, 100000);

	(void)state;
	/* the sum of 1/n to 100 is 5.19 */
	qsort(counts, 100, sizeof(*counts), descending);
	assert_in_range(counts[0], 18000, 20500);
	assert_in_range(counts[1], 8800, 10500);
	assert_in_range(counts[9], 1600, 2300);
	free(counts);
	traffic_destroy(t);
}

static void fresh_flows_never_repeat(void **state)
{
	struct traffic *t = make("flows=7 fresh=1 ip_src=10.0.0.0-10.0.0.6");
	uint8_t *seen = xcalloc(7, 65536), frame[ROOM];

	(void)state;
	for (unsigned part = 0; part < 2; part++) {
		struct traffic_source s;

		traffic_source_init(&s, t, part, 2);
		for (unsigned n = 0; n < 7 * 32768 - 7; n++) {
			traffic_write(t, traffic_next(&s), frame);
			assert_int_equal(seen[(frame[29] << 16) + load_be16(frame + 34)]++, 0);
		}
	}
	free(seen);
	traffic_destroy(t);
}

static void imix_has_its_shares(void **state)
{
	struct traffic *t = make("size=imix");
	struct traffic_source s;
	uint8_t frame[ROOM];
	unsigned n_small = 0, n_middle = 0, n_large = 0;

	(void)state;
	traffic_source_init(&s, t, 0, 1);
	for (unsigned i = 0; i < 1200; i++) {
		uint16_t size = traffic_write(t, traffic_next(&s), frame);

		n_small += size == 64;
		n_middle += size == 594;
		n_large += size == 1518;
	}
	assert_int_equal(n_small, 700);
	assert_int_equal(n_middle, 400);
	assert_int_equal(n_large, 100);
	traffic_destroy(t);
}

static void records_of_a_file_become_flows(void **state)
{
	struct traffic_record r[2] = {
		{ .eth_dst = { 2, 0, 0, 0, 0, 2 },
		  .eth_src = { 2, 0, 0, 0, 0, 1 },
		  .protocol = 17 },
		{ .eth_dst = { 2, 0, 0, 0, 0, 4 }, .eth_src = { 2, 0, 0, 0, 0, 3 }, .protocol = 6 },
	};
	char path[] = "/tmp/traffic-test-XXXXXX", text[128];
	int fd = mkstemp(path);
	struct traffic_source s;
	struct traffic *t;
	uint8_t frame[ROOM];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		store_be32(&r[i].ip_src, 0x0a000001 + i);
		store_be16(&r[i].port_dst, 53 + i);
	}
	assert_true(fd >= 0);
	assert_int_equal(write(fd, r, sizeof(r)), sizeof(r));
	snprintf(text, sizeof(text), "file=%s flows=9 order=in-turn", path);
	t = make(text);
	assert_int_equal(t->n_flows, 2);
	traffic_source_init(&s, t, 0, 1);
	for (unsigned i = 0; i < 4; i++) {
		check_frame(frame, traffic_write(t, traffic_next(&s), frame));
		assert_memory_equal(frame, r[i % 2].eth_dst, 12);
		assert_int_equal(frame[23], r[i % 2].protocol);
		assert_int_equal(load_be32(frame + 26), 0x0a000001 + i % 2);
		assert_int_equal(load_be16(frame + 36), 53 + i % 2);
	}
	traffic_destroy(t);
	close(fd);
	unlink(path);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *field, *message;
	} bad[] = {
		{ "flows=0", "flows", "number of flows" },
		{ "flows=16777217", "flows", "number of flows" },
		{ "flows=-1", "flows", "number of flows" },
		{ "size=63", "size", "frame size" },
		{ "size=1519", "size", "frame size" },
		{ "order=random", "order", "an order" },
		{ "order=zipf:0", "order", "skew" },
		{ "order=zipf:nan", "order", "skew" },
		{ "fresh=2", "fresh", "0 or 1" },
		{ "protocol=sctp", "protocol", "udp or tcp" },
		{ "ip_src=10.0.0.2-10.0.0.1", "ip_src", "range of IPv4" },
		{ "ip_dst=10.0.0", "ip_dst", "range of IPv4" },
		{ "port_src=65536", "port_src", "range of ports" },
		{ "eth_src=02:00:00:00:00", "eth_src", "range of MAC" },
		{ "vxlan=1,2,3", "vxlan", "of a tunnel" },
		{ "flows", "", "KEY=VALUE" },
		{ "colour=red", "", "no key" },
	};
	struct traffic_profile p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct status st = STATUS_INIT;

		traffic_profile_init(&p);
		assert_int_equal(traffic_profile_parse(&p, bad[i].text, &st), -1);
		assert_string_equal(st.field, bad[i].field);
		if (!strstr(st.message, bad[i].message))
			fail_msg("%s: %s", bad[i].text, st.message);
	}
}

static void what_cannot_be_made_is_refused(void **state)
{
	static const char *const bad[] = {
		"flows=5 ip_src=10.0.0.1-10.0.0.2 port_src=1-2 port_dst=9",
		"file=/nonexistent/flows",
		"file=/dev/null",
	};
	struct traffic_profile p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct status st = STATUS_INIT;

		traffic_profile_init(&p);
		assert_int_equal(traffic_profile_parse(&p, bad[i], &st), 0);
		assert_null(traffic_create(&p, &st));
		assert_false(status_ok(&st));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_checksum_is_right),
		cmocka_unit_test(a_tunnel_goes_around_each_frame),
		cmocka_unit_test(ranges_count_as_digits),
		cmocka_unit_test(uniform_flows_come_equally_often),
		cmocka_unit_test(zipf_flows_come_by_their_rank),
		cmocka_unit_test(fresh_flows_never_repeat),
		cmocka_unit_test(imix_has_its_shares),
		cmocka_unit_test(records_of_a_file_become_flows),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(what_cannot_be_made_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
