/* The hash table (hash_table_priv.h), found in by whole bursts in three passes, so that the cache
 * misses of all packets overlap: hash and prefetch buckets, match fingerprints and prefetch
 * entries, compare words. */

#include "dataplane/lookup/hash_table_priv.h"

#include <emmintrin.h>
#include <stdlib.h>
#include <sys/mman.h>
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

/* Of words that are masked already: an entry's or a rule's. */
static uint64_t hash_words(const struct hash_table *t, const uint64_t *words)
{
	uint64_t sum = t->secret;

	for (unsigned i = 0; i < t->n_words; i++)
		sum += hash_word(t, i, words[i]);
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

static inline __attribute__((always_inline)) struct hash_bucket *
bucket_at(const struct hash_table *t, uint32_t i, bool is_paged)
{
	return is_paged ? &t->pages[i >> PAGE_SHIFT][i & (PAGE_BUCKETS - 1)] : &t->buckets[i];
}

static inline struct hash_bucket *any_bucket_at(const struct hash_table *t, uint32_t i)
{
	return bucket_at(t, i, !t->buckets);
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
search(const struct hash_table *t, const struct flow_key *key, uint64_t hash, unsigned n_words,
       bool is_paged)
{
	for (uint32_t at = hash & t->bucket_mask;; at = (at + 1) & t->bucket_mask) {
		const struct hash_bucket *b = bucket_at(t, at, is_paged);
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
       const struct hash_entry **found, unsigned n_words, bool is_paged)
{
	const struct hash_bucket *buckets[PACKET_BURST_MAX];
	uint64_t hashes[PACKET_BURST_MAX];
	uint8_t undecided[PACKET_BURST_MAX];
	unsigned n_undecided = 0;

	for (unsigned k = 0; k < n; k++) {
		hashes[k] = hash_key(t, &keys[places[k]], n_words);
		buckets[k] = bucket_at(t, hashes[k] & t->bucket_mask, is_paged);
		__builtin_prefetch(buckets[k]);
	}
	for (unsigned k = 0; k < n; k++) {
		const struct hash_bucket *b = buckets[k];
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
			found[k] = search(t, key, hashes[k], n_words, is_paged);
	}
}

typedef void find_fn(const struct hash_table *t, const struct flow_key *keys, const uint8_t *places,
		     unsigned n, const struct hash_entry **found);

/* The body with a constant number of words, so that its loops are unrolled. */
#define FIND(NAME, N, IS_PAGED)                                                                    \
	static void NAME(const struct hash_table *t, const struct flow_key *keys,                  \
			 const uint8_t *places, unsigned n, const struct hash_entry **found)       \
	{                                                                                          \
		find_n(t, keys, places, n, found, N, IS_PAGED);                                    \
	}
FIND(find_any, t->n_words, false)
FIND(find_1, 1, false)
FIND(find_2, 2, false)
FIND(find_3, 3, false)
FIND(find_4, 4, false)
FIND(find_5, 5, false)
FIND(find_6, 6, false)
FIND(find_paged_any, t->n_words, true)
FIND(find_paged_1, 1, true)
FIND(find_paged_2, 2, true)
FIND(find_paged_3, 3, true)
FIND(find_paged_4, 4, true)
FIND(find_paged_5, 5, true)
FIND(find_paged_6, 6, true)

static find_fn *find_for(const struct hash_table *t)
{
	static find_fn *const finds[][2] = {
		{ find_any, find_paged_any }, { find_1, find_paged_1 }, { find_2, find_paged_2 },
		{ find_3, find_paged_3 },     { find_4, find_paged_4 }, { find_5, find_paged_5 },
		{ find_6, find_paged_6 },
	};

	return finds[t->n_words < ARRAY_LENGTH(finds) ? t->n_words : 0][!t->buckets];
}

static unsigned entry_lines(const struct hash_table *t)
{
	return (t->entry_size + 63) / 64;
}

/* --- memory --- */

#define MIN_MAPPED ((size_t)1 << 18)

/* A large one is mapped, so that room not used yet costs nothing. */
static struct hash_store *store_create(uint32_t room, unsigned entry_size)
{
	size_t bytes = sizeof(struct hash_store) + (size_t)room * entry_size;
	struct hash_store *s = MAP_FAILED;

	if (bytes >= MIN_MAPPED)
		s = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED) {
		s = xcalloc_lines(bytes);
		bytes = 0;
	}
	*s = (struct hash_store){ .n_refs = 1, .room = room, .mapped_bytes = bytes };
	return s;
}

static void store_unref(struct hash_store *s)
{
	if (--s->n_refs)
		return;
	if (s->mapped_bytes)
		munmap(s, s->mapped_bytes);
	else
		free(s);
}

/* A version of the buckets for N rules: at most half full, so that overflowing is rare (mean 4 of 8
 * slots, and 5 before there are more). */
static void make_buckets(struct hash_table *t, unsigned n)
{
	uint32_t n_buckets = 1;

	while ((uint64_t)n_buckets * 4 < n)
		n_buckets *= 2;
	hash_pages_create(t, n_buckets);
	t->max_lines = 0;
	t->n = 0;
	t->find = find_for(t);
}

static bool is_crowded(const struct hash_table *t)
{
	return t->n >= ((uint64_t)t->bucket_mask + 1) * 5;
}

/* Address space is cheap, if it is mapped; memory is not. */
static uint32_t room_for(const struct hash_table *t, unsigned n)
{
	return (size_t)n * t->entry_size < MIN_MAPPED ? n + n / 4 + 8 : 2 * n;
}

static void make_store(struct hash_table *t, unsigned n)
{
	t->store = store_create(room_for(t, n), t->entry_size);
	t->entries = t->store->data;
}

size_t hash_table_bytes(const struct hash_table *t)
{
	return ((size_t)t->bucket_mask + 1) * sizeof(struct hash_bucket) +
	       (size_t)t->store->n_used * t->entry_size;
}

/* --- rules --- */

/* Looking for the least rank in a larger table costs more than its being a little too small. */
#define MAX_SETTLED 16384

static void insert(struct hash_table *t, uint64_t hash, uint32_t entry)
{
	unsigned n_lines = 1;

	for (uint32_t at = hash & t->bucket_mask;; at = (at + 1) & t->bucket_mask, n_lines++) {
		struct hash_bucket *b = hash_pages_own(t, at);
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

static void set_words(struct hash_table *t, const struct mask *mask, uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, seed);
	t->secret = rng_u64(&rng);
	t->n_words = mask->n_words;
	for (unsigned i = 0; i < mask->n_words; i++) {
		t->places[i] = mask->places[i];
		t->words[i].mask = mask->words[i];
		t->words[i].secret = rng_u64(&rng);
	}
	t->entry_size = (sizeof(struct hash_entry) + t->n_words * 8 + 31) & ~31u;
	if (t->entry_size > 32)
		t->entry_size = (t->entry_size + 63) & ~63u;
}

void hash_table_init(struct hash_table *t, const struct lookup_rule *first, unsigned n,
		     uint64_t seed)
{
	*t = (struct hash_table){ .min_rank = UINT64_MAX, .mask_hash = first->mask->hash };
	set_words(t, first->mask, seed);
	make_buckets(t, n);
	make_store(t, n);
}

bool hash_table_is_newest(const struct hash_table *t)
{
	return hash_pages_are_newest(t);
}

void hash_table_ref(struct hash_table *t)
{
	hash_pages_ref(t);
	t->store->n_refs++;
}

void hash_table_fini(struct hash_table *t)
{
	hash_pages_unref(t);
	store_unref(t->store);
}

const struct hash_entry *hash_table_next(const struct hash_table *t, uint32_t *slot)
{
	for (; *slot / BUCKET_SLOTS <= t->bucket_mask; ++*slot) {
		const struct hash_bucket *b = any_bucket_at(t, *slot / BUCKET_SLOTS);
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
	*at = t->store->n_used++;
	return (struct hash_entry *)entry_at(t, *at);
}

static uint32_t append_copy(struct hash_table *t, const struct hash_entry *e)
{
	uint32_t at;

	memcpy(append(t, &at), e, t->entry_size);
	return at;
}

/* The entries of the bucket are asked for soon. */
static void prefetch_entries(const struct hash_table *t, uint32_t at)
{
	const struct hash_bucket *b = any_bucket_at(t, at & t->bucket_mask);

	for (unsigned k = 0; k < BUCKET_SLOTS; k++)
		if (b->prints[k])
			__builtin_prefetch(entry_at(t, b->entries[k]));
}

/* To buckets of its own, and if the store is full to one of its own, without the entries that were
 * removed. */
static void grow(struct hash_table *t)
{
	bool is_full = t->store->n_used == t->store->room;
	struct hash_table old = *t;

	make_buckets(t, MAX_OF(old.n + old.n / 4, 1u));
	if (is_full)
		make_store(t, old.n + old.n_shadowed + 8);
	for (uint32_t at = 0; at <= old.bucket_mask; at++) {
		const struct hash_bucket *b = any_bucket_at(&old, at);

		prefetch_entries(&old, at + 2);
		for (unsigned k = 0; k < BUCKET_SLOTS; k++) {
			const struct hash_entry *e = entry_at(&old, b->entries[k]);

			if (b->prints[k])
				insert(t, hash_words(t, e->words),
				       is_full ? append_copy(t, e) : b->entries[k]);
		}
	}
	for (unsigned i = 0; is_full && i < t->n_shadowed && !t->is_shadowed_lost; i++)
		t->shadowed[i] = append_copy(t, entry_at(&old, old.shadowed[i]));
	hash_pages_unref(&old);
	if (is_full)
		store_unref(old.store);
}

/* The bucket and slot of the entry with these words; false if there is none. */
static bool find_slot(const struct hash_table *t, const uint64_t *words, uint64_t hash,
		      uint32_t *at, unsigned *slot)
{
	for (*at = hash & t->bucket_mask;; *at = (*at + 1) & t->bucket_mask) {
		const struct hash_bucket *b = any_bucket_at(t, *at);

		for (unsigned hits = match_prints(b, print_of(hash)); hits; hits &= hits - 1) {
			const struct hash_entry *e;

			*slot = __builtin_ctz(hits) / 2;
			e = entry_at(t, b->entries[*slot]);
			if (!memcmp(e->words, words, t->n_words * sizeof(*words)))
				return true;
		}
		if (!b->is_overflowed)
			return false;
	}
}

static uint32_t append_rule(struct hash_table *t, const struct lookup_rule *r)
{
	struct hash_entry *e;
	uint32_t number;

	e = append(t, &number);
	e->value = r->value;
	e->rank = r->rank;
	memcpy(e->words, r->words, t->n_words * sizeof(*r->words));
	return number;
}

void hash_table_expect(const struct hash_table *t, const struct lookup_rule *r)
{
	__builtin_prefetch(any_bucket_at(t, hash_words(t, r->words) & t->bucket_mask));
}

/* --- rules left out --- */

static void add_shadowed(struct hash_table *t, uint32_t entry)
{
	if (t->n_shadowed < MAX_SHADOWED)
		t->shadowed[t->n_shadowed] = entry;
	else
		t->is_shadowed_lost = true;
	t->n_shadowed++;
}

static void drop_shadowed(struct hash_table *t, unsigned i)
{
	t->shadowed[i] = t->shadowed[--t->n_shadowed];
}

/* The best one with these words; -1: none. */
static int find_shadowed(const struct hash_table *t, const uint64_t *words)
{
	uint64_t best = UINT64_MAX;
	int found = -1;

	for (unsigned i = 0; i < t->n_shadowed; i++) {
		const struct hash_entry *e = entry_at(t, t->shadowed[i]);

		if (e->rank < best && !memcmp(e->words, words, t->n_words * sizeof(*words))) {
			best = e->rank;
			found = i;
		}
	}
	return found;
}

/* One that was left out anyway. */
static bool remove_shadowed(struct hash_table *t, const struct lookup_rule *r)
{
	if (t->is_shadowed_lost) {
		t->is_shadowed_lost = --t->n_shadowed;
		return true;
	}
	for (unsigned i = 0; i < t->n_shadowed; i++) {
		if (entry_at(t, t->shadowed[i])->rank != r->rank)
			continue;
		drop_shadowed(t, i);
		return true;
	}
	return false;
}

/* --- changes --- */

void hash_table_add(struct hash_table *t, const struct lookup_rule *r)
{
	uint64_t hash = hash_words(t, r->words);
	uint32_t at, entry;
	unsigned slot;

	if (t->store->n_used == t->store->room || is_crowded(t))
		grow(t);
	t->min_rank = MIN_OF(t->min_rank, r->rank);
	if (!find_slot(t, r->words, hash, &at, &slot)) {
		insert(t, hash, append_rule(t, r));
		return;
	}
	entry = append_rule(t, r);
	if (entry_at(t, any_bucket_at(t, at)->entries[slot])->rank > r->rank) {
		uint32_t *place = &hash_pages_own(t, at)->entries[slot], worse = *place;

		*place = entry;
		entry = worse;
	}
	add_shadowed(t, entry);
}

/* Its slot becomes free; what overflowed from the bucket is still looked for behind it. */
static bool remove_rule(struct hash_table *t, const struct lookup_rule *r)
{
	uint32_t at;
	unsigned slot;
	int next;

	if (!find_slot(t, r->words, hash_words(t, r->words), &at, &slot))
		return false;
	if (entry_at(t, any_bucket_at(t, at)->entries[slot])->rank != r->rank)
		return remove_shadowed(t, r);
	if (t->n_shadowed && t->is_shadowed_lost)
		return false; /* another may have its key */
	t->is_min_stale |= r->rank == t->min_rank;
	next = find_shadowed(t, r->words);
	if (next >= 0) {
		hash_pages_own(t, at)->entries[slot] = t->shadowed[next];
		drop_shadowed(t, next);
		return true;
	}
	hash_pages_own(t, at)->prints[slot] = 0;
	t->n--;
	return true;
}

bool hash_table_has_mask(const struct hash_table *t, const struct lookup_rule *r)
{
	const struct mask *m = r->mask;

	if (t->mask_hash != m->hash || t->n_words != m->n_words ||
	    memcmp(t->places, m->places, m->n_words))
		return false;
	for (unsigned i = 0; i < m->n_words; i++)
		if (t->words[i].mask != m->words[i])
			return false;
	return true;
}

bool hash_table_change(struct hash_table *t, const struct lookup_change *c)
{
	if (c->is_removal)
		return remove_rule(t, &c->rule);
	hash_table_add(t, &c->rule);
	return true;
}

void hash_table_settle(struct hash_table *t)
{
	const struct hash_entry *e;
	uint32_t slot = 0;

	if (!t->is_min_stale || t->n > MAX_SETTLED)
		return;
	t->is_min_stale = false;
	t->min_rank = UINT64_MAX;
	while ((e = hash_table_next(t, &slot)))
		t->min_rank = MIN_OF(t->min_rank, e->rank);
}
