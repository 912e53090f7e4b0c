/* What connections are translated to: ranges, ports, uniqueness, and what happens at the end of
 * them. */

#include "dataplane/conntrack/nat.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>
#include <netinet/in.h>
#include "lib/rng.h"

#define MANY   4096
#define SECRET 0x1234567890abcdefull

/* The reply tuples of a naive table of connections. */
struct taken {
	struct ct_tuple replies[MANY];
	unsigned n, n_asked;
};

static bool is_free(void *ctx, const struct ct_tuple *reply)
{
	struct taken *taken = ctx;

	taken->n_asked++;
	for (unsigned i = 0; i < taken->n; i++) {
		if (memcmp(&taken->replies[i], reply, sizeof(*reply)) == 0)
			return false;
	}
	return true;
}

static struct ct_address v4(uint32_t host_order)
{
	struct ct_address a = { { 0 } };

	store_be32(a.bytes, host_order);
	return a;
}

static struct ct_address v6(uint64_t high, uint64_t low)
{
	struct ct_address a;

	store_be64(a.bytes, high);
	store_be64(a.bytes + 8, low);
	return a;
}

static struct ct_tuple tuple4(uint8_t proto, uint32_t src, uint16_t src_port, uint32_t dst,
			      uint16_t dst_port)
{
	struct ct_tuple t = { .src = v4(src), .dst = v4(dst), .proto = proto, .family = 4 };

	store_be16(&t.src_port, src_port);
	store_be16(&t.dst_port, dst_port);
	return t;
}

#define CLIENT 0x0a000001u
#define SERVER 0xc6336402u
#define PUBLIC 0xcb007101u

static struct ct_nat source4(uint32_t min, uint32_t max, uint16_t min_port, uint16_t max_port)
{
	struct ct_nat nat = { .is_source = true,
			      .has_range = true,
			      .family = 4,
			      .min_address = v4(min),
			      .max_address = v4(max) };

	store_be16(&nat.min_port, min_port);
	store_be16(&nat.max_port, max_port);
	return nat;
}

static struct ct_nat destination4(uint32_t min, uint32_t max, uint16_t min_port, uint16_t max_port)
{
	struct ct_nat nat = source4(min, max, min_port, max_port);

	nat.is_source = false;
	nat.is_destination = true;
	return nat;
}

struct chosen {
	bool ok;
	uint8_t flags;
	struct ct_tuple to; /* what packets of the original direction become */
	uint32_t src, dst;  /* IPv4, host order */
	uint16_t src_port, dst_port;
};

/* Choose for a connection, which is then taken. */
static struct chosen choose(const struct ct_nat *nat, const struct ct_tuple *original,
			    struct taken *taken)
{
	struct connection_large c;
	struct ct_tuple reply;
	struct chosen out = { 0 };

	connection_init(&c.c, original, true);
	out.ok = ct_nat_choose(nat, SECRET, &c.c, is_free, taken);
	if (!out.ok)
		return out;
	connection_tuple(&c.c, true, &reply);
	assert_true(is_free(taken, &reply));
	assert_true(taken->n < MANY);
	taken->replies[taken->n++] = reply;
	out.to = ct_tuple_reverse(&reply);
	out.flags = c.c.flags & CONNECTION_NAT;
	out.src = load_be32(out.to.src.bytes);
	out.dst = load_be32(out.to.dst.bytes);
	out.src_port = load_be16(&out.to.src_port);
	out.dst_port = load_be16(&out.to.dst_port);
	return out;
}

static struct taken *none_taken(void)
{
	struct taken *taken = calloc(1, sizeof(*taken));

	assert_non_null(taken);
	return taken;
}

static void a_free_port_is_kept(void **state)
{
	struct ct_nat nat = source4(PUBLIC, PUBLIC, 0, 0);
	struct ct_tuple t = tuple4(IPPROTO_TCP, CLIENT, 5000, SERVER, 80);
	struct taken *taken = none_taken();
	struct chosen c = choose(&nat, &t, taken);

	(void)state;
	assert_true(c.ok);
	assert_int_equal(c.flags, CONNECTION_SNAT);
	assert_int_equal(c.src, PUBLIC);
	assert_int_equal(c.src_port, 5000);
	assert_int_equal(c.dst, SERVER);
	assert_int_equal(c.dst_port, 80);
	/* The same port from another client has to change, to another server it has not. */
	t.src = v4(CLIENT + 1);
	c = choose(&nat, &t, taken);
	assert_true(c.ok && c.src == PUBLIC && c.src_port != 5000 && c.src_port >= 1024);
	t.dst = v4(SERVER + 1);
	c = choose(&nat, &t, taken);
	assert_true(c.ok && c.src_port == 5000);
	free(taken);
}

static void privileged_ports_stay_privileged(void **state)
{
	static const struct {
		uint16_t port, min, max;
	} rows[] = { { 1, 1, 511 },	  { 511, 1, 511 },	 { 512, 600, 1023 },
		     { 1023, 600, 1023 }, { 1024, 1024, 65535 }, { 65535, 1024, 65535 } };
	struct ct_nat nat = source4(PUBLIC, PUBLIC, 0, 0);
	struct taken *taken = none_taken();

	(void)state;
	for (unsigned r = 0; r < ARRAY_LENGTH(rows); r++) {
		taken->n = 0;
		for (unsigned i = 0; i < 50; i++) {
			struct ct_tuple t =
				tuple4(IPPROTO_UDP, CLIENT + i, rows[r].port, SERVER, 80);
			struct chosen c = choose(&nat, &t, taken);

			assert_true(c.ok);
			assert_true(i == 0 ? c.src_port == rows[r].port
					   : c.src_port >= rows[r].min &&
						     c.src_port <= rows[r].max);
		}
	}
	free(taken);
}

static void a_range_is_used_to_its_end(void **state)
{
	/* Less than what is tried at most: all of it is found, and then the end of it. */
	struct ct_nat nat = source4(PUBLIC, PUBLIC + 3, 2000, 2031);
	struct ct_tuple t = tuple4(IPPROTO_TCP, CLIENT, 20000, SERVER, 80);
	struct taken *taken = none_taken();
	struct chosen c;

	(void)state;
	for (unsigned i = 0; i < 128; i++) {
		struct ct_tuple one = tuple4(IPPROTO_TCP, CLIENT, 10000 + i, SERVER, 80);

		c = choose(&nat, &one, taken);
		assert_true(c.ok);
		assert_in_range(c.src, PUBLIC, PUBLIC + 3);
		assert_in_range(c.src_port, 2000, 2031);
	}
	taken->n_asked = 0;
	c = choose(&nat, &t, taken);
	assert_false(c.ok);
	assert_int_equal(taken->n_asked, 128);
	/* Who goes on asking does not cost as much again. */
	for (unsigned i = 0; i < 10; i++)
		assert_false(choose(&nat, &t, taken).ok);
	taken->n_asked = 0;
	assert_false(choose(&nat, &t, taken).ok);
	assert_int_equal(taken->n_asked, 16);
	/* One comes free, and is found before long: the same is not tried each time. */
	taken->replies[77] = taken->replies[--taken->n];
	for (unsigned i = 0; i < 1000 && !choose(&nat, &t, taken).ok; i++)
		;
	assert_int_equal(taken->n, 128);
	free(taken);
}

static bool nothing_is_free(void *ctx, const struct ct_tuple *reply)
{
	unsigned *n = ctx;

	(void)reply;
	(*n)++;
	return false;
}

static void the_search_is_bounded(void **state)
{
	static const uint32_t n_addresses[] = { 1, 5, 1u << 24 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	for (unsigned i = 0; i < 200; i++) {
		struct ct_nat nat = source4(0x0b000000, 0x0b000000 + n_addresses[i % 3] - 1, 0, 0);
		struct ct_tuple t = tuple4(IPPROTO_TCP, rng_u64(&rng), rng_u64(&rng), SERVER, 80);
		struct connection_large c;
		unsigned n = 0;

		nat.is_destination = i & 1;
		nat.is_source = i & 2;
		nat.is_persistent = i & 4;
		nat.is_random = i & 8;
		nat.has_range = i & 16;
		connection_init(&c.c, &t, true);
		assert_false(ct_nat_choose(&nat, SECRET, &c.c, nothing_is_free, &n));
		assert_in_range(n, 1, 128);
	}
}

static void persistent_sources_keep_their_address(void **state)
{
	struct ct_nat nat = source4(PUBLIC, PUBLIC + 99, 0, 0);
	unsigned n_moved = 0, n_other = 0;
	struct taken *taken = none_taken();
	uint32_t first = 0;

	(void)state;
	for (unsigned kind = 0; kind < 2; kind++) {
		nat.is_persistent = kind == 0;
		for (unsigned client = 0; client < 20; client++) {
			for (unsigned i = 0; i < 20; i++) {
				struct ct_tuple t = tuple4(IPPROTO_TCP, CLIENT + client, 5000 + i,
							   SERVER + i, 80 + i);
				struct chosen c = choose(&nat, &t, taken);

				assert_true(c.ok);
				first = i == 0 ? c.src : first;
				if (nat.is_persistent)
					assert_int_equal(c.src, first);
				else
					n_moved += c.src != first;
				n_other +=
					i == 0 && c.src != load_be32(taken->replies[0].dst.bytes);
			}
		}
	}
	assert_true(n_moved > 300); /* of 380 */
	assert_true(n_other > 30);  /* of 40 clients */
	free(taken);
}

static void addresses_of_a_range_are_used_alike(void **state)
{
	struct ct_nat nat = source4(PUBLIC, PUBLIC + 9, 0, 0);
	unsigned n_of[10] = { 0 };
	struct taken *taken = none_taken();

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct ct_tuple t = tuple4(IPPROTO_TCP, CLIENT + i, 5000, SERVER, 80);
		struct chosen c = choose(&nat, &t, taken);

		assert_true(c.ok);
		assert_in_range(c.src, PUBLIC, PUBLIC + 9);
		n_of[c.src - PUBLIC]++;
	}
	for (unsigned i = 0; i < 10; i++)
		assert_in_range(n_of[i], 100, 300);
	free(taken);
}

static void random_choices_differ(void **state)
{
	struct ct_nat nat = source4(PUBLIC, PUBLIC, 0, 0);
	struct ct_tuple t = tuple4(IPPROTO_TCP, CLIENT, 5000, SERVER, 80);
	struct taken *taken = none_taken();
	unsigned n_same = 0;
	uint16_t last = 0;

	(void)state;
	nat.is_random = true;
	for (unsigned i = 0; i < 100; i++) {
		struct chosen c = choose(&nat, &t, taken);

		assert_true(c.ok);
		n_same += c.src_port == last;
		last = c.src_port;
		taken->n = 0;
	}
	assert_true(n_same < 5);
	free(taken);
}

static void the_same_secret_chooses_the_same(void **state)
{
	struct ct_nat nat = source4(PUBLIC, PUBLIC + 1000, 3000, 60000);
	struct taken *taken = none_taken();

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		struct ct_tuple t = tuple4(IPPROTO_TCP, CLIENT + i, 70, SERVER, 80);
		struct chosen a = choose(&nat, &t, taken), b;

		taken->n = 0;
		b = choose(&nat, &t, taken);
		taken->n = 0;
		assert_memory_equal(&a, &b, sizeof(a));
	}
	free(taken);
}

static void ranges_of_ipv6_addresses(void **state)
{
	struct ct_nat nat = { .is_source = true, .has_range = true, .family = 6 };
	struct ct_tuple t = { .proto = IPPROTO_TCP, .family = 6 };
	struct taken *taken = none_taken();
	unsigned n_high = 0;

	(void)state;
	t.src = v6(0xfd00000000000000, 1);
	t.dst = v6(0x20010db800000000, 2);
	/* More than 2^64 addresses, over the border of the halves. */
	nat.min_address = v6(0x20010db800000000, 0xfffffffffffffff0);
	nat.max_address = v6(0x20010db80000ffff, 0x000000000000000f);
	for (unsigned i = 0; i < 200; i++) {
		struct chosen c;

		store_be16(&t.src_port, 2000 + i);
		c = choose(&nat, &t, taken);
		assert_true(c.ok);
		assert_true(memcmp(&c.to.src, &nat.min_address, 16) >= 0);
		assert_true(memcmp(&c.to.src, &nat.max_address, 16) <= 0);
		n_high += c.to.src.bytes[6] >= 0x80;
	}
	assert_in_range(n_high, 50, 150);
	/* All that there are. */
	nat.min_address = v6(0, 0);
	memset(&nat.max_address, 0xff, 16);
	assert_true(choose(&nat, &t, taken).ok);
	/* Few: each of them is found. */
	nat.min_address = v6(1, 0xfffffffffffffffe);
	nat.max_address = v6(2, 1);
	t.proto = IPPROTO_GRE;
	t.src_port = 0;
	for (unsigned i = 0; i < 5; i++) {
		t.src = v6(0xfd00000000000000, i);
		assert_int_equal(choose(&nat, &t, taken).ok, i < 4);
	}
	free(taken);
}

static void destinations(void **state)
{
	struct ct_nat nat = destination4(CLIENT, CLIENT + 7, 8000, 8003);
	struct taken *taken = none_taken();
	unsigned n_of[8] = { 0 }, n_ports[4] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 800; i++) {
		struct ct_tuple t = tuple4(IPPROTO_TCP, SERVER + i, 5000, PUBLIC, 80);
		struct chosen c = choose(&nat, &t, taken);

		assert_true(c.ok);
		assert_int_equal(c.flags, CONNECTION_DNAT);
		assert_int_equal(c.src, SERVER + i);
		assert_int_equal(c.src_port, 5000);
		assert_in_range(c.dst, CLIENT, CLIENT + 7);
		assert_in_range(c.dst_port, 8000, 8003);
		n_of[c.dst - CLIENT]++;
		n_ports[c.dst_port - 8000]++;
	}
	for (unsigned i = 0; i < 8; i++)
		assert_in_range(n_of[i], 50, 150);
	for (unsigned i = 0; i < 4; i++)
		assert_in_range(n_ports[i], 100, 300);
	free(taken);
}

/* One server behind two public addresses: its answers could be for either. */
static void colliding_destinations_change_the_source_port(void **state)
{
	struct ct_nat nat = destination4(CLIENT, CLIENT, 0, 0);
	struct ct_tuple t = tuple4(IPPROTO_TCP, SERVER, 5000, PUBLIC, 80);
	struct taken *taken = none_taken();
	struct chosen c = choose(&nat, &t, taken);

	(void)state;
	assert_true(c.ok && c.dst == CLIENT && c.dst_port == 80 && c.src_port == 5000);
	t.dst = v4(PUBLIC + 1);
	c = choose(&nat, &t, taken);
	assert_true(c.ok && c.dst == CLIENT && c.dst_port == 80 && c.src_port != 5000);
	assert_int_equal(c.flags, CONNECTION_SNAT | CONNECTION_DNAT);
	free(taken);
}

static void nothing_changes_without_need(void **state)
{
	struct ct_nat nat = { .is_source = true };
	struct ct_nat source = source4(PUBLIC, PUBLIC, 0, 0);
	struct ct_tuple t = tuple4(IPPROTO_UDP, PUBLIC, 5000, SERVER, 53);
	struct taken *taken = none_taken();
	struct chosen c = choose(&nat, &t, taken);

	(void)state;
	assert_true(c.ok && c.flags == 0);
	assert_memory_equal(&c.to, &t, sizeof(t));
	/* A client behind the same address has that port: now there is need. */
	taken->n = 0;
	t.src = v4(CLIENT);
	assert_int_equal(choose(&source, &t, taken).src_port, 5000);
	t.src = v4(PUBLIC);
	c = choose(&nat, &t, taken);
	assert_true(c.ok && c.src == PUBLIC && c.src_port != 5000 && c.flags == CONNECTION_SNAT);
	free(taken);
}

static void ports_alone(void **state)
{
	struct ct_nat nat = source4(0, 0, 7000, 7000);
	struct ct_tuple t = tuple4(IPPROTO_SCTP, CLIENT, 5000, SERVER, 80);
	struct taken *taken = none_taken();
	struct chosen c;

	(void)state;
	nat.family = 0;
	c = choose(&nat, &t, taken);
	assert_true(c.ok && c.src == CLIENT && c.src_port == 7000);
	assert_true(choose(&nat, &t, taken).ok == false);
	free(taken);
}

static void identifiers_like_ports(void **state)
{
	struct ct_nat nat = source4(PUBLIC, PUBLIC, 0, 0);
	struct ct_tuple t = tuple4(IPPROTO_ICMP, CLIENT, 3, SERVER, 0x0800);
	struct taken *taken = none_taken();
	struct chosen c = choose(&nat, &t, taken);

	(void)state;
	assert_true(c.ok && c.src == PUBLIC && c.src_port == 3 && c.dst_port == 0x0800);
	t.src = v4(CLIENT + 1);
	c = choose(&nat, &t, taken);
	assert_true(c.ok && c.src == PUBLIC && c.src_port != 3 && c.dst_port == 0x0800);
	free(taken);
}

static void protocols_without_ports(void **state)
{
	struct ct_nat nat = source4(PUBLIC, PUBLIC + 1, 100, 200);
	struct ct_tuple t = tuple4(IPPROTO_GRE, CLIENT, 0, SERVER, 0);
	struct taken *taken = none_taken();

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct chosen c;

		t.src = v4(CLIENT + i);
		c = choose(&nat, &t, taken);
		assert_int_equal(c.ok, i < 2);
		assert_true(c.src_port == 0 && c.dst_port == 0);
	}
	free(taken);
}

static void another_family_is_refused(void **state)
{
	struct ct_nat nat = source4(PUBLIC, PUBLIC, 0, 0);
	struct ct_tuple t = { .proto = IPPROTO_TCP, .family = 6 };
	struct taken *taken = none_taken();

	(void)state;
	assert_false(choose(&nat, &t, taken).ok);
	assert_int_equal(taken->n_asked, 0);
	free(taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_free_port_is_kept),
		cmocka_unit_test(privileged_ports_stay_privileged),
		cmocka_unit_test(a_range_is_used_to_its_end),
		cmocka_unit_test(the_search_is_bounded),
		cmocka_unit_test(persistent_sources_keep_their_address),
		cmocka_unit_test(addresses_of_a_range_are_used_alike),
		cmocka_unit_test(random_choices_differ),
		cmocka_unit_test(the_same_secret_chooses_the_same),
		cmocka_unit_test(ranges_of_ipv6_addresses),
		cmocka_unit_test(destinations),
		cmocka_unit_test(colliding_destinations_change_the_source_port),
		cmocka_unit_test(nothing_changes_without_need),
		cmocka_unit_test(ports_alone),
		cmocka_unit_test(identifiers_like_ports),
		cmocka_unit_test(protocols_without_ports),
		cmocka_unit_test(another_family_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
