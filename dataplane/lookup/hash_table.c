/* The hash table (hash_table_priv.h): built once, then found in by whole bursts in three
 * passes, so that the cache misses of all packets overlap: hash and prefetch buckets, match
 * fingerprints and prefetch entries, compare words. */

#include "dataplane/lookup/hash_table_priv.h"

#include <emmintrin.h>
#include <stdlib.h>
#include "lib/rng.h"

static inline __attribute__((always_inline)) uint64_t
hash_key(const struct hash_table *t, const struct flow_key *key, unsigned n_words)
{
	uint64_t sum = t->secret;

	for (unsigned i = 0; i < n_words; i++) {
		uint64_t w = key->words[t->places[i]] & t->masks[i];
		uint32_t low = (uint32_t)w + (uint32_t)t->secrets[i];
		uint32_t high = (uint32_t)(w >> 32) + (uint32_t)(t->secrets[i] >> 32);

		sum += (uint64_t)low * high;
	}
	sum ^= sum >> 32;
	sum *= 0x9e3779b97f4a7c15ull;
	return sum ^ sum >> 29;
}

static inline uint16_t print_of(uint64_t hash)
{
	uint16_t print = hash >> 48;

	return print ? print : 1;
}

static inline const struct hash_entry *entry_at(const struct hash_table *t, uint32_t i)
{
	return (const struct hash_entry *)(t->entries + (size_t)i * t->entry_size);
}

/* Which slots hold PRINT: bits 0, 2, 4 ... for slots 0, 1, 2 ... */
static inline unsigned match_prints(const struct hash_bucket *b, uint16_t print)
{
	__m128i all = _mm_load_si128((const __m128i *)b->prints);

	return _mm_movemask_epi8(_mm_cmpeq_epi16(all, _mm_set1_epi16(print))) & 0x5555;
}

static inline __attribute__((always_inline)) bool entry_matches(const struct hash_table *t,
								const struct hash_entry *e,
								const struct flow_key *key,
								unsigned n_words)
{
	uint64_t diff = 0;

	for (unsigned i = 0; i < n_words; i++)
		diff |= (key->words[t->places[i]] & t->masks[i]) ^ e->words[i];
	return diff == 0;
}

/* The whole search, for a key whose first candidate was not it. */
static inline __attribute__((always_inline)) const struct hash_entry *
search(const struct hash_table *t, const struct flow_key *key, uint64_t hash, unsigned n_words)
{
	for (uint32_t at = hash & t->bucket_mask;; at = (at + 1) & t->bucket_mask) {
		const struct hash_bucket *b = &t->buckets[at];
		unsigned hits = match_prints(b, print_of(hash));

		for (; hits; hits &= hits - 1) {
			const struct hash_entry *e =
				entry_at(t, b->entries[__builtin_ctz(hits) / 2]);

			if (entry_matches(t, e, key, n_words))
				return e;
		}
		if (!b->is_overflowed)
			return NULL;
	}
}

static inline __attribute__((always_inline)) void
find_n(const struct hash_table *t, const struct flow_key *keys, const uint8_t *places, unsigned n,
       const struct hash_entry **found, unsigned n_words)
{
	uint64_t hashes[PACKET_BURST_MAX];
	uint8_t undecided[PACKET_BURST_MAX];
	unsigned n_undecided = 0;

	for (unsigned k = 0; k < n; k++) {
		hashes[k] = hash_key(t, &keys[places[k]], n_words);
		__builtin_prefetch(&t->buckets[hashes[k] & t->bucket_mask]);
	}
	for (unsigned k = 0; k < n; k++) {
		const struct hash_bucket *b = &t->buckets[hashes[k] & t->bucket_mask];
		unsigned hits = match_prints(b, print_of(hashes[k]));

		found[k] = NULL;
		if (hits) {
			found[k] = entry_at(t, b->entries[__builtin_ctz(hits) / 2]);
			__builtin_prefetch(found[k]);
		}
		undecided[n_undecided] = k;
		n_undecided += hits || b->is_overflowed;
	}
	for (unsigned u = 0; u < n_undecided; u++) {
		unsigned k = undecided[u];
		const struct flow_key *key = &keys[places[k]];

		if (!found[k] || !entry_matches(t, found[k], key, n_words))
			found[k] = search(t, key, hashes[k], n_words);
	}
}

/* The body with a constant number of words, so that its loops are unrolled. */
#define FIND(N)                                                                                    \
	static void find_##N(const struct hash_table *t, const struct flow_key *keys,              \
			     const uint8_t *places, unsigned n, const struct hash_entry **found)   \
	{                                                                                          \
		find_n(t, keys, places, n, found, N);                                              \
	}
FIND(1)
FIND(2)
FIND(3)
FIND(4)
FIND(5)
FIND(6)

static void find_any(const struct hash_table *t, const struct flow_key *keys, const uint8_t *places,
		     unsigned n, const struct hash_entry **found)
{
	find_n(t, keys, places, n, found, t->n_words);
}

static void insert(struct hash_table *t, uint64_t hash, uint32_t entry)
{
	unsigned n_lines = 1;

	for (uint32_t at = hash & t->bucket_mask;; at = (at + 1) & t->bucket_mask, n_lines++) {
		struct hash_bucket *b = &t->buckets[at];
		unsigned free_slots = match_prints(b, 0);

		if (free_slots) {
			unsigned slot = __builtin_ctz(free_slots) / 2;

			b->prints[slot] = print_of(hash);
			b->entries[slot] = entry;
			break;
		}
		b->is_overflowed = true;
	}
	t->max_lines = MAX_OF(t->max_lines, n_lines);
}

static void set_words(struct hash_table *t, const struct flow_key *mask, uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, seed);
	t->secret = rng_u64(&rng);
	for (unsigned w = 0; w < KEY_WORDS; w++) {
		if (!mask->words[w])
			continue;
		t->places[t->n_words] = w;
		t->masks[t->n_words] = mask->words[w];
		t->secrets[t->n_words] = rng_u64(&rng);
		t->n_words++;
	}
}

/* At most half full on average, so that overflowing is rare: mean 4 of 8 slots. */
static void make_room(struct hash_table *t, unsigned n)
{
	uint32_t n_buckets = 1;
	size_t buckets_bytes, entries_bytes;

	while ((uint64_t)n_buckets * (BUCKET_SLOTS / 2) < n)
		n_buckets *= 2;
	t->bucket_mask = n_buckets - 1;
	t->entry_size = (sizeof(struct hash_entry) + t->n_words * 8 + 31) & ~31u;
	if (t->entry_size > 32)
		t->entry_size = (t->entry_size + 63) & ~63u;
	buckets_bytes = n_buckets * sizeof(struct hash_bucket);
	entries_bytes = (size_t)n * t->entry_size;
	t->buckets = xcalloc_lines(buckets_bytes);
	t->entries = xcalloc_lines(MAX_OF(entries_bytes, (size_t)64));
	t->bytes = buckets_bytes + entries_bytes;
}

void hash_table_init(struct hash_table *t, const struct lookup_rule *rules, const uint32_t *ranks,
		     unsigned n, uint64_t seed)
{
	static void (*const finds[])(const struct hash_table *, const struct flow_key *,
				     const uint8_t *, unsigned, const struct hash_entry **) = {
		find_any, find_1, find_2, find_3, find_4, find_5, find_6,
	};
	uint32_t n_entries = 0;

	*t = (struct hash_table){ .min_rank = n ? ranks[0] : UINT32_MAX };
	set_words(t, &rules[ranks[0]].match->mask, seed);
	t->find = finds[t->n_words < ARRAY_LENGTH(finds) ? t->n_words : 0];
	make_room(t, n);
	for (unsigned i = 0; i < n; i++) {
		const struct lookup_rule *r = &rules[ranks[i]];
		uint64_t hash = hash_key(t, &r->match->key, t->n_words);
		struct hash_entry *e;

		if (search(t, &r->match->key, hash, t->n_words))
			continue; /* an earlier rule takes every packet of this one */
		e = (struct hash_entry *)(t->entries + (size_t)n_entries * t->entry_size);
		e->value = r->value;
		e->rank = ranks[i];
		for (unsigned w = 0; w < t->n_words; w++)
			e->words[w] = r->match->key.words[t->places[w]];
		insert(t, hash, n_entries++);
	}
	t->max_lines += (t->entry_size + 63) / 64;
}

void hash_table_fini(struct hash_table *t)
{
	free(t->buckets);
	free(t->entries);
}
