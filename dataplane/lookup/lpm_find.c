/* Finding in a prefix look-up (lpm_priv.h): the bodies for each CPU (lpm_find_body.h) and the
 * choice among them. */

#include "dataplane/lookup/cpu.h"
#include "dataplane/lookup/lpm_priv.h"
#include "dataplane/packet/parse.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* Of each kind: how many of the first 16 values are bounds, a bit each, and where the slots begin.
 * A leaf is a block of one slot without bounds. */
static const uint32_t bound_bits[] = {
	[LPM_LEAF] = 0,
	[LPM_SMALL] = (1u << LPM_SMALL_BOUNDS) - 1,
	[LPM_LINE] = (1u << LPM_LINE_BOUNDS) - 1,
};
static const uint32_t slots_at[] = {
	[LPM_LEAF] = 0,
	[LPM_SMALL] = offsetof(struct lpm_small, slots),
	[LPM_LINE] = offsetof(struct lpm_line, slots),
};

/* --- which of 16 values are at most X, a bit each --- */

#ifdef __x86_64__

static CPU_INLINE uint32_t at_most_base(const void *values, uint16_t x)
{
	const __m128i *at = values;
	__m128i all = _mm_set1_epi16(x), low = _mm_loadu_si128(at), high = _mm_loadu_si128(at + 1);

	/* The difference, not less than 0, is 0. */
	low = _mm_cmpeq_epi16(_mm_subs_epu16(low, all), _mm_setzero_si128());
	high = _mm_cmpeq_epi16(_mm_subs_epu16(high, all), _mm_setzero_si128());
	return _mm_movemask_epi8(_mm_packs_epi16(low, high));
}

/* Comparing into a mask register, as AVX-512 can, was slower. */
static CPU_INLINE CPU_TARGET_AVX2 uint32_t at_most_avx2(const void *values, uint16_t x)
{
	return at_most_base(values, x);
}

#else

static CPU_INLINE uint32_t at_most_base(const void *values, uint16_t x)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < 16; i++) {
		uint16_t v;

		memcpy(&v, (const uint8_t *)values + 2 * i, sizeof(v));
		bits |= (uint32_t)(v <= x) << i;
	}
	return bits;
}
#define at_most_avx2 at_most_base

#endif

/* --- the burst --- */

struct burst {
	unsigned n;
	uint8_t places[PACKET_BURST_MAX];
	uint8_t offsets[PACKET_BURST_MAX]; /* of the bits that the packet's block decides by */
	uint8_t kinds[PACKET_BURST_MAX];   /* of the block */
	const uint8_t *blocks[PACKET_BURST_MAX]; /* or the slot that leads to it */
	struct lpm_bits bits[PACKET_BURST_MAX];
};

static CPU_INLINE uint64_t difference(const struct lpm_place *p, const struct flow_key *key,
				      unsigned n_common)
{
	uint64_t diff = 0;

	for (unsigned i = 0; i < n_common; i++)
		diff |= (key->words[p->common[i].word] & p->common[i].mask) ^ p->common[i].key;
	return diff;
}

static CPU_INLINE struct lpm_bits bits_of(const struct lpm_place *p, const struct flow_key *key,
					  bool is_narrow)
{
	uint64_t hi = __builtin_bswap64(key->words[p->word]), lo = 0;

	if (is_narrow)
		return (struct lpm_bits){ hi << p->shift, 0 };
	if (p->word + 1u < KEY_WORDS)
		lo = __builtin_bswap64(key->words[p->word + 1u]);
	return (struct lpm_bits){ hi << p->shift | (lo >> 1) >> (63 - p->shift), lo << p->shift };
}

/* The 16 bits at which packet K is. */
static CPU_INLINE uint16_t chunk_at(const struct burst *b, unsigned k, bool is_narrow)
{
	unsigned offset = b->offsets[k];

	if (is_narrow)
		return b->bits[k].hi << offset >> 48;
	return lpm_bits_at(b->bits[k], offset) >> 48;
}

static CPU_INLINE void start(const struct lpm *l, struct burst *b, const struct flow_key *keys,
			     unsigned n_common, bool is_narrow)
{
	for (unsigned k = 0; k < b->n; k++) {
		const struct flow_key *key = &keys[b->places[k]];
		struct lpm_bits bits = bits_of(&l->place, key, is_narrow);
		uint32_t at = bits.hi >> (64 - l->root_bits);
		const lpm_slot *slot = &l->pages[at >> LPM_PAGE_SHIFT][at & (LPM_PAGE_SLOTS - 1)];

		slot = difference(&l->place, key, n_common) ? l->miss : slot;
		__builtin_prefetch(slot);
		b->blocks[k] = (const uint8_t *)slot;
		b->bits[k] = bits;
		b->offsets[k] = l->root_bits;
	}
}

static CPU_INLINE lpm_slot slot_at(const uint8_t *p)
{
	lpm_slot slot;

	memcpy(&slot, p, sizeof(slot));
	return slot;
}

/* From the slot where packet K is to the block that it leads to; true if one step from there leads
 * not to a slot, but to a block again. */
static CPU_INLINE bool go_to_block(const struct lpm *l, struct burst *b, unsigned k, bool is_narrow)
{
	lpm_slot slot = slot_at(b->blocks[k]);
	enum lpm_kind kind = lpm_kind_of(slot);
	const uint8_t *block = l->arena + (size_t)(slot >> LPM_KIND_BITS) * LPM_UNIT;
	uint32_t in_fan = chunk_at(b, k, is_narrow) >> (16 - LPM_FAN_BITS);

	block += kind == LPM_FAN ? in_fan * sizeof(slot) : 0;
	block = kind == LPM_LEAF ? b->blocks[k] : block;
	__builtin_prefetch(block);
	b->blocks[k] = block;
	b->kinds[k] = kind;
	return kind >= LPM_WIDE;
}

static CPU_INLINE void put(const struct lpm *l, const struct burst *b, const void **out)
{
	uintptr_t base = l->leaf_base;

	for (unsigned k = 0; k < b->n; k++) {
		uint32_t number = slot_at(b->blocks[k]) >> LPM_KIND_BITS;
		const void *value = NULL;

		if (base)
			value = (const void *)(number ? base + (uintptr_t)number * 8 : 0);
		else if (number)
			memcpy(&value, l->arena + (size_t)number * LPM_UNIT, sizeof(value));
		out[b->places[k]] = value;
	}
}

#define CPU_BODY base
#include "dataplane/lookup/lpm_find_body.h"
#undef CPU_BODY
#define CPU_BODY avx2
#include "dataplane/lookup/lpm_find_body.h"
#undef CPU_BODY

typedef void find_fn(const struct lookup *base, const struct flow_key *keys, uint64_t bitmap,
		     const void **out);

/* AVX-512 takes the body for AVX2. */
#define LEVELS(NAME)                                                                               \
	{                                                                                          \
		NAME##_base, NAME##_avx2, NAME##_avx2                                              \
	}

void lpm_choose_find(struct lpm *l)
{
	static find_fn *const roots[][CPU_N_LEVELS] = { LEVELS(find_root_any), LEVELS(find_root_1),
							LEVELS(find_root_2) };
	static find_fn *const narrows[][CPU_N_LEVELS] = { LEVELS(find_narrow_any),
							  LEVELS(find_narrow_1),
							  LEVELS(find_narrow_2) };
	static find_fn *const wides[CPU_N_LEVELS] = LEVELS(find_wide);
	const struct lpm_place *p = &l->place;
	unsigned n_common = p->n_common <= 2 ? p->n_common : 0;

	if (p->n_bits <= l->root_bits && p->shift + p->n_bits <= 64)
		l->base.find = roots[n_common][cpu_level()];
	else if (p->n_bits <= l->root_bits + 16u && p->shift + p->n_bits <= 64)
		l->base.find = narrows[n_common][cpu_level()];
	else
		l->base.find = wides[cpu_level()];
}
