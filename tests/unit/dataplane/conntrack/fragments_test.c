/* Fragments: which tuple they get, and that nothing passes that writes twice. */

#include "dataplane/conntrack/fragments.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include "dataplane/conntrack/conntrack.h"
#include "lib/rng.h"
#include "tests/fakes/dataplane/ct_frames.h"

#define MORE 0x2000

struct world {
	struct ct_fragments *fragments;
	uint64_t now_ns;
	bool is_v6;
};

static void world_init(struct world *w, uint32_t max, bool is_v6)
{
	*w = (struct world){ ct_fragments_create(max, 1), NS_PER_SEC, is_v6 };
}

/* A fragment of a UDP datagram ID from PORT: AT bytes into it, SIZE bytes.  What becomes of it;
 * *OUT is the tuple. */
static enum drop_reason deliver(struct world *w, uint32_t id, uint16_t port, unsigned at,
				unsigned size, bool is_last, struct ct_tuple *out)
{
	uint8_t bytes[2048] = { 0 };
	enum drop_reason reason;
	struct ct_packet p;
	struct ct_frame f;

	store_be16(bytes, port);
	store_be16(bytes + 2, 53);
	store_be16(bytes + 4, 8);
	ct_frame_ip(&f, w->is_v6, false, IPPROTO_UDP, id, (uint16_t)(at / 8 | (is_last ? 0 : MORE)),
		    bytes, size);
	p = ct_frame_packet(&f);
	*out = (struct ct_tuple){ 0 };
	if (f.drop) {
		reason = f.drop;
	} else if (at == 0) {
		assert_true(ct_tuple_of(&p, 7, out));
		reason = ct_fragments_first(w->fragments, &p, out, w->now_ns, false);
	} else {
		assert_false(ct_tuple_of(&p, 7, out));
		reason = ct_fragments_later(w->fragments, &p, 7, w->now_ns, false, out);
	}
	ct_frame_fini(&f);
	return reason;
}

static void assert_tuple(const struct ct_tuple *t, uint16_t port)
{
	assert_true(t->family != 0);
	assert_int_equal(load_be16(&t->src_port), port);
	assert_int_equal(load_be16(&t->dst_port), 53);
	assert_int_equal(t->proto, IPPROTO_UDP);
	assert_int_equal(t->zone, 7);
}

static void later_fragments_follow_the_first(void **state)
{
	struct ct_tuple t;
	struct world w;
	(void)state;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		world_init(&w, 0, v6);
		assert_int_equal(deliver(&w, 9, 1234, 0, 1480, false, &t), DROP_NONE);
		/* In any order; twice. */
		assert_int_equal(deliver(&w, 9, 0, 2960, 100, true, &t), DROP_NONE);
		assert_tuple(&t, 1234);
		assert_int_equal(deliver(&w, 9, 0, 1480, 1480, false, &t), DROP_NONE);
		assert_tuple(&t, 1234);
		assert_int_equal(deliver(&w, 9, 0, 1480, 1480, false, &t), DROP_NONE);
		assert_tuple(&t, 1234);
		/* Of another datagram. */
		assert_int_equal(deliver(&w, 10, 0, 1480, 1480, false, &t), DROP_NONE);
		assert_int_equal(t.family, 0);
		ct_fragments_destroy(w.fragments);
	}
}

static void a_fragment_that_comes_too_early_or_late_is_of_nobody(void **state)
{
	struct ct_tuple t;
	struct world w;
	(void)state;

	world_init(&w, 0, false);
	assert_int_equal(deliver(&w, 9, 0, 1480, 1480, false, &t), DROP_NONE);
	assert_int_equal(t.family, 0);
	deliver(&w, 9, 1234, 0, 1480, false, &t);
	w.now_ns += CT_FRAGMENTS_SECONDS * NS_PER_SEC;
	assert_int_equal(deliver(&w, 9, 0, 1480, 1480, false, &t), DROP_NONE);
	assert_int_equal(t.family, 0);
	ct_fragments_destroy(w.fragments);
}

static void what_overlaps_is_dropped(void **state)
{
	static const struct {
		unsigned at, size;
		bool is_last;
	} bad[] = {
		{ 8, 80, false },     /* the first one's data */
		{ 1472, 80, false },  /* its end */
		{ 1480, 80, false },  /* within the second one */
		{ 1488, 2000, true }, /* it and more */
		{ 2952, 8, true },    /* its end once more, as the last one */
	};
	struct ct_tuple t;
	struct world w;
	(void)state;

	world_init(&w, 0, false);
	deliver(&w, 9, 1234, 0, 1480, false, &t);
	assert_int_equal(deliver(&w, 9, 0, 1480, 1480, false, &t), DROP_NONE);
	for (unsigned i = 0; i < ARRAY_LENGTH(bad); i++)
		assert_int_equal(deliver(&w, 9, 0, bad[i].at, bad[i].size, bad[i].is_last, &t),
				 DROP_FRAGMENT_OVERLAP);
	/* The rest of the datagram is not the worse for it. */
	assert_int_equal(deliver(&w, 9, 0, 2960, 8, true, &t), DROP_NONE);
	assert_tuple(&t, 1234);
	assert_int_equal(deliver(&w, 9, 0, 2968, 8, true, &t), DROP_FRAGMENT_OVERLAP);
	ct_fragments_destroy(w.fragments);
}

/* RFC 3128: another first fragment with other ports, while the datagram is on its way. */
static void the_ports_cannot_be_written_again(void **state)
{
	struct ct_tuple t;
	struct world w;
	(void)state;

	world_init(&w, 0, false);
	deliver(&w, 9, 1234, 0, 1480, false, &t);
	assert_int_equal(deliver(&w, 9, 22, 0, 1480, false, &t), DROP_FRAGMENT_OVERLAP);
	assert_int_equal(deliver(&w, 9, 1234, 0, 80, false, &t), DROP_FRAGMENT_OVERLAP);
	assert_int_equal(deliver(&w, 9, 1234, 0, 1480, false, &t), DROP_NONE);
	assert_int_equal(deliver(&w, 9, 0, 1480, 80, true, &t), DROP_NONE);
	assert_tuple(&t, 1234);
	/* Complete: the number may be of another datagram now. */
	assert_int_equal(deliver(&w, 9, 99, 0, 800, false, &t), DROP_NONE);
	assert_int_equal(deliver(&w, 9, 0, 800, 80, true, &t), DROP_NONE);
	assert_tuple(&t, 99);
	/* As when it never was completed and some time has passed. */
	assert_int_equal(deliver(&w, 9, 100, 0, 1600, false, &t), DROP_NONE);
	w.now_ns += 2 * NS_PER_SEC;
	assert_int_equal(deliver(&w, 9, 101, 0, 800, false, &t), DROP_NONE);
	assert_int_equal(deliver(&w, 9, 0, 800, 80, true, &t), DROP_NONE);
	assert_tuple(&t, 101);
	ct_fragments_destroy(w.fragments);
}

static void pieces_that_no_datagram_has_are_dropped(void **state)
{
	struct ct_tuple t;
	struct world w;
	(void)state;

	world_init(&w, 0, false);
	assert_int_equal(deliver(&w, 9, 1234, 0, 7, false, &t), DROP_UDP_TRUNCATED);
	assert_int_equal(deliver(&w, 9, 1234, 0, 1479, false, &t), DROP_FRAGMENT_MALFORMED);
	deliver(&w, 9, 1234, 0, 1480, false, &t);
	assert_int_equal(deliver(&w, 9, 0, 1480, 15, false, &t), DROP_FRAGMENT_MALFORMED);
	assert_int_equal(deliver(&w, 9, 0, 1480, 0, true, &t), DROP_FRAGMENT_MALFORMED);
	assert_int_equal(deliver(&w, 9, 0, 65528, 16, true, &t), DROP_FRAGMENT_MALFORMED);
	assert_int_equal(deliver(&w, 9, 0, 1480, 15, true, &t), DROP_NONE);
	ct_fragments_destroy(w.fragments);
}

/* A header of TCP with options, of which the first fragment has not all (RFC 1858). */
static void a_first_fragment_has_the_whole_header(void **state)
{
	static const struct {
		unsigned size;
		uint8_t offset;
		enum drop_reason reason;
	} cases[] = {
		{ 24, 6, DROP_NONE },
		{ 24, 7, DROP_FRAGMENT_MALFORMED },
		{ 40, 15, DROP_FRAGMENT_MALFORMED },
		{ 64, 15, DROP_NONE },
	};
	struct world w;
	(void)state;

	world_init(&w, 0, false);
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint8_t bytes[64] = { 0 };
		struct ct_packet p;
		struct ct_tuple t;
		struct ct_frame f;

		bytes[12] = (uint8_t)(cases[i].offset << 4);
		ct_frame_ip(&f, false, false, IPPROTO_TCP, i, MORE, bytes, cases[i].size);
		p = ct_frame_packet(&f);
		assert_true(ct_tuple_of(&p, 0, &t));
		assert_int_equal(ct_fragments_first(w.fragments, &p, &t, w.now_ns, false),
				 cases[i].reason);
		ct_frame_fini(&f);
	}
	ct_fragments_destroy(w.fragments);
}

static void more_pieces_than_are_followed_are_dropped(void **state)
{
	unsigned n = 0;
	struct ct_tuple t;
	struct world w;
	(void)state;

	world_init(&w, 0, false);
	deliver(&w, 9, 1234, 0, 8, false, &t);
	while (deliver(&w, 9, 0, 8 + 8 * n, 8, false, &t) == DROP_NONE)
		n++;
	assert_in_range(n, 119, 1000);
	assert_int_equal(deliver(&w, 9, 0, 8 + 8 * n, 8, false, &t), DROP_FRAGMENT_LIMIT);
	ct_fragments_destroy(w.fragments);
}

/* However many datagrams are begun: the latest is known. */
static void memory_is_bounded(void **state)
{
	struct ct_tuple t;
	struct world w;
	(void)state;

	world_init(&w, 64, false);
	for (unsigned i = 0; i < 10000; i++) {
		w.now_ns += NS_PER_US;
		assert_int_equal(deliver(&w, i, (uint16_t)i, 0, 80, false, &t), DROP_NONE);
		assert_int_equal(deliver(&w, i, 0, 80, 80, false, &t), DROP_NONE);
		assert_tuple(&t, (uint16_t)i);
	}
	ct_fragments_destroy(w.fragments);
}

/* Random pieces against a map of bytes: what passes never overlaps, and all that fits passes. */
static void what_passes_is_what_a_map_of_bytes_allows(void **state)
{
	struct rng rng;
	struct world w;
	(void)state;

	rng_seed(&rng, 3);
	world_init(&w, 0, false);
	for (uint32_t id = 0; id < 300; id++) {
		unsigned n_same = 0, n_passed = 0;
		bool map[512] = { 0 };
		struct ct_tuple t;

		deliver(&w, id, 1, 0, 80, false, &t);
		memset(map, true, 10);
		for (unsigned i = 0; i < 40; i++) {
			unsigned at = 1 + (unsigned)rng_below(&rng, 200);
			unsigned n = 1 + (unsigned)rng_below(&rng, 20), taken = 0;

			for (unsigned k = at; k < at + n; k++)
				taken += map[k];
			if (deliver(&w, id, 0, at * 8, n * 8, false, &t) == DROP_NONE) {
				n_passed++;
				assert_true(taken == 0 || taken == n);
				n_same += taken == n;
				memset(map + at, true, n);
			} else {
				assert_true(taken != 0);
			}
		}
		assert_true(n_passed > n_same);
	}
	ct_fragments_destroy(w.fragments);
}

/* As the ct action has it: a fragment that has overtaken the first one in a burst is of the same
 * connection, and both say the same of it. */
static void fragments_of_a_burst_are_of_one_connection(void **state)
{
	static const struct conntrack_config config = { .max_connections = 64, .seed = 1 };
	static const struct ct_request commit = { .is_commit = true };
	struct conntrack *ct = conntrack_create(&config);
	struct conntrack_thread *t = conntrack_thread_create(ct);
	uint8_t bytes[80] = { 0x03, 0xe8, 0, 53, 0, 8 };
	uint16_t zones[2] = { 7, 7 };
	struct ct_track tracks[2] = { 0 };
	struct packet_layout layouts[2];
	struct flow_key keys[2];
	struct rte_mbuf *pkts[2];
	struct ct_burst b = { pkts, keys, layouts, tracks, KEY_LINES_ALL };
	struct ct_frame f[2];
	(void)state;

	ct_frame_ip(&f[0], false, false, IPPROTO_UDP, 9, 10, bytes, 80);
	ct_frame_ip(&f[1], false, false, IPPROTO_UDP, 9, MORE, bytes, 80);
	for (unsigned i = 0; i < 2; i++) {
		pkts[i] = f[i].m;
		keys[i] = f[i].key;
		layouts[i] = f[i].layout;
	}
	conntrack_enter(t, NS_PER_SEC);
	assert_int_equal(conntrack_burst(t, &commit, zones, &b, 3), 3);
	assert_non_null(tracks[0].connection);
	assert_ptr_equal(tracks[0].connection, tracks[1].connection);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(tracks[i].state, CT_STATE_TRK | CT_STATE_NEW);
		assert_int_equal(load_be16(&keys[i].ct_tp_dst), 53);
		assert_int_equal(load_be16(&keys[i].ct_tp_src), 1000);
		assert_int_equal(keys[i].ct_nw_proto, IPPROTO_UDP);
	}
	assert_int_equal(keys[0].tp_dst, 0);
	conntrack_leave(t);
	for (unsigned i = 0; i < 2; i++)
		ct_frame_fini(&f[i]);
	conntrack_thread_destroy(t);
	conntrack_destroy(ct);
}

struct runner {
	struct world *world;
	uint32_t first;
	pthread_t thread;
	unsigned n_wrong;
};

static void *run(void *arg)
{
	struct runner *me = arg;
	struct ct_tuple t;

	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t id = me->first + 2 * i;

		deliver(me->world, id, (uint16_t)id, 0, 80, false, &t);
		deliver(me->world, id, 0, 80, 80, false, &t);
		/* Another one may have taken its place, but a wrong tuple is never told. */
		if (t.family && load_be16(&t.src_port) != (uint16_t)id)
			me->n_wrong++;
	}
	return NULL;
}

static void threads_share_the_table(void **state)
{
	struct runner runners[2];
	struct world w;
	(void)state;

	world_init(&w, 8, false);
	for (unsigned i = 0; i < 2; i++) {
		runners[i] = (struct runner){ .world = &w, .first = i };
		assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(runners[i].thread, NULL);
		assert_int_equal(runners[i].n_wrong, 0);
	}
	ct_fragments_destroy(w.fragments);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_fragments_follow_the_first),
		cmocka_unit_test(a_fragment_that_comes_too_early_or_late_is_of_nobody),
		cmocka_unit_test(what_overlaps_is_dropped),
		cmocka_unit_test(the_ports_cannot_be_written_again),
		cmocka_unit_test(pieces_that_no_datagram_has_are_dropped),
		cmocka_unit_test(a_first_fragment_has_the_whole_header),
		cmocka_unit_test(more_pieces_than_are_followed_are_dropped),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(what_passes_is_what_a_map_of_bytes_allows),
		cmocka_unit_test(fragments_of_a_burst_are_of_one_connection),
		cmocka_unit_test(threads_share_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
