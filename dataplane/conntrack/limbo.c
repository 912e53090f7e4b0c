/* Connections that are given up and may still be held (epoch.h), and places for new ones. */

#include "dataplane/conntrack/epoch.h"

void limbo_add(struct conntrack_thread *t, struct connection *c)
{
	struct limbo_batch *open = &t->limbo.open;

	c->next = open->first;
	open->first = entry_ref(&t->ct->entries, c);
	open->n++;
}

void limbo_close(struct conntrack_thread *t)
{
	struct limbo *l = &t->limbo;

	if (!l->open.n || l->n == LIMBO_BATCHES)
		return;
	l->open.epoch = epoch_stamp(t->ct);
	l->closed[(l->first + l->n++) % LIMBO_BATCHES] = l->open;
	l->open = (struct limbo_batch){ 0 };
}

static void reap_batch(struct conntrack_thread *t, const struct limbo_batch *b)
{
	struct entries *e = &t->ct->entries;
	uint32_t next;

	for (uint32_t ref = b->first; ref; ref = next) {
		struct connection *c = entry_at(e, ref);
		struct store *s = store_of(e, c);

		next = c->next;
		if (connection_flags(c) & CONNECTION_HELPED)
			helpers_detach(t->ct->helpers, c);
		slot_give(t, (unsigned)(s - e->stores), entry_slot(e, s, c));
	}
}

void limbo_reap(struct conntrack_thread *t)
{
	struct limbo *l = &t->limbo;
	uint64_t oldest = epoch_oldest(t->ct);

	while (l->n && l->closed[l->first].epoch < oldest) {
		reap_batch(t, &l->closed[l->first]);
		l->first = (l->first + 1) % LIMBO_BATCHES;
		l->n--;
	}
}

static bool refill(struct conntrack_thread *t, unsigned store)
{
	struct store *s = &t->ct->entries.stores[store];
	struct slot_cache *cache = &t->caches[store];

	for (unsigned i = 0; i < 64; i++) {
		/* After the last comes the first: the lowest is taken. */
		uint32_t w = slot_set_next(&s->free, s->n_slots / 64 - 1);
		uint64_t taken;
		uint32_t high;

		if (w == SLOT_SET_NONE)
			return false;
		taken = slot_set_take(&s->free, w);
		for (uint64_t left = taken; left;) {
			unsigned bit = 63 - (unsigned)__builtin_clzll(left);

			cache->slots[cache->n++] = w * 64 + bit;
			left &= ~(1ull << bit);
		}
		high = __atomic_load_n(&s->n_high, __ATOMIC_RELAXED);
		while (high < w + 1 &&
		       !__atomic_compare_exchange_n(&s->n_high, &high, w + 1, true,
						    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			;
		if (taken)
			return true;
	}
	return false;
}

bool slot_take(struct conntrack_thread *t, bool is_large, uint32_t *slot)
{
	struct slot_cache *cache = &t->caches[is_large];

	if (!cache->n && !refill(t, is_large))
		return false;
	*slot = cache->slots[--cache->n];
	return true;
}

void slot_give(struct conntrack_thread *t, unsigned store, uint32_t slot)
{
	struct slot_cache *cache = &t->caches[store];

	if (cache->n < ARRAY_LENGTH(cache->slots) && t != t->ct->control)
		cache->slots[cache->n++] = slot;
	else
		slot_set_add(&t->ct->entries.stores[store].free, slot);
}

static void hand_over_batch(struct conntrack_thread *to, const struct limbo_batch *b)
{
	struct limbo *l = &to->limbo;
	struct entries *e = &to->ct->entries;
	uint32_t next;

	for (uint32_t ref = b->first; ref; ref = next) {
		next = entry_at(e, ref)->next;
		entry_at(e, ref)->next = l->open.first;
		l->open.first = ref;
		l->open.n++;
	}
}

void limbo_hand_over(struct conntrack_thread *t)
{
	struct limbo *l = &t->limbo;

	for (unsigned k = 0; k < N_STORES; k++)
		while (t->caches[k].n)
			slot_set_add(&t->ct->entries.stores[k].free,
				     t->caches[k].slots[--t->caches[k].n]);
	hand_over_batch(t->ct->control, &l->open);
	for (; l->n; l->n--, l->first = (l->first + 1) % LIMBO_BATCHES)
		hand_over_batch(t->ct->control, &l->closed[l->first]);
	l->open = (struct limbo_batch){ 0 };
}
