/* The table as a whole: making it, its threads, its numbers, and what the control thread does with
 * all connections. */

#include "dataplane/conntrack/epoch.h"

#include <stdlib.h>
#include "dataplane/lookup/cpu.h"
#include "lib/hugemem.h"

#define N_ZONES	       65536
#define SCANS_OF_BURST 4
#define LIMBO_WORTH    32 /* connections for which the epoch goes on */
#define SOON_NS	       (50 * NS_PER_US)
#define GROWTH_STEPS   4
#define LATER_NS       (250 * NS_PER_MS)

struct conntrack *conntrack_create(const struct conntrack_config *config)
{
	struct conntrack *ct = xcalloc_apart(sizeof(*ct));
	uint32_t max = config->max_connections ? config->max_connections : CT_DEFAULT_MAX;

	ct->config = *config;
	ct->config.max_connections = max;
	ct->credit_batch = MAX_OF(1, MIN_OF(max / 4096, 32));
	ct->room = max;
	ct->epoch = 1;
	ct->secrets.factor = mix_secret(config->seed);
	ct->secrets.seed = mix_secret(ct->secrets.factor);
	ct->nat_secret = mix_secret(ct->secrets.seed);
	ct->zones = huge_map(N_ZONES * sizeof(*ct->zones));
	ct->fragments = ct_fragments_create(0, mix_secret(ct->nat_secret));
	ct->expected = expect_table_create(mix_secret(ct->nat_secret + 1), 0);
	ct->helpers = helpers_create(mix_secret(ct->nat_secret + 2), ct->expected, 0);
	ct_policy_init(&ct->policy);
	memcpy(ct->seconds, ct->policy.seconds, sizeof(ct->seconds));
	pthread_mutex_init(&ct->lock, NULL);
	entries_init(&ct->entries, max);
	index_init(ct);
	ct->control = conntrack_thread_create(ct);
	return ct;
}

void conntrack_destroy(struct conntrack *ct)
{
	if (!ct)
		return;
	index_fini(ct);
	entries_fini(&ct->entries);
	helpers_destroy(ct->helpers);
	expect_table_destroy(ct->expected);
	ct_fragments_destroy(ct->fragments);
	huge_unmap(ct->zones, N_ZONES * sizeof(*ct->zones));
	pthread_mutex_destroy(&ct->lock);
	free(ct->control);
	free(ct);
}

struct ct_policy *conntrack_policy(struct conntrack *ct)
{
	return &ct->policy;
}

struct conntrack_thread *conntrack_thread_create(struct conntrack *ct)
{
	struct conntrack_thread *t = xcalloc_apart(sizeof(*t));
	unsigned id = 0;

	t->ct = ct;
	t->cpu_level = (uint8_t)cpu_level();
	pthread_mutex_lock(&ct->lock);
	while (id < CT_MAX_THREADS && ct->threads[id])
		id++;
	if (id == CT_MAX_THREADS) {
		pthread_mutex_unlock(&ct->lock);
		free(t);
		return NULL;
	}
	t->id = id;
	t->epoch = &ct->epochs[id];
	ct->threads[id] = t;
	if (id >= ct->n_slots)
		__atomic_store_n(&ct->n_slots, id + 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&ct->lock);
	return t;
}

static void add_counts(struct ct_counts *sum, const struct ct_counts *c)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)c;

	for (unsigned i = 0; i < sizeof(*c) / sizeof(*from); i++)
		to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

void conntrack_thread_destroy(struct conntrack_thread *t)
{
	struct conntrack *ct;

	if (!t)
		return;
	ct = t->ct;
	pthread_mutex_lock(&ct->lock);
	limbo_hand_over(t);
	zone_settle(t);
	__atomic_fetch_add(&ct->room, t->credits, __ATOMIC_RELAXED);
	add_counts(&ct->counts, &t->counts);
	ct->threads[t->id] = NULL;
	pthread_mutex_unlock(&ct->lock);
	free(t);
}

static void set_now(struct conntrack_thread *t, uint64_t now_ns)
{
	t->now_ns = now_ns;
	t->now = (uint32_t)(now_ns / TICK_NS);
}

void conntrack_enter(struct conntrack_thread *t, uint64_t now_ns)
{
	set_now(t, now_ns);
	t->scans_left = SCANS_OF_BURST;
	t->knows_share = false;
	if (t->limbo.n)
		limbo_reap(t);
	table_enter(t);
}

void conntrack_leave(struct conntrack_thread *t)
{
	zone_settle(t);
	if (t->limbo.open.n >= LIMBO_WORTH)
		limbo_close(t);
	epoch_leave(t);
}

static bool is_empty(struct conntrack *ct)
{
	for (unsigned k = 0; k < N_STORES; k++)
		if (slot_set_next(&ct->entries.stores[k].live, 0) != SLOT_SET_NONE)
			return false;
	return true;
}

/* What the control thread holds for itself is everybody's again. */
static void control_leave(struct conntrack_thread *t)
{
	zone_settle(t);
	limbo_close(t);
	epoch_leave(t);
	limbo_reap(t);
	__atomic_fetch_add(&t->ct->room, t->credits, __ATOMIC_RELAXED);
	t->credits = 0;
}

static uint64_t next_tend(struct conntrack *ct, uint64_t now_ns)
{
	int32_t ticks = (int32_t)(ct->next_due - ct->control->now);
	uint64_t due = ticks <= 0 ? now_ns : now_ns + (uint64_t)ticks * TICK_NS;

	__atomic_store_n(&ct->is_waiting, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&ct->is_empty, true, __ATOMIC_SEQ_CST);
	if (is_empty(ct))
		return UINT64_MAX;
	__atomic_store_n(&ct->is_empty, false, __ATOMIC_SEQ_CST);
	return MAX_OF(MIN_OF(due, now_ns + LATER_NS), now_ns + TICK_NS);
}

/* New connections may come faster than one step at a time moves the old ones. */
static bool grow_some(struct conntrack_thread *t)
{
	bool is_more = true;

	for (unsigned i = 0; i < GROWTH_STEPS && is_more; i++)
		is_more = index_grow(t);
	return is_more;
}

uint64_t conntrack_tend(struct conntrack *ct, uint64_t now_ns)
{
	struct conntrack_thread *t = ct->control;
	bool is_more;

	set_now(t, now_ns);
	is_more = grow_some(t);
	table_enter(t);
	is_more |= expire_some(t);
	control_leave(t);
	entries_touch(&ct->entries);
	return is_more ? now_ns + SOON_NS : next_tend(ct, now_ns);
}

struct ct_counts table_counts(const struct conntrack *ct)
{
	struct ct_counts sum = ct->counts;

	for (unsigned i = 0; i < CT_MAX_THREADS; i++)
		if (ct->threads[i])
			add_counts(&sum, &ct->threads[i]->counts);
	return sum;
}

struct conntrack_stats conntrack_stats(const struct conntrack *ct)
{
	struct ct_counts sum = table_counts(ct);
	uint64_t n_gone = sum.n_expired + sum.n_flushed + sum.n_evicted + sum.n_replaced;

	return (struct conntrack_stats){
		/* Threads count on while the numbers are added. */
		.n_connections = sum.n_created > n_gone ? sum.n_created - n_gone : 0,
		.max_connections = ct->config.max_connections,
		.n_created = sum.n_created,
		.n_expired = sum.n_expired,
		.n_flushed = sum.n_flushed,
		.n_evicted = sum.n_evicted,
		.n_refused_full = sum.n_refused_full,
		.n_refused_zone = sum.n_refused_zone,
		.n_invalid = sum.n_invalid,
		.n_nat_exhausted = sum.n_nat_exhausted,
		.bytes = entries_touched_bytes(&ct->entries) + index_bytes(ct),
	};
}

/* A place of either store by a number. */
static uint64_t n_words_of(const struct conntrack *ct, unsigned store)
{
	return __atomic_load_n(&ct->entries.stores[store].n_high, __ATOMIC_RELAXED);
}

/* The next connection at or after place *AT, places being numbered through both stores, the large
 * ones from the first small one's end on.  *AT becomes its place; NULL: none. */
static struct connection *next_alive(struct conntrack *ct, uint64_t *at)
{
	struct entries *e = &ct->entries;

	for (unsigned k = *at >= e->stores[0].n_slots; k < N_STORES; k++) {
		struct store *s = &e->stores[k];
		uint64_t base = k ? e->stores[0].n_slots : 0;

		for (*at = MAX_OF(*at, base); *at - base < n_words_of(ct, k) * 64;
		     *at = (*at / 64 + 1) * 64) {
			uint32_t slot = (uint32_t)(*at - base);
			uint64_t word = slot_set_word(&s->live, slot / 64) >> slot % 64;

			if (!word)
				continue;
			*at += (unsigned)__builtin_ctzll(word);
			return entry_of_slot(e, s, (uint32_t)(*at - base));
		}
		*at = e->stores[0].n_slots;
	}
	return NULL;
}

static bool is_whole(const struct connection *c)
{
	return __atomic_load_n(&c->class, __ATOMIC_ACQUIRE) < ENTRY_N_CLASSES;
}

bool conntrack_each(struct conntrack *ct, uint64_t *cursor, unsigned n, uint64_t now_ns,
		    const struct conntrack_filter *filter,
		    bool (*cb)(void *ctx, const struct conntrack_entry *e), void *ctx)
{
	struct conntrack_thread *t = ct->control;
	struct conntrack_entry e;
	struct connection *c;
	bool is_more = true;

	table_enter(t);
	for (; n > 0; n--, ++*cursor) {
		c = next_alive(ct, cursor);
		if (!c) {
			is_more = false;
			break;
		}
		if (!is_whole(c))
			continue;
		connection_describe(ct, c, now_ns, &e);
		if (filter && !conntrack_filter_matches(filter, &e))
			continue;
		if (!cb(ctx, &e)) {
			++*cursor;
			break;
		}
	}
	epoch_leave(t);
	return is_more;
}

static bool is_meant(const struct conntrack *ct, struct connection *c,
		     const struct conntrack_filter *filter)
{
	struct conntrack_entry e;

	if (!is_whole(c))
		return false;
	if (!filter)
		return true;
	if (filter->has_zone && c->zone != filter->zone)
		return false;
	connection_describe(ct, c, ct->control->now_ns, &e);
	return conntrack_filter_matches(filter, &e);
}

/* There is nothing left that FILTER could mean. */
static bool is_exhausted(const struct conntrack *ct, const struct conntrack_filter *filter)
{
	return filter && filter->has_zone &&
	       !__atomic_load_n(&ct->zones[filter->zone].n, __ATOMIC_RELAXED);
}

static bool is_all_ones(const uint8_t *p, size_t n)
{
	uint8_t ones = 0xff;

	for (size_t i = 0; i < n; i++)
		ones &= p[i];
	return ones == 0xff;
}

/* FILTER says the whole original tuple of one connection. */
static bool is_exact(const struct conntrack_filter *filter, struct ct_tuple *tuple)
{
	const struct ct_tuple *mask;
	size_t n;

	if (!filter || !filter->has_zone)
		return false;
	mask = &filter->original_mask;
	n = filter->original.family == 6 ? 16 : 4;
	*tuple = filter->original;
	tuple->zone = filter->zone;
	return mask->family == 0xff && mask->proto == 0xff && mask->src_port == 0xffff &&
	       mask->dst_port == 0xffff && is_all_ones(mask->src.bytes, n) &&
	       is_all_ones(mask->dst.bytes, n);
}

bool conntrack_flush_some(struct conntrack *ct, uint64_t *cursor, unsigned n,
			  const struct conntrack_filter *filter, uint64_t *n_flushed)
{
	struct conntrack_thread *t = ct->control;
	bool is_more = !is_exhausted(ct, filter), is_reply;
	struct ct_tuple exact;

	table_enter(t);
	if (is_more && is_exact(filter, &exact)) {
		struct connection *c = connection_find(t, &exact, &is_reply);

		if (c && is_meant(ct, c, filter))
			*n_flushed += connection_give_up(t, c, &t->counts.n_flushed);
		is_more = false;
	}
	for (; n > 0 && is_more; n--, ++*cursor) {
		struct connection *c = next_alive(ct, cursor);

		is_more = c != NULL;
		if (c && is_meant(ct, c, filter))
			*n_flushed += connection_give_up(t, c, &t->counts.n_flushed);
	}
	control_leave(t);
	return is_more;
}

uint64_t conntrack_flush(struct conntrack *ct, const struct conntrack_filter *filter)
{
	uint64_t n_flushed = 0, cursor = 0;

	while (conntrack_flush_some(ct, &cursor, 1024, filter, &n_flushed))
		;
	return n_flushed;
}
