#ifndef DATAPLANE_CONNTRACK_SLOT_SET_H
#define DATAPLANE_CONNTRACK_SLOT_SET_H

/* Sets of slots (places of connections) that any thread adds to and removes from without a lock,
 * and of which one is found in a handful of words however many there are: a bitmap, over it a
 * bitmap of its words that are not zero, and so on up to one word.
 *
 * A bit of an upper level may be set while what is below is empty, for a moment or until somebody
 * comes by; it is never missing for long: who makes a word zero clears the bit above and looks at
 * the word again. */

#include "lib/util.h"

#define SLOT_SET_LEVELS 5
#define SLOT_SET_NONE	UINT32_MAX

struct slot_set {
	uint64_t *levels[SLOT_SET_LEVELS]; /* [0]: one bit for each slot */
	uint32_t n_words[SLOT_SET_LEVELS];
	unsigned n_levels;
};

void slot_set_init(struct slot_set *s, uint32_t n_slots);
/* All slots are members. */
void slot_set_fill(struct slot_set *s, uint32_t n_slots);
void slot_set_fini(struct slot_set *s);
/* The next word after FROM, round about and FROM last, that has members; SLOT_SET_NONE: none. */
uint32_t slot_set_next(struct slot_set *s, uint32_t from);
/* Nothing is in it, or is on its way in. */
static inline bool slot_set_is_empty(const struct slot_set *s)
{
	return !__atomic_load_n(&s->levels[s->n_levels - 1][0], __ATOMIC_ACQUIRE);
}

/* Word W has got members, has lost them all. */
void slot_set_announce(struct slot_set *s, uint32_t w);
void slot_set_retract(struct slot_set *s, uint32_t w);

static inline uint64_t slot_set_word(const struct slot_set *s, uint32_t w)
{
	return __atomic_load_n(&s->levels[0][w], __ATOMIC_ACQUIRE);
}

static inline void slot_set_add(struct slot_set *s, uint32_t slot)
{
	if (!__atomic_fetch_or(&s->levels[0][slot / 64], 1ull << slot % 64, __ATOMIC_SEQ_CST))
		slot_set_announce(s, slot / 64);
}

static inline void slot_set_remove(struct slot_set *s, uint32_t slot)
{
	uint64_t bit = 1ull << slot % 64;

	if (__atomic_fetch_and(&s->levels[0][slot / 64], ~bit, __ATOMIC_SEQ_CST) == bit)
		slot_set_retract(s, slot / 64);
}

static inline bool slot_set_has(const struct slot_set *s, uint32_t slot)
{
	return slot_set_word(s, slot / 64) >> slot % 64 & 1;
}

/* All members of word W are the caller's. */
static inline uint64_t slot_set_take(struct slot_set *s, uint32_t w)
{
	uint64_t taken = __atomic_exchange_n(&s->levels[0][w], 0, __ATOMIC_SEQ_CST);

	slot_set_retract(s, w);
	return taken;
}

#endif
