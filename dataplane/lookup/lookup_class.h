#ifndef DATAPLANE_LOOKUP_LOOKUP_CLASS_H
#define DATAPLANE_LOOKUP_LOOKUP_CLASS_H

/* For implementers of look-up classes: one file, one REGISTRY_ADD(lookup_class, lookup_x).
 * See docs/howto/add-a-lookup.md. */

#include "lib/registry.h"
#include "dataplane/lookup/lookup.h"

/* Some of a table's rules, as the shape of all tells of them. */
struct lookup_part {
	unsigned n_rules, n_masks, n_words;
	uint16_t run_first;
	uint8_t run_bits;
};

/* What the rules of a table look like; the ground on which a class is chosen. */
struct lookup_shape {
	unsigned n_rules;
	unsigned n_masks;   /* distinct ones, the catch-all's not counted */
	unsigned n_words;   /* key words that some mask uses */
	bool has_catch_all; /* the last rule matches everything */
	/* If the rules, but for the catch-all, differ in one run of the key's bits only, and each
	 * mask has the first so many of the run: its first bit, from the highest of the key's first
	 * byte on, and how many it is. */
	uint16_t run_first;
	uint8_t run_bits; /* 0: they do not */
	/* If they are many of one kind beside a few others (parts.h); the catch-all is in neither.
	 */
	struct lookup_part big, small; /* n_rules 0: they are not */
};

/* Embedded first in each class's own struct. */
struct lookup {
	const struct lookup_class *class;
	void (*find)(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		     const void **out); /* BITMAP is not 0 */
	size_t bytes;
	unsigned max_lines;
	char reason[96]; /* of the control thread, when it was last asked */

	/* what updates need; lookup.c's but for n_masks and n_words, which an update sets */
	struct lookup_shape shape;
	uint64_t catch_all_rank; /* rules behind it are not here; UINT64_MAX: there is none */
	unsigned n_built;	 /* rules when it was built */
	unsigned n_changed;	 /* since */
	unsigned next_check;	 /* n_changed at which the choice is looked at again */
	bool is_asked_for;	 /* the class was not chosen, and updates keep it */
};

/* The cost where a class can hold the rules and any other does it better. */
#define LOOKUP_LAST_RESORT 900000

struct lookup_class {
	const char *name;
	/* About how many cycles one key costs, or 0 if the class is not for rules of this shape.
	 * REASON (SIZE bytes) gets the words for it. */
	unsigned (*cost)(const struct lookup_shape *shape, char *reason, size_t size);
	/* RULES end with the first catch-all, if there is one.  Fills `find`, `bytes` and
	 * `max_lines`. */
	struct lookup *(*build)(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed);
	/* OLD with N changes, none of them of a catch-all or behind it; see lookup_update(). Memory
	 * that threads may be reading through OLD is not written.  NULL: build anew.  A class whose
	 * building is cheap has no update. */
	struct lookup *(*update)(const struct lookup *old, const struct lookup_change *changes,
				 unsigned n);
	void (*destroy)(struct lookup *l);
};
REGISTRY_DECLARE(lookup_class);

void lookup_shape_of(const struct lookup_rule *rules, unsigned n_rules, struct lookup_shape *out);
/* Never NULL.  REASON is filled. */
const struct lookup_class *lookup_choose(const struct lookup_shape *shape, char *reason,
					 size_t size);

/* What waiting for memory adds to a key's cycles where a rule is one of N in hash tables, in
 * traffic of as many flows. */
unsigned lookup_waiting_cycles(unsigned n);

/* The places of BITMAP's packets (not none) in ascending order; returns how many.  PLACES has room
 * for 64. */
static inline unsigned bitmap_places(uint64_t bitmap, uint8_t *places)
{
	static const uint8_t all[64] = {
		0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14, 15,
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
		32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
		48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
	};
	unsigned n = 0;

	if (!(bitmap & (bitmap + 1))) {
		memcpy(places, all, sizeof(all)); /* a whole burst, as most are */
		return __builtin_popcountll(bitmap);
	}
	do {
		places[n++] = __builtin_ctzll(bitmap);
		bitmap &= bitmap - 1;
	} while (bitmap);
	return n;
}

#endif
