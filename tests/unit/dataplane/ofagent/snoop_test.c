#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "dataplane/ofagent/snoop.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

/* Looking over the connections' shoulders: numbers, what gives way, and when it ends. */

static struct datapath *dp_of(struct of_world *w)
{
	return mem_switch_datapath(w->sw);
}

static void note(struct of_world *w, size_t size)
{
	static const uint8_t bytes[70000];

	snoop_note(dp_of(w), "tcp:192.0.2.1:1", false, bytes, size);
}

/* How many messages are kept behind AFTER; LAST is the number of the last, FIRST of the first. */
static unsigned kept(struct of_world *w, uint64_t after, uint64_t *first, uint64_t *last)
{
	struct snoop_message m;
	unsigned n = 0;

	*first = *last = 0;
	while (snoop_next(dp_of(w), after, &m)) {
		assert_true(m.number > after);
		if (!n++)
			*first = m.number;
		else
			assert_int_equal(m.number, after + 1);
		*last = after = m.number;
	}
	return n;
}

static void test_nobody_listens(void **state)
{
	struct of_world *w = *state;
	uint64_t first, last;

	note(w, 100);
	assert_int_equal(kept(w, 0, &first, &last), 0);
	assert_int_equal(snoop_listen(dp_of(w)), 0);
	assert_int_equal(kept(w, 0, &first, &last), 0);
}

static void test_both_directions_of_all_peers(void **state)
{
	struct of_world *w = *state;
	struct of_peer *a = of_world_connect(w, 0), *b = of_world_connect(w, 1);
	struct snoop_message m[4];
	uint64_t after = snoop_listen(dp_of(w));

	of_peer_barrier(a);
	of_peer_barrier(b);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(snoop_next(dp_of(w), after, &m[i]));
		assert_int_equal(m[i].number, after + 1);
		assert_int_equal(m[i].size, 8);
		assert_int_equal(m[i].is_sent, i % 2);
		assert_int_equal(m[i].data[1], i % 2 ? OFPT_BARRIER_REPLY : OFPT_BARRIER_REQUEST);
		assert_int_equal(m[i].time_ns, loop_now_ns(w->loop));
		after = m[i].number;
	}
	assert_false(snoop_next(dp_of(w), after, &m[0]));
	assert_string_equal(m[0].peer, m[1].peer);
	assert_string_equal(m[2].peer, m[3].peer);
	/* Two who ask, each from where he is. */
	assert_true(snoop_next(dp_of(w), after - 1, &m[0]));
	assert_int_equal(m[0].number, after);
	assert_true(snoop_next(dp_of(w), after - 4, &m[0]));
	assert_int_equal(m[0].number, after - 3);
}

static void test_the_oldest_give_way(void **state)
{
	struct of_world *w = *state;
	uint64_t first, last;
	unsigned n;

	snoop_listen(dp_of(w));
	for (unsigned i = 0; i < 200; i++)
		note(w, 65535);
	n = kept(w, 0, &first, &last);
	assert_int_equal(last, 200);
	assert_int_equal(first, 200 - n + 1);
	assert_in_range(n, 60, 64); /* of 64 KiB in 4 MiB */
	assert_int_equal(kept(w, 195, &first, &last), 5);
	/* One who is told while they give way goes on behind the gap. */
	for (unsigned i = 0; i < 100; i++)
		note(w, 65535);
	assert_int_equal(kept(w, 200, &first, &last), n);
	assert_int_equal(first, 300 - n + 1);
}

/* What is kept of a message beside its bytes is counted too: floods of small ones are bounded. */
static void test_small_messages_are_bounded(void **state)
{
	struct of_world *w = *state;
	uint64_t first, last;
	unsigned n;

	snoop_listen(dp_of(w));
	for (unsigned i = 0; i < 100000; i++)
		note(w, 8);
	n = kept(w, 0, &first, &last);
	assert_in_range(n, 10000, SNOOP_MAX_BYTES / (160 + 8));
	assert_int_equal(last, 100000);
}

static void test_it_ends_when_nobody_asks(void **state)
{
	struct of_world *w = *state;
	uint64_t first, last;

	snoop_listen(dp_of(w));
	note(w, 8);
	loop_virtual_run_for(w->loop, SNOOP_LISTEN_NS);
	note(w, 8);
	assert_int_equal(kept(w, 0, &first, &last), 2);
	loop_virtual_run_for(w->loop, 1);
	note(w, 8);
	assert_int_equal(kept(w, 0, &first, &last), 0);
	/* The numbers go on: who comes back with an old one hears what is new. */
	assert_int_equal(snoop_listen(dp_of(w)), 2);
	note(w, 8);
	assert_int_equal(kept(w, 1, &first, &last), 1);
	assert_int_equal(last, 3);
	for (unsigned i = 0; i < 5; i++) {
		loop_virtual_run_for(w->loop, SNOOP_LISTEN_NS - NS_PER_SEC);
		snoop_listen(dp_of(w));
	}
	assert_true(kept(w, 0, &first, &last) >= 1);
	assert_int_equal(first, 3);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_listens),	     TEST(test_both_directions_of_all_peers),
		TEST(test_the_oldest_give_way),	     TEST(test_small_messages_are_bounded),
		TEST(test_it_ends_when_nobody_asks),
	};

	return cmocka_run_group_tests_name("snoop", tests, NULL, NULL);
}
