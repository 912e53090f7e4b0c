/* The hash table's rules: how they come and go (hash_table_priv.h).  All of the control thread. */

#include "dataplane/lookup/hash_table_priv.h"

#include <stdlib.h>
#include "lib/rng.h"

/* Looking for the least rank in a larger table costs more than its being a little too small. */
#define MAX_SETTLED 16384

/* Then a page is full: few buckets have overflowed. */
#define MAX_ROWS_PER_BUCKET 5

/* pages[] is longer if some pages have more bits of the hash than others. */
#define MAX_PLACES_PER_PAGE 8

/* Copies of rules that do not say where they have their words; for all versions, until the last
 * one ends. */
struct hash_copies {
	unsigned n_refs;
	struct arena arena;
};

uint64_t hash_table_hash(const struct hash_table *t, const uint64_t *words)
{
	uint64_t sum = t->secret;

	for (unsigned i = 0; i < t->n_words; i++)
		sum += hash_word(t, i, words[i]);
	return hash_finish(sum);
}

/* --- making --- */

static void set_secrets(struct hash_table *t, uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, seed);
	t->secret = rng_u64(&rng);
	for (unsigned i = 0; i < t->n_words; i++)
		t->words[i].secret = rng_u64(&rng);
	t->seed = rng_u64(&rng);
	t->line = (struct hash_line){ 0 };
	if (!t->n_words || t->places[t->n_words - 1] >= ARRAY_LENGTH(t->line.masks))
		return;
	for (unsigned i = 0; i < t->n_words; i++) {
		t->line.masks[t->places[i]] = t->words[i].mask;
		t->line.secrets[t->places[i]] = t->words[i].secret;
		t->line.used |= 1u << t->places[i];
	}
}

static void set_mask(struct hash_table *t, const struct mask *mask)
{
	t->mask_hash = mask->hash;
	t->n_words = mask->n_words;
	for (unsigned i = 0; i < mask->n_words; i++) {
		t->places[i] = mask->places[i];
		t->words[i].mask = mask->words[i];
	}
}

void hash_table_init(struct hash_table *t, const struct lookup_rule *first, unsigned n,
		     uint64_t seed)
{
	*t = (struct hash_table){ .min_rank = UINT64_MAX, .row_offset = first->row_offset };
	set_mask(t, first->mask);
	set_secrets(t, seed);
	t->find = hash_find_for(t);
	if (!t->row_offset) {
		t->copies = xcalloc(1, sizeof(*t->copies));
		t->copies->n_refs = 1;
	}
	hash_pages_create(t, n);
}

bool hash_table_is_newest(const struct hash_table *t)
{
	return hash_pages_are_newest(t);
}

void hash_table_ref(struct hash_table *t)
{
	hash_pages_ref(t);
	if (t->copies)
		t->copies->n_refs++;
}

void hash_table_fini(struct hash_table *t)
{
	hash_pages_unref(t);
	if (!t->copies || --t->copies->n_refs)
		return;
	arena_clear(&t->copies->arena);
	free(t->copies);
}

size_t hash_table_bytes(const struct hash_table *t)
{
	size_t page = sizeof(struct hash_page) + (t->bucket_mask + 1) * sizeof(struct hash_bucket);

	return ((size_t)t->page_mask + 1) * sizeof(t->pages[0]) + t->n_pages * page +
	       (t->copies ? t->copies->arena.total_bytes : 0);
}

/* --- buckets --- */

static void set_row(struct hash_bucket *b, unsigned slot, const struct lookup_row *row)
{
	uint64_t bits = (uintptr_t)row | (slot == 0 && hash_is_overflowed(b));

	assert(!((uintptr_t)row & 7) && !((uintptr_t)row >> 48));
	memcpy(b->rows[slot], &bits, sizeof(b->rows[slot]));
}

/* How many buckets ROW was tried in, of a page of T's own; 0: more than are allowed. */
static unsigned insert(const struct hash_table *t, struct hash_page *page, uint64_t hash,
		       const struct lookup_row *row)
{
	for (unsigned k = 0; k < HASH_MAX_CHAIN; k++) {
		struct hash_bucket *b = &page->buckets[(hash + k) & t->bucket_mask];
		unsigned free_slots = hash_match(b, 0);

		if (free_slots) {
			unsigned slot = __builtin_ctz(free_slots) / 2;

			b->prints[slot] = hash_print(hash);
			set_row(b, slot, row);
			page->n_rows++;
			return k + 1;
		}
		b->rows[0][0] |= 1;
	}
	return 0;
}

/* The rows of the bucket are asked for soon. */
static void prefetch_rows(const struct hash_bucket *b)
{
	for (unsigned slot = 0; slot < HASH_SLOTS; slot++)
		if (b->prints[slot])
			__builtin_prefetch(hash_row(b, slot));
}

/* Every row of PAGE to ZERO, or to ONE if it is not NULL and the row's hash has BIT; false: they do
 * not fit. */
static bool deal(const struct hash_table *t, const struct hash_page *page, uint64_t bit,
		 struct hash_page *zero, struct hash_page *one)
{
	for (unsigned i = 0; i < page->n_buckets; i++) {
		const struct hash_bucket *b = &page->buckets[i];

		if (i + 4 < page->n_buckets)
			prefetch_rows(b + 4);
		for (unsigned slot = 0; slot < HASH_SLOTS; slot++) {
			const struct lookup_row *row = hash_row(b, slot);
			uint64_t hash;

			if (!b->prints[slot])
				continue;
			hash = hash_table_hash(t, row->words);
			if (!insert(t, one && hash & bit ? one : zero, hash, row))
				return false;
		}
	}
	return true;
}

const struct lookup_row *hash_table_next(const struct hash_table *t, uint32_t *slot)
{
	const uint32_t per_page = HASH_PAGE_BUCKETS * HASH_SLOTS;

	for (; *slot / per_page <= t->page_mask; ++*slot) {
		const struct hash_page *page = t->pages[*slot / per_page];
		unsigned at = *slot % per_page;

		if (*slot / per_page >> page->depth || at / HASH_SLOTS >= page->n_buckets) {
			*slot |= per_page - 1; /* seen before, or at its end */
			continue;
		}
		if (!page->buckets[at / HASH_SLOTS].prints[at % HASH_SLOTS])
			continue;
		++*slot;
		return hash_row(&page->buckets[at / HASH_SLOTS], at % HASH_SLOTS);
	}
	return NULL;
}

/* --- growing --- */

/* N buckets were tried for a row. */
static void note_chain(struct hash_table *t, unsigned n)
{
	unsigned row_bytes = sizeof(struct lookup_row) + t->n_words * sizeof(uint64_t);

	t->max_lines = MAX_OF(t->max_lines, n + (row_bytes + 63) / 64);
}

/* A table of one page that is not a whole one gets one with twice as many buckets. */
static bool enlarge_page(struct hash_table *t)
{
	const struct hash_page *old = t->pages[0];
	struct hash_page *page = hash_page_create(t, 2 * old->n_buckets, 0);

	t->bucket_mask = page->n_buckets - 1;
	if (!deal(t, old, 0, page, NULL)) {
		t->bucket_mask = old->n_buckets - 1;
		hash_page_destroy(page);
		return false;
	}
	hash_pages_replace(t, 0, page);
	return true;
}

static bool split_page(struct hash_table *t, uint32_t place)
{
	const struct hash_page *old = t->pages[place];
	struct hash_page *zero = hash_page_create(t, old->n_buckets, old->depth + 1);
	struct hash_page *one = hash_page_create(t, old->n_buckets, old->depth + 1);

	if (!deal(t, old, 1ull << (HASH_PAGE_SHIFT + old->depth), zero, one)) {
		hash_page_destroy(zero);
		hash_page_destroy(one);
		return false;
	}
	hash_pages_split(t, place, zero, one);
	return true;
}

/* Whether one bit more of the hash tells the rows of PAGE apart, as far as one can know: of pages
 * that are all about equally full, none has many more bits than others. */
static bool can_split(const struct hash_table *t, const struct hash_page *page)
{
	return 1u << page->depth <= t->page_mask ||
	       (t->page_mask < MAX_PLACES_PER_PAGE * t->n_pages &&
		page->depth < HASH_MAX_PAGE_BITS);
}

/* The page for HASH gets larger, or two. */
static bool grow(struct hash_table *t, uint64_t hash)
{
	uint32_t place = hash_place(t, hash);
	const struct hash_page *page = t->pages[place];

	if (page->n_buckets < HASH_PAGE_BUCKETS)
		return enlarge_page(t);
	return can_split(t, page) && split_page(t, place);
}

/* A row whose words no other has; false: with this seed it does not fit. */
static bool try_row(struct hash_table *t, const struct lookup_row *row)
{
	uint64_t hash = hash_table_hash(t, row->words);

	for (;;) {
		struct hash_page *page = t->pages[hash_place(t, hash)];
		unsigned n = 0;

		if (page->n_rows < page->n_buckets * MAX_ROWS_PER_BUCKET) {
			page = hash_pages_own(t, hash_place(t, hash));
			n = insert(t, page, hash, row);
		}
		if (n) {
			note_chain(t, n);
			t->n++;
			return true;
		}
		/* In a page that is half empty it is the seed that is bad. */
		if (2 * page->n_rows < page->n_buckets * MAX_ROWS_PER_BUCKET || !grow(t, hash))
			return false;
	}
}

static bool try_all(struct hash_table *t, const struct hash_table *from)
{
	const struct lookup_row *row;
	uint32_t slot = 0;

	while ((row = hash_table_next(from, &slot)))
		if (!try_row(t, row))
			return false;
	return true;
}

/* Hash all with another seed.  That is once in a blue moon, unless somebody knows the seed. */
static void reseed(struct hash_table *t)
{
	struct hash_table old = *t;

	for (;;) {
		t->n = t->max_lines = 0;
		set_secrets(t, t->seed);
		hash_pages_create(t, old.n);
		if (try_all(t, &old))
			break;
		hash_pages_unref(t);
	}
	hash_pages_unref(&old);
}

static void add_row(struct hash_table *t, const struct lookup_row *row)
{
	while (!try_row(t, row))
		reseed(t);
}

/* The bucket and slot of the row with these words; false if there is none.  The bucket is counted
 * from the one that HASH has. */
static bool find_slot(const struct hash_table *t, const uint64_t *words, uint64_t hash,
		      unsigned *at, unsigned *slot)
{
	const struct hash_page *page = t->pages[hash_place(t, hash)];

	for (unsigned k = 0; k < HASH_MAX_CHAIN; k++) {
		const struct hash_bucket *b;

		*at = (hash + k) & t->bucket_mask;
		b = &page->buckets[*at];
		for (unsigned hits = hash_match(b, hash_print(hash)); hits; hits &= hits - 1) {
			*slot = __builtin_ctz(hits) / 2;
			if (!memcmp(hash_row(b, *slot)->words, words, t->n_words * sizeof(*words)))
				return true;
		}
		if (!hash_is_overflowed(b))
			return false;
	}
	return false;
}

/* R's own, or a copy. */
static const struct lookup_row *row_of(struct hash_table *t, const struct lookup_rule *r)
{
	struct hash_copy *copy;

	assert(t->row_offset == r->row_offset);
	if (t->row_offset) {
		const void *row = (const char *)r->value + t->row_offset;

		assert(((const struct lookup_row *)row)->words == r->words);
		return row;
	}
	copy = arena_alloc(&t->copies->arena, sizeof(*copy) + t->n_words * sizeof(*r->words));
	copy->value = r->value;
	copy->row.rank = r->rank;
	memcpy(copy->row.words, r->words, t->n_words * sizeof(*r->words));
	return &copy->row;
}

void hash_table_expect(const struct hash_table *t, const struct lookup_rule *r)
{
	__builtin_prefetch(hash_bucket(t, hash_table_hash(t, r->words)));
}

/* --- rules left out --- */

static void add_shadowed(struct hash_table *t, const struct lookup_row *row)
{
	if (t->n_shadowed < HASH_MAX_SHADOWED)
		t->shadowed[t->n_shadowed] = row;
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
		const struct lookup_row *row = t->shadowed[i];

		if (row->rank < best && !memcmp(row->words, words, t->n_words * sizeof(*words))) {
			best = row->rank;
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
		if (t->shadowed[i]->rank != r->rank)
			continue;
		drop_shadowed(t, i);
		return true;
	}
	return false;
}

/* --- changes --- */

void hash_table_add(struct hash_table *t, const struct lookup_rule *r)
{
	const struct lookup_row *row = row_of(t, r), *other;
	uint64_t hash = hash_table_hash(t, r->words);
	unsigned at, slot;

	t->min_rank = MIN_OF(t->min_rank, r->rank);
	if (!find_slot(t, r->words, hash, &at, &slot)) {
		add_row(t, row);
		return;
	}
	other = hash_row(&t->pages[hash_place(t, hash)]->buckets[at], slot);
	if (other->rank > r->rank) {
		set_row(&hash_pages_own(t, hash_place(t, hash))->buckets[at], slot, row);
		row = other;
	}
	add_shadowed(t, row);
}

/* Its slot becomes free; what overflowed from the bucket is still looked for behind it. */
static bool remove_rule(struct hash_table *t, const struct lookup_rule *r)
{
	uint64_t hash = hash_table_hash(t, r->words);
	struct hash_page *page;
	unsigned at, slot;
	int next;

	if (!find_slot(t, r->words, hash, &at, &slot))
		return false;
	if (hash_row(&t->pages[hash_place(t, hash)]->buckets[at], slot)->rank != r->rank)
		return remove_shadowed(t, r);
	if (t->n_shadowed && t->is_shadowed_lost)
		return false; /* another may have its key */
	t->is_min_stale |= r->rank == t->min_rank;
	next = find_shadowed(t, r->words);
	page = hash_pages_own(t, hash_place(t, hash));
	if (next >= 0) {
		set_row(&page->buckets[at], slot, t->shadowed[next]);
		drop_shadowed(t, next);
		return true;
	}
	page->buckets[at].prints[slot] = 0;
	page->n_rows--;
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
	const struct lookup_row *row;
	uint32_t slot = 0;

	if (!t->is_min_stale || t->n > MAX_SETTLED)
		return;
	t->is_min_stale = false;
	t->min_rank = UINT64_MAX;
	while ((row = hash_table_next(t, &slot)))
		t->min_rank = MIN_OF(t->min_rank, row->rank);
}
