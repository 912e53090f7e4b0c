/* The hash table (hash_table_priv.h), found in by whole bursts in three passes, so that the cache
 * misses of all packets overlap: hash and prefetch buckets, match fingerprints and prefetch
 * entries, compare words. */

#include "dataplane/lookup/hash_table_priv.h"

#include <emmintrin.h>
#include <stdlib.h>
#include "lib/rng.h"

static inline uint64_t hash_word(const struct hash_table *t, unsigned i, uint64_t word)
{
	uint32_t low = (uint32_t)word + (uint32_t)t->words[i].secret;
	uint32_t high = (uint32_t)(word >> 32) + (uint32_t)(t->words[i].secret >> 32);

	return (uint64_t)low * high;
}

static inline uint64_t hash_finish(uint64_t sum)
{
	sum ^= sum >> 32;
	sum *= 0x9e3779b97f4a7c15ull;
	return sum ^ sum >> 29;
}

static inline __attribute__((always_inline)) uint64_t
hash_key(const struct hash_table *t, const struct flow_key *key, unsigned n_words)
{
	uint64_t sum = t->secret;

	for (unsigned i = 0; i < n_words; i++)
		sum += hash_word(t, i, key->words[t->places[i]] & t->words[i].mask);
	return hash_finish(sum);
}

static uint64_t hash_entry(const struct hash_table *t, const struct hash_entry *e)
{
	uint64_t sum = t->secret;

	for (unsigned i = 0; i < t->n_words; i++)
		sum += hash_word(t, i, e->words[i]);
	return hash_finish(sum);
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
		diff |= (key->words[t->places[i]] & t->words[i].mask) ^ e->words[i];
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

static unsigned entry_lines(const struct hash_table *t)
{
	return (t->entry_size + 63) / 64;
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
	t->max_lines = MAX_OF(t->max_lines, n_lines + entry_lines(t));
	t->n++;
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
		t->words[t->n_words].mask = mask->words[w];
		t->words[t->n_words].secret = rng_u64(&rng);
		t->n_words++;
	}
	t->entry_size = (sizeof(struct hash_entry) + t->n_words * 8 + 31) & ~31u;
	if (t->entry_size > 32)
		t->entry_size = (t->entry_size + 63) & ~63u;
}

static struct hash_store *store_create(size_t bytes)
{
	struct hash_store *s = xcalloc_lines(sizeof(*s) + bytes);

	s->n_refs = 1;
	return s;
}

static void store_unref(struct hash_store *s)
{
	if (--s->n_refs == 0)
		free(s);
}

static size_t buckets_bytes(const struct hash_table *t)
{
	return ((size_t)t->bucket_mask + 1) * sizeof(struct hash_bucket);
}

static void set_buckets(struct hash_table *t, struct hash_store *s)
{
	t->bucket_store = s;
	t->buckets = (struct hash_bucket *)s->data;
}

/* For N rules and some more.  Buckets are at most half full with N, so that overflowing is rare:
 * mean 4 of 8 slots, and 5 when the room is used up. */
static void make_room(struct hash_table *t, unsigned n)
{
	uint32_t room = n + n / 4 + 8, n_buckets = 1;

	while ((uint64_t)n_buckets * 4 < n || (uint64_t)n_buckets * 5 < room)
		n_buckets *= 2;
	t->bucket_mask = n_buckets - 1;
	set_buckets(t, store_create(buckets_bytes(t)));
	t->entry_store = store_create((size_t)room * t->entry_size);
	t->entry_store->room = room;
	t->entries = t->entry_store->data;
	t->bytes = buckets_bytes(t) + (size_t)room * t->entry_size;
	t->max_lines = 0;
	t->n = 0;
}

void hash_table_init(struct hash_table *t, const struct lookup_rule *first, unsigned n,
		     uint64_t seed)
{
	static void (*const finds[])(const struct hash_table *, const struct flow_key *,
				     const uint8_t *, unsigned, const struct hash_entry **) = {
		find_any, find_1, find_2, find_3, find_4, find_5, find_6,
	};

	*t = (struct hash_table){ .min_rank = UINT64_MAX, .mask_hash = first->mask_hash };
	set_words(t, &first->match->mask, seed);
	t->find = finds[t->n_words < ARRAY_LENGTH(finds) ? t->n_words : 0];
	make_room(t, n);
}

void hash_table_ref(struct hash_table *t)
{
	t->bucket_store->n_refs++;
	t->entry_store->n_refs++;
}

void hash_table_fini(struct hash_table *t)
{
	store_unref(t->bucket_store);
	store_unref(t->entry_store);
}

/* Other versions must not see what happens to the buckets. */
static void own_buckets(struct hash_table *t)
{
	struct hash_store *shared = t->bucket_store;

	if (shared->n_refs == 1)
		return;
	set_buckets(t, store_create(buckets_bytes(t)));
	memcpy(t->buckets, shared->data, buckets_bytes(t));
	store_unref(shared);
}

const struct hash_entry *hash_table_next(const struct hash_table *t, uint32_t *slot)
{
	for (; *slot / BUCKET_SLOTS <= t->bucket_mask; ++*slot) {
		const struct hash_bucket *b = &t->buckets[*slot / BUCKET_SLOTS];
		unsigned k = *slot % BUCKET_SLOTS;

		if (!b->prints[k])
			continue;
		++*slot;
		return entry_at(t, b->entries[k]);
	}
	return NULL;
}

/* A place for an entry that no version knows yet. */
static struct hash_entry *append(struct hash_table *t, uint32_t *at)
{
	*at = t->entry_store->n_used++;
	return (struct hash_entry *)entry_at(t, *at);
}

/* To a store of its own, without the entries that were removed. */
static void grow(struct hash_table *t)
{
	struct hash_table old = *t;
	const struct hash_entry *e;
	uint32_t slot = 0, at;

	make_room(t, old.n);
	while ((e = hash_table_next(&old, &slot))) {
		memcpy(append(t, &at), e, t->entry_size);
		insert(t, hash_entry(t, e), at);
	}
	hash_table_fini(&old);
}

static bool add(struct hash_table *t, const struct lookup_rule *r)
{
	const struct flow_key *key = &r->match->key;
	uint64_t hash = hash_key(t, key, t->n_words);
	struct hash_entry *e;
	uint32_t at;

	if (search(t, key, hash, t->n_words))
		return false;
	if (t->entry_store->n_used == t->entry_store->room)
		grow(t);
	own_buckets(t);
	e = append(t, &at);
	e->value = r->value;
	e->rank = r->rank;
	for (unsigned w = 0; w < t->n_words; w++)
		e->words[w] = key->words[t->places[w]];
	insert(t, hash, at);
	t->min_rank = MIN_OF(t->min_rank, r->rank);
	return true;
}

/* Its slot becomes free; what overflowed from the bucket is still looked for behind it. */
static bool remove_rule(struct hash_table *t, const struct lookup_rule *r)
{
	const struct flow_key *key = &r->match->key;
	uint64_t hash = hash_key(t, key, t->n_words);
	const struct hash_entry *e = search(t, key, hash, t->n_words);
	uint32_t number;

	if (!e || e->rank != r->rank)
		return false;
	own_buckets(t);
	number = ((const uint8_t *)e - t->entries) / t->entry_size;
	for (uint32_t at = hash & t->bucket_mask;; at = (at + 1) & t->bucket_mask) {
		struct hash_bucket *b = &t->buckets[at];

		for (unsigned k = 0; k < BUCKET_SLOTS; k++) {
			if (!b->prints[k] || b->entries[k] != number)
				continue;
			b->prints[k] = 0;
			t->n--;
			t->is_min_stale |= r->rank == t->min_rank;
			return true;
		}
	}
}

bool hash_table_has_mask(const struct hash_table *t, const struct lookup_rule *r)
{
	if (t->mask_hash != r->mask_hash)
		return false;
	for (unsigned w = 0, i = 0; w < KEY_WORDS; w++) {
		bool is_used = i < t->n_words && t->places[i] == w;

		if (r->match->mask.words[w] != (is_used ? t->words[i].mask : 0))
			return false;
		i += is_used;
	}
	return true;
}

void hash_table_add(struct hash_table *t, const struct lookup_rule *r)
{
	if (!add(t, r))
		t->n_shadowed++;
}

bool hash_table_change(struct hash_table *t, const struct lookup_change *c)
{
	if (!c->is_removal)
		return add(t, &c->rule);
	return !t->n_shadowed && remove_rule(t, &c->rule);
}

void hash_table_settle(struct hash_table *t)
{
	const struct hash_entry *e;
	uint32_t slot = 0;

	if (!t->is_min_stale)
		return;
	t->is_min_stale = false;
	t->min_rank = UINT64_MAX;
	while ((e = hash_table_next(t, &slot)))
		t->min_rank = MIN_OF(t->min_rank, e->rank);
}
