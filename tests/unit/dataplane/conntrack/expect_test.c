/* Expected connections: found, taken once, given up, bounded, and looked for while others change
 * them. */

#include "dataplane/conntrack/expect.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>

#define SEC NS_PER_SEC

/* Of host N, at port PORT of a server behind address TO. */
static struct ct_expectation expectation(uint8_t n, uint16_t port, uint8_t to)
{
	struct ct_expectation e = {
		.original = { .src = { { 10, 0, 0, n } },
			      .dst = { { 192, 0, 2, 1 } },
			      .zone = 3,
			      .proto = IPPROTO_TCP,
			      .family = 4 },
		.mark = 7,
	};

	store_be16(&e.original.dst_port, port);
	e.reply = ct_tuple_reverse(&e.original);
	e.reply.src.bytes[0] = to;
	e.parent.src_port = n;
	return e;
}

static struct ct_tuple packet_of(const struct ct_expectation *e, uint16_t src_port)
{
	struct ct_tuple t = e->original;

	t.src_port = src_port;
	return t;
}

static void from_any_port_but_from_nobody_else(void **state)
{
	struct expect_table *t = expect_table_create(1, 0);
	struct ct_expectation e = expectation(1, 2000, 172), out;
	struct ct_tuple tuple = packet_of(&e, 5);

	(void)state;
	assert_false(expect_find(t, &tuple, 0, &out));
	assert_int_equal(expect_add(t, &e, SEC), 0);
	assert_true(expect_find(t, &tuple, SEC, &out));
	assert_memory_equal(&out, &e, sizeof(e));
	tuple.src_port = 6;
	assert_true(expect_find(t, &tuple, SEC, &out));
	for (unsigned i = 0; i < sizeof(tuple); i++) {
		struct ct_tuple other = tuple;

		((uint8_t *)&other)[i] ^= 1;
		assert_int_equal(expect_find(t, &other, SEC, &out),
				 i == offsetof(struct ct_tuple, src_port) ||
					 i == offsetof(struct ct_tuple, src_port) + 1);
	}
	expect_table_destroy(t);
}

static void one_port_if_it_is_known(void **state)
{
	struct expect_table *t = expect_table_create(1, 0);
	struct ct_expectation e = expectation(1, 2000, 172), out;
	struct ct_tuple tuple;

	(void)state;
	e.original.src_port = 20;
	assert_int_equal(expect_add(t, &e, SEC), 0);
	tuple = packet_of(&e, 21);
	assert_false(expect_find(t, &tuple, SEC, &out));
	tuple = packet_of(&e, 20);
	assert_true(expect_find(t, &tuple, SEC, &out));
	expect_table_destroy(t);
}

static void taken_once(void **state)
{
	struct expect_table *t = expect_table_create(1, 0);
	struct ct_expectation e = expectation(1, 2000, 172), out;
	struct ct_tuple tuple = packet_of(&e, 5);

	(void)state;
	assert_int_equal(expect_add(t, &e, SEC), 0);
	assert_true(expect_find(t, &tuple, SEC, &out));
	assert_true(expect_take(t, &out));
	assert_false(expect_take(t, &out));
	assert_false(expect_find(t, &tuple, SEC, &out));
	/* The next one in the same place is another one. */
	assert_int_equal(expect_add(t, &e, SEC), 0);
	assert_false(expect_take(t, &out));
	expect_cancel(t, out.id);
	assert_true(expect_find(t, &tuple, SEC, &out));
	expect_cancel(t, out.id);
	assert_false(expect_find(t, &tuple, SEC, &out));
	expect_table_destroy(t);
}

static void nothing_is_expected_for_ever(void **state)
{
	struct expect_table *t = expect_table_create(1, 0);
	struct ct_expectation e = expectation(1, 2000, 172), out;
	struct ct_tuple tuple = packet_of(&e, 5);

	(void)state;
	assert_int_equal(expect_add(t, &e, SEC), 0);
	assert_true(expect_find(t, &tuple, EXPECT_SECONDS * SEC, &out));
	assert_false(expect_find(t, &tuple, (EXPECT_SECONDS + 1) * SEC, &out));
	/* Said again it is expected for as long again. */
	assert_int_equal(expect_add(t, &e, 100 * SEC), 0);
	assert_true(expect_find(t, &tuple, (EXPECT_SECONDS + 1) * SEC, &out));
	expect_table_destroy(t);
}

static void two_parents_cannot_expect_the_same(void **state)
{
	struct expect_table *t = expect_table_create(1, 0);
	struct ct_expectation e = expectation(1, 2000, 172), other = expectation(1, 2000, 173), out;
	struct ct_tuple tuple = packet_of(&e, 5);

	(void)state;
	assert_int_equal(expect_add(t, &e, SEC), 0);
	assert_int_equal(expect_add(t, &other, SEC), -EEXIST);
	assert_true(expect_find(t, &tuple, SEC, &out));
	assert_memory_equal(&out, &e, sizeof(e));
	/* When it is late enough, they can. */
	assert_int_equal(expect_add(t, &other, (EXPECT_SECONDS + 1) * SEC), 0);
	expect_table_destroy(t);
}

static void full_tables_make_room_by_time_alone(void **state)
{
	struct expect_table *t = expect_table_create(1, 64);
	struct ct_expectation e, out;
	struct ct_tuple tuple;

	(void)state;
	/* A zone has a quarter. */
	for (unsigned i = 0; i < 17; i++) {
		e = expectation(i, 2000, 172);
		assert_int_equal(expect_add(t, &e, SEC), i < 16 ? 0 : -ENOSPC);
	}
	for (unsigned i = 0; i < 50; i++) {
		e = expectation(i, 2000, 172);
		e.original.zone = 4 + i / 16;
		assert_int_equal(expect_add(t, &e, 10 * SEC), i < 48 ? 0 : -ENOSPC);
	}
	/* The first sixteen are late, the others not. */
	for (unsigned i = 0; i < 16; i++) {
		e = expectation(100 + i, 2000, 172);
		assert_int_equal(expect_add(t, &e, (EXPECT_SECONDS + 5) * SEC), 0);
	}
	e = expectation(0, 2000, 172);
	e.original.zone = 4;
	tuple = packet_of(&e, 5);
	assert_true(expect_find(t, &tuple, (EXPECT_SECONDS + 5) * SEC, &out));
	expect_table_destroy(t);
}

#define N_ROUNDS 20000

/* One that is there all the time, among others that come and go. */
static void *look(void *ctx)
{
	const struct expect_table *t = ctx;
	struct ct_expectation e = expectation(200, 2000, 172), out;
	struct ct_tuple tuple = packet_of(&e, 9);

	for (unsigned n_found = 0; n_found < N_ROUNDS;) {
		if (!expect_find(t, &tuple, SEC, &out))
			continue;
		out.id = 0;
		assert(memcmp(&out, &e, sizeof(e)) == 0);
		n_found++;
	}
	return NULL;
}

static void readers_see_whole_ones(void **state)
{
	struct expect_table *t = expect_table_create(1, 256);
	struct ct_expectation e = expectation(200, 2000, 172);
	pthread_t threads[2];

	(void)state;
	assert_int_equal(expect_add(t, &e, SEC), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look, t), 0);
	for (unsigned i = 0; i < N_ROUNDS; i++) {
		struct ct_expectation other = expectation(i % 30, 2000 + i % 7, 172);

		assert_int_equal(expect_add(t, &other, SEC), 0);
		assert_true(expect_take(t, &other));
	}
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	expect_table_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_any_port_but_from_nobody_else),
		cmocka_unit_test(one_port_if_it_is_known),
		cmocka_unit_test(taken_once),
		cmocka_unit_test(nothing_is_expected_for_ever),
		cmocka_unit_test(two_parents_cannot_expect_the_same),
		cmocka_unit_test(full_tables_make_room_by_time_alone),
		cmocka_unit_test(readers_see_whole_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
