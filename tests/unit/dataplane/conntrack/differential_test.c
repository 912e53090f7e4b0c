/* The table against a list that is searched from one end to the other: random packets of few
 * tuples, so that most are of some connection, both families, zones, translation, time that goes
 * by, flushes. */

#include "dataplane/conntrack/connection.h"
#include "dataplane/conntrack/conntrack.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "lib/rng.h"
#include "tests/fakes/dataplane/tuple_packets.h"

#define N_STEPS 30000
#define N_MAX	2048
#define TICK	(NS_PER_SEC / 64)

enum kind { UNANSWERED, ANSWERED, STREAM };

struct modelled {
	struct ct_tuple original, reply;
	enum kind kind;
	uint64_t used; /* ticks */
};

struct model {
	struct modelled all[N_MAX];
	unsigned n;
};

struct world {
	struct rng rng;
	struct conntrack *ct;
	struct conntrack_thread *threads[2];
	struct model model;
	uint64_t now;
	unsigned n_made, n_translated, n_replies, n_over;
};

static uint64_t allowed(const struct modelled *m)
{
	if (m->original.proto != IPPROTO_UDP)
		return 600 * 64;
	return (m->kind == STREAM ? 120 : 30) * 64;
}

static bool is_over(const struct world *w, const struct modelled *m)
{
	return w->now / TICK - m->used > allowed(m);
}

static bool is_same(const struct ct_tuple *a, const struct ct_tuple *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void forget_over(struct world *w)
{
	for (unsigned i = 0; i < w->model.n;)
		if (is_over(w, &w->model.all[i])) {
			w->model.all[i] = w->model.all[--w->model.n];
			w->n_over++;
		} else {
			i++;
		}
}

static struct modelled *find(struct world *w, const struct ct_tuple *t, bool *is_reply)
{
	for (unsigned i = 0; i < w->model.n; i++) {
		struct modelled *m = &w->model.all[i];

		*is_reply = !is_same(&m->original, t);
		if (!*is_reply || is_same(&m->reply, t))
			return m;
	}
	return NULL;
}

static struct ct_tuple random_tuple(struct world *w)
{
	static const char *const v4[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3", "192.0.2.1" };
	static const char *const v6[] = { "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "::" };
	const char *const *addresses = rng_below(&w->rng, 3) ? v4 : v6;
	bool is_udp = rng_below(&w->rng, 8);
	bool is_reply;
	struct ct_tuple t =
		tuple_of((uint16_t)rng_below(&w->rng, 3), is_udp ? IPPROTO_UDP : IPPROTO_GRE,
			 addresses[rng_below(&w->rng, 4)], addresses[rng_below(&w->rng, 4)],
			 is_udp ? (uint16_t)(1 + rng_below(&w->rng, 6)) : 0,
			 is_udp ? (uint16_t)(1 + rng_below(&w->rng, 6)) : 0);

	/* Answers to what was translated are rarely hit on by chance. */
	if (w->model.n && rng_below(&w->rng, 3) == 0) {
		t = w->model.all[rng_below(&w->rng, w->model.n)].reply;
		assert_non_null(find(w, &t, &is_reply));
	}
	return t;
}

static void follow(struct world *w, struct modelled *m, bool is_reply)
{
	if (is_reply && m->kind == UNANSWERED)
		m->kind = ANSWERED;
	else if (!is_reply && m->kind == ANSWERED)
		m->kind = STREAM;
	m->used = w->now / TICK;
}

static void add(struct world *w, const struct ct_tuple *t, struct tuple_packet *p)
{
	struct ct_tuple sent = tuple_packet_tuple(p, t->zone);
	struct modelled m = { .original = *t,
			      .reply = ct_tuple_reverse(&sent),
			      .used = w->now / TICK };
	bool is_reply;

	assert_null(find(w, &m.reply, &is_reply));
	assert_true(w->model.n < N_MAX);
	w->model.all[w->model.n++] = m;
	w->n_made++;
	w->n_translated += !is_same(&sent, t);
}

/* A packet of T: what the table says of it is what the list says. */
static void check_packet(struct world *w, const struct ct_tuple *t, const struct ct_request *r)
{
	struct ct_tuple reverse = ct_tuple_reverse(t);
	struct tuple_packet p;
	struct modelled *m;
	bool is_reply, is_taken;
	int state;

	forget_over(w);
	m = find(w, t, &is_reply);
	is_taken = !m && find(w, &reverse, &is_reply);
	if (m)
		find(w, t, &is_reply);
	tuple_packet_init(&p, t, 0, 0, 0);
	state = tuple_packet_track(&p, w->threads[rng_below(&w->rng, 2)], w->now, r, t->zone);
	if (m) {
		follow(w, m, is_reply);
		assert_int_equal(state & ~(CT_STATE_SNAT | CT_STATE_DNAT),
				 CT_STATE_TRK | (is_reply ? CT_STATE_RPL : 0) |
					 (m->kind == UNANSWERED ? CT_STATE_NEW : CT_STATE_EST));
		w->n_replies += is_reply;
	} else if (!r->is_commit) {
		assert_int_equal(state, CT_STATE_TRK | CT_STATE_NEW);
	} else if (state == -1) {
		assert_true(r->nat || is_taken);
	} else {
		assert_int_equal(state & ~(CT_STATE_SNAT | CT_STATE_DNAT),
				 CT_STATE_TRK | CT_STATE_NEW);
		assert_true(r->nat || !is_taken);
		add(w, t, &p);
	}
	tuple_packet_fini(&p);
}

static bool check_told(void *ctx, const struct conntrack_entry *e)
{
	struct world *w = ctx;
	bool is_reply = true;
	struct modelled *m = find(w, &e->original, &is_reply);

	/* What is over may be there still. */
	if (!m)
		assert_int_equal(e->timeout_ms, 0);
	else
		assert_true(is_same(&m->reply, &e->reply) && !is_reply);
	return true;
}

static bool count_alive(void *ctx, const struct conntrack_entry *e)
{
	*(unsigned *)ctx += e->timeout_ms > 0;
	return true;
}

static void check_all(struct world *w)
{
	uint64_t cursor = 0;
	unsigned n = 0;

	forget_over(w);
	while (conntrack_each(w->ct, &cursor, 7, w->now, NULL, check_told, w))
		;
	cursor = 0;
	while (conntrack_each(w->ct, &cursor, 100, w->now, NULL, count_alive, &n))
		;
	/* A tick of the list is over a little later than the milliseconds that are told. */
	assert_in_range(n, 0, w->model.n);
	for (unsigned i = 0; i < w->model.n; i++)
		if (w->now / TICK - w->model.all[i].used < allowed(&w->model.all[i]))
			n--;
	assert_int_equal(n, 0);
}

static void flush_some(struct world *w)
{
	struct conntrack_filter f = { .has_zone = true, .zone = (uint16_t)rng_below(&w->rng, 3) };
	unsigned n = 0;

	if (rng_below(&w->rng, 2)) {
		f.original.proto = IPPROTO_UDP;
		f.original.dst_port = htons(3);
		f.original_mask.proto = 0xff;
		f.original_mask.dst_port = 0xffff;
	}
	forget_over(w);
	for (unsigned i = 0; i < w->model.n;) {
		const struct ct_tuple *t = &w->model.all[i].original;

		if (t->zone == f.zone && (!f.original_mask.proto ||
					  (t->proto == IPPROTO_UDP && t->dst_port == htons(3)))) {
			w->model.all[i] = w->model.all[--w->model.n];
			n++;
		} else {
			i++;
		}
	}
	assert_true(conntrack_flush(w->ct, &f) >= n);
}

static void pass_time(struct world *w)
{
	w->now += rng_below(&w->rng, 4) ? rng_below(&w->rng, NS_PER_SEC)
					: rng_below(&w->rng, 40 * NS_PER_SEC);
	if (rng_below(&w->rng, 2))
		conntrack_tend(w->ct, w->now);
}

static void run(uint64_t seed)
{
	struct conntrack_config config = { .max_connections = N_MAX, .seed = seed };
	struct ct_nat nat = { .is_source = true,
			      .has_range = true,
			      .family = 4,
			      .min_address = { { 198, 51, 100, 1 } },
			      .max_address = { { 198, 51, 100, 2 } },
			      .min_port = htons(1024),
			      .max_port = htons(1027) };
	struct world *w = xcalloc(1, sizeof(*w));

	rng_seed(&w->rng, seed);
	w->now = 5 * NS_PER_SEC;
	w->ct = conntrack_create(&config);
	for (unsigned i = 0; i < 2; i++)
		w->threads[i] = conntrack_thread_create(w->ct);
	for (unsigned i = 0; i < N_STEPS; i++) {
		struct ct_tuple t = random_tuple(w);
		struct ct_request r = { .is_commit = rng_below(&w->rng, 4) != 0 };

		if (t.family == 4 && rng_below(&w->rng, 4) == 0)
			r.nat = &nat;
		check_packet(w, &t, &r);
		if (rng_below(&w->rng, 40) == 0)
			pass_time(w);
		if (rng_below(&w->rng, 2000) == 0)
			flush_some(w);
		if (rng_below(&w->rng, 1000) == 0)
			check_all(w);
	}
	assert_true(w->n_made > 1000 && w->n_translated > 100 && w->n_replies > 1000 &&
		    w->n_over > 500);
	for (unsigned i = 0; i < 2; i++)
		conntrack_thread_destroy(w->threads[i]);
	conntrack_destroy(w->ct);
	free(w);
}

static void a_list_says_the_same(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		run(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_list_says_the_same) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
