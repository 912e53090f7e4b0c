/* TCP connections, told as tables: what each segment is taken for and what state it leads to. */

#include "dataplane/conntrack/proto_tcp.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include "lib/rng.h"
#include "tests/fakes/dataplane/ct_frames.h"

enum { F = 1, S = 2, R = 4, P = 8, A = 16, U = 32 };

enum {
	V = CT_VALID,
	N = CT_VALID_NEW,
	X = CT_INVALID,
	ANEW = CT_BEGINS_ANEW,
	BEGIN, /* no connection yet: it begins one */
	NONE,  /* and may not */
};

/* Numbers count from the sender's initial one: 1000 for the original side, 5000 for the other. */
struct step {
	char from; /* '>' original, '<' reply */
	uint8_t flags;
	int32_t seq, ack;
	unsigned n_data;
	int verdict;
	uint8_t state; /* afterwards */
	uint32_t win;  /* 0: 1000 */
	uint8_t options[20];
	unsigned n_options;
};

#define ISN_ORIGINAL 0xfffff000u /* wraps around */
#define ISN_REPLY    5000u
#define ZERO_WINDOW  0x10000

struct subject {
	struct connection c;
	struct ct_policy policy;
	bool is_v6;
};

static void subject_init(struct subject *s)
{
	struct ct_tuple t = { .family = 4, .proto = 6 };

	ct_policy_init(&s->policy);
	connection_init(&s->c, &t, false);
	s->is_v6 = false;
}

static struct ct_segment segment_of(const struct step *step)
{
	bool is_reply = step->from == '<';
	uint32_t own = is_reply ? ISN_REPLY : ISN_ORIGINAL;
	uint32_t other = is_reply ? ISN_ORIGINAL : ISN_REPLY;
	struct ct_segment s = { .is_reply = is_reply,
				.flags = step->flags,
				.seq = own + (uint32_t)step->seq,
				.ack = step->flags & A ? other + (uint32_t)step->ack : 0,
				.win = step->win == ZERO_WINDOW ? 0
				       : step->win		? step->win
								: 1000,
				.n_data = step->n_data,
				.n_options = step->n_options };

	memcpy(s.options, step->options, sizeof(s.options));
	return s;
}

static int judge(struct subject *s, const struct ct_frame *f, bool is_reply)
{
	struct ct_packet p = ct_frame_packet(f);

	if (f->drop)
		return X;
	if (s->c.proto_state == TCP_NONE)
		return ct_proto_begin(&s->policy, &p, &s->c) ? BEGIN : NONE;
	if (ct_tcp_update_plain(&s->policy, &p, &s->c, is_reply))
		return V;
	return (int)ct_proto_update(&s->policy, &p, &s->c, is_reply);
}

static void play(struct subject *s, const struct step *steps, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct ct_segment segment = segment_of(&steps[i]);
		struct ct_frame f;
		int verdict;

		segment.is_v6 = s->is_v6;
		ct_frame_tcp(&f, &segment);
		verdict = judge(s, &f, segment.is_reply);
		if (verdict != steps[i].verdict || s->c.proto_state != steps[i].state)
			fail_msg("step %u: verdict %d, state %s", i, verdict,
				 ct_proto_state_name(6, s->c.proto_state));
		ct_frame_fini(&f);
	}
}

#define PLAY(SUBJECT, STEPS) play(SUBJECT, STEPS, ARRAY_LENGTH(STEPS))

static const struct step handshake[] = {
	{ '>', S, 0, 0, 0, BEGIN, TCP_SYN_SENT },
	{ '<', S | A, 0, 1, 0, V, TCP_SYN_RECV },
	{ '>', A, 1, 1, 0, V, TCP_ESTABLISHED },
};

static void establish(struct subject *s)
{
	subject_init(s);
	PLAY(s, handshake);
	assert_true(s->c.flags & CONNECTION_ASSURED);
}

static void a_connection_lives_and_ends(void **state)
{
	static const struct step rest[] = {
		{ '>', A | P, 1, 1, 100, V, TCP_ESTABLISHED },
		{ '<', A, 1, 101, 0, V, TCP_ESTABLISHED },
		{ '<', A | P, 1, 101, 200, V, TCP_ESTABLISHED },
		{ '>', A, 101, 201, 0, V, TCP_ESTABLISHED },
		{ '>', F | A, 101, 201, 0, V, TCP_FIN_WAIT },
		{ '<', A, 201, 102, 0, V, TCP_CLOSE_WAIT },
		{ '<', A, 201, 102, 50, V, TCP_CLOSE_WAIT },
		{ '<', F | A, 251, 102, 0, V, TCP_LAST_ACK },
		{ '<', F | A, 251, 102, 0, V, TCP_LAST_ACK },
		{ '>', A, 102, 252, 0, V, TCP_TIME_WAIT },
	};
	(void)state;
	struct subject s;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		subject_init(&s);
		s.is_v6 = v6;
		PLAY(&s, handshake);
		PLAY(&s, rest);
		assert_int_equal(s.c.timeout, CT_TIMEOUT_TCP_TIME_WAIT);
	}
}

static void both_ends_may_open_at_once(void **state)
{
	static const struct step steps[] = {
		{ '>', S, 0, 0, 0, BEGIN, TCP_SYN_SENT }, { '<', S, 0, 0, 0, V, TCP_SYN_SENT2 },
		{ '<', S | A, 0, 1, 0, V, TCP_SYN_RECV }, { '>', S | A, 0, 1, 0, V, TCP_SYN_RECV },
		{ '<', A, 1, 1, 0, V, TCP_ESTABLISHED },  { '>', A, 1, 1, 10, V, TCP_ESTABLISHED },
	};
	(void)state;
	struct subject s;

	subject_init(&s);
	PLAY(&s, steps);
}

static void a_handshake_may_be_repeated(void **state)
{
	static const struct step steps[] = {
		{ '>', S, 0, 0, 0, BEGIN, TCP_SYN_SENT },
		{ '>', S, 0, 0, 0, N, TCP_SYN_SENT },
		{ '>', S, 7000, 0, 0, N, TCP_SYN_SENT }, /* with another number */
		{ '<', S | A, 0, 7001, 0, V, TCP_SYN_RECV },
		{ '<', S | A, 0, 7001, 0, V, TCP_SYN_RECV },
		{ '>', S, 7000, 0, 0, V, TCP_SYN_RECV },
		{ '>', A, 7001, 1, 0, V, TCP_ESTABLISHED },
		{ '<', S | A, 0, 7001, 0, V, TCP_ESTABLISHED },
	};
	(void)state;
	struct subject s;

	subject_init(&s);
	PLAY(&s, steps);
}

/* Who has not seen the SYN+ACK cannot complete the handshake. */
static void only_the_right_number_completes_the_handshake(void **state)
{
	static const struct step steps[] = {
		{ '>', S, 0, 0, 0, BEGIN, TCP_SYN_SENT }, { '<', S | A, 0, 1, 0, V, TCP_SYN_RECV },
		{ '>', A, 1, -500, 0, V, TCP_SYN_RECV },  { '>', A, 1, 2, 0, X, TCP_SYN_RECV },
		{ '>', A, 1, 1, 0, V, TCP_ESTABLISHED },
	};
	(void)state;
	struct subject s;

	subject_init(&s);
	PLAY(&s, steps);
}

static void what_no_tcp_sends_is_invalid(void **state)
{
	static const uint8_t bad[] = { 0,     F,	 S | F,	    S | R,     F | P | U, 0x3f,
				       R | F, S | A | U, A | S | F, R | A | F, U,	  P };
	(void)state;
	struct subject s;

	establish(&s);
	for (unsigned i = 0; i < ARRAY_LENGTH(bad); i++) {
		const struct step step = { '>', bad[i], 1, 1, 0, X, TCP_ESTABLISHED };

		play(&s, &step, 1);
	}
}

static void headers_longer_than_the_packet_are_invalid(void **state)
{
	struct ct_segment segment = { .flags = A, .seq = ISN_ORIGINAL + 1, .ack = ISN_REPLY + 1 };
	(void)state;
	struct ct_frame f;
	struct subject s;

	establish(&s);
	for (segment.offset = 6; segment.offset < 16; segment.offset++) {
		ct_frame_tcp(&f, &segment);
		assert_int_equal(judge(&s, &f, false), X);
		ct_frame_fini(&f);
	}
}

static void numbers_outside_the_window_are_invalid(void **state)
{
	static const struct step steps[] = {
		{ '>', A, 3000, 1, 10, X, TCP_ESTABLISHED },	 /* too far */
		{ '>', A, 1, 2, 0, X, TCP_ESTABLISHED },	 /* never sent */
		{ '>', A, -5000, 1, 10, V, TCP_ESTABLISHED },	 /* sent again, late */
		{ '>', A, 1, -70000, 10, V, TCP_ESTABLISHED },	 /* overtaken */
		{ '<', A, 1, 11, 0, X, TCP_ESTABLISHED },	 /* nothing was learnt from it */
		{ '>', A, 1, 1, 1000, V, TCP_ESTABLISHED },	 /* as far as allowed */
		{ '<', A, 1, 1001, 0, V, TCP_ESTABLISHED, 500 }, /* the window shrinks */
		{ '>', A, 1001, 1, 500, V, TCP_ESTABLISHED },
		{ '>', A, 1 << 30, 1, 1, X, TCP_ESTABLISHED },
	};
	(void)state;
	struct subject s;

	establish(&s);
	PLAY(&s, steps);
	s.policy.is_liberal = true;
	establish(&s);
	s.policy.is_liberal = true;
	{
		static const struct step liberal[] = {
			{ '>', A, 300000, 1, 10, V, TCP_ESTABLISHED },
			{ '>', A, 1, 200000, 0, V, TCP_ESTABLISHED },
			{ '>', R, 300000, 0, 0, X, TCP_ESTABLISHED }, /* but for resets */
		};

		PLAY(&s, liberal);
	}
}

#define SCALE(N)                                                                                   \
	{                                                                                          \
		1, 3, 3, N                                                                         \
	}

static void windows_are_scaled_if_both_ends_say_so(void **state)
{
	static const struct step both[] = {
		{ '>', S, 0, 0, 0, BEGIN, TCP_SYN_SENT, 0, SCALE(3), 4 },
		{ '<', S | A, 0, 1, 0, V, TCP_SYN_RECV, 1000, SCALE(7), 4 },
		{ '>', A, 1, 1, 0, V, TCP_ESTABLISHED },
		{ '<', A, 1, 1, 0, V, TCP_ESTABLISHED, 1000 }, /* allows 128,000 */
		{ '>', A, 127000, 1, 1000, V, TCP_ESTABLISHED },
		{ '>', A, 300000, 1, 1000, X, TCP_ESTABLISHED },
		{ '<', A, 7000, 1, 1000, V, TCP_ESTABLISHED }, /* 8,000 */
		{ '<', A, 17000, 1, 10, X, TCP_ESTABLISHED },
	};
	static const struct step one[] = {
		{ '>', S, 0, 0, 0, BEGIN, TCP_SYN_SENT },
		{ '<', S | A, 0, 1, 0, V, TCP_SYN_RECV, 1000, SCALE(7), 4 },
		{ '>', A, 1, 1, 0, V, TCP_ESTABLISHED },
		{ '<', A, 1, 1, 0, V, TCP_ESTABLISHED, 1000 },
		{ '>', A, 4000, 1, 1000, X, TCP_ESTABLISHED },
	};
	(void)state;
	struct subject s;

	subject_init(&s);
	PLAY(&s, both);
	subject_init(&s);
	PLAY(&s, one);
}

static void a_window_may_close_and_be_probed(void **state)
{
	static const struct step steps[] = {
		{ '>', A, 1, 1, 1000, V, TCP_ESTABLISHED },
		{ '<', A, 1, 1001, 0, V, TCP_ESTABLISHED, ZERO_WINDOW },
		{ '>', A, 1001, 1, 1, V, TCP_ESTABLISHED },
		{ '<', A, 1, 1001, 0, V, TCP_ESTABLISHED, ZERO_WINDOW },
		{ '>', A, 1001, 1, 1, V, TCP_ESTABLISHED },
		{ '<', A, 1, 1002, 0, V, TCP_ESTABLISHED },
		{ '>', A, 1001, 1, 0, V, TCP_ESTABLISHED }, /* keep-alives */
		{ '>', A, 1001, 1, 1, V, TCP_ESTABLISHED },
		{ '<', A, 1, 1002, 0, V, TCP_ESTABLISHED },
	};
	(void)state;
	struct subject s;

	establish(&s);
	PLAY(&s, steps);
}

/* A hole of more than the window that SACK tells of is no old acknowledgement. */
static void selective_acknowledgements_count(void **state)
{
	static const struct step steps[] = {
		{ '>', S, 0, 0, 0, BEGIN, TCP_SYN_SENT, 65535, { 4, 2, 3, 3, 14, 0, 0, 0 }, 8 },
		{ '<', S | A, 0, 1, 0, V, TCP_SYN_RECV, 65535, { 4, 2, 3, 3, 14, 0, 0, 0 }, 8 },
		{ '>', A, 1, 1, 0, V, TCP_ESTABLISHED, 65535 },
		{ '<', A, 1, 1, 0, V, TCP_ESTABLISHED, 65535 },
		{ '>', A, 1 << 20, 1, 256, V, TCP_ESTABLISHED },
		/* up to ISN_ORIGINAL + 2^20 + 256; ends before what was sent, or not */
		{ '<',
		  A,
		  1,
		  1,
		  0,
		  V,
		  TCP_ESTABLISHED,
		  65535,
		  { 1, 1, 5, 10, 0x00, 0x0f, 0xf0, 0x00, 0x00, 0x0f, 0xf1, 0x00 },
		  12 },
		{ '<',
		  A,
		  1,
		  1,
		  0,
		  X,
		  TCP_ESTABLISHED,
		  65535,
		  { 1, 1, 5, 10, 0x00, 0x0f, 0xf0, 0x00, 0x00, 0x0f, 0xf1, 0x01 },
		  12 },
	};
	(void)state;
	struct subject s;

	subject_init(&s);
	PLAY(&s, steps);
}

/* Guessing is of no use: what does not fit exactly changes nothing. */
static void resets_end_a_connection_by_exact_numbers_only(void **state)
{
	static const struct step blind[] = {
		{ '>', A, 1, 1, 100, V, TCP_ESTABLISHED },
		{ '<', A, 1, 101, 100, V, TCP_ESTABLISHED },
		{ '>', R, 0, 0, 0, X, TCP_ESTABLISHED },
		{ '>', R, 500, 0, 0, V, TCP_ESTABLISHED }, /* for the host to challenge */
		{ '>', R, 100000, 0, 0, X, TCP_ESTABLISHED },
		{ '<', R, 100, 0, 0, V, TCP_ESTABLISHED },
		{ '<', R | A, 90, 101, 0, V, TCP_ESTABLISHED },
		{ '<', R, -1, 0, 0, X, TCP_ESTABLISHED },
		{ '<', R, -(int32_t)ISN_REPLY, 0, 0, X, TCP_ESTABLISHED },
		{ '>', A, 101, 101, 10, V, TCP_ESTABLISHED }, /* and on it goes */
		{ '<', A, 101, 111, 0, V, TCP_ESTABLISHED },
	};
	static const struct step exact[] = { { '>', R, 111, 0, 0, V, TCP_CLOSE } };
	static const struct step answer[] = { { '<', R | A, 101, 111, 0, V, TCP_CLOSE } };
	(void)state;
	struct subject s;

	establish(&s);
	PLAY(&s, blind);
	PLAY(&s, exact);
	establish(&s);
	PLAY(&s, blind);
	PLAY(&s, answer);
}

static void a_syn_is_refused_by_its_number(void **state)
{
	static const struct step steps[] = {
		{ '>', S, 0, 0, 0, BEGIN, TCP_SYN_SENT },
		{ '<', R, 0, 0, 0, V, TCP_SYN_SENT },
		{ '<', R | A, 0, 2, 0, X, TCP_SYN_SENT },
		{ '<', R | A, 0, -100, 0, V, TCP_SYN_SENT },
		{ '<', R | A, -(int32_t)ISN_REPLY, 1, 0, V, TCP_CLOSE },
		{ '>', S, 40, 0, 0, ANEW, TCP_CLOSE },
	};
	(void)state;
	struct subject s;

	subject_init(&s);
	PLAY(&s, steps);
}

/* RFC 5961 section 4: the client has restarted and the server has not. */
static void a_challenge_is_answered_by_a_reset(void **state)
{
	static const struct step steps[] = {
		{ '>', S, 90000, 0, 0, V, TCP_ESTABLISHED },
		{ '<', A, 1, 1, 0, V, TCP_ESTABLISHED },
		{ '>', R, 1, 0, 0, V, TCP_CLOSE },
		{ '>', S, 90000, 0, 0, ANEW, TCP_CLOSE },
	};
	static const struct step last_ack[] = {
		{ '>', F | A, 1, 1, 0, V, TCP_FIN_WAIT },
		{ '<', F | A, 1, 2, 0, V, TCP_LAST_ACK },
		{ '>', S, 90000, 0, 0, V, TCP_LAST_ACK },
		{ '<', A, 2, 2, 0, V, TCP_LAST_ACK }, /* acknowledges no FIN */
		{ '>', A, 2, 2, 0, V, TCP_TIME_WAIT },
	};
	(void)state;
	struct subject s;

	establish(&s);
	PLAY(&s, steps);
	establish(&s);
	PLAY(&s, last_ack);
}

/* Both ends have forgotten the connection; this entry has not. */
static void ends_that_know_better_are_believed(void **state)
{
	static const struct step closing[] = {
		{ '>', F | A, 1, 1, 0, V, TCP_FIN_WAIT },
		{ '>', S, 90000, 0, 0, V, TCP_FIN_WAIT },
		{ '<', S | A, 70000, 90000, 0, V, TCP_FIN_WAIT }, /* does not answer that SYN */
		{ '>', S, 90000, 0, 0, V, TCP_FIN_WAIT },
		{ '<', S | A, 70000, 90001, 0, V, TCP_SYN_RECV },
		{ '>', A, 90001, 70001, 0, V, TCP_ESTABLISHED },
		{ '<', A, 70001, 90001, 100, V, TCP_ESTABLISHED },
		{ '>', F | A, 90001, 70101, 0, V, TCP_FIN_WAIT },
		{ '<', S | A, 70000, 90001, 0, V, TCP_FIN_WAIT }, /* a late one */
	};
	/* An established connection goes on beside it, as all of that may be forged. */
	static const struct step established[] = {
		{ '>', S, 90000, 0, 0, V, TCP_ESTABLISHED },
		{ '<', S | A, 70000, 90001, 0, V, TCP_ESTABLISHED },
		{ '>', A, 1, 1, 100, V, TCP_ESTABLISHED },
		{ '<', A, 1, 101, 100, V, TCP_ESTABLISHED },
		{ '>', A, 90001, 70001, 100, V, TCP_ESTABLISHED },
		{ '<', A, 70001, 90101, 100, V, TCP_ESTABLISHED },
	};
	(void)state;
	struct subject s;

	establish(&s);
	PLAY(&s, closing);
	establish(&s);
	PLAY(&s, established);
}

static void a_connection_begins_anew_after_its_end(void **state)
{
	static const struct step end[] = {
		{ '>', F | A, 1, 1, 0, V, TCP_FIN_WAIT },
		{ '<', F | A, 1, 2, 0, V, TCP_LAST_ACK },
		{ '>', A, 2, 2, 0, V, TCP_TIME_WAIT },
		{ '>', S, -100000, 0, 0, V, TCP_TIME_WAIT }, /* an old number: a late one */
	};
	static const struct step larger[] = { { '>', S, 2, 0, 0, ANEW, TCP_TIME_WAIT } };
	static const struct step reply[] = { { '<', S, -9, 0, 0, ANEW, TCP_TIME_WAIT } };
	static const struct step answered[] = {
		{ '<', S | A, 90000, -99999, 0, V, TCP_SYN_RECV },
		{ '>', A, -99999, 90001, 0, V, TCP_ESTABLISHED },
	};
	(void)state;
	struct subject s;

	establish(&s);
	PLAY(&s, end);
	PLAY(&s, larger);
	PLAY(&s, reply);
	PLAY(&s, answered);
}

static void a_connection_may_be_picked_up(void **state)
{
	static const struct step strict[] = { { '>', A, 100, 100, 10, NONE, TCP_NONE } };
	static const struct step never[] = {
		{ '>', F | A, 100, 100, 10, NONE, TCP_NONE },
		{ '>', S | A, 100, 100, 0, NONE, TCP_NONE },
		{ '>', R, 100, 0, 0, NONE, TCP_NONE },
	};
	static const struct step steps[] = {
		{ '>', A, 100, 100, 10, BEGIN, TCP_ESTABLISHED },
		{ '>', A, 110, 100, 10, N, TCP_ESTABLISHED },
		{ '<', A, 100, 120, 1000, V, TCP_ESTABLISHED, 3 },
		{ '>', A, 120, 1100, 1000, V, TCP_ESTABLISHED }, /* their scale is not known */
		{ '<', A, 90000, 1120, 1000, V, TCP_ESTABLISHED, 3 },
		{ '<', R, 123456, 0, 0, X, TCP_ESTABLISHED },
		{ '<', F | A, 91000, 1120, 0, V, TCP_FIN_WAIT, 3 },
	};
	(void)state;
	struct subject s;

	subject_init(&s);
	PLAY(&s, never);
	s.policy.is_strict = true;
	PLAY(&s, strict);
	s.policy.is_strict = false;
	PLAY(&s, steps);
}

static void who_does_not_answer_is_given_up_earlier(void **state)
{
	static const struct step data[] = { { '>', A, 1, 1, 100, V, TCP_ESTABLISHED } };
	static const struct step answer[] = { { '<', A, 1, 101, 0, V, TCP_ESTABLISHED } };
	(void)state;
	struct subject s;

	establish(&s);
	assert_int_equal(s.c.timeout, CT_TIMEOUT_TCP_ESTABLISHED);
	PLAY(&s, data);
	assert_int_equal(s.c.timeout, CT_TIMEOUT_TCP_UNACKNOWLEDGED);
	PLAY(&s, answer);
	assert_int_equal(s.c.timeout, CT_TIMEOUT_TCP_ESTABLISHED);
	/* Unless the policy has the other one shorter. */
	s.policy.seconds[CT_TIMEOUT_TCP_ESTABLISHED] = 60;
	PLAY(&s, data);
	assert_int_equal(s.c.timeout, CT_TIMEOUT_TCP_ESTABLISHED);
}

/* Some segment near what the connection is at. */
static struct ct_segment random_segment(struct rng *rng)
{
	static const uint8_t flags[] = { A, A, A, A, A, A | P, A | U, F | A, R, S };
	static const int32_t steps[] = { 0, 1, -1, 100, -100, 1000, 2000, -70000, 1 << 20 };
	struct step step = {
		.from = rng_below(rng, 2) ? '>' : '<',
		.flags = flags[rng_below(rng, rng_below(rng, 8) ? 6 : ARRAY_LENGTH(flags))],
		.seq = 1 + (int32_t)rng_below(rng, 8) * 100 + steps[rng_below(rng, 9)],
		.ack = 1 + (int32_t)rng_below(rng, 8) * 100 + steps[rng_below(rng, 4)],
		.n_data = rng_below(rng, 3) * 100,
		.win = (uint16_t)(1 + rng_below(rng, 3000)),
	};

	if (rng_below(rng, 2)) {
		static const uint8_t stamp[] = { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 };

		memcpy(step.options, stamp, sizeof(stamp));
		step.n_options = sizeof(stamp);
	}
	return segment_of(&step);
}

/* The short way and the long one leave the same behind, bit for bit. */
static void the_short_way_is_the_long_one(void **state)
{
	unsigned n_plain = 0;
	struct rng rng;
	(void)state;

	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 2000; i++) {
		struct subject s, t;

		establish(&s);
		t = s;
		for (unsigned k = 0; k < 30; k++) {
			struct ct_segment segment = random_segment(&rng);
			enum ct_verdict a, b;
			struct ct_packet p;
			struct ct_frame f;

			segment.is_v6 = i & 1;
			ct_frame_tcp(&f, &segment);
			p = ct_frame_packet(&f);
			if (ct_tcp_update_plain(&s.policy, &p, &s.c, segment.is_reply)) {
				a = CT_VALID;
				n_plain++;
			} else {
				a = ct_proto_update(&s.policy, &p, &s.c, segment.is_reply);
			}
			b = ct_proto_update(&t.policy, &p, &t.c, segment.is_reply);
			assert_int_equal(a, b);
			assert_memory_equal(&s.c, &t.c, sizeof(s.c));
			ct_frame_fini(&f);
		}
	}
	assert_true(n_plain > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_lives_and_ends),
		cmocka_unit_test(both_ends_may_open_at_once),
		cmocka_unit_test(a_handshake_may_be_repeated),
		cmocka_unit_test(only_the_right_number_completes_the_handshake),
		cmocka_unit_test(what_no_tcp_sends_is_invalid),
		cmocka_unit_test(headers_longer_than_the_packet_are_invalid),
		cmocka_unit_test(numbers_outside_the_window_are_invalid),
		cmocka_unit_test(windows_are_scaled_if_both_ends_say_so),
		cmocka_unit_test(a_window_may_close_and_be_probed),
		cmocka_unit_test(selective_acknowledgements_count),
		cmocka_unit_test(resets_end_a_connection_by_exact_numbers_only),
		cmocka_unit_test(a_syn_is_refused_by_its_number),
		cmocka_unit_test(a_challenge_is_answered_by_a_reset),
		cmocka_unit_test(ends_that_know_better_are_believed),
		cmocka_unit_test(a_connection_begins_anew_after_its_end),
		cmocka_unit_test(a_connection_may_be_picked_up),
		cmocka_unit_test(who_does_not_answer_is_given_up_earlier),
		cmocka_unit_test(the_short_way_is_the_long_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
