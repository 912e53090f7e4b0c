/* Finding in a hash table (hash_table_priv.h) by whole bursts, in three passes, so that the cache
 * misses of all packets overlap: hash and prefetch buckets, match fingerprints and prefetch
 * rules, compare words.
 *
 * There is a body for each small number of words, and with AVX-512 one for masks that look at the
 * key's first line only, as most do: the line is hashed and compared at once. */

#include "dataplane/lookup/hash_table_priv.h"

#include <immintrin.h>
#include "dataplane/lookup/cpu.h"

static CPU_INLINE uint64_t hash_key(const struct hash_table *t, const struct flow_key *key,
				    unsigned n_words)
{
	uint64_t sum = t->secret;

	for (unsigned i = 0; i < n_words; i++)
		sum += hash_word(t, i, key->words[t->places[i]] & t->words[i].mask);
	return hash_finish(sum);
}

static CPU_INLINE bool row_matches(const struct hash_table *t, const struct lookup_row *row,
				   const struct flow_key *key, unsigned n_words)
{
	uint64_t diff = 0;

	for (unsigned i = 0; i < n_words; i++)
		diff |= (key->words[t->places[i]] & t->words[i].mask) ^ row->words[i];
	return diff == 0;
}

/* The same by the line, whatever the number of words. */
static CPU_TARGET_AVX512 inline __m512i masked_line(const struct hash_table *t,
						    const struct flow_key *key)
{
	return _mm512_and_si512(_mm512_load_si512(key), _mm512_loadu_si512(t->line.masks));
}

static CPU_TARGET_AVX512 inline uint64_t hash_line(const struct hash_table *t,
						   const struct flow_key *key)
{
	__m512i halves = _mm512_add_epi32(masked_line(t, key), _mm512_loadu_si512(t->line.secrets));
	__m512i products = _mm512_mul_epu32(halves, _mm512_srli_epi64(halves, 32));

	__m256i four = _mm256_add_epi64(_mm512_castsi512_si256(products),
					_mm512_extracti64x4_epi64(products, 1));
	__m128i two =
		_mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));

	return hash_finish(t->secret + _mm_cvtsi128_si64(two) +
			   (uint64_t)_mm_extract_epi64(two, 1));
}

static CPU_TARGET_AVX512 inline bool row_matches_line(const struct hash_table *t,
						      const struct lookup_row *row,
						      const struct flow_key *key)
{
	__m512i words = _mm512_maskz_expandloadu_epi64(t->line.used, row->words);

	return _mm512_cmpneq_epi64_mask(masked_line(t, key), words) == 0;
}

/* The whole search, for a key whose first candidate was not it. */
static const struct lookup_row *search(const struct hash_table *t, const struct flow_key *key,
				       uint64_t hash)
{
	const struct hash_page *page = t->pages[hash_place(t, hash)];

	for (unsigned k = 0; k < HASH_MAX_CHAIN; k++) {
		const struct hash_bucket *b = &page->buckets[(hash + k) & t->bucket_mask];
		unsigned hits = hash_match(b, hash_print(hash));

		for (; hits; hits &= hits - 1) {
			const struct lookup_row *row = hash_row(b, __builtin_ctz(hits) / 2);

			if (row_matches(t, row, key, t->n_words))
				return row;
		}
		if (!hash_is_overflowed(b))
			return NULL;
	}
	return NULL;
}

/* What comparing reads, and then whoever runs the rule. */
static CPU_INLINE void prefetch_rule(const struct hash_table *t, const struct lookup_row *row)
{
	__builtin_prefetch(row);
	__builtin_prefetch(hash_value(t, row));
}

/* A burst on its way. */
struct burst {
	uint64_t hashes[PACKET_BURST_MAX];
	const struct hash_bucket *buckets[PACKET_BURST_MAX];
	uint8_t undecided[PACKET_BURST_MAX];
	unsigned n_undecided;
};

static CPU_INLINE void note_hash(const struct hash_table *t, struct burst *b, unsigned k,
				 uint64_t hash)
{
	b->hashes[k] = hash;
	b->buckets[k] = hash_bucket(t, hash);
	__builtin_prefetch(b->buckets[k]);
}

/* FOUND gets the first candidates. */
static CPU_INLINE void match_prints(const struct hash_table *t, struct burst *b, unsigned n,
				    const struct lookup_row **found)
{
	b->n_undecided = 0;
	for (unsigned k = 0; k < n; k++) {
		const struct hash_bucket *bucket = b->buckets[k];
		unsigned hits = hash_match(bucket, hash_print(b->hashes[k]));

		found[k] = NULL;
		if (hits) {
			found[k] = hash_row(bucket, __builtin_ctz(hits) / 2);
			prefetch_rule(t, found[k]);
		}
		b->undecided[b->n_undecided] = k;
		b->n_undecided += hits || hash_is_overflowed(bucket);
	}
}

static CPU_INLINE void find_n(const struct hash_table *t, const struct flow_key *keys,
			      const uint8_t *places, unsigned n, const struct lookup_row **found,
			      unsigned n_words)
{
	struct burst b;

	for (unsigned k = 0; k < n; k++)
		note_hash(t, &b, k, hash_key(t, &keys[places[k]], n_words));
	match_prints(t, &b, n, found);
	for (unsigned u = 0; u < b.n_undecided; u++) {
		unsigned k = b.undecided[u];
		const struct flow_key *key = &keys[places[k]];

		if (!found[k] || !row_matches(t, found[k], key, n_words))
			found[k] = search(t, key, b.hashes[k]);
	}
}

static CPU_TARGET_AVX512 void find_line(const struct hash_table *t, const struct flow_key *keys,
					const uint8_t *places, unsigned n,
					const struct lookup_row **found)
{
	struct burst b;

	for (unsigned k = 0; k < n; k++)
		note_hash(t, &b, k, hash_line(t, &keys[places[k]]));
	match_prints(t, &b, n, found);
	for (unsigned u = 0; u < b.n_undecided; u++) {
		unsigned k = b.undecided[u];
		const struct flow_key *key = &keys[places[k]];

		if (!found[k] || !row_matches_line(t, found[k], key))
			found[k] = search(t, key, b.hashes[k]);
	}
}

/* The body with a constant number of words, so that its loops are unrolled. */
#define FIND(NAME, N)                                                                              \
	static void NAME(const struct hash_table *t, const struct flow_key *keys,                  \
			 const uint8_t *places, unsigned n, const struct lookup_row **found)       \
	{                                                                                          \
		find_n(t, keys, places, n, found, N);                                              \
	}
FIND(find_any, t->n_words)
FIND(find_1, 1)
FIND(find_2, 2)
FIND(find_3, 3)
FIND(find_4, 4)
FIND(find_5, 5)
FIND(find_6, 6)

/* For fewer the plain body is as fast, or faster. */
#define MIN_LINE_WORDS 3

hash_find_fn *hash_find_for(const struct hash_table *t)
{
	static hash_find_fn *const finds[] = { find_any, find_1, find_2, find_3,
					       find_4,	 find_5, find_6 };

	if (t->line.used && t->n_words >= MIN_LINE_WORDS && cpu_level() == CPU_AVX512)
		return find_line;
	return finds[t->n_words < ARRAY_LENGTH(finds) ? t->n_words : 0];
}
