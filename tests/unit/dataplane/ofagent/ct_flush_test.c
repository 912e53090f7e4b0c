#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openflow/openflow-1.3.h>

#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"
#include "tests/fakes/dataplane/tracked.h"

/* NXT_CT_FLUSH_ZONE and NXT_CT_FLUSH: which connections they flush. */

#define V4(LAST)                                                                                   \
	{                                                                                          \
		[10] = 0xff, [11] = 0xff, [12] = 10, [15] = (LAST)                                 \
	}

static struct conntrack *conntrack_of(struct of_world *w)
{
	return datapath_conntrack(mem_switch_datapath(w->sw));
}

/* Zones 0 and 5 have the same: two TCP connections, one to port 80 and one to port 22 with a mark
 * and a label; one ping; one TCP connection of IPv6. */
static void fill(struct of_world *w)
{
	struct tracked_packet connections[] = {
		{ 0, 6, "10.0.0.1", "10.0.0.2", 1000, 80 },
		{ 0, 6, "10.0.0.1", "10.0.0.3", 1000, 22, .mark = 0x15, .label = 7 },
		{ 0, 1, "10.0.0.1", "10.0.0.2", 8, 0 },
		{ 0, 6, "fd00::1", "fd00::2", 1000, 80 },
	};

	for (unsigned zone = 0; zone <= 5; zone += 5) {
		for (unsigned i = 0; i < ARRAY_LENGTH(connections); i++) {
			connections[i].zone = zone;
			assert_true(track_packet(conntrack_of(w), loop_now_ns(w->loop),
						 &connections[i]) > 0);
		}
	}
}

static uint64_t n_left(struct of_world *w)
{
	return conntrack_stats(conntrack_of(w)).n_connections;
}

static void test_zone(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	fill(w);
	assert_int_equal(n_left(w), 8);
	of_peer_send(p, (struct of_msg){ .kind = OF_NX_CT_FLUSH_ZONE, .nx_zone.zone = 7 });
	of_peer_barrier(p);
	assert_int_equal(n_left(w), 8);
	of_peer_send(p, (struct of_msg){ .kind = OF_NX_CT_FLUSH_ZONE, .nx_zone.zone = 5 });
	of_peer_barrier(p);
	assert_int_equal(n_left(w), 4);
	of_peer_send(p, (struct of_msg){ .kind = OF_NX_CT_FLUSH_ZONE });
	of_peer_barrier(p);
	assert_int_equal(n_left(w), 0);
}

/* How many of the eight F flushes. */
static void expect_flushed(struct of_world *w, unsigned n, struct of_nx_ct_flush f)
{
	struct of_peer *p = &w->peers[0];

	fill(w); /* those that are there are tracked on */
	assert_int_equal(n_left(w), 8);
	of_peer_send(p, (struct of_msg){ .kind = OF_NX_CT_FLUSH, .nx_ct_flush = f });
	of_peer_barrier(p);
	if (8 - n_left(w) != n)
		fail_msg("%u flushed, not %u", (unsigned)(8 - n_left(w)), n);
}

static void test_tuples(void **state)
{
	struct of_world *w = *state;

	of_world_connect(w, 0);
	expect_flushed(w, 8, (struct of_nx_ct_flush){ 0 });
	expect_flushed(w, 4, (struct of_nx_ct_flush){ .has_zone = true, .zone = 5 });
	expect_flushed(w, 6, (struct of_nx_ct_flush){ .ip_proto = 6 });
	expect_flushed(w, 6, (struct of_nx_ct_flush){ .original = { .src = V4(1) } });
	expect_flushed(w, 0, (struct of_nx_ct_flush){ .original = { .src = V4(2) } });
	expect_flushed(w, 4, (struct of_nx_ct_flush){ .reply = { .src = V4(2) } });
	expect_flushed(w, 2,
		       (struct of_nx_ct_flush){ .ip_proto = 6,
						.original = { .src = V4(1), .dst_port = 80 } });
	expect_flushed(w, 2,
		       (struct of_nx_ct_flush){ .ip_proto = 6,
						.original = { .src = { 0xfd, [15] = 1 } } });
	expect_flushed(w, 2,
		       (struct of_nx_ct_flush){ .ip_proto = 1, .original = { .icmp_type = 8 } });
	expect_flushed(w, 0,
		       (struct of_nx_ct_flush){ .ip_proto = 1, .original = { .icmp_type = 13 } });
	expect_flushed(w, 0, (struct of_nx_ct_flush){ .ip_proto = 17 });
}

/* As Open vSwitch has it: one connection, in zone 0 if no zone is named. */
static void test_one_connection(void **state)
{
	struct of_world *w = *state;
	struct of_nx_ct_flush one = {
		.ip_proto = 6,
		.original = { V4(1), V4(2), .src_port = 1000, .dst_port = 80 },
	};

	of_world_connect(w, 0);
	expect_flushed(w, 1, one);
	assert_true(track_packet(conntrack_of(w), loop_now_ns(w->loop),
				 &(struct tracked_packet){ 5, 6, "10.0.0.2", "10.0.0.1", 80, 1000,
							   .tcp_flags = 0x12,
							   .is_not_committed = true }) &
		    CT_STATE_EST);
	one.has_zone = true;
	one.zone = 5;
	expect_flushed(w, 1, one);
	one.reply.dst[15] = 9; /* nobody's */
	one.reply.dst[0] = 0xfd;
	one.reply.src[0] = 0;
	of_peer_expect_error(&w->peers[0],
			     of_peer_send(&w->peers[0], (struct of_msg){ .kind = OF_NX_CT_FLUSH,
									 .nx_ct_flush = one }),
			     OFPET_BAD_PROPERTY, OFPBPC_BAD_VALUE);
}

static void test_mark_and_labels(void **state)
{
	struct of_world *w = *state;

	of_world_connect(w, 0);
	expect_flushed(w, 2, (struct of_nx_ct_flush){ .mark = 0x15, .mark_mask = UINT32_MAX });
	expect_flushed(w, 2, (struct of_nx_ct_flush){ .mark = 0x10, .mark_mask = 0xf0 });
	expect_flushed(w, 6, (struct of_nx_ct_flush){ .mark = 0, .mark_mask = 0xf0 });
	expect_flushed(w, 0, (struct of_nx_ct_flush){ .mark = 0x16, .mark_mask = UINT32_MAX });
	expect_flushed(
		w, 2,
		(struct of_nx_ct_flush){ .labels = { [15] = 3 }, .labels_mask = { [15] = 3 } });
	expect_flushed(
		w, 0, (struct of_nx_ct_flush){ .labels = { [0] = 3 }, .labels_mask = { [0] = 3 } });
}

/* A slave changes nothing. */
static void test_slave(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	uint32_t xid;

	fill(w);
	of_peer_send(p, (struct of_msg){ .kind = OF_ROLE_REQUEST, .role = { OF_ROLE_SLAVE, 1 } });
	of_peer_expect(p, OF_ROLE_REPLY);
	xid = of_peer_send(p, (struct of_msg){ .kind = OF_NX_CT_FLUSH_ZONE, .nx_zone.zone = 5 });
	of_peer_expect_error(p, xid, OFPET_BAD_REQUEST, OFPBRC_IS_SLAVE);
	xid = of_peer_send(p, (struct of_msg){ .kind = OF_NX_CT_FLUSH });
	of_peer_expect_error(p, xid, OFPET_BAD_REQUEST, OFPBRC_IS_SLAVE);
	assert_int_equal(n_left(w), 8);
}

/* What nobody hears of is forgotten by itself, and then nothing wakes any more. */
static void test_time_passes(void **state)
{
	struct of_world *w = *state;

	of_world_connect(w, 0);
	fill(w);
	assert_true(loop_next_ns(w->loop) != UINT64_MAX);
	loop_virtual_run_for(w->loop, 200 * NS_PER_SEC);
	assert_int_equal(n_left(w), 0);
	assert_int_equal(conntrack_stats(conntrack_of(w)).n_expired, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)
		TEST(test_zone),	   TEST(test_tuples),
		TEST(test_one_connection), TEST(test_mark_and_labels),
		TEST(test_slave),	   TEST(test_time_passes),
	};

	return cmocka_run_group_tests_name("ct_flush", tests, NULL, NULL);
}
