/* Several threads make, find and give up the same connections at once, while the control thread
 * lets time pass, flushes and lets the index grow. */

#include "dataplane/conntrack/priv.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "lib/rng.h"
#include "tests/fakes/dataplane/tuple_packets.h"

#define N_THREADS 4
#define BURST	  32
#define NOW	  (1000 * NS_PER_SEC)

struct world {
	struct conntrack *ct;
	pthread_barrier_t barrier;
	unsigned n_tuples, n_rounds; /* the second atomic */
	bool is_over;		     /* atomic */
	uint64_t n_lost; /* atomic: packets whose connection must be there, and was not */
};

struct runner {
	struct world *w;
	struct conntrack_thread *t;
	pthread_t thread;
	unsigned id;
};

/* Tuple N of ROUND; odd runners send the other direction. */
static struct ct_tuple tuple_no(unsigned round, unsigned n, bool is_reply)
{
	struct ct_tuple t = { .proto = IPPROTO_UDP, .family = 4, .zone = 1 };

	store_be32(t.src.bytes, 0x0a000000 + round);
	store_be32(t.dst.bytes, 0x0b000000 + n);
	t.src_port = htons((uint16_t)(1000 + n));
	t.dst_port = htons(53);
	return is_reply ? ct_tuple_reverse(&t) : t;
}

static void fill(struct tuple_packet *p, const struct ct_tuple *t)
{
	memcpy(&p->key.ipv4_src, &t->src, 4);
	memcpy(&p->key.ipv4_dst, &t->dst, 4);
	p->key.tp_src = t->src_port;
	p->key.tp_dst = t->dst_port;
}

struct packets {
	struct tuple_packet all[BURST];
	struct rte_mbuf *pkts[BURST];
	struct flow_key *keys;
	struct packet_layout layouts[BURST];
	struct ct_track tracks[BURST];
	uint16_t zones[BURST];
};

static struct packets *packets_create(void)
{
	struct packets *p = xcalloc_lines(sizeof(*p));
	struct ct_tuple t = tuple_no(0, 0, false);

	p->keys = xcalloc_lines(BURST * sizeof(*p->keys));
	for (unsigned i = 0; i < BURST; i++) {
		tuple_packet_init(&p->all[i], &t, 0, 0, 0);
		p->pkts[i] = p->all[i].m;
		p->layouts[i] = p->all[i].layout;
		p->zones[i] = 1;
	}
	return p;
}

static void packets_destroy(struct packets *p)
{
	for (unsigned i = 0; i < BURST; i++)
		tuple_packet_fini(&p->all[i]);
	free(p->keys);
	free(p);
}

/* Track the N packets of ALL. */
static uint64_t track(struct conntrack_thread *t, struct packets *p, unsigned n,
		      const struct ct_request *r)
{
	struct ct_burst b = { p->pkts, p->keys, p->layouts, p->tracks, KEY_LINES_ALL };

	for (unsigned i = 0; i < n; i++)
		p->keys[i] = p->all[i].key;
	memset(p->tracks, 0, sizeof(p->tracks));
	return conntrack_burst(t, r, p->zones, &b, ~0ull >> (64 - n));
}

/* Each round has tuples of its own; all threads commit all of them, each in an order of its own. */
static void *make_the_same(void *arg)
{
	struct runner *r = arg;
	struct world *w = r->w;
	struct packets *p = packets_create();
	const struct ct_request commit = { .is_commit = true };

	for (unsigned round = 0; round < w->n_rounds; round++) {
		pthread_barrier_wait(&w->barrier);
		for (unsigned from = 0; from < w->n_tuples; from += BURST) {
			for (unsigned i = 0; i < BURST; i++) {
				unsigned n = (from + i * (2 * r->id + 1)) % w->n_tuples;
				struct ct_tuple t = tuple_no(round, n, r->id & 1);

				fill(&p->all[i], &t);
			}
			conntrack_enter(r->t, NOW);
			if (track(r->t, p, BURST, &commit) != 0xffffffff)
				__atomic_fetch_add(&w->n_lost, 1, __ATOMIC_RELAXED);
			for (unsigned i = 0; i < BURST; i++)
				if (!p->tracks[i].connection)
					__atomic_fetch_add(&w->n_lost, 1, __ATOMIC_RELAXED);
			conntrack_leave(r->t);
		}
		pthread_barrier_wait(&w->barrier);
	}
	packets_destroy(p);
	return NULL;
}

static void world_init(struct world *w, uint32_t max)
{
	struct conntrack_config config = { .max_connections = max, .seed = 77 };

	*w = (struct world){ .ct = conntrack_create(&config) };
	pthread_barrier_init(&w->barrier, NULL, N_THREADS + 1);
}

static void start(struct world *w, struct runner *runners, void *(*run)(void *))
{
	for (unsigned i = 0; i < N_THREADS; i++) {
		runners[i] =
			(struct runner){ .w = w, .t = conntrack_thread_create(w->ct), .id = i };
		assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
	}
}

static void join(struct runner *runners)
{
	for (unsigned i = 0; i < N_THREADS; i++) {
		pthread_join(runners[i].thread, NULL);
		conntrack_thread_destroy(runners[i].t);
	}
}

static void is_empty_table(const struct index_table *table)
{
	for (uint32_t i = 0; i <= table->mask; i++) {
		for (unsigned w = 0; w < BUCKET_WORDS; w++)
			assert_int_equal(table->buckets[i].words[w], 0);
		assert_int_equal(table->buckets[i].n_passed, 0);
	}
}

/* All is given up: nothing is left of it anywhere. */
static void check_nothing_is_left(struct world *w)
{
	struct ct_counts counts;

	conntrack_flush(w->ct, NULL);
	while (conntrack_tend(w->ct, NOW) != UINT64_MAX)
		;
	counts = table_counts(w->ct);
	assert_int_equal(counts.n_words_in, counts.n_words_out);
	assert_int_equal(conntrack_stats(w->ct).n_connections, 0);
	assert_int_equal(w->ct->room, w->ct->config.max_connections);
	assert_int_equal(w->ct->zones[1].n, 0);
	for (unsigned k = 0; k < w->ct->view->n; k++)
		is_empty_table(&w->ct->view->tables[k]);
	for (unsigned k = 0; k < N_STORES; k++) {
		struct store *s = &w->ct->entries.stores[k];
		uint32_t n_free = 0;

		for (uint32_t i = 0; i < s->n_slots / 64; i++)
			n_free += (uint32_t)__builtin_popcountll(slot_set_word(&s->free, i));
		assert_int_equal(n_free, s->n_slots - 1);
		assert_int_equal(slot_set_next(&s->live, 0), SLOT_SET_NONE);
	}
}

static void world_fini(struct world *w)
{
	check_nothing_is_left(w);
	pthread_barrier_destroy(&w->barrier);
	conntrack_destroy(w->ct);
}

static void of_many_that_make_the_same_one_is_made(void **state)
{
	struct runner runners[N_THREADS];
	struct world w;

	(void)state;
	world_init(&w, 1u << 18);
	w.n_rounds = 60;
	w.n_tuples = 256;
	start(&w, runners, make_the_same);
	for (unsigned round = 0; round < w.n_rounds; round++) {
		pthread_barrier_wait(&w.barrier);
		conntrack_tend(w.ct, NOW);
		pthread_barrier_wait(&w.barrier);
		assert_int_equal(conntrack_stats(w.ct).n_created,
				 (uint64_t)(round + 1) * w.n_tuples);
	}
	join(runners);
	assert_int_equal(w.n_lost, 0);
	world_fini(&w);
}

/* Find the tuples of round 0, which stay, among those of others, which come and go. */
static void *come_and_go(void *arg)
{
	struct runner *r = arg;
	struct world *w = r->w;
	struct packets *p = packets_create();
	const struct ct_request look = { 0 }, commit = { .is_commit = true },
				force = { .is_commit = true, .is_force = true };
	struct rng rng;

	rng_seed(&rng, r->id + 1);
	while (!__atomic_load_n(&w->is_over, __ATOMIC_RELAXED)) {
		bool is_lasting = rng_below(&rng, 2);
		unsigned round =
			is_lasting
				? 0
				: 1 + (unsigned)rng_below(&rng, __atomic_load_n(&w->n_rounds,
										__ATOMIC_RELAXED));

		for (unsigned i = 0; i < BURST; i++) {
			struct ct_tuple t = tuple_no(round, (unsigned)rng_below(&rng, w->n_tuples),
						     rng_below(&rng, 2));

			fill(&p->all[i], &t);
		}
		conntrack_enter(r->t, NOW);
		if (is_lasting) {
			track(r->t, p, BURST, &look);
			for (unsigned i = 0; i < BURST; i++)
				if (!p->tracks[i].connection)
					__atomic_fetch_add(&w->n_lost, 1, __ATOMIC_RELAXED);
		} else {
			track(r->t, p, BURST, rng_below(&rng, 4) ? &commit : &force);
		}
		conntrack_leave(r->t);
	}
	packets_destroy(p);
	return NULL;
}

#define N_LASTING 1024

static bool note(void *ctx, const struct conntrack_entry *e)
{
	uint8_t *n_told = ctx;

	if (e->original.zone != 1)
		n_told[0] = UINT8_MAX; /* no such connection is ever made */
	if (e->mark == 1)
		n_told[load_be32(e->original.dst.bytes) - 0x0b000000]++;
	return true;
}

/* Whatever comes and goes, each of those that last is told once. */
static void tell_all(struct world *w)
{
	uint8_t n_told[N_LASTING] = { 0 };
	uint64_t cursor = 0;

	while (conntrack_each(w->ct, &cursor, 1000, NOW, NULL, note, n_told))
		;
	for (unsigned i = 0; i < N_LASTING; i++)
		assert_int_equal(n_told[i], 1);
}

/* Those that last are marked. */
static void make_lasting(struct world *w)
{
	const struct ct_request commit = { .is_commit = true };
	struct conntrack_thread *t = conntrack_thread_create(w->ct);
	struct packets *p = packets_create();

	for (unsigned i = 0; i < w->n_tuples; i++) {
		struct ct_tuple tuple = tuple_no(0, i, false);

		fill(&p->all[0], &tuple);
		conntrack_enter(t, NOW);
		assert_int_equal(track(t, p, 1, &commit), 1);
		p->keys[0].ct_mark = htonl(1);
		conntrack_store(&p->tracks[0], &p->keys[0], true, false);
		conntrack_leave(t);
	}
	packets_destroy(p);
	conntrack_thread_destroy(t);
}

/* As many come it may grow past N. */
static bool has_buckets(const struct world *w, unsigned n_rounds, uint32_t n)
{
	const struct index_view *v = w->ct->view;
	uint32_t is = v->tables[0].mask + 1;

	return v->n == 1 && (n_rounds > 100 ? is >= n : is <= n);
}

/* Tuples of N_ROUNDS come until the index has so many buckets; few: others are flushed. */
static void let_it_grow(struct world *w, const struct conntrack_filter *passing, unsigned n_rounds,
			uint32_t n_buckets)
{
	__atomic_store_n(&w->n_rounds, n_rounds, __ATOMIC_RELAXED);
	for (uint64_t i = 1; !has_buckets(w, n_rounds, n_buckets); i++) {
		conntrack_tend(w->ct, NOW);
		if (i % 256 == 1)
			tell_all(w);
		if (n_rounds < 100 && conntrack_stats(w->ct).n_connections > 20000)
			conntrack_flush(w->ct, passing);
	}
}

static void what_lasts_is_found_while_others_come_and_go(void **state)
{
	const struct conntrack_filter passing = { .has_mark = true, .mark_mask = 1 };
	struct runner runners[N_THREADS];
	struct world w;

	(void)state;
	world_init(&w, 1u << 20);
	w.n_tuples = N_LASTING;
	w.n_rounds = 250;
	make_lasting(&w);
	start(&w, runners, come_and_go);
	/* The index grows as many come, shrinks when they are flushed and few come, grows again. */
	let_it_grow(&w, &passing, 250, 65536);
	let_it_grow(&w, &passing, 8, INDEX_MIN_BUCKETS);
	let_it_grow(&w, &passing, 250, 16384);
	__atomic_store_n(&w.is_over, true, __ATOMIC_RELAXED);
	join(runners);
	assert_int_equal(w.n_lost, 0);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_many_that_make_the_same_one_is_made),
		cmocka_unit_test(what_lasts_is_found_while_others_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
