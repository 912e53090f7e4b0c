#include "dataplane/ofagent/throttle.h"

#include <stdlib.h>

#include "lib/hmap.h"
#include "lib/list.h"

/* Tokens are counted in thousand-millionths, so that a rate times nanoseconds is exact. */
#define TOKEN	   NS_PER_SEC
#define MAX_REASON 31	     /* of OFPR_*, as masks of them have 32 bits */
#define TURN_NS	   NS_PER_MS /* how often what waits is looked at */

struct bucket {
	uint64_t tokens, at_ns;
};

struct source {
	struct hmap_node by_key;
	struct list in_waiting; /* while it has queued packets; in the order of their turns */
	uint32_t port;
	uint8_t reason;
	struct bucket bucket;
	struct list queue;
	unsigned n_queued;
	uint64_t n_dropped;
};

/* A copy, all of it in its arena. */
struct queued {
	struct list in_queue;
	struct arena arena;
	struct of_packet_in pi;
};

struct throttle {
	struct loop *loop;
	struct throttle_config config;
	throttle_fn *pass;
	void *arg;
	struct hmap sources;
	struct source *last; /* the one that all share who come too late */
	struct bucket total;
	struct list waiting;
	unsigned n_queued;
	struct timer turn;
};

static uint32_t least_burst(uint32_t burst)
{
	return MAX_OF(burst, 1u);
}

/* Fill B up to NOW_NS and take a token if there is one; always if there is no limit. */
static bool take(struct bucket *b, uint32_t rate, uint32_t burst, uint64_t now_ns)
{
	uint64_t full = (uint64_t)least_burst(burst) * TOKEN;
	uint64_t since_ns = now_ns - b->at_ns;

	if (!rate)
		return true;
	b->at_ns = now_ns;
	if (since_ns >= full / rate)
		b->tokens = full;
	else
		b->tokens = MIN_OF(full, b->tokens + since_ns * rate);
	if (b->tokens < TOKEN)
		return false;
	b->tokens -= TOKEN;
	return true;
}

static uint64_t hash_key(uint32_t port, uint8_t reason)
{
	uint64_t key = (uint64_t)port << 8 | reason;

	return hash_bytes(&key, sizeof(key));
}

static struct source *find(const struct throttle *t, uint32_t port, uint8_t reason)
{
	HMAP_FOREACH_HASH (n, &t->sources, hash_key(port, reason)) {
		struct source *s = container_of(n, struct source, by_key);

		if (s->port == port && s->reason == reason)
			return s;
	}
	return NULL;
}

static struct source *find_or_add(struct throttle *t, uint32_t port, uint8_t reason)
{
	struct source *s = find(t, port, reason);

	if (s)
		return s;
	if (t->sources.n >= THROTTLE_MAX_SOURCES)
		return t->last;
	s = xcalloc(1, sizeof(*s));
	s->port = port;
	s->reason = reason;
	s->bucket.tokens = (uint64_t)least_burst(t->config.burst) * TOKEN;
	s->bucket.at_ns = loop_now_ns(t->loop);
	list_init(&s->in_waiting);
	list_init(&s->queue);
	hmap_insert(&t->sources, &s->by_key, hash_key(port, reason));
	t->last = s;
	return s;
}

static void queued_free(struct queued *q)
{
	struct arena a = q->arena;

	list_remove(&q->in_queue);
	arena_clear(&a);
}

static struct queued *copy(const struct of_packet_in *pi)
{
	struct arena a = ARENA_INIT;
	struct queued *q = arena_alloc(&a, sizeof(*q));

	q->pi = *pi;
	q->pi.match.fields =
		arena_dup(&a, pi->match.fields, pi->match.n * sizeof(*pi->match.fields));
	q->pi.data = arena_dup(&a, pi->data, pi->size);
	if (pi->userdata)
		q->pi.userdata = arena_dup(&a, pi->userdata, pi->userdata_size);
	if (pi->continuation)
		q->pi.continuation = arena_dup(&a, pi->continuation, pi->continuation_size);
	q->arena = a;
	return q;
}

static struct queued *first_of(struct source *s)
{
	return container_of(s->queue.next, struct queued, in_queue);
}

static void took_one(struct throttle *t, struct source *s)
{
	s->n_queued--;
	t->n_queued--;
	list_remove(&s->in_waiting);
	if (s->n_queued)
		list_insert(&t->waiting, &s->in_waiting); /* behind the others */
}

/* All is full: the source with the longest queue loses its oldest packet. */
static void drop_from_longest(struct throttle *t)
{
	struct source *s, *longest = NULL;

	LIST_FOREACH (s, &t->waiting, in_waiting) {
		if (!longest || s->n_queued > longest->n_queued)
			longest = s;
	}
	queued_free(first_of(longest));
	longest->n_dropped++;
	longest->n_queued--;
	t->n_queued--;
	if (!longest->n_queued)
		list_remove(&longest->in_waiting);
}

static void enqueue(struct throttle *t, struct source *s, const struct of_packet_in *pi)
{
	if (s->n_queued == THROTTLE_SOURCE_QUEUE) {
		s->n_dropped++;
		return;
	}
	if (t->n_queued == THROTTLE_TOTAL_QUEUE)
		drop_from_longest(t);
	list_insert(&s->queue, &copy(pi)->in_queue);
	if (!s->n_queued++)
		list_insert(&t->waiting, &s->in_waiting);
	t->n_queued++;
	if (!timer_is_armed(&t->turn))
		timer_arm(t->loop, &t->turn, TURN_NS);
}

static bool take_total(struct throttle *t)
{
	return take(&t->total, t->config.total_rate, t->config.total_burst, loop_now_ns(t->loop));
}

static void on_turn(struct timer *timer, void *arg)
{
	struct throttle *t = arg;

	while (!list_is_empty(&t->waiting) && take_total(t)) {
		struct source *s = container_of(t->waiting.next, struct source, in_waiting);
		struct queued *q = first_of(s);

		took_one(t, s);
		t->pass(t->arg, &q->pi);
		queued_free(q);
	}
	if (!list_is_empty(&t->waiting))
		timer_arm(t->loop, timer, TURN_NS);
}

static bool is_limited(const struct throttle *t)
{
	return t->config.rate || t->config.total_rate;
}

bool throttle_admits(struct throttle *t, uint32_t in_port, uint8_t reason)
{
	struct source *s;

	if (!is_limited(t))
		return true;
	s = find_or_add(t, in_port, reason & MAX_REASON);
	if (take(&s->bucket, t->config.rate, t->config.burst, loop_now_ns(t->loop)))
		return true;
	s->n_dropped++;
	return false;
}

void throttle_offer(struct throttle *t, uint32_t in_port, const struct of_packet_in *pi)
{
	if (!is_limited(t) || (list_is_empty(&t->waiting) && take_total(t)))
		t->pass(t->arg, pi);
	else
		enqueue(t, find_or_add(t, in_port, pi->reason & MAX_REASON), pi);
}

uint64_t throttle_n_dropped(const struct throttle *t, uint32_t in_port)
{
	uint64_t n = 0;

	for (unsigned reason = 0; reason <= MAX_REASON; reason++) {
		const struct source *s = find(t, in_port, reason);

		n += s ? s->n_dropped : 0;
	}
	return n;
}

static void source_free(struct throttle *t, struct source *s)
{
	while (!list_is_empty(&s->queue)) {
		queued_free(first_of(s));
		t->n_queued--;
	}
	list_remove(&s->in_waiting);
	hmap_remove(&t->sources, &s->by_key);
	if (t->last == s)
		t->last = NULL;
	free(s);
}

void throttle_forget(struct throttle *t, uint32_t in_port)
{
	for (unsigned reason = 0; reason <= MAX_REASON; reason++) {
		struct source *s = find(t, in_port, reason);

		if (s)
			source_free(t, s);
	}
	if (!t->last && t->sources.n)
		t->last = container_of(hmap_first(&t->sources), struct source, by_key);
}

struct throttle *throttle_create(struct loop *loop, const struct throttle_config *config,
				 throttle_fn *pass, void *arg)
{
	struct throttle *t = xcalloc(1, sizeof(*t));

	t->loop = loop;
	t->config = *config;
	t->pass = pass;
	t->arg = arg;
	t->total.tokens = (uint64_t)least_burst(config->total_burst) * TOKEN;
	t->total.at_ns = loop_now_ns(loop);
	list_init(&t->waiting);
	timer_init(&t->turn, on_turn, t);
	return t;
}

void throttle_destroy(struct throttle *t)
{
	if (!t)
		return;
	timer_cancel(t->loop, &t->turn);
	HMAP_FOREACH_SAFE (n, &t->sources)
		source_free(t, container_of(n, struct source, by_key));
	hmap_fini(&t->sources);
	free(t);
}
