/* Sets of slots (slot_set.h): their upper levels. */

#include "dataplane/conntrack/slot_set.h"

#include <stdlib.h>

#define MAX_STALE 64 /* bits above nothing that one search may meet; others are clearing them */

void slot_set_init(struct slot_set *s, uint32_t n_slots)
{
	uint32_t n = n_slots;

	*s = (struct slot_set){ 0 };
	do {
		n = n / 64 + (n % 64 != 0);
		s->n_words[s->n_levels] = n;
		s->levels[s->n_levels++] = xcalloc(n, sizeof(uint64_t));
	} while (n > 1);
}

void slot_set_fill(struct slot_set *s, uint32_t n_slots)
{
	uint32_t n = n_slots;

	for (unsigned i = 0; i < s->n_levels; i++) {
		memset(s->levels[i], 0xff, s->n_words[i] * sizeof(uint64_t));
		if (n % 64)
			s->levels[i][n / 64] = ~(~0ull << n % 64);
		n = s->n_words[i];
	}
}

void slot_set_fini(struct slot_set *s)
{
	for (unsigned i = 0; i < s->n_levels; i++)
		free(s->levels[i]);
}

/* Word W of the level below LEVEL has members. */
static void announce_at(struct slot_set *s, unsigned level, uint32_t w)
{
	for (; level < s->n_levels; level++, w /= 64) {
		uint64_t *word = &s->levels[level][w / 64], bit = 1ull << w % 64;

		if (__atomic_load_n(word, __ATOMIC_SEQ_CST) & bit)
			return;
		if (__atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST))
			return;
	}
}

void slot_set_announce(struct slot_set *s, uint32_t w)
{
	announce_at(s, 1, w);
}

void slot_set_retract(struct slot_set *s, uint32_t w)
{
	for (unsigned level = 1; level < s->n_levels; level++, w /= 64) {
		uint64_t *word = &s->levels[level][w / 64], bit = 1ull << w % 64;
		uint64_t before = __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);

		if (__atomic_load_n(&s->levels[level - 1][w], __ATOMIC_SEQ_CST)) {
			announce_at(s, level, w);
			return;
		}
		if (before & ~bit)
			return;
	}
}

/* The first word with members below word W of LEVEL.  What turns out to be empty is cleared. */
static uint32_t descend(struct slot_set *s, unsigned level, uint32_t w)
{
	for (; level > 0; level--) {
		uint64_t bits = __atomic_load_n(&s->levels[level][w], __ATOMIC_ACQUIRE);

		if (!bits)
			return SLOT_SET_NONE;
		w = w * 64 + (uint32_t)__builtin_ctzll(bits);
	}
	if (slot_set_word(s, w))
		return w;
	slot_set_retract(s, w);
	return SLOT_SET_NONE;
}

/* The same after word FROM; *IS_END: there is no bit set after it. */
static uint32_t search_after(struct slot_set *s, uint32_t from, bool *is_end)
{
	uint32_t at = from;

	*is_end = false;
	for (unsigned level = 1; level < s->n_levels; level++, at /= 64) {
		uint64_t after = ~0ull << at % 64 << 1;
		uint64_t bits = __atomic_load_n(&s->levels[level][at / 64], __ATOMIC_ACQUIRE);

		if (bits & after)
			return descend(s, level - 1,
				       at / 64 * 64 + (uint32_t)__builtin_ctzll(bits & after));
	}
	*is_end = true;
	return SLOT_SET_NONE;
}

uint32_t slot_set_next(struct slot_set *s, uint32_t from)
{
	unsigned top = s->n_levels - 1;

	for (unsigned i = 0; i < MAX_STALE; i++) {
		bool is_end;
		uint32_t w = search_after(s, from, &is_end);

		if (w != SLOT_SET_NONE)
			return w;
		if (!is_end)
			continue;
		w = descend(s, top, 0);
		if (w != SLOT_SET_NONE)
			return w;
		if (!__atomic_load_n(&s->levels[top][0], __ATOMIC_SEQ_CST))
			return SLOT_SET_NONE;
	}
	return SLOT_SET_NONE;
}
