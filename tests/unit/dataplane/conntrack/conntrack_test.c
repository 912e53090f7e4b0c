/* What the ct action says of packets, one at a time. */

#include "dataplane/conntrack/conntrack.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "dataplane/conntrack/connection.h"
#include "tests/fakes/dataplane/ct_frames.h"
#include "tests/fakes/dataplane/tuple_packets.h"

#define NOW (1000 * NS_PER_SEC)

static const struct ct_request look = { 0 };
static const struct ct_request commit = { .is_commit = true };
static const struct ct_request force = { .is_commit = true, .is_force = true };
static const struct ct_request peek = { .is_commit = true, .is_peek = true };

enum {
	NEW = CT_STATE_TRK | CT_STATE_NEW,
	EST = CT_STATE_TRK | CT_STATE_EST,
	RPL = CT_STATE_TRK | CT_STATE_EST | CT_STATE_RPL,
	INV = CT_STATE_TRK | CT_STATE_INV,
};
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

struct world {
	struct conntrack *ct;
	struct conntrack_thread *t;
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct conntrack_config config = { .max_connections = 1000, .seed = 1 };

	w->ct = conntrack_create(&config);
	w->t = conntrack_thread_create(w->ct);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	conntrack_thread_destroy(w->t);
	conntrack_destroy(w->ct);
	free(w);
	return 0;
}

static void each_protocol_has_both_directions(void **state)
{
	struct world *w = *state;
	struct ct_tuple tuples[] = {
		tuple_of(5, IPPROTO_UDP, "10.0.0.1", "10.0.0.2", 1000, 53),
		tuple_of(5, IPPROTO_UDP, "2001:db8::1", "2001:db8::2", 1000, 53),
		tuple_of(5, IPPROTO_UDP, "10.0.0.1", "10.0.0.1", 7, 7000),
		tuple_of(5, IPPROTO_ICMP, "10.0.0.1", "10.0.0.2", 99, 8),
		tuple_of(5, IPPROTO_ICMPV6, "2001:db8::1", "2001:db8::2", 99, 128),
		tuple_of(5, IPPROTO_GRE, "10.0.0.1", "10.0.0.2", 0, 0),
	};

	for (unsigned i = 0; i < ARRAY_LENGTH(tuples); i++) {
		struct ct_tuple answer = ct_tuple_reverse(&tuples[i]);

		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &look), NEW);
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &peek), NEW);
		assert_int_equal(conntrack_stats(w->ct).n_connections, i);
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &commit), NEW);
		assert_int_equal(conntrack_stats(w->ct).n_connections, i + 1);
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &look), NEW);
		assert_int_equal(tuple_track(&answer, w->t, NOW, &look), RPL);
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &look), EST);
		answer.zone = tuples[i].zone = 6;
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &look), NEW);
	}
}

/* --- the only connection there is --- */

static bool keep(void *ctx, const struct conntrack_entry *e)
{
	struct conntrack_entry *last = ctx;

	assert_null(last->state_name);
	*last = *e;
	return true;
}

static struct conntrack_entry only(const struct world *w)
{
	struct conntrack_entry e = { 0 };
	uint64_t cursor = 0;

	assert_false(conntrack_each(w->ct, &cursor, 1000, NOW, NULL, keep, &e));
	assert_non_null(e.state_name);
	assert_int_equal(conntrack_stats(w->ct).n_connections, 1);
	return e;
}

static void assert_begun_by(const struct world *w, const struct ct_tuple *original)
{
	struct ct_tuple reply = ct_tuple_reverse(original);
	struct conntrack_entry e = only(w);

	assert_memory_equal(&e.original, original, sizeof(*original));
	assert_memory_equal(&e.reply, &reply, sizeof(reply));
}

static void mark(struct world *w, const struct ct_tuple *t, uint32_t value)
{
	struct tuple_packet p;

	tuple_packet_init(&p, t, 0, 0, 0);
	tuple_packet_track(&p, w->t, NOW, &look, t->zone);
	p.key.ct_mark = htonl(value);
	conntrack_enter(w->t, NOW);
	conntrack_store(&p.track, &p.key, true, false);
	conntrack_leave(w->t);
	tuple_packet_fini(&p);
}

/* ct(commit,force) takes a packet of the other direction for the one that begins. */
static void force_turns_a_connection_round(void **state)
{
	struct world *w = *state;
	struct ct_tuple tuples[] = {
		tuple_of(5, IPPROTO_UDP, "10.0.0.1", "10.0.0.2", 1000, 53),
		tuple_of(5, IPPROTO_UDP, "2001:db8::1", "2001:db8::2", 1000, 53),
		tuple_of(5, IPPROTO_GRE, "10.0.0.1", "10.0.0.2", 0, 0),
	};

	for (unsigned i = 0; i < ARRAY_LENGTH(tuples); i++) {
		struct ct_tuple there = tuples[i], back = ct_tuple_reverse(&there);
		uint64_t n = conntrack_stats(w->ct).n_created;

		assert_int_equal(tuple_track(&there, w->t, NOW, &commit), NEW);
		mark(w, &there, 7);
		assert_int_equal(tuple_track(&back, w->t, NOW, &commit), RPL);
		assert_int_equal(tuple_track(&there, w->t, NOW, &force), EST);
		assert_begun_by(w, &there);
		assert_int_equal(only(w).mark, 7);
		assert_int_equal(conntrack_stats(w->ct).n_created, n + 1);

		assert_int_equal(tuple_track(&back, w->t, NOW, &force), NEW);
		assert_begun_by(w, &back);
		assert_int_equal(only(w).mark, 0);
		assert_int_equal(conntrack_stats(w->ct).n_created, n + 2);
		assert_int_equal(tuple_track(&back, w->t, NOW, &force), NEW);
		assert_int_equal(tuple_track(&there, w->t, NOW, &look), RPL);
		assert_int_equal(conntrack_stats(w->ct).n_created, n + 2);
		assert_int_equal(conntrack_flush(w->ct, NULL), 1);
	}
}

/* An answer to a ping cannot begin anything. */
static void force_by_what_may_not_begin_ends_the_connection(void **state)
{
	struct world *w = *state;
	struct ct_tuple there = tuple_of(5, IPPROTO_ICMP, "10.0.0.1", "10.0.0.2", 99, 8);
	struct ct_tuple back = ct_tuple_reverse(&there);

	assert_int_equal(tuple_track(&there, w->t, NOW, &commit), NEW);
	assert_int_equal(tuple_track(&back, w->t, NOW, &force), INV);
	assert_int_equal(conntrack_stats(w->ct).n_connections, 0);
	assert_int_equal(tuple_track(&back, w->t, NOW, &look), INV);
	assert_int_equal(tuple_track(&there, w->t, NOW, &look), NEW);
}

/* --- TCP: several ct actions in one walk --- */

/* The segment, by each of N requests in one walk; what the last of them says. */
static int walk(struct world *w, const struct ct_segment *s, const struct ct_request *const *r,
		unsigned n)
{
	struct ct_track track = { 0 };
	struct ct_frame f;
	struct ct_burst b = { &f.m, &f.key, &f.layout, &track, KEY_LINES_ALL };
	uint16_t zone = 5;

	ct_frame_tcp(&f, s);
	assert_int_equal(f.drop, DROP_NONE);
	conntrack_enter(w->t, NOW);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(conntrack_burst(w->t, r[i], &zone, &b, 1), 1);
		assert_int_equal(f.key.ct_state, track.state);
	}
	conntrack_leave(w->t);
	ct_frame_fini(&f);
	return track.state;
}

static struct ct_segment segment(bool is_v6, bool is_reply, uint8_t flags, uint32_t seq,
				 uint32_t ack)
{
	return (struct ct_segment){ .is_v6 = is_v6,
				    .is_reply = is_reply,
				    .flags = flags,
				    .seq = seq,
				    .ack = ack,
				    .win = 1000 };
}

static int play(struct world *w, const struct ct_request *r, bool is_v6, bool is_reply,
		uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct ct_segment s = segment(is_v6, is_reply, flags, seq, ack);

	return walk(w, &s, &r, 1);
}

static void establish(struct world *w, const struct ct_request *r, bool is_v6)
{
	assert_int_equal(play(w, r, is_v6, false, SYN, 100, 0) & ~CT_STATE_SNAT, NEW);
	assert_int_equal(play(w, r, is_v6, true, SYN | ACK, 500, 101) & ~CT_STATE_DNAT, RPL);
	assert_int_equal(play(w, r, is_v6, false, ACK, 101, 501) & ~CT_STATE_SNAT, EST);
	assert_string_equal(only(w).state_name, "ESTABLISHED");
}

/* To TIME_WAIT: the original end has sent up to 102. */
static void finish(struct world *w, const struct ct_request *r, bool is_v6)
{
	play(w, r, is_v6, false, FIN | ACK, 101, 501);
	play(w, r, is_v6, true, ACK, 501, 102);
	play(w, r, is_v6, true, FIN | ACK, 501, 102);
	play(w, r, is_v6, false, ACK, 102, 502);
	assert_string_equal(only(w).state_name, "TIME_WAIT");
}

static void start_again(struct world *w)
{
	conntrack_flush(w->ct, NULL);
	assert_int_equal(conntrack_stats(w->ct).n_connections, 0);
}

static const struct ct_request *const look_and_commit[] = { &look, &look, &commit, &commit };

/* What was looked up and is committed afterwards is judged by the look-up alone. */
static void one_walk_judges_once(void **state)
{
	struct world *w = *state;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct ct_segment syn = segment(v6, false, SYN, 100, 0);
		struct ct_segment fin = segment(v6, false, FIN | ACK, 101, 501);
		struct ct_segment ack = segment(v6, true, ACK, 501, 102);
		struct ct_segment astray = segment(v6, true, ACK, 0x70000000, 102);
		uint64_t n_created = conntrack_stats(w->ct).n_created, n_invalid;

		assert_int_equal(walk(w, &syn, look_and_commit, 2), NEW);
		assert_int_equal(conntrack_stats(w->ct).n_connections, 0);
		assert_int_equal(walk(w, &syn, look_and_commit, 4), NEW);
		assert_string_equal(only(w).state_name, "SYN_SENT");
		assert_int_equal(conntrack_stats(w->ct).n_created, n_created + 1);
		establish(w, &look, v6);
		assert_int_equal(walk(w, &fin, look_and_commit, 4), EST);
		assert_string_equal(only(w).state_name, "FIN_WAIT");
		assert_int_equal(walk(w, &ack, look_and_commit, 4), RPL);
		assert_string_equal(only(w).state_name, "CLOSE_WAIT");
		n_invalid = conntrack_stats(w->ct).n_invalid;
		assert_int_equal(walk(w, &astray, look_and_commit, 4), INV);
		assert_int_equal(conntrack_stats(w->ct).n_invalid, n_invalid + 1);
		assert_string_equal(only(w).state_name, "CLOSE_WAIT");
		assert_int_equal(conntrack_stats(w->ct).n_created, n_created + 1);
		start_again(w);
	}
}

/* --- TIME_WAIT --- */

static void a_syn_after_the_end_begins_anew(void **state)
{
	struct world *w = *state;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct ct_segment syn = segment(v6, false, SYN, 5000, 0);
		uint64_t n_created = conntrack_stats(w->ct).n_created;

		establish(w, &commit, v6);
		finish(w, &commit, v6);
		assert_int_equal(play(w, &peek, v6, false, SYN, 5000, 0), NEW);
		assert_string_equal(only(w).state_name, "TIME_WAIT");
		assert_int_equal(walk(w, &syn, look_and_commit, 4), NEW);
		assert_string_equal(only(w).state_name, "SYN_SENT");
		assert_int_equal(only(w).flags & CONNECTION_SEEN_REPLY, 0);
		assert_int_equal(conntrack_stats(w->ct).n_created, n_created + 2);
		assert_int_equal(play(w, &look, v6, true, SYN | ACK, 900, 5001), RPL);
		assert_int_equal(play(w, &look, v6, false, ACK, 5001, 901), EST);
		assert_string_equal(only(w).state_name, "ESTABLISHED");
		start_again(w);
	}
}

/* The rules may refuse what would begin anew: then there is nothing. */
static void anew_and_not_committed_leaves_nothing(void **state)
{
	struct world *w = *state;

	establish(w, &commit, false);
	finish(w, &commit, false);
	assert_int_equal(play(w, &look, false, false, SYN, 5000, 0), NEW);
	assert_int_equal(conntrack_stats(w->ct).n_connections, 0);
}

static void an_older_syn_begins_nothing(void **state)
{
	struct world *w = *state;

	establish(w, &commit, false);
	finish(w, &commit, false);
	assert_int_equal(play(w, &commit, false, false, SYN, 50, 0), EST);
	assert_string_equal(only(w).state_name, "TIME_WAIT");
	assert_int_equal(conntrack_stats(w->ct).n_created, 1);
}

static void the_other_end_begins_anew_the_other_way_round(void **state)
{
	struct world *w = *state;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct ct_tuple there, back;

		establish(w, &commit, v6);
		finish(w, &commit, v6);
		there = only(w).original;
		back = ct_tuple_reverse(&there);
		assert_int_equal(play(w, &commit, v6, true, SYN, 7, 0), NEW);
		assert_begun_by(w, &back);
		assert_string_equal(only(w).state_name, "SYN_SENT");
		start_again(w);
	}
}

/* The old one's public port is free for the new one. */
static void anew_under_nat(void **state)
{
	static const struct ct_nat nat = { .is_source = true,
					   .has_range = true,
					   .family = 4,
					   .min_address = { { 192, 0, 2, 1 } },
					   .max_address = { { 192, 0, 2, 1 } } };
	const struct ct_request r = { .is_commit = true, .nat = &nat };
	struct world *w = *state;
	struct conntrack_entry e;

	assert_int_equal(play(w, &r, false, false, SYN, 100, 0), NEW | CT_STATE_SNAT);
	e = only(w);
	assert_int_equal(ntohs(e.reply.dst_port), 1000);
	for (unsigned i = 0; i < 3; i++) {
		/* in CLOSE any SYN begins the next one */
		struct tuple_packet reset;

		tuple_packet_init(&reset, &e.reply, RST | ACK, 0, 101 + i * 1000);
		assert_int_equal(tuple_packet_track(&reset, w->t, NOW, &r, 5) & RPL, RPL);
		tuple_packet_fini(&reset);
		assert_string_equal(only(w).state_name, "CLOSE");
		assert_int_equal(play(w, &r, false, false, SYN, 100 + (i + 1) * 1000, 0),
				 NEW | CT_STATE_SNAT);
		assert_string_equal(only(w).state_name, "SYN_SENT");
		assert_int_equal(ntohs(only(w).reply.dst_port), 1000);
	}
	assert_int_equal(conntrack_stats(w->ct).n_created, 4);
}

static void a_whole_tuple_is_flushed_at_once(void **state)
{
	struct world *w = *state;
	struct ct_tuple tuples[] = {
		tuple_of(5, IPPROTO_UDP, "10.0.0.1", "10.0.0.2", 1000, 53),
		tuple_of(5, IPPROTO_UDP, "10.0.0.1", "10.0.0.2", 1001, 53),
		tuple_of(6, IPPROTO_UDP, "10.0.0.1", "10.0.0.2", 1000, 53),
		tuple_of(5, IPPROTO_TCP, "2001:db8::1", "2001:db8::2", 1000, 53),
	};
	struct conntrack_filter f = { .has_zone = true };
	uint64_t n_flushed = 0, cursor;

	for (unsigned i = 0; i < ARRAY_LENGTH(tuples); i++)
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &commit), NEW);
	memset(&f.original_mask, 0xff, sizeof(f.original_mask));
	for (unsigned i = 1; i < ARRAY_LENGTH(tuples); i += 2) {
		f.zone = tuples[i].zone;
		f.original = ct_tuple_reverse(&tuples[i]); /* of no connection */
		cursor = 0;
		assert_false(conntrack_flush_some(w->ct, &cursor, 1, &f, &n_flushed));
		assert_int_equal(n_flushed, i / 2);
		f.original = tuples[i];
		assert_false(conntrack_flush_some(w->ct, &cursor, 1, &f, &n_flushed));
		assert_int_equal(n_flushed, i / 2 + 1);
	}
	assert_int_equal(conntrack_stats(w->ct).n_connections, 2);
	assert_int_equal(conntrack_stats(w->ct).n_flushed, 2);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_protocol_has_both_directions),
		TEST(force_turns_a_connection_round),
		TEST(force_by_what_may_not_begin_ends_the_connection),
		TEST(one_walk_judges_once),
		TEST(a_syn_after_the_end_begins_anew),
		TEST(anew_and_not_committed_leaves_nothing),
		TEST(an_older_syn_begins_nothing),
		TEST(the_other_end_begins_anew_the_other_way_round),
		TEST(anew_under_nat),
		TEST(a_whole_tuple_is_flushed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
