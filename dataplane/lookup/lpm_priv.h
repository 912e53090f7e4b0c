#ifndef DATAPLANE_LOOKUP_LPM_PRIV_H
#define DATAPLANE_LOOKUP_LPM_PRIV_H

/* Rules that differ in one run of bits of the key, which each of them matches by a prefix: what the
 * classes `lpm` and `direct` are made of.
 *
 * The run is cut behind what all rules have in common at its beginning.  Its first 16 bits index
 * the root, an array of slots; a slot is a leaf, or leads to a block that decides by the next bits:
 *
 *	small	32 bytes: up to 4 bounds and the 5 slots between them
 *	line	one cache line: up to 10 bounds, 11 slots
 *	wide	a line of up to 31 bounds, and behind it up to 32 blocks like `line`
 *	fan	256 slots, for the next 8 bits
 *
 * Bounds are of 16 bits and are compared at once.  A slot between two bounds that are one apart may
 * lead on to the bits behind those 16.  Prefixes inside others are resolved when it is built: a
 *leaf is the rule of the least rank among those that match.  Of an IPv4 address a key costs two
 *lines (root and block), three where routes are crowded.
 *
 * Blocks lie in one arena.  Versions share them: an update makes new blocks on the way to what it
 * changes, and a copy of the root's page (lpm_versions.c).  What the rules are is kept beside, for
 * the control thread and the newest version only (lpm_rules.c). */

#include "dataplane/lookup/lookup_class.h"
#include "lib/slab.h"

#define LPM_UNIT       32 /* bytes: blocks are counted in these */
#define LPM_ROOT_BITS  16
#define LPM_PAGE_SHIFT 10
#define LPM_PAGE_SLOTS (1u << LPM_PAGE_SHIFT)
#define LPM_MAX_PAGES  (1u << (LPM_ROOT_BITS - LPM_PAGE_SHIFT))
#define LPM_MAX_BITS   128

enum lpm_kind {
	LPM_LEAF, /* the number is a value's, 0: none */
	LPM_SMALL,
	LPM_LINE,
	LPM_WIDE,
	LPM_FAN,
};

/* A kind in the low 3 bits, a number in the others. */
typedef uint32_t lpm_slot;
#define LPM_KIND_BITS  3
#define LPM_KIND_MASK  7u
#define LPM_MAX_NUMBER ((1u << (32 - LPM_KIND_BITS)) - 1)

#define LPM_SMALL_BOUNDS 4
#define LPM_LINE_BOUNDS	 10
#define LPM_WIDE_BOUNDS	 31
#define LPM_MAX_SEGMENTS ((LPM_WIDE_BOUNDS + 1) * (LPM_LINE_BOUNDS + 1))
#define LPM_FAN_BITS	 8

/* Ascending; of unused ones all bits are set, and the slots behind repeat the last. */
struct lpm_small {
	uint16_t bounds[LPM_SMALL_BOUNDS];
	lpm_slot slots[LPM_SMALL_BOUNDS + 1];
	uint32_t unused;
};

struct lpm_line {
	uint16_t bounds[LPM_LINE_BOUNDS];
	lpm_slot slots[LPM_LINE_BOUNDS + 1];
};

struct lpm_wide {
	uint16_t bounds[LPM_WIDE_BOUNDS];
	uint16_t last; /* number of the last line */
	struct lpm_line lines[];
};

struct lpm_fan {
	lpm_slot slots[1 << LPM_FAN_BITS];
};

static_assert(sizeof(struct lpm_small) == LPM_UNIT, "one unit");
static_assert(sizeof(struct lpm_line) == 64, "one cache line");
static_assert(sizeof(struct lpm_wide) == 64, "one cache line, then the others");

/* Where in the key the run lies, and what all rules have outside it. */
struct lpm_common {
	uint64_t mask, key;
	uint8_t word;
};

struct lpm_place {
	uint8_t word;	/* of the key, and the next */
	uint8_t shift;	/* bits of it before the run */
	uint8_t n_bits; /* of the run, at most LPM_MAX_BITS */
	uint8_t n_common;
	struct lpm_common common[KEY_WORDS];
};

/* The run's bits of a rule, from the highest of `hi` on; those behind the prefix are 0. */
struct lpm_bits {
	uint64_t hi, lo;
};

struct lpm_entry {
	struct lpm_bits bits;
	uint64_t rank;
	lpm_slot leaf;
	uint8_t n_bits;		/* of the prefix */
	struct lpm_entry *next; /* one of the same short prefix, of a greater rank */
};

/* Entries of one root slot whose prefixes are longer, by bits, length and rank. */
struct lpm_vector {
	uint32_t n, room;
	struct lpm_entry **entries;
};

struct lpm_arena {
	uint8_t *base;
	size_t mapped_bytes;
	uint32_t n_used, room; /* units */
	uint32_t n_free;
	bool is_full; /* there was no room for a block */
	uint32_t free_blocks[LPM_PAGE_SLOTS * sizeof(lpm_slot) / LPM_UNIT + 1]; /* by size */
};

enum lpm_event {
	LPM_MADE,     /* a block */
	LPM_REPLACED, /* a block; older versions have it */
	LPM_ADDED,    /* a rule */
	LPM_REMOVED,
};

struct lpm_record {
	uint64_t by; /* version */
	enum lpm_event event;
	uint32_t block, size; /* units */
	struct lpm_entry *entry;
};

/* What the versions of a look-up share. */
struct lpm_lineage {
	struct lpm_arena arena;
	struct lpm_place place;
	unsigned root_bits;
	uintptr_t base; /* that leaves count from, in units of 8 bytes; 0: see lpm_leaf() */

	/* the rules of the newest version */
	struct lpm_entry **shorts; /* of up to root_bits: by 1 << length | bits */
	struct lpm_vector *longs;  /* by the root's slot */
	struct slab entries;
	unsigned n_entries;
	lpm_slot otherwise; /* the catch-all's leaf */

	uint64_t *versions; /* that there are, ascending */
	unsigned n_versions, versions_room;
	struct lpm_record *records; /* by `by`, ascending; from `first_record` on */
	unsigned first_record, n_records, records_room;
};

struct lpm {
	struct lookup base;
	/* what finding reads */
	const uint8_t *arena;
	uintptr_t leaf_base;
	uint8_t root_bits;
	struct lpm_place place;
	lpm_slot miss[8]; /* the first: of keys that differ outside the run */
	lpm_slot *pages[LPM_MAX_PAGES];

	struct lpm_lineage *lineage;
	uint64_t version;
	uint64_t page_versions[LPM_MAX_PAGES]; /* that made it */
};

static inline lpm_slot lpm_slot_of(enum lpm_kind kind, uint32_t number)
{
	return number << LPM_KIND_BITS | kind;
}

static inline enum lpm_kind lpm_kind_of(lpm_slot slot)
{
	return slot & LPM_KIND_MASK;
}

static inline void *lpm_block(const struct lpm_arena *a, lpm_slot slot)
{
	return a->base + (size_t)(slot >> LPM_KIND_BITS) * LPM_UNIT;
}

/* 64 bits of B from bit OFFSET on. */
static inline uint64_t lpm_bits_at(struct lpm_bits b, unsigned offset)
{
	if (offset < 64)
		return b.hi << offset | (b.lo >> 1) >> (63 - offset);
	return offset < 128 ? b.lo << (offset - 64) : 0;
}

/* N bits, at most 32. */
static inline uint32_t lpm_chunk(struct lpm_bits b, unsigned offset, unsigned n)
{
	return n ? lpm_bits_at(b, offset) >> (64 - n) : 0;
}

/* lpm_place.c: false if rules of this shape have no such run. */
bool lpm_place_of(const struct lookup_rule *rules, unsigned n_rules, struct lpm_place *out);
/* The rule's prefix; false if it does not fit the place. */
bool lpm_prefix_of(const struct lpm_place *p, const struct lookup_rule *r, struct lpm_bits *bits,
		   uint8_t *n_bits);

/* lpm_versions.c: memory; control thread. */
struct lpm_lineage *lpm_lineage_create(const struct lpm_place *place, size_t bytes);
void lpm_lineage_destroy(struct lpm_lineage *g);
bool lpm_is_newest(const struct lpm *l);
struct lpm *lpm_version_create(struct lpm_lineage *g);
struct lpm *lpm_version_copy(const struct lpm *old);
void lpm_version_destroy(struct lpm *l);
/* Of SIZE bytes, aligned to 64 unless that is one unit; NULL and arena.is_full if there is no room.
 * BLOCK gets its number. */
void *lpm_make_block(struct lpm *l, size_t size, uint32_t *block);
void lpm_replace_block(struct lpm *l, lpm_slot slot);
void lpm_replace_unit(struct lpm *l, uint32_t block); /* of LPM_UNIT bytes, no slot's */
void lpm_note_rule(struct lpm *l, enum lpm_event event, struct lpm_entry *e);
/* The root's slot, which other versions do not see changing; NULL: no room. */
lpm_slot *lpm_own_slot(struct lpm *l, uint32_t place);

/* lpm_rules.c: the rules; control thread. */
/* A leaf of VALUE; 0 if there can be none, or no room. */
lpm_slot lpm_leaf(struct lpm *l, const void *value);
/* No rule has it any more. */
void lpm_unleaf(struct lpm *l, lpm_slot leaf);
/* NULL if R does not fit the place, or has no leaf. */
struct lpm_entry *lpm_entry_create(struct lpm *l, const struct lookup_rule *r);
void lpm_entry_free(struct lpm_lineage *g, struct lpm_entry *e);
void lpm_add_entry(struct lpm_lineage *g, struct lpm_entry *e);
/* During building: without regard to the order; lpm_sort_entries() follows. */
void lpm_append_entry(struct lpm_lineage *g, struct lpm_entry *e);
void lpm_sort_entries(struct lpm_lineage *g);
struct lpm_entry *lpm_find_entry(struct lpm_lineage *g, const struct lpm_bits *bits, uint8_t n_bits,
				 uint64_t rank);
void lpm_remove_entry(struct lpm_lineage *g, struct lpm_entry *e);
/* The best of those with prefixes of up to root_bits that matches all of a root slot's keys. */
const struct lpm_entry *lpm_cover(const struct lpm_lineage *g, uint32_t place);
const struct lpm_entry *lpm_better(const struct lpm_entry *a, const struct lpm_entry *b);

/* lpm_blocks.c: blocks of entries. */
struct lpm_range {
	struct lpm_entry *const *entries; /* sorted */
	unsigned n;
	const struct lpm_entry *cover; /* of what is outside their prefixes; may be NULL */
};
lpm_slot lpm_build(struct lpm *l, unsigned offset, struct lpm_range range);
/* SLOT, at OFFSET, built of RANGE until E was added or removed. */
lpm_slot lpm_rebuild(struct lpm *l, lpm_slot slot, unsigned offset, struct lpm_range range,
		     const struct lpm_entry *e);
/* Cache lines that a key costs at most. */
unsigned lpm_max_lines(const struct lpm *l);

/* lpm.c: what a class has; the rules are of a shape with a run. */
struct lookup *lpm_create(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed);
struct lookup *lpm_update(const struct lookup *old, const struct lookup_change *changes,
			  unsigned n);
void lpm_destroy(struct lookup *l);

/* lpm_find.c */
void lpm_choose_find(struct lpm *l);

#endif
