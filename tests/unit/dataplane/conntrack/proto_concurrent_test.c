/* Both directions of one TCP connection on two threads at once: ends that send what they may are
 * never judged invalid, and what is known afterwards is the largest of all. */

#include "dataplane/conntrack/proto_tcp.h"

#include <pthread.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include "lib/rng.h"
#include "tests/fakes/dataplane/ct_frames.h"

enum { F = 1, S = 2, A = 16 };

#define N_SEGMENTS 20000
#define WINDOW	   20000

struct shared {
	struct connection c;
	struct ct_policy policy;
	/* Up to where each direction was judged, and what each has acknowledged. */
	uint32_t judged[2], acked[2];
	unsigned n_invalid;
	unsigned n_done;
};

struct sender {
	struct shared *shared;
	bool is_reply;
	pthread_t thread;
};

static enum ct_verdict judge(struct shared *s, const struct ct_segment *segment)
{
	enum ct_verdict verdict = CT_VALID;
	struct ct_packet p;
	struct ct_frame f;

	ct_frame_tcp(&f, segment);
	p = ct_frame_packet(&f);
	if (!ct_tcp_update_plain(&s->policy, &p, &s->c, segment->is_reply))
		verdict = ct_proto_update(&s->policy, &p, &s->c, segment->is_reply);
	ct_frame_fini(&f);
	return verdict;
}

static void begin(struct shared *s)
{
	struct ct_segment segments[] = {
		{ .flags = S, .seq = 0, .win = WINDOW },
		{ .flags = S | A, .is_reply = true, .seq = 0, .ack = 1, .win = WINDOW },
		{ .flags = A, .seq = 1, .ack = 1, .win = WINDOW },
	};
	struct ct_tuple t = { .family = 4, .proto = 6 };
	struct ct_packet p;
	struct ct_frame f;

	*s = (struct shared){ .judged = { 1, 1 }, .acked = { 1, 1 } };
	ct_policy_init(&s->policy);
	connection_init(&s->c, &t, false);
	ct_frame_tcp(&f, &segments[0]);
	p = ct_frame_packet(&f);
	assert_true(ct_proto_begin(&s->policy, &p, &s->c));
	ct_frame_fini(&f);
	assert_int_equal(judge(s, &segments[1]), CT_VALID);
	assert_int_equal(judge(s, &segments[2]), CT_VALID);
}

static uint32_t load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* Sends what the peer's latest acknowledgement allows, acknowledges what has come. */
static void *run(void *arg)
{
	struct sender *me = arg;
	struct shared *s = me->shared;
	uint32_t next = 1;
	struct rng rng;

	rng_seed(&rng, me->is_reply);
	for (unsigned i = 0; i < N_SEGMENTS; i++) {
		uint32_t allowed = load(&s->acked[!me->is_reply]) + WINDOW, ack;
		struct ct_segment segment = {
			.is_reply = me->is_reply, .flags = A, .win = WINDOW, .seq = next
		};

		segment.n_data = (unsigned)rng_below(&rng, 1000);
		if (next + segment.n_data > allowed)
			segment.n_data = 0;
		ack = load(&s->judged[!me->is_reply]);
		segment.ack = ack;
		if (judge(s, &segment) != CT_VALID)
			__atomic_fetch_add(&s->n_invalid, 1, __ATOMIC_RELAXED);
		next += segment.n_data;
		__atomic_store_n(&s->judged[me->is_reply], next, __ATOMIC_RELEASE);
		__atomic_store_n(&s->acked[me->is_reply], ack, __ATOMIC_RELEASE);
	}
	__atomic_fetch_add(&s->n_done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void both_directions_at_once_are_valid(void **state)
{
	struct shared s;
	struct sender senders[2];
	(void)state;

	begin(&s);
	for (unsigned i = 0; i < 2; i++) {
		senders[i] = (struct sender){ .shared = &s, .is_reply = i };
		assert_int_equal(pthread_create(&senders[i].thread, NULL, run, &senders[i]), 0);
	}
	for (unsigned i = 0; i < 2; i++)
		pthread_join(senders[i].thread, NULL);
	assert_int_equal(s.n_invalid, 0);
	assert_int_equal(s.c.proto_state, TCP_ESTABLISHED);
	for (unsigned i = 0; i < 2; i++) {
		union tcp_sent sent = tcp_sent_load(&s.c.tcp.sides[i]);
		union tcp_allowed allowed = tcp_allowed_load(&s.c.tcp.sides[i]);

		assert_int_equal(sent.end, s.judged[i]);
		assert_int_equal(allowed.ack, s.acked[i]);
		assert_int_equal(allowed.limit, s.acked[i] + WINDOW);
	}
}

/* Segments of one direction that overtake each other on two threads: the largest number counts. */
static void *run_same(void *arg)
{
	struct sender *me = arg;

	for (uint32_t i = me->is_reply; i < N_SEGMENTS; i += 2) {
		struct ct_segment segment = {
			.flags = A, .win = WINDOW, .seq = 1 + i, .ack = 1, .n_data = 1
		};

		if (judge(me->shared, &segment) != CT_VALID)
			__atomic_fetch_add(&me->shared->n_invalid, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void one_direction_on_two_threads_is_valid(void **state)
{
	struct shared s;
	struct sender senders[2];
	(void)state;

	begin(&s);
	for (unsigned i = 0; i < 2; i++) {
		senders[i] = (struct sender){ .shared = &s, .is_reply = i };
		assert_int_equal(pthread_create(&senders[i].thread, NULL, run_same, &senders[i]),
				 0);
	}
	for (unsigned i = 0; i < 2; i++)
		pthread_join(senders[i].thread, NULL);
	assert_int_equal(s.n_invalid, 0);
	assert_int_equal(tcp_sent_load(&s.c.tcp.sides[0]).end, 1 + N_SEGMENTS);
}

/* Both FINs at once: whoever is first, the connection ends as it should. */
struct closing {
	struct shared *shared;
	pthread_barrier_t *barrier;
	bool is_reply;
	pthread_t thread;
	enum ct_verdict verdict;
};

static void *run_closing(void *arg)
{
	struct closing *me = arg;
	struct ct_segment fin = {
		.is_reply = me->is_reply, .flags = F | A, .win = WINDOW, .seq = 1, .ack = 1
	};

	pthread_barrier_wait(me->barrier);
	me->verdict = judge(me->shared, &fin);
	return NULL;
}

static void both_ends_may_close_at_once(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		pthread_barrier_t barrier;
		struct closing ends[2];
		struct shared s;

		begin(&s);
		pthread_barrier_init(&barrier, NULL, 2);
		for (unsigned i = 0; i < 2; i++) {
			ends[i] = (struct closing){ &s, &barrier, i, 0, CT_INVALID };
			assert_int_equal(
				pthread_create(&ends[i].thread, NULL, run_closing, &ends[i]), 0);
		}
		for (unsigned i = 0; i < 2; i++) {
			pthread_join(ends[i].thread, NULL);
			assert_int_equal(ends[i].verdict, CT_VALID);
		}
		assert_int_equal(s.c.proto_state, TCP_LAST_ACK);
		pthread_barrier_destroy(&barrier);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_at_once_are_valid),
		cmocka_unit_test(one_direction_on_two_threads_is_valid),
		cmocka_unit_test(both_ends_may_close_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
