/* Finding in a merged look-up (merged_priv.h): the bodies for each CPU (merged_find_body.h) and the
 * choice among them. */

#include "dataplane/lookup/cpu.h"
#include "dataplane/lookup/merged_priv.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

typedef uint32_t v8 __attribute__((vector_size(32), may_alias));
typedef uint32_t v16 __attribute__((vector_size(64), may_alias));

/* Some keys of a burst, by lanes, and the best that each has found. */
struct chunk {
	uint32_t lanes[MERGED_MAX_LANES][MERGED_CHUNK];
	uint64_t ranks[MERGED_CHUNK];
	const void *const *found[MERGED_CHUNK];
	uint32_t all; /* a bit for each key */
} __attribute__((aligned(64)));

static CPU_INLINE void start_chunk(const struct merged *m, unsigned n, struct chunk *c)
{
	for (unsigned k = 0; k < MERGED_CHUNK; k++) {
		c->ranks[k] = UINT64_MAX;
		c->found[k] = &m->otherwise;
	}
	c->all = UINT32_MAX >> (MERGED_CHUNK - n);
}

/* Rule I of the block for key K, if it is better than what that has.  Without a jump, which the CPU
 * could not foresee. */
static CPU_INLINE void take_better(struct chunk *c, unsigned k, const struct merged_block *b,
				   unsigned i)
{
	uintptr_t old = (uintptr_t)c->found[k], new = (uintptr_t)&b->values[i];
	uint64_t better = -(uint64_t)(b->ranks[i] < c->ranks[k]);

	c->ranks[k] ^= (c->ranks[k] ^ b->ranks[i]) & better;
	c->found[k] = (const void *const *)(old ^ ((old ^ new) & better));
}

/* --- what differs between CPUs: getting the keys' lanes; which of a vector's lanes are 0, a bit
 * each; which of a chunk's ranks are above one; what the buckets of hashes have --- */

#define FIVE_BITS 31

#ifdef __x86_64__

static CPU_INLINE uint32_t zeros8_base(const v8 *v)
{
	const __m128i *at = (const __m128i *)v;
	__m128i low = _mm_cmpeq_epi32(at[0], _mm_setzero_si128()),
		high = _mm_cmpeq_epi32(at[1], _mm_setzero_si128());

	return _mm_movemask_ps(_mm_castsi128_ps(low)) | _mm_movemask_ps(_mm_castsi128_ps(high))
								<< 4;
}

static CPU_INLINE uint32_t zeros16_base(const v16 *v)
{
	return zeros8_base((const v8 *)v) | zeros8_base((const v8 *)v + 1) << 8;
}

static CPU_INLINE CPU_TARGET_AVX2 uint32_t zeros8_avx2(const v8 *v)
{
	__m256i zero = _mm256_cmpeq_epi32(*(const __m256i *)v, _mm256_setzero_si256());

	return _mm256_movemask_ps(_mm256_castsi256_ps(zero));
}

static CPU_INLINE CPU_TARGET_AVX2 uint32_t zeros16_avx2(const v16 *v)
{
	return zeros8_avx2((const v8 *)v) | zeros8_avx2((const v8 *)v + 1) << 8;
}

static CPU_INLINE CPU_TARGET_AVX512 uint32_t zeros8_avx512(const v8 *v)
{
	return _mm256_testn_epi32_mask(*(const __m256i *)v, *(const __m256i *)v);
}

static CPU_INLINE CPU_TARGET_AVX512 uint32_t zeros16_avx512(const v16 *v)
{
	return _mm512_testn_epi32_mask(*(const __m512i *)v, *(const __m512i *)v);
}

static CPU_INLINE CPU_TARGET_AVX512 void load_lanes_avx512(const struct merged *m,
							   const struct flow_key *keys,
							   const uint8_t *places, unsigned n,
							   struct chunk *c)
{
	const __m512i key_size = _mm512_set1_epi32(KEY_BYTES / 4);

	for (unsigned k = 0; k < n; k += 16) {
		__mmask16 some = UINT32_MAX >> (32 - MIN_OF(n - k, 16u));
		__m512i at = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(some, &places[k]));

		at = _mm512_mullo_epi32(at, key_size);
		for (unsigned i = 0; i < m->n_lanes; i++) {
			const uint32_t *first = (const uint32_t *)keys->words + m->lanes[i];

			_mm512_store_si512(&c->lanes[i][k],
					   _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), some,
								       at, first, 4));
		}
	}
}

static CPU_INLINE CPU_TARGET_AVX512 uint32_t worse_avx512(const uint64_t *ranks, uint64_t rank)
{
	__m512i all = _mm512_set1_epi64(rank);
	uint32_t bits = 0;

	for (unsigned k = 0; k < MERGED_CHUNK; k += 8)
		bits |= (uint32_t)_mm512_cmpgt_epu64_mask(_mm512_load_si512(&ranks[k]), all) << k;
	return bits;
}

static CPU_INLINE CPU_TARGET_AVX512 uint32_t look_in_buckets_avx512(const struct merged_part *p,
								    const uint32_t *hashes,
								    uint32_t bits, uint32_t *leaves)
{
	const __m512i one = _mm512_set1_epi32(1), five = _mm512_set1_epi32(FIVE_BITS);
	uint32_t selected = 0;

	for (unsigned k = 0; k < MERGED_CHUNK; k += 16) {
		__m512i hash = _mm512_load_si512(&hashes[k]), number, which, present;
		__mmask16 some;

		number = _mm512_srl_epi32(hash, _mm_cvtsi32_si128(p->shift));
		which = _mm512_and_si512(_mm512_srl_epi32(hash, _mm_cvtsi32_si128(p->shift - 5)),
					 five);
		present = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), bits >> k, number,
						      &p->buckets->present, 8);
		some = _mm512_mask_test_epi32_mask(bits >> k, present,
						   _mm512_sllv_epi32(one, which));
		_mm512_store_si512(&leaves[k],
				   _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), some, number,
							       &p->buckets->leaf, 8));
		selected |= (uint32_t)some << k;
	}
	return selected;
}

#else

static CPU_INLINE uint32_t zeros_of(const uint32_t *v, unsigned n)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < n; i++)
		bits |= (uint32_t)(v[i] == 0) << i;
	return bits;
}
#define zeros8_base(V)	       zeros_of((const uint32_t *)(V), 8)
#define zeros16_base(V)	       zeros_of((const uint32_t *)(V), 16)
#define zeros8_avx2	       zeros8_base
#define zeros16_avx2	       zeros16_base
#define zeros8_avx512	       zeros8_base
#define zeros16_avx512	       zeros16_base
#define worse_avx512	       worse_base
#define look_in_buckets_avx512 look_in_buckets_base

#endif

static CPU_INLINE void load_lanes_base(const struct merged *m, const struct flow_key *keys,
				       const uint8_t *places, unsigned n, struct chunk *c)
{
	for (unsigned i = 0; i < m->n_lanes; i++) {
		const uint32_t *first = (const uint32_t *)keys->words + m->lanes[i];

		for (unsigned k = 0; k < n; k++)
			c->lanes[i][k] = first[places[k] * (KEY_BYTES / 4)];
	}
}

static CPU_INLINE uint32_t worse_base(const uint64_t *ranks, uint64_t rank)
{
	uint32_t bits = 0;

	for (unsigned k = 0; k < MERGED_CHUNK; k++)
		bits |= (uint32_t)(ranks[k] > rank) << k;
	return bits;
}

static CPU_INLINE uint32_t look_in_buckets_base(const struct merged_part *p, const uint32_t *hashes,
						uint32_t bits, uint32_t *leaves)
{
	uint32_t selected = 0;

	for (; bits; bits &= bits - 1) {
		unsigned k = __builtin_ctz(bits);
		const struct merged_bucket *b = &p->buckets[hashes[k] >> p->shift];

		leaves[k] = b->leaf;
		selected |= (b->present >> (hashes[k] >> (p->shift - 5) & FIVE_BITS) & 1) << k;
	}
	return selected;
}
#define worse_avx2	     worse_base
#define load_lanes_avx2	     load_lanes_base
#define look_in_buckets_avx2 look_in_buckets_base

#define CPU_BODY base
#include "dataplane/lookup/merged_find_body.h"
#undef CPU_BODY
#define CPU_BODY avx2
#include "dataplane/lookup/merged_find_body.h"
#undef CPU_BODY
#define CPU_BODY avx512
#include "dataplane/lookup/merged_find_body.h"
#undef CPU_BODY

typedef void find_fn(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		     const void **out);

void merged_choose_find(struct merged *m)
{
	static find_fn *const bodies[] = CPU_BODIES_OF(merged_find);

	m->base.find = bodies[cpu_level()];
}
