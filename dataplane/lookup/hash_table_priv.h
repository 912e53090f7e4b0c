#ifndef DATAPLANE_LOOKUP_HASH_TABLE_PRIV_H
#define DATAPLANE_LOOKUP_HASH_TABLE_PRIV_H

/* Rules of one mask in a hash table: what the classes `exact` and `tuple` are made of.
 *
 * A bucket is one cache line with 8 fingerprints and 8 entry numbers; one that overflowed goes
 * on in the next.  An entry has its masked words, so a find costs one line of buckets and one
 * of entries, unless fingerprints of 16 bits collide.  The hash is keyed (a seed per table): NH
 * of UMAC (RFC 4418 section 5.2) over the masked words, so nobody can aim for one bucket. */

#include "dataplane/lookup/lookup_class.h"
#include "dataplane/packet/parse.h"

#define BUCKET_SLOTS 8

struct hash_bucket {
	uint16_t prints[BUCKET_SLOTS]; /* 0: free */
	uint32_t entries[BUCKET_SLOTS];
	bool is_overflowed;
	uint8_t unused[15];
} __attribute__((aligned(64)));

static_assert(sizeof(struct hash_bucket) == 64, "one cache line");

struct hash_entry {
	const void *value;
	uint32_t rank; /* place in the table's order; the smallest wins */
	uint32_t unused;
	uint64_t words[];
};

struct hash_table {
	unsigned n_words;
	unsigned entry_size; /* bytes, a multiple of 32 */
	uint32_t bucket_mask;
	uint32_t min_rank;
	uint8_t places[KEY_WORDS]; /* of the words in the key */
	uint64_t masks[KEY_WORDS];
	uint64_t secrets[KEY_WORDS];
	uint64_t secret;
	struct hash_bucket *buckets;
	uint8_t *entries;
	size_t bytes;
	unsigned max_lines;
	/* found[k] for the key at keys[places[k]], k < n: its entry or NULL. */
	void (*find)(const struct hash_table *t, const struct flow_key *keys, const uint8_t *places,
		     unsigned n, const struct hash_entry **found);
};

/* Of the rules numbered by RANKS, all of the same mask; of equal keys the smallest rank is
 * kept.  RANKS ascend. */
void hash_table_init(struct hash_table *t, const struct lookup_rule *rules, const uint32_t *ranks,
		     unsigned n, uint64_t seed);
void hash_table_fini(struct hash_table *t);

#endif
