/* Frames: every checksum by the definition, known again however they are wrapped, and not known
 * when a bit is wrong. */

#include "tests/bench/tool/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MAGIC = 0x4242 };

static void parse(struct range *r, enum range_kind kind, const char *text)
{
	struct status st = STATUS_INIT;

	assert_int_equal(range_parse(r, kind, text, "x", &st), 0);
}

struct shape {
	bool is_ipv6, has_vlan, has_tunnel;
};

static void make(struct frame_maker *m, const struct shape *shape, const char *sizes,
		 bool is_reverse)
{
	struct flow_ranges r = { .has_vlan = shape->has_vlan };
	struct status st = STATUS_INIT;
	struct sizes s;

	parse(&r.src, RANGE_IP, shape->is_ipv6 ? "2001:db8::/64" : "10.0.0.0/8");
	parse(&r.dst, RANGE_IP, shape->is_ipv6 ? "2001:db8:1::/64" : "11.0.0.0/8");
	parse(&r.sport, RANGE_PORT, "1000-65535");
	parse(&r.dport, RANGE_PORT, "9");
	parse(&r.smac, RANGE_MAC, "02:00:00:00:00:00-02:00:00:00:00:ff");
	parse(&r.dmac, RANGE_MAC, "06:00:00:00:00:00");
	parse(&r.vlan, RANGE_VLAN, "100-110");
	if (shape->has_tunnel) {
		assert_int_equal(flow_ranges_parse_vnis(&r, "77,78", "vxlan", &st), 0);
		parse(&r.outer_src, RANGE_IP, "192.0.2.1");
		parse(&r.outer_dst, RANGE_IP, "192.0.2.2");
		parse(&r.outer_smac, RANGE_MAC, "0a:00:00:00:00:01");
		parse(&r.outer_dmac, RANGE_MAC, "0a:00:00:00:00:02");
	}
	assert_int_equal(sizes_parse(&s, sizes, "size", &st), 0);
	assert_int_equal(frame_maker_init(m, &r, &s, 1000, is_reverse, &st), 0);
}

/* RFC 1071, byte by byte. */
static uint32_t sum_bytes(const uint8_t *data, unsigned size)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < size; i++)
		sum += i % 2 ? data[i] : data[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* An IP packet of exactly SIZE bytes with UDP inside: lengths and checksums. */
static void check_ip(const uint8_t *ip, unsigned size, const struct shape *shape)
{
	unsigned header = shape->is_ipv6 ? 40 : 20, address = shape->is_ipv6 ? 32 : 8;
	const uint8_t *udp = ip + header;

	if (shape->is_ipv6) {
		assert_int_equal(ip[0] >> 4, 6);
		assert_int_equal(load_be16(ip + 4), size - 40);
	} else {
		assert_int_equal(ip[0], 0x45);
		assert_int_equal(load_be16(ip + 2), size);
		assert_int_equal(fold(sum_bytes(ip, 20)), 0xffff);
	}
	assert_int_equal(load_be16(udp + 4), size - header);
	assert_int_not_equal(load_be16(udp + 6), 0);
	assert_int_equal(fold(sum_bytes(udp, size - header) + 17 + size - header +
			      sum_bytes(udp - address, address)),
			 0xffff);
}

static void check_frame(const uint8_t *frame, unsigned size, const struct shape *shape)
{
	unsigned at = 12;

	if (shape->has_tunnel) {
		struct shape outer = { 0 };
		const uint8_t *udp = frame + 34;

		assert_int_equal(load_be16(frame + 12), 0x0800);
		assert_int_equal(fold(sum_bytes(frame + 14, 20)), 0xffff);
		assert_int_equal(load_be16(frame + 16), size - 14);
		assert_int_equal(load_be16(udp + 2), 4789);
		assert_int_equal(load_be16(udp + 4), size - 34);
		assert_int_equal(load_be16(udp + 6), 0);
		assert_in_range(load_be32(udp + 12) >> 8, 77, 78);
		outer = *shape;
		outer.has_tunnel = false;
		check_frame(frame + 50, size - 50, &outer);
		return;
	}
	if (shape->has_vlan) {
		assert_int_equal(load_be16(frame + at), 0x8100);
		assert_in_range(load_be16(frame + at + 2), 100, 110);
		at += 4;
	}
	assert_int_equal(load_be16(frame + at), shape->is_ipv6 ? 0x86dd : 0x0800);
	check_ip(frame + at + 2, size - at - 2, shape);
}

static void each_shape(void (*fn)(struct frame_maker *m, const struct shape *shape))
{
	for (unsigned i = 0; i < 8; i++) {
		struct shape shape = { i & 1, i & 2, i & 4 };
		struct frame_maker m;

		make(&m, &shape, "88,89,594,1518,9018", false);
		fn(&m, &shape);
		frame_maker_fini(&m);
	}
}

static void checksums_of(struct frame_maker *m, const struct shape *shape)
{
	uint8_t *frame = xcalloc(1, FRAME_ROOM);

	for (uint64_t i = 0; i < 2000; i++) { /* the second half is not in the table */
		uint8_t headers[FRAME_MAX_HEADERS];
		unsigned which = i % m->sizes.n, size;

		frame_headers(m, i, headers);
		if (i < m->n_flows)
			assert_memory_equal(headers, frame_headers_of(m, i), m->headers_size);
		size = frame_put(m, headers, which, MAGIC, i * 7919, i << 30, frame);
		assert_int_equal(size, m->sizes.size[which] - 4 + (shape->has_tunnel ? 50 : 0));
		check_frame(frame, size, shape);
	}
	free(frame);
}

static void all_checksums_are_right(void **state)
{
	(void)state;
	each_shape(checksums_of);
}

static void marks_of(struct frame_maker *m, const struct shape *shape)
{
	uint8_t *frame = xcalloc(1, 64 + FRAME_ROOM);
	const uint64_t number = 0xabcdef012345, stamp = 0x123456789abc;
	struct frame_trailer t;

	(void)shape;
	for (unsigned which = 0; which < m->sizes.n; which++) {
		unsigned size = frame_put(m, frame_headers_of(m, 3), which, MAGIC, number, stamp,
					  frame + 64);

		assert_int_equal(frame_check(frame + 64, size, MAGIC, &t), FRAME_OURS);
		assert_true(t.number == number && t.stamp == stamp);
		/* with headers put before it, and with some taken away */
		assert_int_equal(frame_check(frame, size + 64, MAGIC, &t), FRAME_OURS);
		assert_int_equal(frame_check(frame + 68, size - 4, MAGIC, &t), FRAME_OURS);
		assert_int_equal(frame_check(frame + 64, size, MAGIC + 1, &t), FRAME_FOREIGN);
	}
	free(frame);
}

static void a_frame_is_known_again(void **state)
{
	(void)state;
	each_shape(marks_of);
}

static void a_wrong_bit_shows(void **state)
{
	const struct shape shape = { 0 };
	uint8_t *frame = xcalloc(1, FRAME_ROOM);
	struct frame_trailer t;
	struct frame_maker m;
	unsigned size;

	(void)state;
	make(&m, &shape, "200", false);
	size = frame_put(&m, frame_headers_of(&m, 0), 0, MAGIC, 5, 6, frame);
	for (unsigned bit = m.headers_size * 8; bit < size * 8; bit++) {
		frame[bit / 8] ^= 1 << bit % 8;
		assert_int_not_equal(frame_check(frame, size, MAGIC, &t), FRAME_OURS);
		frame[bit / 8] ^= 1 << bit % 8;
	}
	assert_int_equal(frame_check(frame, size, MAGIC, &t), FRAME_OURS);
	frame_maker_fini(&m);
	free(frame);
}

/* Whatever comes, of any size, is read within its bounds: the sanitizer watches. */
static void hostile_frames_are_harmless(void **state)
{
	struct frame_trailer t;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 4);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned size = rng_below(&rng, 120);
		uint8_t *frame = xmalloc(size + 1); /* 0 bytes are no memory */

		for (unsigned b = 0; b < size; b++)
			frame[b] = rng_u64(&rng);
		if (size > 20) {
			store_be16(frame + 12,
				   (uint16_t[]){ 0x0800, 0x86dd, 0x8100, 0x88a8 }[i % 4]);
			memcpy(frame + size - 18, &(uint16_t){ MAGIC }, 2);
			frame[14] = 0x40 | (rng_u64(&rng) & 15);
		}
		frame_check(frame, size, MAGIC, &t);
		frame_swap(frame, size);
		free(frame);
	}
}

static void swap_of(struct frame_maker *m, const struct shape *shape)
{
	uint8_t *there = xcalloc(1, FRAME_ROOM), *back = xcalloc(1, FRAME_ROOM);
	struct frame_maker reverse;

	make(&reverse, shape, "594", true);
	for (unsigned i = 0; i < 20; i++) {
		struct sizes sizes = m->sizes;
		unsigned size = frame_put(m, frame_headers_of(m, i), 2, MAGIC, i, i, there);

		assert_int_equal(sizes.size[2], 594);
		assert_int_equal(size, frame_put(&reverse, frame_headers_of(&reverse, i), 0, MAGIC,
						 i, i, back));
		check_frame(back, size, shape);
		frame_swap(there, size);
		check_frame(there, size, shape);
		assert_memory_equal(there, back, size);
	}
	frame_maker_fini(&reverse);
	free(there);
	free(back);
}

static void swapped_is_what_the_other_side_sends(void **state)
{
	(void)state;
	each_shape(swap_of);
}

static void what_has_no_room_is_refused(void **state)
{
	struct flow_ranges r = { 0 };
	struct status st = STATUS_INIT;
	struct frame_maker m;
	struct sizes s;

	(void)state;
	parse(&r.src, RANGE_IP, "2001:db8::1");
	parse(&r.dst, RANGE_IP, "2001:db8::2");
	parse(&r.sport, RANGE_PORT, "1-2");
	parse(&r.dport, RANGE_PORT, "1");
	parse(&r.smac, RANGE_MAC, "02:00:00:00:00:01");
	parse(&r.dmac, RANGE_MAC, "02:00:00:00:00:02");
	assert_int_equal(sizes_parse(&s, "83", "size", &st), 0);
	assert_int_equal(frame_maker_init(&m, &r, &s, 1, false, &st), -1);
	assert_non_null(strstr(st.message, "at least 84"));
	frame_maker_fini(&m);
	st = STATUS_INIT;
	assert_int_equal(sizes_parse(&s, "84", "size", &st), 0);
	assert_int_equal(frame_maker_init(&m, &r, &s, 3, false, &st), -1);
	assert_string_equal(st.field, "flows");
	frame_maker_fini(&m);
	st = STATUS_INIT;
	parse(&r.dst, RANGE_IP, "10.0.0.1");
	assert_int_equal(frame_maker_init(&m, &r, &s, 1, false, &st), -1);
	assert_string_equal(st.field, "dst");
	frame_maker_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_checksums_are_right),
		cmocka_unit_test(a_frame_is_known_again),
		cmocka_unit_test(a_wrong_bit_shows),
		cmocka_unit_test(hostile_frames_are_harmless),
		cmocka_unit_test(swapped_is_what_the_other_side_sends),
		cmocka_unit_test(what_has_no_room_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
