#ifndef DATAPLANE_LOOKUP_HASH_TABLE_PRIV_H
#define DATAPLANE_LOOKUP_HASH_TABLE_PRIV_H

/* Rules of one mask in a hash table: what the classes `exact` and `tuple` are made of.
 *
 *	pages[]            page of 64 buckets       bucket, one line           the rule's own memory
 *	 ...
 *	hash bits 6.. -->  hash bits 0..5  -------> 8 prints, 8 addresses ---> rank, masked words
 *	 ...
 *
 * A bucket has, of 8 rules, 16 bits of the hash and where rank and words lie.  Nothing is copied of
 * a rule that says where it has them (lookup_rule.row_offset), so a find costs a line of buckets,
 * then those of the rule, which whoever finds it reads anyway.  What does not fit its bucket is in
 * the next of the page, at most HASH_MAX_CHAIN buckets on.  The hash is keyed (a seed per table):
 * NH of UMAC (RFC 4418 section 5.2) over the masked words, so nobody can aim for one bucket; if
 * rules do not fit nevertheless, all are hashed with another seed.
 *
 * The table grows a page at a time (extendible hashing: Fagin, Nievergelt, Pippenger, Strong, TODS
 * 1979): a page that is full becomes two by one more bit of the hash, so no change rebuilds the
 * world.  Versions of a table, each of a snapshot, share the pages that they have in common; a
 * version copies a page before it changes it (hash_pages.c). */

#include <emmintrin.h>
#include "dataplane/lookup/lookup_class.h"
#include "dataplane/packet/parse.h"
#include "lib/arena.h"

#define HASH_SLOTS	   8
#define HASH_PAGE_SHIFT	   6
#define HASH_PAGE_BUCKETS  (1u << HASH_PAGE_SHIFT)
#define HASH_MAX_PAGE_BITS 20
#define HASH_MAX_CHAIN	   8  /* buckets that one key can cost */
#define HASH_MAX_SHADOWED  32 /* rules left out of which one can come back without building anew */
#define HASH_AHEAD	   16 /* rules that are expected while one is added */

struct hash_bucket {
	uint16_t prints[HASH_SLOTS]; /* 0: free */
	uint8_t rows[HASH_SLOTS][6]; /* addresses, multiples of 8; bit 0 of the first: overflowed */
} __attribute__((aligned(64)));

static_assert(sizeof(struct hash_bucket) == 64, "one cache line");

struct hash_page {
	uint64_t made_by; /* version; it alone may change the page */
	uint16_t n_rows, n_buckets;
	uint8_t depth; /* bits of the hash, from HASH_PAGE_SHIFT on, that all its rows share */
	struct hash_bucket buckets[];
};

static_assert(sizeof(struct hash_page) == 64, "the head is one line");

/* One word of the key, as it is hashed and compared. */
struct hash_word {
	uint64_t mask, secret;
};

/* The same of the key's first line at once, for masks that look at no other. */
struct hash_line {
	uint64_t masks[8], secrets[8];
	uint8_t used; /* bits: words */
};

struct hash_table;
typedef void hash_find_fn(const struct hash_table *t, const struct flow_key *keys,
			  const uint8_t *places, unsigned n, const struct lookup_row **found);

struct hash_table {
	/* what finding reads; of the words as many as there are */
	uint64_t min_rank;
	/* found[k] for the key at keys[places[k]], k < n: its row or NULL. */
	hash_find_fn *find;
	struct hash_page **pages; /* this version's own array */
	uint64_t secret;
	uint32_t page_mask;   /* pages[] less one */
	uint32_t bucket_mask; /* of a page; less than PAGE_BUCKETS - 1 only if there is one page */
	uint32_t row_offset;  /* of a row in its rule's value; 0: rows are copies, see hash_copy */
	uint8_t n_words;
	bool is_min_stale;	   /* min_rank may be of a rule that is gone; a bound still */
	uint8_t places[KEY_WORDS]; /* of the words in the key */
	struct hash_line line;
	struct hash_word words[KEY_WORDS];

	struct hash_copies *copies;   /* NULL: rows lie in the rules */
	struct hash_lineage *lineage; /* shared by the versions */
	uint64_t version;
	uint64_t seed; /* the next one */
	uint32_t n_pages;
	unsigned max_lines;
	unsigned n;	       /* rows that are found */
	unsigned n_shadowed;   /* rules left out, another of the same key being better */
	uint64_t mask_hash;    /* struct mask's */
	bool is_shadowed_lost; /* there were ever more than fit */
	const struct lookup_row *shadowed[HASH_MAX_SHADOWED];
};

/* For rules that do not say where they have their words. */
struct hash_copy {
	const void *value;
	struct lookup_row row;
};

/* For rules with FIRST's mask, none yet, with room for N. */
void hash_table_init(struct hash_table *t, const struct lookup_rule *first, unsigned n,
		     uint64_t seed);
/* Whether a version can be made of T: it is the newest one. */
bool hash_table_is_newest(const struct hash_table *t);
/* After T, the newest, was copied: the copy is a version of its own, which may be changed. */
void hash_table_ref(struct hash_table *t);
void hash_table_fini(struct hash_table *t);

/* Memory that it takes, what is shared with other versions included; the rules' own is not. */
size_t hash_table_bytes(const struct hash_table *t);

bool hash_table_has_mask(const struct hash_table *t, const struct lookup_rule *r);
/* R is added or removed soon: what that looks at is fetched. */
void hash_table_expect(const struct hash_table *t, const struct lookup_rule *r);
/* Of equal keys the rule of the smallest rank is kept. */
void hash_table_add(struct hash_table *t, const struct lookup_rule *r);
/* False if that needs the rules that were left out; T is then for nothing but
 * hash_table_fini(). */
bool hash_table_change(struct hash_table *t, const struct lookup_change *c);
/* After changes: the true min_rank, unless finding it costs too much. */
void hash_table_settle(struct hash_table *t);

/* The rows, in no order: *SLOT is 0 at first; NULL after the last. */
const struct lookup_row *hash_table_next(const struct hash_table *t, uint32_t *slot);

/* Of masked words. */
uint64_t hash_table_hash(const struct hash_table *t, const uint64_t *words);

/* hash_find.c: the body for T's mask and this CPU. */
hash_find_fn *hash_find_for(const struct hash_table *t);

/* hash_pages.c: control thread. */
void hash_pages_create(struct hash_table *t, uint32_t n_rows);
bool hash_pages_are_newest(const struct hash_table *t);
void hash_pages_ref(struct hash_table *t); /* after T was copied */
void hash_pages_unref(struct hash_table *t);
/* The page at PLACE, which other versions do not see changing. */
struct hash_page *hash_pages_own(struct hash_table *t, uint32_t place);
/* An empty one of T's version, to be put in place. */
struct hash_page *hash_page_create(const struct hash_table *t, uint32_t n_buckets, uint8_t depth);
void hash_page_destroy(struct hash_page *page);
/* In place of the page at PLACE: ONE; or of those that share DEPTH + 1 bits of the hash ZERO and
 * ONE, by the last of these bits. */
void hash_pages_replace(struct hash_table *t, uint32_t place, struct hash_page *one);
void hash_pages_split(struct hash_table *t, uint32_t place, struct hash_page *zero,
		      struct hash_page *one);

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

static inline uint16_t hash_print(uint64_t hash)
{
	uint16_t print = hash >> 48;

	return print ? print : 1;
}

static inline uint32_t hash_place(const struct hash_table *t, uint64_t hash)
{
	return hash >> HASH_PAGE_SHIFT & t->page_mask;
}

static inline struct hash_bucket *hash_bucket(const struct hash_table *t, uint64_t hash)
{
	return &t->pages[hash_place(t, hash)]->buckets[hash & t->bucket_mask];
}

/* Which slots hold PRINT: bits 0, 2, 4 ... for slots 0, 1, 2 ... */
static inline unsigned hash_match(const struct hash_bucket *b, uint16_t print)
{
	__m128i all = _mm_load_si128((const __m128i *)b->prints);

	return _mm_movemask_epi8(_mm_cmpeq_epi16(all, _mm_set1_epi16(print))) & 0x5555;
}

static inline const struct lookup_row *hash_row(const struct hash_bucket *b, unsigned slot)
{
	uint64_t bits;

	/* its six bytes are the high ones; the line does not end behind them */
	memcpy(&bits, (const char *)b->rows[slot] - 2, sizeof(bits));
	return (const struct lookup_row *)(bits >> 16 & ~7ull);
}

static inline bool hash_is_overflowed(const struct hash_bucket *b)
{
	return b->rows[0][0] & 1;
}

/* The value of a rule by its row. */
static inline const void *hash_value(const struct hash_table *t, const struct lookup_row *row)
{
	return t->row_offset ? (const char *)row - t->row_offset
			     : container_of(row, struct hash_copy, row)->value;
}

#endif
