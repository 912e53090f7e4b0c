/* What happens when there is no room: who goes for whom, limits of zones, and how much memory a
 * connection is. */

#include "dataplane/conntrack/connection.h"
#include "dataplane/conntrack/conntrack.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "tests/fakes/dataplane/tuple_packets.h"

#define NOW (1000 * NS_PER_SEC)
#define MAX 500

enum {
	NEW = CT_STATE_TRK | CT_STATE_NEW,
	EST = CT_STATE_TRK | CT_STATE_EST,
	DROPPED = -1,
};

static const struct ct_request look = { 0 };
static const struct ct_request commit = { .is_commit = true };

static struct ct_tuple udp(uint16_t zone, unsigned n)
{
	struct ct_tuple t = tuple_of(zone, IPPROTO_UDP, "10.0.0.1", "10.0.0.2", 0, 53);

	store_be32(t.src.bytes, 0x0a010000 + n);
	t.src_port = htons((uint16_t)(1000 + n % 50000));
	return t;
}

static struct conntrack *create(uint32_t max, struct conntrack_thread **t)
{
	struct conntrack_config config = { .max_connections = max, .seed = 3 };
	struct conntrack *ct = conntrack_create(&config);

	*t = conntrack_thread_create(ct);
	return ct;
}

static void destroy(struct conntrack *ct, struct conntrack_thread *t)
{
	conntrack_thread_destroy(t);
	conntrack_destroy(ct);
}

static void make(struct conntrack_thread *t, uint16_t zone, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		struct ct_tuple tuple = udp(zone, i);

		assert_int_equal(tuple_track(&tuple, t, NOW, &commit), NEW);
	}
}

/* Both ends have sent, the first one twice: assured. */
static void establish(struct conntrack_thread *t, uint16_t zone, unsigned from, unsigned n)
{
	make(t, zone, from, n);
	for (unsigned i = from; i < from + n; i++) {
		struct ct_tuple tuple = udp(zone, i), answer = ct_tuple_reverse(&tuple);

		assert_int_equal(tuple_track(&answer, t, NOW, &look), EST | CT_STATE_RPL);
		assert_int_equal(tuple_track(&tuple, t, NOW, &look), EST);
	}
}

static unsigned n_known(struct conntrack_thread *t, uint16_t zone, unsigned from, unsigned n,
			uint64_t now)
{
	unsigned n_est = 0;

	for (unsigned i = from; i < from + n; i++) {
		struct ct_tuple tuple = udp(zone, i);

		n_est += tuple_track(&tuple, t, now, &look) == EST;
	}
	return n_est;
}

static void established_ones_survive_a_flood(void **state)
{
	struct conntrack_thread *t;
	struct conntrack *ct = create(MAX, &t);

	(void)state;
	establish(t, 1, 0, MAX - 20);
	make(t, 1, MAX, 10 * MAX);
	assert_int_equal(n_known(t, 1, 0, MAX - 20, NOW), MAX - 20);
	assert_in_range(conntrack_stats(ct).n_connections, MAX - 20, MAX);
	assert_in_range(conntrack_stats(ct).n_evicted, 9 * MAX, 10 * MAX);
	assert_int_equal(conntrack_stats(ct).n_refused_full, 0);
	destroy(ct, t);
}

static void what_is_in_use_is_not_given_up_what_is_idle_is(void **state)
{
	struct conntrack_thread *t;
	struct conntrack *ct = create(MAX, &t);
	struct ct_tuple late = udp(1, 9999);
	uint64_t later = NOW + 12 * NS_PER_SEC;

	(void)state;
	establish(t, 1, 0, MAX);
	assert_int_equal(tuple_track(&late, t, NOW, &commit), DROPPED);
	assert_true(conntrack_stats(ct).n_refused_full >= 1);
	/* Half of them go on. */
	assert_int_equal(n_known(t, 1, 0, MAX / 2, later), MAX / 2);
	for (unsigned i = 0; i < 100; i++) {
		struct ct_tuple tuple = udp(1, 10000 + i), answer = ct_tuple_reverse(&tuple);

		assert_int_equal(tuple_track(&tuple, t, later, &commit), NEW);
		assert_int_equal(tuple_track(&answer, t, later, &look), EST | CT_STATE_RPL);
		assert_int_equal(tuple_track(&tuple, t, later, &look), EST);
	}
	assert_int_equal(n_known(t, 1, 0, MAX / 2, later), MAX / 2);
	assert_int_equal(n_known(t, 1, MAX / 2, MAX / 2, later), MAX / 2 - 100);
	destroy(ct, t);
}

/* Whoever opens a connection in a table full of idle ones has the time for the answer, also while
 * others open theirs; and a flood leaves what is open already for as long as the table can. */
static void new_ones_have_time_for_their_answers(void **state)
{
	struct conntrack_thread *t;
	struct conntrack *ct = create(8 * MAX, &t);
	uint64_t later = NOW + 12 * NS_PER_SEC;
	unsigned n_answered = 0, n_left;

	(void)state;
	establish(t, 1, 0, 8 * MAX);
	for (unsigned i = 0; i < 4 * MAX; i++) {
		struct ct_tuple tuple = udp(2, i), answer = udp(2, i - (MAX - 100));

		assert_int_equal(tuple_track(&tuple, t, later, &commit), NEW);
		answer = ct_tuple_reverse(&answer);
		if (i >= MAX - 100)
			n_answered += tuple_track(&answer, t, later, &look) == (EST | CT_STATE_RPL);
	}
	assert_int_equal(n_answered, 4 * MAX - (MAX - 100));
	/* Nobody answers these: about an eighth of the table is theirs, and no more. */
	n_left = n_known(t, 1, 0, 8 * MAX, NOW);
	for (unsigned i = 4 * MAX; i < 14 * MAX; i++) {
		struct ct_tuple tuple = udp(2, i);

		assert_int_equal(tuple_track(&tuple, t, later, &commit), NEW);
	}
	assert_in_range(n_known(t, 1, 0, 8 * MAX, NOW), n_left - MAX, n_left);
	assert_int_equal(conntrack_stats(ct).n_refused_full, 0);
	destroy(ct, t);
}

static void see_zone(void *ctx, const struct conntrack_zone *z)
{
	if (z->zone == 7)
		*(struct conntrack_zone *)ctx = *z;
}

static void a_zone_at_its_limit_gives_up_its_own_half_open_ones(void **state)
{
	struct conntrack_thread *t;
	struct conntrack *ct = create(MAX, &t);
	struct conntrack_zone z = { 0 };
	struct ct_tuple one = udp(7, 900);

	(void)state;
	conntrack_set_zone_limit(ct, 7, 40);
	make(t, 8, 0, 100);
	establish(t, 7, 0, 30);
	make(t, 7, 100, 200);
	assert_int_equal(n_known(t, 7, 0, 30, NOW), 30);
	conntrack_each_zone(ct, see_zone, &z);
	assert_int_equal(z.n_connections, 40);
	assert_int_equal(z.n_refused, 0);
	assert_true(z.has_limit && z.limit == 40);
	assert_int_equal(conntrack_stats(ct).n_connections, 140);
	conntrack_set_zone_limit(ct, 7, 30);
	for (unsigned i = 0; i < 100; i++)
		tuple_track(&one, t, NOW, &look);
	/* Nothing but established ones are left: no more. */
	assert_int_equal(
		conntrack_flush(ct, &(struct conntrack_filter){ .has_zone = true,
								.zone = 7,
								.state_name = "UNANSWERED" }),
		10);
	assert_int_equal(tuple_track(&one, t, NOW, &commit), DROPPED);
	conntrack_each_zone(ct, see_zone, &z);
	assert_int_equal(z.n_refused, 1);
	conntrack_delete_zone_limit(ct, 7);
	conntrack_set_default_limit(ct, 31);
	assert_int_equal(tuple_track(&one, t, NOW, &commit), NEW);
	one = udp(7, 901);
	assert_int_equal(tuple_track(&one, t, NOW, &commit), NEW); /* for the last one */
	conntrack_each_zone(ct, see_zone, &z);
	assert_int_equal(z.n_connections, 31);
	destroy(ct, t);
}

/* Two lines and its share of the index, also when that has just been made twice as large. */
static void a_connection_is_192_bytes_at_most(void **state)
{
	enum { N = 150000 };
	struct conntrack_thread *t;
	struct conntrack *ct = create(1u << 20, &t);

	(void)state;
	assert_int_equal(sizeof(struct connection), 128);
	for (unsigned i = 0; i < N; i++) {
		make(t, 1, i, 1);
		if (i % 256 == 0)
			conntrack_tend(ct, NOW);
	}
	while (conntrack_tend(ct, NOW) < NOW + NS_PER_MS)
		;
	assert_int_equal(conntrack_stats(ct).n_connections, N);
	assert_in_range(conntrack_stats(ct).bytes / N, 128, 192);
	destroy(ct, t);
}

static void many_expire_a_step_at_a_time(void **state)
{
	struct conntrack_thread *t;
	struct conntrack *ct = create(1u << 16, &t);
	uint64_t later = NOW + 100 * NS_PER_SEC;

	(void)state;
	establish(t, 1, 0, 1000);
	make(t, 1, 1000, 30000);
	while (conntrack_tend(ct, later) < later + NS_PER_MS)
		;
	assert_int_equal(conntrack_stats(ct).n_expired, 30000);
	assert_int_equal(n_known(t, 1, 0, 1000, later), 1000);
	/* A timeout that becomes shorter is followed at once. */
	conntrack_policy(ct)->seconds[CT_TIMEOUT_UDP_STREAM] = 5;
	later += 6 * NS_PER_SEC;
	while (conntrack_tend(ct, later) != UINT64_MAX)
		;
	assert_int_equal(conntrack_stats(ct).n_connections, 0);
	destroy(ct, t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(established_ones_survive_a_flood),
		cmocka_unit_test(what_is_in_use_is_not_given_up_what_is_idle_is),
		cmocka_unit_test(new_ones_have_time_for_their_answers),
		cmocka_unit_test(a_zone_at_its_limit_gives_up_its_own_half_open_ones),
		cmocka_unit_test(a_connection_is_192_bytes_at_most),
		cmocka_unit_test(many_expire_a_step_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
