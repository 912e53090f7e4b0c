#ifndef DATAPLANE_LOOKUP_HASH_TABLE_PRIV_H
#define DATAPLANE_LOOKUP_HASH_TABLE_PRIV_H

/* Rules of one mask in a hash table: what the classes `exact` and `tuple` are made of.
 *
 * A bucket is one cache line with 8 fingerprints and 8 entry numbers; one that overflowed goes
 * on in the next.  An entry has its masked words, so a find costs one line of buckets and one
 * of entries, unless fingerprints of 16 bits collide.  The hash is keyed (a seed per table): NH
 * of UMAC (RFC 4418 section 5.2) over the masked words, so nobody can aim for one bucket.
 *
 * Versions of a table, each of a snapshot, share what they can.  Entries are only ever appended,
 * behind all that an older version knows, until the room is used up and the live ones are copied.
 * Buckets lie in pages, which a version copies before it changes them (hash_pages.c): a change of a
 * million rules' table costs a page of 4 KiB and the array of pages, 32 KiB.  A table of few
 * buckets has all of them in one page, in which is found without asking for it. */

#include "dataplane/lookup/lookup_class.h"
#include "dataplane/packet/parse.h"

#define BUCKET_SLOTS 8

struct hash_bucket {
	uint16_t prints[BUCKET_SLOTS]; /* 0: free */
	uint32_t entries[BUCKET_SLOTS];
	bool is_overflowed;
	uint64_t version; /* of the first of a page: that made it; control thread */
} __attribute__((aligned(64)));

static_assert(sizeof(struct hash_bucket) == 64, "one cache line");

struct hash_entry {
	const void *value;
	uint64_t rank; /* the smallest wins */
	uint64_t words[];
};

#define PAGE_SHIFT   6
#define PAGE_BUCKETS (1u << PAGE_SHIFT)
#define MAX_UNPAGED  1024 /* buckets of a table that is one page */

#define MAX_SHADOWED 32 /* rules left out of which one can come back without building anew */

/* The entries, with the number of versions that have them. */
struct hash_store {
	unsigned n_refs;
	uint32_t n_used, room; /* entries */
	size_t mapped_bytes;   /* 0: allocated */
	uint8_t data[] __attribute__((aligned(64)));
};

/* One word of the key, as it is hashed and compared. */
struct hash_word {
	uint64_t mask, secret;
};

struct hash_table {
	/* what finding reads; of the words as many as there are */
	uint64_t min_rank;
	/* found[k] for the key at keys[places[k]], k < n: its entry or NULL. */
	void (*find)(const struct hash_table *t, const struct flow_key *keys, const uint8_t *places,
		     unsigned n, const struct hash_entry **found);
	struct hash_bucket *buckets; /* of a table that is one page; otherwise NULL */
	struct hash_bucket **pages;  /* this version's own array */
	uint8_t *entries;
	uint64_t secret;
	uint32_t bucket_mask;
	uint16_t entry_size; /* bytes, a multiple of 32 */
	uint8_t n_words;
	bool is_min_stale;	   /* min_rank may be of an entry that is gone; a bound still */
	uint8_t places[KEY_WORDS]; /* of the words in the key */
	struct hash_word words[KEY_WORDS];

	struct hash_store *store;
	struct hash_lineage *lineage; /* shared by the versions of the buckets */
	uint64_t version;
	unsigned max_lines;
	unsigned n;			 /* entries that are found */
	unsigned n_shadowed;		 /* rules left out, another of the same key being better */
	uint64_t mask_hash;		 /* struct mask's */
	uint32_t shadowed[MAX_SHADOWED]; /* their entries, unless there were ever more */
	bool is_shadowed_lost;
};

/* For rules with FIRST's mask, none yet, with room for N. */
void hash_table_init(struct hash_table *t, const struct lookup_rule *first, unsigned n,
		     uint64_t seed);
/* Whether a version can be made of T: it is the newest one. */
bool hash_table_is_newest(const struct hash_table *t);
/* After T, the newest, was copied: the copy is a version of its own, which may be changed. */
void hash_table_ref(struct hash_table *t);
void hash_table_fini(struct hash_table *t);

/* Memory that it takes, what is shared with other versions included. */
size_t hash_table_bytes(const struct hash_table *t);

bool hash_table_has_mask(const struct hash_table *t, const struct lookup_rule *r);
/* R is added or removed soon: what that looks at is fetched. */
void hash_table_expect(const struct hash_table *t, const struct lookup_rule *r);
#define HASH_AHEAD 16 /* rules that are expected while one is added */
/* Of equal keys the rule of the smallest rank is kept. */
void hash_table_add(struct hash_table *t, const struct lookup_rule *r);
/* False if that needs the rules that were left out; T is then for nothing but
 * hash_table_fini(). */
bool hash_table_change(struct hash_table *t, const struct lookup_change *c);
/* After changes: the true min_rank, unless finding it costs too much. */
void hash_table_settle(struct hash_table *t);

/* The entries, in the order of buckets: *SLOT is 0 at first; NULL after the last. */
const struct hash_entry *hash_table_next(const struct hash_table *t, uint32_t *slot);

/* hash_pages.c: control thread. */
void hash_pages_create(struct hash_table *t, uint32_t n_buckets);
bool hash_pages_are_newest(const struct hash_table *t);
void hash_pages_ref(struct hash_table *t); /* after T was copied */
void hash_pages_unref(struct hash_table *t);
/* Bucket AT, which other versions do not see changing. */
struct hash_bucket *hash_pages_own(struct hash_table *t, uint32_t at);

/* Buckets of one page. */
static inline uint32_t hash_page_buckets(const struct hash_table *t)
{
	return t->buckets ? t->bucket_mask + 1 : PAGE_BUCKETS;
}

#endif
