/* Packets that were logged, and the IPFIX messages that tell of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "controller/connlog/ipfix.h"
#include "lib/rng.h"

static const uint8_t tcp4[] = {
	2,    0, 0, 0,	0,    2,    2,	  0,  0,  0, 0, 1, 0x81, 0, 0, 5, 0x08, 0x00, /* a VLAN tag
										       */
	0x46, 0, 0, 44, 0,    0,    0x40, 0,  64, 6, 0, 0, 10,	 0, 0, 1, 10,	0,    0, 2,
	1,    1, 1, 1,	0x12, 0x34, 0,	  22, 0,  0, 0, 1, 0,	 0, 0, 0, 0x50, 0x02, 0, 0,
};

static const uint8_t
	icmp6[] = {
		2,    0, 0, 0,	0, 2,  2, 0, 0,	  0, 0, 1, 0x86, 0xdd, 0x60, 0,
		0,    0, 0, 16, 0, 64, /* hop-by-hop options */
		0xfd, 0, 0, 0,	0, 0,  0, 0, 0,	  0, 0, 0, 0,	 0,    0,    1,
		0xfd, 0, 0, 0,	0, 0,  0, 0, 0,	  0, 0, 0, 0,	 0,    0,    2,
		58,   0, 1, 4,	0, 0,  0, 0, 128, 0, 0, 0, 0,	 1,    0,    1,
	};

static void test_tcp(void **state)
{
	struct logged_packet p;

	(void)state;
	assert_int_equal(logged_packet_parse(tcp4, sizeof(tcp4), &p), 0);
	assert_int_equal(p.version, 4);
	assert_int_equal(p.protocol, 6);
	assert_memory_equal(p.src, ((uint8_t[]){ 10, 0, 0, 1 }), 4);
	assert_memory_equal(p.dst, ((uint8_t[]){ 10, 0, 0, 2 }), 4);
	assert_int_equal(p.src_port, 0x1234);
	assert_int_equal(p.dst_port, 22);
	assert_int_equal(p.tcp_flags, 2);
}

static void test_icmpv6_behind_options(void **state)
{
	struct logged_packet p;

	(void)state;
	assert_int_equal(logged_packet_parse(icmp6, sizeof(icmp6), &p), 0);
	assert_int_equal(p.version, 6);
	assert_int_equal(p.protocol, 58);
	assert_int_equal(p.icmp_type, 128);
	assert_int_equal(p.dst[15], 2);
}

/* Ports are told of whole headers only, and never of later fragments. */
static void test_cut_off_and_fragments(void **state)
{
	uint8_t fragment[sizeof(tcp4)];
	struct logged_packet p;

	(void)state;
	for (size_t n = 0; n < 18 + 20; n++)
		assert_int_equal(logged_packet_parse(tcp4, n, &p), -1);
	for (size_t n = 18 + 20; n < 18 + 24 + 14; n++) {
		assert_int_equal(logged_packet_parse(tcp4, n, &p), 0);
		assert_int_equal(p.dst_port, 0);
	}
	memcpy(fragment, tcp4, sizeof(tcp4));
	fragment[18 + 7] = 1;
	assert_int_equal(logged_packet_parse(fragment, sizeof(fragment), &p), 0);
	assert_int_equal(p.dst_port, 0);
	assert_int_equal(p.protocol, 6);
}

/* RFC 7011 sections 3.1 to 3.4: lengths, sets, and records as their template says. */
static void test_message(void **state)
{
	struct connlog_event e = { .wall_ns = 1700000000123000000ull,
				   .is_refused = true,
				   .in_port = 7,
				   .size = 60,
				   .host = "h",
				   .port = "projects/a/ports/p",
				   .policy = "g",
				   .reason = "no rule" };
	struct ipfix x = { .domain = 5, .sequence = 41 };
	struct buf out = BUF_INIT;
	size_t templates, size = 4;

	(void)state;
	ipfix_templates(&x, e.wall_ns, &out);
	templates = out.size;
	assert_int_equal(load_be16(out.data), 10);
	assert_int_equal(load_be16(out.data + 2), templates);
	assert_int_equal(load_be32(out.data + 4), 1700000000);
	assert_int_equal(load_be32(out.data + 8), 41);
	assert_int_equal(load_be32(out.data + 12), 5);
	assert_int_equal(load_be16(out.data + 16), 2);
	assert_int_equal(load_be16(out.data + 18), templates - 16);
	assert_int_equal(load_be16(out.data + 20), 256);
	/* The fixed part of a record, and two texts. */
	for (unsigned i = 0; i < load_be16(out.data + 22); i++) {
		unsigned bytes = load_be16(out.data + 24 + 4 * i + 2);

		size += bytes == 65535 ? 1 : bytes;
	}
	size += strlen(e.port) + strlen("g: no rule");
	assert_int_equal(logged_packet_parse(tcp4, sizeof(tcp4), &e.packet), 0);
	buf_clear(&out);
	ipfix_record(&x, &e, &out);
	assert_int_equal(out.size, 16 + size);
	assert_int_equal(load_be16(out.data + 2), out.size);
	assert_int_equal(load_be16(out.data + 16), 256);
	assert_int_equal(load_be64(out.data + 20), 1700000000123ull);
	assert_int_equal(x.sequence, 42);
	buf_fini(&out);
}

/* Texts are cut between characters. */
static void test_long_texts(void **state)
{
	struct connlog_event e = { .host = "", .port = "", .policy = "" };
	struct ipfix x = { 0 };
	struct buf out = BUF_INIT;
	char reason[400];

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(reason); i += 2)
		memcpy(reason + i, "\xc3\xa4", 3);
	e.reason = reason + 1; /* so that a character lies across the limit */
	reason[1] = 'x';
	e.packet.version = 4;
	ipfix_record(&x, &e, &out);
	assert_true(out.size <= IPFIX_MAX_MESSAGE);
	assert_int_equal((uint8_t)out.data[out.size - 2], 0xc3);
	buf_fini(&out);
}

/* Nothing is read beyond the end, whatever the bytes. */
static void test_random_bytes(void **state)
{
	struct logged_packet p;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	for (unsigned round = 0; round < 20000; round++) {
		size_t n = rng_below(&rng, 100);
		uint8_t *data = malloc(n + 1);

		for (size_t i = 0; i < n; i++)
			data[i] =
				i < sizeof(icmp6) && rng_below(&rng, 4) ? icmp6[i] : rng_u64(&rng);
		logged_packet_parse(data, n, &p);
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_icmpv6_behind_options),
		cmocka_unit_test(test_cut_off_and_fragments),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
