/* UDP, queries and errors of ICMP, SCTP, other protocols; and the policy's names. */

#include "dataplane/conntrack/proto.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <rte_mbuf.h>
#include "tests/fakes/dataplane/ct_frames.h"

enum { V = CT_VALID, N = CT_VALID_NEW, X = CT_INVALID, ANEW = CT_BEGINS_ANEW, BEGIN, NONE };

struct subject {
	struct connection c;
	struct ct_policy policy;
	bool has_begun;
};

static void subject_init(struct subject *s)
{
	ct_policy_init(&s->policy);
	memset(&s->c, 0, sizeof(s->c));
	s->has_begun = false;
}

/* What becomes of a packet of S's connection, or of one that would begin it. */
static int judge(struct subject *s, bool is_v6, bool is_reply, uint8_t proto, const void *payload,
		 size_t size)
{
	struct connection_large begun;
	struct ct_packet p;
	struct ct_tuple t;
	struct ct_frame f;
	int verdict;

	ct_frame_ip(&f, is_v6, is_reply, proto, 0, 0, payload, size);
	p = ct_frame_packet(&f);
	if (f.drop || !ct_tuple_of(&p, 0, &t)) {
		verdict = X;
	} else if (s->has_begun) {
		verdict = (int)ct_proto_update(&s->policy, &p, &s->c, is_reply);
	} else {
		connection_init(&begun.c, &t, false);
		s->has_begun = ct_proto_begin(&s->policy, &p, &begun.c);
		s->c = begun.c;
		verdict = s->has_begun ? BEGIN : NONE;
	}
	ct_frame_fini(&f);
	return verdict;
}

static int judge_udp(struct subject *s, bool is_reply, uint16_t says)
{
	uint8_t bytes[20] = { 0 };

	store_be16(bytes, is_reply ? 53 : 1000);
	store_be16(bytes + 2, is_reply ? 1000 : 53);
	store_be16(bytes + 4, says);
	return judge(s, false, is_reply, IPPROTO_UDP, bytes, sizeof(bytes));
}

static void udp_becomes_a_stream(void **state)
{
	struct subject s;
	(void)state;

	subject_init(&s);
	assert_int_equal(judge_udp(&s, false, 21), NONE);
	assert_int_equal(judge_udp(&s, false, 7), NONE);
	assert_int_equal(judge_udp(&s, false, 20), BEGIN);
	assert_int_equal(judge_udp(&s, false, 20), N);
	assert_int_equal(s.c.timeout, CT_TIMEOUT_UDP);
	assert_int_equal(judge_udp(&s, true, 20), V);
	assert_int_equal(judge_udp(&s, true, 20), V);
	assert_int_equal(s.c.timeout, CT_TIMEOUT_UDP);
	assert_false(s.c.flags & CONNECTION_ASSURED);
	assert_int_equal(judge_udp(&s, false, 20), V);
	assert_int_equal(s.c.timeout, CT_TIMEOUT_UDP_STREAM);
	assert_true(s.c.flags & CONNECTION_ASSURED);
	assert_int_equal(judge_udp(&s, true, 300), X);
	assert_string_equal(ct_proto_state_name(IPPROTO_UDP, s.c.proto_state), "STREAM");
}

static int judge_icmp(struct subject *s, bool is_v6, bool is_reply, uint8_t type)
{
	uint8_t bytes[20] = { type, 0, 0, 0, 0, 7 };

	return judge(s, is_v6, is_reply, is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, bytes,
		     sizeof(bytes));
}

static void only_queries_begin(void **state)
{
	static const uint8_t queries[2][5][2] = { { { 8, 0 }, { 13, 14 }, { 15, 16 }, { 17, 18 } },
						  { { 128, 129 }, { 139, 140 } } };
	(void)state;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		for (unsigned i = 0; queries[v6][i][0]; i++) {
			struct subject s;

			subject_init(&s);
			assert_int_equal(judge_icmp(&s, v6, false, queries[v6][i][1]), NONE);
			assert_int_equal(judge_icmp(&s, v6, false, queries[v6][i][0]), BEGIN);
			assert_int_equal(judge_icmp(&s, v6, false, queries[v6][i][0]), N);
			assert_int_equal(judge_icmp(&s, v6, true, queries[v6][i][1]), V);
			assert_int_equal(judge_icmp(&s, v6, false, queries[v6][i][0]), V);
			assert_int_equal(s.c.timeout, CT_TIMEOUT_ICMP);
		}
	}
}

/* Router advertisements, neighbour discovery, MLD and the like are of no connection. */
static void messages_that_are_no_queries_have_no_tuple(void **state)
{
	static const uint8_t v4[] = { 1, 2, 6, 9, 10, 30, 40, 255 };
	static const uint8_t v6[] = { 0, 5, 100, 127, 130, 131, 132, 133, 134, 135, 136, 137, 143 };
	struct subject s;
	(void)state;

	subject_init(&s);
	for (unsigned i = 0; i < ARRAY_LENGTH(v4); i++)
		assert_int_equal(judge_icmp(&s, false, false, v4[i]), X);
	for (unsigned i = 0; i < ARRAY_LENGTH(v6); i++)
		assert_int_equal(judge_icmp(&s, true, false, v6[i]), X);
}

static void answers_have_the_reverse_tuple(void **state)
{
	uint8_t query[8] = { 8, 0, 0, 0, 0, 7 }, answer[8] = { 0, 0, 0, 0, 0, 7 };
	struct ct_tuple t, u, other;
	struct ct_packet p;
	struct ct_frame f;
	(void)state;

	ct_frame_ip(&f, false, false, IPPROTO_ICMP, 0, 0, query, 8);
	p = ct_frame_packet(&f);
	assert_true(ct_tuple_of(&p, 3, &t));
	ct_frame_fini(&f);
	ct_frame_ip(&f, false, true, IPPROTO_ICMP, 0, 0, answer, 8);
	p = ct_frame_packet(&f);
	assert_true(ct_tuple_of(&p, 3, &u));
	ct_frame_fini(&f);
	t = ct_tuple_reverse(&t);
	assert_memory_equal(&t, &u, sizeof(t));
	/* What the other host asks under the same identifier is another connection. */
	ct_frame_ip(&f, false, true, IPPROTO_ICMP, 0, 0, query, 8);
	p = ct_frame_packet(&f);
	assert_true(ct_tuple_of(&p, 3, &other));
	ct_frame_fini(&f);
	assert_memory_not_equal(&other, &u, sizeof(u));
}

static void other_protocols_are_known_by_addresses(void **state)
{
	uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct subject s;
	(void)state;

	subject_init(&s);
	assert_int_equal(judge(&s, false, false, 47, bytes, 4), BEGIN);
	assert_int_equal(judge(&s, false, false, 47, bytes, 4), N);
	assert_int_equal(judge(&s, false, true, 47, bytes, 4), V);
	assert_int_equal(judge(&s, false, false, 47, bytes, 4), V);
	assert_int_equal(s.c.timeout, CT_TIMEOUT_OTHER);
}

/* --- SCTP --- */

enum {
	DATA,
	INIT,
	INIT_ACK,
	SACK,
	BEAT,
	BEAT_ACK,
	ABORT,
	DOWN,
	DOWN_ACK,
	ECHO_ = 10,
	ECHO_ACK,
	DOWN_COMPLETE = 14,
	REFLECTED = 0x100
};

struct message {
	char from;
	uint32_t vtag;
	int chunk;	   /* | REFLECTED: with the T bit */
	uint32_t init_tag; /* of INIT and INIT ACK */
	int verdict;
	const char *state;
};

static void play_sctp(struct subject *s, const struct message *messages, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct message *m = &messages[i];
		bool is_reply = m->from == '<';
		uint8_t bytes[32] = { 0 };
		int verdict;

		store_be16(bytes, is_reply ? 80 : 1000);
		store_be16(bytes + 2, is_reply ? 1000 : 80);
		store_be32(bytes + 4, m->vtag);
		bytes[12] = (uint8_t)m->chunk;
		bytes[13] = !!(m->chunk & REFLECTED);
		store_be16(bytes + 14, 20);
		store_be32(bytes + 16, m->init_tag);
		verdict = judge(s, false, is_reply, IPPROTO_SCTP, bytes, sizeof(bytes));
		if (verdict != m->verdict)
			fail_msg("message %u: verdict %d", i, verdict);
		assert_string_equal(ct_proto_state_name(IPPROTO_SCTP, s->c.proto_state), m->state);
	}
}

#define PLAY(SUBJECT, MESSAGES) play_sctp(SUBJECT, MESSAGES, ARRAY_LENGTH(MESSAGES))

static const struct message association[] = {
	{ '>', 0, INIT, 111, BEGIN, "COOKIE_WAIT" }, { '<', 111, INIT_ACK, 222, V, "COOKIE_WAIT" },
	{ '>', 222, ECHO_, 0, V, "COOKIE_ECHOED" },  { '<', 111, ECHO_ACK, 0, V, "ESTABLISHED" },
	{ '>', 222, DATA, 0, V, "ESTABLISHED" },     { '<', 111, SACK, 0, V, "ESTABLISHED" },
};

static void an_association_lives_and_ends(void **state)
{
	static const struct message rest[] = {
		{ '>', 222, DOWN, 0, V, "SHUTDOWN_SENT" },
		{ '<', 111, DOWN_ACK, 0, V, "SHUTDOWN_ACK_SENT" },
		{ '>', 222, DOWN_COMPLETE, 0, V, "CLOSED" },
		{ '>', 0, INIT, 333, ANEW, "CLOSED" },
	};
	struct subject s;
	(void)state;

	subject_init(&s);
	PLAY(&s, association);
	assert_true(s.c.flags & CONNECTION_ASSURED);
	assert_int_equal(s.c.timeout, CT_TIMEOUT_SCTP_ESTABLISHED);
	PLAY(&s, rest);
}

static void tags_cannot_be_guessed(void **state)
{
	static const struct message forged[] = {
		{ '>', 221, ABORT, 0, X, "ESTABLISHED" },
		{ '<', 222, ABORT, 0, X, "ESTABLISHED" },
		{ '<', 1, DOWN, 0, X, "ESTABLISHED" },
		{ '>', 0, DATA, 0, X, "ESTABLISHED" },
		{ '>', 5, INIT, 9, X, "ESTABLISHED" },
		{ '>', 0, INIT, 0, X, "ESTABLISHED" },
		/* Anyone can send an INIT; it changes nothing. */
		{ '>', 0, INIT, 999, V, "ESTABLISHED" },
		{ '<', 0, INIT, 999, V, "ESTABLISHED" },
		{ '>', 222, DATA, 0, V, "ESTABLISHED" },
		{ '<', 111, SACK, 0, V, "ESTABLISHED" },
		{ '<', 222, ABORT | REFLECTED, 0, V, "CLOSED" },
	};
	struct subject s;
	(void)state;

	subject_init(&s);
	PLAY(&s, association);
	PLAY(&s, forged);
}

/* RFC 9260 section 5.2: one end has lost the association and makes it anew. */
static void an_end_may_restart(void **state)
{
	static const struct message restart[] = {
		{ '>', 0, INIT, 777, V, "ESTABLISHED" },
		{ '<', 777, INIT_ACK, 888, V, "ESTABLISHED" },
		{ '>', 888, ECHO_, 0, V, "ESTABLISHED" },
		{ '<', 111, SACK, 0, V, "ESTABLISHED" }, /* not yet */
		{ '<', 777, ECHO_ACK, 0, V, "ESTABLISHED" },
		{ '>', 888, DATA, 0, V, "ESTABLISHED" },
		{ '>', 222, DATA, 0, X, "ESTABLISHED" },
	};
	struct subject s;
	(void)state;

	subject_init(&s);
	PLAY(&s, association);
	PLAY(&s, restart);
}

static void another_path_begins_with_a_heartbeat(void **state)
{
	static const struct message path[] = {
		{ '>', 222, BEAT, 0, BEGIN, "HEARTBEAT_SENT" },
		{ '<', 111, BEAT_ACK, 0, V, "ESTABLISHED" },
		{ '>', 222, DATA, 0, V, "ESTABLISHED" },
		{ '<', 112, DATA, 0, X, "ESTABLISHED" },
	};
	static const struct message out_of_the_blue[] = {
		{ '>', 222, DATA, 0, NONE, "NONE" },
		{ '>', 222, ECHO_, 0, NONE, "NONE" },
		{ '>', 222, ABORT, 0, NONE, "NONE" },
	};
	struct subject s;
	(void)state;

	subject_init(&s);
	PLAY(&s, out_of_the_blue);
	PLAY(&s, path);
}

static void damaged_chunks_are_invalid(void **state)
{
	static const uint8_t chunks[][8] = {
		{ DATA, 0, 0, 0 },		  /* of no length */
		{ DATA, 0, 0, 3 },		  /* less than its header */
		{ BEAT, 0, 0, 4, INIT, 0, 0, 4 }, /* not alone */
		{ ECHO_ACK, 0, 0, 4, DOWN_COMPLETE, 0, 0, 4 },
	};
	struct subject s;
	(void)state;

	subject_init(&s);
	PLAY(&s, association);
	for (unsigned i = 0; i < ARRAY_LENGTH(chunks); i++) {
		uint8_t bytes[20] = { 0x03, 0xe8, 0, 80, 0, 0, 0, 222 };

		memcpy(bytes + 12, chunks[i], 8);
		assert_int_equal(judge(&s, false, false, IPPROTO_SCTP, bytes, sizeof(bytes)), X);
		assert_int_equal(judge(&s, false, false, IPPROTO_SCTP, bytes, 12), X);
	}
}

/* --- errors --- */

/* An error of TYPE from the reply side that quotes the N bytes of QUOTED. */
static bool error_of(bool is_v6, uint8_t type, const uint8_t *quoted, size_t n, struct ct_tuple *t)
{
	uint8_t bytes[8 + 200] = { type };
	struct ct_packet p;
	struct ct_frame f;
	uint16_t at = 0;
	bool is_error;

	memcpy(bytes + 8, quoted, n);
	ct_frame_ip(&f, is_v6, true, is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 0, 0, bytes, 8 + n);
	p = ct_frame_packet(&f);
	assert_false(ct_tuple_of(&p, 5, t));
	is_error = ct_error_of(&p, 5, t, &at);
	if (is_error)
		assert_int_equal(at, f.layout.l4 + 8);
	ct_frame_fini(&f);
	return is_error;
}

/* The IP packet of a UDP datagram of the original side.  Returns its size. */
static size_t quote(bool is_v6, uint8_t out[200])
{
	uint8_t udp[12] = { 0x03, 0xe8, 0, 53, 0, 12 };
	struct ct_frame f;
	size_t size = is_v6 ? 52 : 32;

	ct_frame_ip(&f, is_v6, false, IPPROTO_UDP, 0, 0, udp, sizeof(udp));
	memcpy(out, rte_pktmbuf_mtod_offset(f.m, const uint8_t *, 14), size);
	ct_frame_fini(&f);
	return size;
}

static void errors_tell_the_packet_they_are_about(void **state)
{
	static const uint8_t types[2][6] = { { 3, 4, 5, 11, 12 }, { 1, 2, 3, 4 } };
	(void)state;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		uint8_t quoted[200];
		size_t n = quote(v6, quoted);
		struct ct_tuple t;

		for (unsigned i = 0; types[v6][i]; i++) {
			assert_true(error_of(v6, types[v6][i], quoted, n, &t));
			assert_int_equal(load_be16(&t.src_port), 1000);
			assert_int_equal(load_be16(&t.dst_port), 53);
			assert_int_equal(t.proto, IPPROTO_UDP);
			assert_int_equal(t.family, v6 ? 6 : 4);
			assert_int_equal(t.zone, 5);
		}
		/* RFC 792's 8 bytes are enough; less is not. */
		for (size_t size = 0; size <= n; size++)
			assert_int_equal(error_of(v6, 3, quoted, size, &t),
					 size >= (v6 ? 48u : 28u));
	}
}

static void what_is_quoted_may_be_a_lie(void **state)
{
	struct ct_tuple t;
	uint8_t q[200];
	size_t n = quote(false, q);
	(void)state;

	q[0] = 0x65;
	assert_false(error_of(false, 3, q, n, &t));
	q[0] = 0x44;
	assert_false(error_of(false, 3, q, n, &t));
	q[0] = 0x4f; /* its options end behind what is there */
	assert_false(error_of(false, 3, q, n, &t));
	q[0] = 0x45;
	store_be16(q + 2, 19); /* shorter than its header, or without ports */
	assert_false(error_of(false, 3, q, n, &t));
	store_be16(q + 2, 27);
	assert_false(error_of(false, 3, q, n, &t));
	store_be16(q + 2, 65535); /* longer than what is quoted, as it may be */
	assert_true(error_of(false, 3, q, n, &t));
	store_be16(q + 6, 0x2000); /* a first fragment, and a later one */
	assert_true(error_of(false, 3, q, n, &t));
	store_be16(q + 6, 1);
	assert_false(error_of(false, 3, q, n, &t));
	store_be16(q + 6, 0);
	q[15] ^= 1; /* not of whom is told */
	assert_false(error_of(false, 3, q, n, &t));
}

static void extension_headers_may_be_quoted(void **state)
{
	uint8_t q[200], with[200] = { 0 };
	size_t n = quote(true, q);
	struct ct_tuple t;
	(void)state;

	memcpy(with, q, 40);
	with[6] = IPPROTO_HOPOPTS;
	store_be16(with + 4, 12 + 16);
	with[40] = IPPROTO_FRAGMENT;
	with[48] = IPPROTO_UDP; /* the first fragment */
	store_be16(with + 50, 1);
	memcpy(with + 56, q + 40, n - 40);
	assert_true(error_of(true, 1, with, n + 16, &t));
	assert_int_equal(load_be16(&t.dst_port), 53);
	store_be16(with + 50, 8 | 1); /* a later one */
	assert_false(error_of(true, 1, with, n + 16, &t));
	store_be16(with + 50, 0);
	with[41] = 255; /* a header of 2 KB */
	assert_false(error_of(true, 1, with, n + 16, &t));
	with[41] = 0;
	with[40] = IPPROTO_HOPOPTS; /* and so on, for ever */
	with[48] = IPPROTO_HOPOPTS;
	assert_false(error_of(true, 1, with, n + 16, &t));
}

static void timeouts_have_names(void **state)
{
	struct ct_policy p;
	(void)state;

	ct_policy_init(&p);
	for (unsigned i = 0; i < CT_N_TIMEOUTS; i++) {
		assert_int_equal(ct_timeout_find(ct_timeout_name((enum ct_timeout)i)), i);
		assert_true(p.seconds[i] > 0);
	}
	assert_null(ct_timeout_name(CT_N_TIMEOUTS));
	assert_int_equal(ct_timeout_find("tcp"), CT_N_TIMEOUTS);
	assert_int_equal(p.seconds[CT_TIMEOUT_TCP_ESTABLISHED], 5 * 24 * 3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_becomes_a_stream),
		cmocka_unit_test(only_queries_begin),
		cmocka_unit_test(messages_that_are_no_queries_have_no_tuple),
		cmocka_unit_test(answers_have_the_reverse_tuple),
		cmocka_unit_test(other_protocols_are_known_by_addresses),
		cmocka_unit_test(an_association_lives_and_ends),
		cmocka_unit_test(tags_cannot_be_guessed),
		cmocka_unit_test(an_end_may_restart),
		cmocka_unit_test(another_path_begins_with_a_heartbeat),
		cmocka_unit_test(damaged_chunks_are_invalid),
		cmocka_unit_test(errors_tell_the_packet_they_are_about),
		cmocka_unit_test(what_is_quoted_may_be_a_lie),
		cmocka_unit_test(extension_headers_may_be_quoted),
		cmocka_unit_test(timeouts_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
