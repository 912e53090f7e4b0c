#ifndef DATAPLANE_LOOKUP_MERGED_PRIV_H
#define DATAPLANE_LOOKUP_MERGED_PRIV_H

/* The class `merged`: rules of many masks in a few hash tables.
 *
 * A part is a hash table for rules of several masks, by the bits that all of these have (as in
 * TupleMerge, Daly et al., IEEE/ACM ToN 2019); merged_plan.c chooses which masks go together.  A
 * bucket leads to a leaf: its rules in blocks of eight, which are compared at once.
 *
 * Keys and rules are looked at in lanes, the 32-bit halves of key words that some mask uses.  What
 * all rules of a part agree in, such as a port or a protocol, is its `fixed` lanes, compared for 16
 * keys at a time; what its hash takes are `hashed` lanes, and so are the keys hashed; the rest of
 * the work is for the few keys whose bucket says that some rule has their hash:
 *
 *	key lanes -> fixed equal? -> hash -> bucket { present, leaf } -> leaf's blocks
 *
 * Blocks are written once.  A version of a look-up shares them with older ones and has its
 * own buckets where it differs. */

#include "dataplane/lookup/lookup_class.h"
#include "dataplane/packet/parse.h"
#include "lib/arena.h"
#include "lib/hmap.h"

#define MERGED_MAX_LANES (2 * KEY_WORDS)
#define MERGED_CHUNK	 32 /* keys that go through the parts together */
#define BLOCK_RULES	 8
#define MAX_BLOCKS	 255	    /* of a leaf */
#define MAX_STORE_LINES	 (1u << 24) /* what a bucket can tell */

/* One half of a key word. */
struct merged_lane {
	uint32_t mask;
	uint32_t value; /* fixed: what the rules have; hashed: what it is multiplied by */
	uint32_t lane;
};

struct merged_bucket {
	uint32_t present; /* bit h for each rule, h the five bits of its hash after the bucket's */
	uint32_t leaf;	  /* line of its first block in the store, and in 8 bits how many blocks */
};

struct merged_buckets {
	unsigned n_refs;
	struct merged_bucket at[] __attribute__((aligned(64)));
};

/* Lines: ranks, values, then of each compared lane the values and the masks. */
struct merged_block {
	uint64_t ranks[BLOCK_RULES]; /* ascending, UINT64_MAX behind the last */
	const void *values[BLOCK_RULES];
	struct {
		uint32_t values[BLOCK_RULES], masks[BLOCK_RULES];
	} lanes[];
} __attribute__((aligned(64)));

struct merged_part {
	uint64_t min_rank; /* no rule is better; there may be none of it any more */
	const struct merged_bucket *buckets;
	const struct merged_lane *fixed, *hashed;
	const uint8_t *compared; /* lanes */
	uint8_t n_fixed, n_hashed, n_compared;
	uint8_t shift; /* the hash's upper bits, from this one on, are the bucket's number */
	uint16_t max_blocks, built_blocks; /* of the longest leaf; when it was built */
	uint32_t n_rules, built_rules;
	struct merged_buckets *table;
};

/* What versions share.  Blocks are appended behind all that an older version knows. */
struct merged_store {
	unsigned n_refs;
	uint32_t n_used, room; /* lines; the first is not used, leaf 0 means none */
	size_t mapped_bytes;   /* 0: allocated */
	uint8_t *data;
	struct arena arena; /* lanes of the parts, and the masks */
	struct hmap masks;  /* all that any version has had */
	unsigned n_masks, n_parts_built;
};

/* A mask by lanes. */
struct merged_mask {
	struct hmap_node node;
	unsigned number;
	uint32_t lanes[];
};

struct merged {
	struct lookup base;
	const void *otherwise;	   /* of the catch-all; NULL: none */
	const uint8_t *data;	   /* of the store */
	struct merged_part *parts; /* min_rank ascending */
	unsigned n_parts, n_lanes;
	uint8_t lanes[MERGED_MAX_LANES]; /* their places among the halves of the key's words */

	/* control thread */
	uint64_t seed;
	struct merged_store *store;
	uint32_t *mask_counts; /* rules, by the mask's number */
	unsigned n_mask_counts;
};

static inline unsigned block_lines(const struct merged_part *p)
{
	return sizeof(struct merged_block) / 64 + p->n_compared;
}

/* merged_find.c */
void merged_choose_find(struct merged *m);

/* --- control thread: rules as lanes --- */

struct merged_rules {
	unsigned n, n_lanes, n_masks;
	const struct lookup_rule *rules;
	uint32_t *values;	/* [n][n_lanes] */
	uint32_t *mask_numbers; /* [n] */
	const uint32_t **masks; /* [n_masks]: by lanes */
};

static inline const uint32_t *merged_values(const struct merged_rules *r, unsigned rule)
{
	return &r->values[(size_t)rule * r->n_lanes];
}

static inline const uint32_t *merged_mask(const struct merged_rules *r, unsigned rule)
{
	return r->masks[r->mask_numbers[rule]];
}

static inline uint32_t merged_hash(const struct merged_part *p, const uint32_t *values)
{
	uint32_t hash = 0;

	for (unsigned i = 0; i < p->n_hashed; i++)
		hash += (values[p->hashed[i].lane] & p->hashed[i].mask) * p->hashed[i].value;
	return hash;
}

static inline uint32_t merged_present(const struct merged_part *p, uint32_t hash)
{
	return 1u << (hash >> (p->shift - 5) & 31);
}

static inline struct merged_block *merged_block_at(const struct merged_store *s, uint32_t line)
{
	return (struct merged_block *)(s->data + (size_t)line * 64);
}

#define MERGED_MAX_GROUPS 64
/* merged_plan.c: the parts of N of the rules, WHICH.  PARTS[i] is of rule which[i]; returns how
 * many there are. */
unsigned merged_plan(const struct merged_rules *r, const uint32_t *which, unsigned n, uint64_t seed,
		     uint8_t *parts);

/* merged_parts.c: all of M's parts and their leaves, M having its lanes only. */
void merged_make_parts(struct merged *m, const struct merged_rules *r);
/* A table of its own for P, if another version has it too. */
struct merged_bucket *merged_own_bucket(struct merged_part *p, uint32_t hash);
void merged_buckets_unref(struct merged_buckets *b);
struct merged_buckets *merged_buckets_create(uint32_t n);
void merged_store_unref(struct merged_store *s);

/* merged_update.c */
struct lookup *merged_update(const struct lookup *old, const struct lookup_change *changes,
			     unsigned n);
/* What follows from the parts and counts: their order, bytes, max_lines, the shape. */
void merged_set_totals(struct merged *m);
void merged_destroy(struct lookup *l);
/* The mask of RULE by lanes, with its number; NULL: it has bits elsewhere. */
void merged_values_of(const struct merged *m, const struct lookup_rule *r, uint32_t *values);
const struct merged_mask *merged_mask_of(const struct merged *m, const struct mask *mask);

#endif
