/* Which connection goes when the table is full and another is to be made: a closed one; else, while
 * the half-open ones are few, an established one that has been idle for EVICT_IDLE_SECONDS at
 * least, so that who opens one in a table full of idle ones has the time to; else one that nobody
 * has answered; else one that has been answered and no more; else an idle one after all.  If all
 * are in use, the new one is refused.
 *
 * Those that are listed are taken round about, which is about the order in which they were made,
 * and their lines are asked for ahead.  For idle ones 64 places at a time are looked through, a few
 * times a burst, and those that were found are kept for the next. */

#include "dataplane/conntrack/priv.h"

#define EVICT_IDLE_SECONDS 10
#define HALF_OPEN_SHARE	   8 /* one in so many connections may be half open before they go first */
#define MAX_STALE	   8
#define AHEAD		   4 /* connections */

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

/* What giving up C will touch is asked for: its second line, and its bucket. */
static void ask_for(const struct conntrack_thread *t, const struct connection *c)
{
	__builtin_prefetch((const char *)c + 64, 1);
	index_prefetch(t, c);
}

static void ask_for_places(const struct conntrack_thread *t, const struct store *s, uint32_t w,
			   uint64_t word)
{
	for (; word; word &= word - 1)
		__builtin_prefetch(
			entry_of_slot(&t->ct->entries, s, w * 64 + (uint32_t)__builtin_ctzll(word)),
			1);
}

static bool is_listed(const struct store *s, uint32_t slot, const struct connection *c,
		      uint8_t class)
{
	return slot_set_has(&s->live, slot) && class_of(c) == class;
}

/* The next places of the class at or after the hand, round about: bits of word *W; 0: none. */
static uint64_t next_places(struct conntrack_thread *t, struct store *s, uint8_t class,
			    uint32_t hand, uint32_t *w)
{
	struct slot_set *set = &s->listed[class];
	uint64_t word = slot_set_word(set, hand / 64) & ~0ull << hand % 64;

	*w = hand / 64;
	if (word)
		return word;
	*w = slot_set_next(set, hand / 64);
	if (*w == SLOT_SET_NONE)
		return 0;
	word = slot_set_word(set, *w);
	ask_for_places(t, s, *w, word);
	return word;
}

static bool evict_listed(struct conntrack_thread *t, unsigned store, uint8_t class)
{
	struct entries *e = &t->ct->entries;
	struct store *s = &e->stores[store];
	uint32_t *hand = &t->hands[store][class];

	if (slot_set_is_empty(&s->listed[class]))
		return false;
	for (unsigned i = 0; i < MAX_STALE; i++) {
		uint32_t w, slot;
		uint64_t word = next_places(t, s, class, *hand, &w);
		struct connection *c;

		if (!word)
			return false;
		slot = w * 64 + (uint32_t)__builtin_ctzll(word);
		c = entry_of_slot(e, s, slot);
		/* What comes into this place now is not to go at once. */
		*hand = slot % 64 == 63 ? slot : slot + 1;
		for (unsigned k = 0; k < AHEAD; k++)
			word &= word - 1;
		if (word) {
			uint32_t later = w * 64 + (uint32_t)__builtin_ctzll(word);

			if (is_listed(s, later, entry_of_slot(e, s, later), class))
				ask_for(t, entry_of_slot(e, s, later));
		}
		if (!is_listed(s, slot, c, class))
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
	uint32_t w = slot_set_next(&s->live, *hand / 64);
	uint64_t word;

	if (w == SLOT_SET_NONE)
		return;
	*hand = w * 64;
	word = slot_set_word(&s->live, w);
	ask_for_places(t, s, w, word);
	for (uint64_t left = word; left && t->n_victims < N_VICTIMS; left &= left - 1) {
		struct connection *c =
			entry_of_slot(e, s, w * 64 + (uint32_t)__builtin_ctzll(left));

		if (!is_idle(t, c))
			continue;
		ask_for(t, c);
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
		if (!t->scans_left) {
			t->none_idle = t->now;
			return false;
		}
		t->scans_left--;
		look_for_idle(t, t->scans_left % N_STORES);
	}
}

/* Whether one more half-open connection may come in place of an idle one. */
static bool is_share_left(struct conntrack_thread *t)
{
	const struct conntrack *ct = t->ct;
	uint32_t n = __atomic_load_n(&ct->n_slots, __ATOMIC_ACQUIRE);

	if (!t->knows_share) {
		t->knows_share = true;
		t->share_left = ct->config.max_connections / HALF_OPEN_SHARE;
		for (uint32_t i = 0; i < n; i++)
			t->share_left -=
				__atomic_load_n(&ct->epochs[i].n_half_open, __ATOMIC_RELAXED);
	}
	return t->share_left > 0 && t->none_idle != t->now;
}

bool evict_one(struct conntrack_thread *t)
{
	for (uint8_t class = ENTRY_CLOSED; class > ENTRY_ASSURED; class --) {
		if (class == ENTRY_HALF_OPEN && is_share_left(t) && evict_idle(t)) {
			t->share_left--;
			return true;
		}
		for (unsigned k = 0; k < N_STORES; k++)
			if (evict_listed(t, k, class))
				return true;
	}
	return evict_idle(t);
}
