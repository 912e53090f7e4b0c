/* Which connection goes when the table is full and another is to be made: a closed one; else one
 * that nobody has answered; else one that has been answered and no more; else an established one
 * that has been idle for EVICT_IDLE_SECONDS at least.  If all are in use, the new one is refused.
 *
 * The first three are taken from lists, from the lowest places on and round about, which is about
 * the order in which they were made.  For idle ones 64 places at a time are looked through, a few
 * times a burst, and those that were found are kept for the next. */

#include "dataplane/conntrack/priv.h"

#define EVICT_IDLE_SECONDS 10
#define MAX_STALE	   8

static bool give_up(struct conntrack_thread *t, struct connection *c)
{
	return connection_give_up(t, c, &t->counts.n_evicted);
}

static uint8_t class_of(const struct connection *c)
{
	return __atomic_load_n(&c->class, __ATOMIC_ACQUIRE);
}

/* The place is not what it is listed as: it was listed while it changed. */
static void strike(struct store *s, uint32_t slot, const struct connection *c, uint8_t class)
{
	slot_set_remove(&s->listed[class], slot);
	if (slot_set_has(&s->live, slot) && class_of(c) == class)
		slot_set_add(&s->listed[class], slot);
}

static bool evict_listed(struct conntrack_thread *t, unsigned store, uint8_t class)
{
	struct entries *e = &t->ct->entries;
	struct store *s = &e->stores[store];
	uint32_t *hand = &t->hands[store][class];

	for (unsigned i = 0; i < MAX_STALE; i++) {
		uint64_t word = slot_set_word(&s->listed[class], *hand);
		struct connection *c;
		uint32_t slot;

		if (!word) {
			uint32_t w = slot_set_next(&s->listed[class], *hand);

			if (w == SLOT_SET_NONE)
				return false;
			*hand = w;
			word = slot_set_word(&s->listed[class], w);
			if (!word)
				continue;
		}
		slot = *hand * 64 + (uint32_t)__builtin_ctzll(word);
		c = entry_of_slot(e, s, slot);
		if (!slot_set_has(&s->live, slot) || class_of(c) != class)
			strike(s, slot, c, class);
		else if (give_up(t, c))
			return true;
	}
	return false;
}

static bool is_idle(const struct conntrack_thread *t, const struct connection *c)
{
	return class_of(c) == ENTRY_ASSURED &&
	       connection_idle(c, t->now) >= EVICT_IDLE_SECONDS * TICKS_PER_SEC;
}

/* Keep the idle ones of the next 64 places that have any. */
static void look_for_idle(struct conntrack_thread *t, unsigned store)
{
	struct entries *e = &t->ct->entries;
	struct store *s = &e->stores[store];
	uint32_t *hand = &t->hands[store][ENTRY_ASSURED];
	uint32_t w = slot_set_next(&s->live, *hand);
	uint64_t word;

	if (w == SLOT_SET_NONE)
		return;
	*hand = w;
	word = slot_set_word(&s->live, w);
	for (uint64_t left = word; left; left &= left - 1)
		__builtin_prefetch(entry_of_slot(e, s, w * 64 + (uint32_t)__builtin_ctzll(left)));
	for (uint64_t left = word; left && t->n_victims < N_VICTIMS; left &= left - 1) {
		uint32_t slot = w * 64 + (uint32_t)__builtin_ctzll(left);
		struct connection *c = entry_of_slot(e, s, slot);

		if (is_idle(t, c))
			t->victims[t->n_victims++] = entry_ref(e, c);
	}
}

static bool evict_idle(struct conntrack_thread *t)
{
	struct entries *e = &t->ct->entries;

	for (;;) {
		while (t->n_victims) {
			uint32_t ref = t->victims[--t->n_victims];
			struct connection *c = entry_at(e, ref);
			const struct store *s = store_of_ref(e, ref);

			if (slot_set_has(&s->live, (ref - s->base) >> s->ref_shift) &&
			    is_idle(t, c) && give_up(t, c))
				return true;
		}
		if (!t->scans_left)
			return false;
		t->scans_left--;
		look_for_idle(t, t->scans_left % N_STORES);
	}
}

bool evict_one(struct conntrack_thread *t)
{
	for (uint8_t class = ENTRY_CLOSED; class > ENTRY_ASSURED; class --)
		for (unsigned k = 0; k < N_STORES; k++)
			if (evict_listed(t, k, class))
				return true;
	return evict_idle(t);
}
