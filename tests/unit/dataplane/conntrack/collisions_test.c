/* Tuples that were chosen to fall together in the index: what falls together depends on a secret,
 * and whatever pattern an adversary sends in costs no longer searches than tuples by chance. */

#include "dataplane/conntrack/priv.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "lib/rng.h"

#define NOW	    (1000 * NS_PER_SEC)
#define N_MAX	    65536
#define N_SECRETS   3
#define N_COLLIDING 300
#define N_FLOOD	    16384 /* 2 for each bucket */

struct world {
	struct conntrack *ct;
	struct conntrack_thread *t;
};

static void world_init(struct world *w, uint64_t seed)
{
	struct conntrack_config config = { .max_connections = N_MAX, .seed = seed };

	w->ct = conntrack_create(&config);
	w->t = conntrack_thread_create(w->ct);
}

static void world_fini(struct world *w)
{
	conntrack_thread_destroy(w->t);
	conntrack_destroy(w->ct);
}

/* A connection of TUPLE; false: it is there already. */
static bool make(struct world *w, const struct ct_tuple *tuple)
{
	struct connection *c;
	bool is_made;

	conntrack_enter(w->t, NOW);
	assert_int_equal(connection_take(w->t, tuple, false, &c), DROP_NONE);
	c->timeout = CT_TIMEOUT_OTHER;
	is_made = connection_publish(w->t, c);
	if (!is_made)
		connection_untake(w->t, c);
	conntrack_leave(w->t);
	return is_made;
}

/* Words that are not where they should be, of the bucket that has most of them. */
static uint32_t most_passed(const struct world *w)
{
	const struct index_table *table = &w->ct->view->tables[0];
	uint32_t most = 0;

	assert_int_equal(w->ct->view->n, 1);
	for (uint32_t i = 0; i <= table->mask; i++)
		most = MAX_OF(most, table->buckets[i].n_passed);
	return most;
}

/* The N-th tuple of a pattern. */
typedef struct ct_tuple pattern_fn(uint32_t n);

static struct ct_tuple udp(uint32_t src, uint32_t dst, uint16_t src_port, uint16_t dst_port)
{
	struct ct_tuple t = { .proto = IPPROTO_UDP, .family = 4, .zone = 1 };

	store_be32(t.src.bytes, src);
	store_be32(t.dst.bytes, dst);
	store_be16(&t.src_port, src_port);
	store_be16(&t.dst_port, dst_port);
	return t;
}

static struct ct_tuple by_chance(uint32_t n)
{
	struct rng rng;

	rng_seed(&rng, n);
	return udp((uint32_t)rng_u64(&rng), (uint32_t)rng_u64(&rng), (uint16_t)rng_u64(&rng),
		   (uint16_t)rng_u64(&rng));
}

static struct ct_tuple source_ports(uint32_t n)
{
	return udp(0x0a000001, 0x0a000002, (uint16_t)n, 53);
}

static struct ct_tuple destination_ports(uint32_t n)
{
	return udp(0x0a000001, 0x0a000002, 53, (uint16_t)n);
}

static struct ct_tuple source_addresses(uint32_t n)
{
	return udp(n, 0xffffffff, 53, 53);
}

static struct ct_tuple highest_bits(uint32_t n)
{
	return udp(n << 18, 0xffffffff, 53, 53);
}

static struct ct_tuple both_addresses(uint32_t n)
{
	return udp(0x0a000000 + n, 0x0b000000 + n, 53, 53);
}

/* What one end has more the other has less. */
static struct ct_tuple opposed(uint32_t n)
{
	return udp(0x0a000000 + n, 0x0b000000 - n, (uint16_t)n, (uint16_t)-n);
}

static struct ct_tuple one_bit_each(uint32_t n)
{
	return udp(1u << (n & 31), 1u << (n >> 5 & 31), (uint16_t)(1u << (n >> 10 & 7)), 53);
}

static struct ct_tuple zones(uint32_t n)
{
	struct ct_tuple t = udp(0x0a000001, 0x0a000002, 53, 53);

	t.zone = (uint16_t)n;
	return t;
}

static struct ct_tuple v6(uint32_t high, uint32_t low, uint32_t far, uint16_t port)
{
	struct ct_tuple t = { .proto = IPPROTO_UDP, .family = 6, .zone = 1, .src_port = port };

	store_be32(t.src.bytes + 4, high);
	store_be32(t.src.bytes + 12, low);
	store_be32(t.dst.bytes + 12, far);
	return t;
}

static struct ct_tuple v6_subnets(uint32_t n)
{
	return v6(n, 1, 2, 53);
}

static struct ct_tuple v6_hosts(uint32_t n)
{
	return v6(0x20010db8, n, 0, 53);
}

static struct ct_tuple v6_halves_alike(uint32_t n)
{
	return v6(n, n, n, (uint16_t)n);
}

/* An identifier has 256 codes. */
static struct ct_tuple icmp_codes(uint32_t n)
{
	static const uint8_t requests[] = { 8, 13, 15, 17 };

	struct ct_tuple t = udp(0x0a000001, 0x0a000002, (uint16_t)(n >> 10),
				(uint16_t)(requests[n >> 8 & 3] << 8 | (n & 0xff)));

	t.proto = IPPROTO_ICMP;
	return t;
}

static struct ct_tuple icmpv6_codes(uint32_t n)
{
	struct ct_tuple t = v6(0x20010db8, 1, 2, (uint16_t)(n >> 9));

	t.proto = IPPROTO_ICMPV6;
	store_be16(&t.dst_port, (uint16_t)((n >> 8 & 1 ? 128 : 139) << 8 | (n & 0xff)));
	return t;
}

static struct ct_tuple protocols(uint32_t n)
{
	struct ct_tuple t = udp(0x0a000001 + (n >> 7), 0x0b000001, 0, 0);

	t.proto = (uint8_t)(133 + (n & 0x7f)); /* none with ports or identifiers */
	t.proto += t.proto < 133 ? 18 : 0;
	return t;
}

static uint32_t flood(uint64_t seed, pattern_fn *pattern)
{
	struct world w;
	uint32_t most;
	unsigned n_made = 0;

	world_init(&w, seed);
	for (uint32_t n = 0; n < N_FLOOD; n++) {
		struct ct_tuple t = pattern(n);

		n_made += make(&w, &t);
	}
	assert_true(n_made > N_FLOOD / 4); /* in both directions some are the same */
	most = most_passed(&w);
	world_fini(&w);
	return most;
}

static const struct {
	const char *name;
	pattern_fn *tuple;
	unsigned
		n_alike; /* that have the same hash: the requests of one ICMP identifier and code */
} patterns[] = {
	{ "chance", by_chance, 1 },
	{ "source ports", source_ports, 1 },
	{ "destination ports", destination_ports, 1 },
	{ "source addresses", source_addresses, 1 },
	{ "highest bits", highest_bits, 1 },
	{ "both addresses", both_addresses, 1 },
	{ "opposed", opposed, 1 },
	{ "one bit each", one_bit_each, 1 },
	{ "zones", zones, 1 },
	{ "v6 subnets", v6_subnets, 1 },
	{ "v6 hosts", v6_hosts, 1 },
	{ "v6 halves alike", v6_halves_alike, 1 },
	{ "protocols", protocols, 1 },
	{ "ICMP codes", icmp_codes, 4 },
	{ "ICMPv6 codes", icmpv6_codes, 2 },
};

/* By chance a bucket of 7 has 2, and few have more than 7. */
#define MOST_PASSED 8

static void no_pattern_makes_searches_long(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= N_SECRETS; seed++)
		for (unsigned i = 0; i < ARRAY_LENGTH(patterns); i++) {
			uint32_t most = flood(seed, patterns[i].tuple);

			if (most > MOST_PASSED * patterns[i].n_alike)
				fail_msg("%s, seed %u: %u words past a bucket", patterns[i].name,
					 (unsigned)seed, most);
		}
}

/* Tuples that share a bucket and much of their hash under the secret of W. */
static void find_colliding(const struct world *w, struct ct_tuple *out)
{
	uint32_t mask = w->ct->view->tables[0].mask;
	unsigned n_found = 0;

	for (uint32_t n = 0; n_found < N_COLLIDING; n++) {
		struct ct_tuple t = udp(0x0a000000 + (n >> 16), 0x0b000001, (uint16_t)n, 53);
		struct ct_ends ends;

		connection_set_ends(&ends, &t);
		if (!((uint32_t)index_hash_ends(&w->ct->secrets, &ends, t.zone, t.proto) & mask))
			out[n_found++] = t;
	}
}

static uint32_t passed_by(uint64_t seed, const struct ct_tuple *tuples)
{
	struct world w;
	uint32_t most;

	world_init(&w, seed);
	for (unsigned i = 0; i < N_COLLIDING; i++) {
		bool is_reply;

		assert_true(make(&w, &tuples[i]));
		conntrack_enter(w.t, NOW);
		assert_non_null(connection_find(w.t, &tuples[i], &is_reply));
		conntrack_leave(w.t);
		assert_false(is_reply);
	}
	most = most_passed(&w);
	world_fini(&w);
	return most;
}

static void what_collides_depends_on_the_secret(void **state)
{
	struct ct_tuple tuples[N_COLLIDING];
	struct world w;

	(void)state;
	world_init(&w, 1);
	find_colliding(&w, tuples);
	world_fini(&w);
	assert_int_equal(passed_by(1, tuples), N_COLLIDING - BUCKET_WORDS);
	for (uint64_t seed = 2; seed <= 20; seed++)
		assert_int_equal(passed_by(seed, tuples), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_collides_depends_on_the_secret),
		cmocka_unit_test(no_pattern_makes_searches_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
