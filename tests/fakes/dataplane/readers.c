#include "tests/fakes/dataplane/readers.h"

#include <pthread.h>
#include <rte_rcu_qsbr.h>
#include <sched.h>
#include <stdlib.h>
#include "lib/list.h"

struct reader {
	struct readers *all;
	unsigned i;
	pthread_t thread;
	uint64_t n_turns; /* atomic */
	uint64_t n_seen;  /* the publisher's: turns at its last call */
} __attribute__((aligned(64)));

struct retired {
	struct list in_list;
	void *what;
	uint64_t token;
};

struct readers {
	struct reader list[READERS];
	struct rte_rcu_qsbr *qsbr;
	void *published;	    /* atomic */
	bool is_stopping, is_wrong; /* atomic */
	reader_fn *turn;
	reader_free_fn *release;
	void *ctx;
	struct list retired; /* oldest first */
};

static void *reader_main(void *arg)
{
	struct reader *me = arg;
	struct readers *r = me->all;

	rte_rcu_qsbr_thread_online(r->qsbr, me->i);
	while (!__atomic_load_n(&r->is_stopping, __ATOMIC_ACQUIRE)) {
		const void *published = __atomic_load_n(&r->published, __ATOMIC_ACQUIRE);

		if (!r->turn(r->ctx, me->i, published))
			__atomic_store_n(&r->is_wrong, true, __ATOMIC_RELEASE);
		rte_rcu_qsbr_quiescent(r->qsbr, me->i);
		__atomic_store_n(&me->n_turns, me->n_turns + 1, __ATOMIC_RELAXED);
	}
	rte_rcu_qsbr_thread_offline(r->qsbr, me->i);
	return NULL;
}

struct readers *readers_start(void *first, reader_fn *turn, reader_free_fn *release, void *ctx)
{
	struct readers *r = xcalloc_lines(sizeof(*r));
	size_t size = (rte_rcu_qsbr_get_memsize(READERS) + 63) & ~63ul;

	r->published = first;
	r->turn = turn;
	r->release = release;
	r->ctx = ctx;
	list_init(&r->retired);
	r->qsbr = xcalloc_lines(size);
	if (rte_rcu_qsbr_init(r->qsbr, READERS) != 0)
		abort();
	for (unsigned i = 0; i < READERS; i++) {
		r->list[i] = (struct reader){ .all = r, .i = i };
		rte_rcu_qsbr_thread_register(r->qsbr, i);
		if (pthread_create(&r->list[i].thread, NULL, reader_main, &r->list[i]) != 0)
			abort();
	}
	return r;
}

static void free_first(struct readers *r)
{
	struct retired *old = container_of(r->retired.next, struct retired, in_list);

	list_remove(&old->in_list);
	r->release(old->what);
	free(old);
}

static bool is_over(struct readers *r)
{
	const struct retired *old = container_of(r->retired.next, struct retired, in_list);

	return rte_rcu_qsbr_check(r->qsbr, old->token, false) == 1;
}

static uint64_t turns_of(const struct reader *reader)
{
	return __atomic_load_n(&reader->n_turns, __ATOMIC_RELAXED);
}

static bool is_wrong(const struct readers *r)
{
	return __atomic_load_n(&r->is_wrong, __ATOMIC_ACQUIRE);
}

bool readers_publish(struct readers *r, void *next)
{
	struct retired *old = xmalloc(sizeof(*old));

	old->what = __atomic_exchange_n(&r->published, next, __ATOMIC_ACQ_REL);
	old->token = rte_rcu_qsbr_start(r->qsbr);
	list_insert(&r->retired, &old->in_list);
	for (unsigned i = 0; i < READERS; i++) {
		while (turns_of(&r->list[i]) == r->list[i].n_seen)
			sched_yield();
		r->list[i].n_seen = turns_of(&r->list[i]);
	}
	while (!list_is_empty(&r->retired) && is_over(r))
		free_first(r);
	return !is_wrong(r);
}

uint64_t readers_turns(const struct readers *r)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < READERS; i++)
		n += turns_of(&r->list[i]);
	return n;
}

bool readers_stop(struct readers *r)
{
	bool is_good;

	__atomic_store_n(&r->is_stopping, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(r->list[i].thread, NULL);
	is_good = !is_wrong(r);
	while (!list_is_empty(&r->retired))
		free_first(r);
	r->release(r->published);
	free(r->qsbr);
	free(r);
	return is_good;
}
