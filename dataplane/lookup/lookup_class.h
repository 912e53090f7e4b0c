#ifndef DATAPLANE_LOOKUP_LOOKUP_CLASS_H
#define DATAPLANE_LOOKUP_LOOKUP_CLASS_H

/* For implementers of look-up classes: one file, one REGISTRY_ADD(lookup_class, lookup_x).
 * See docs/howto/add-a-lookup.md. */

#include "lib/registry.h"
#include "dataplane/lookup/lookup.h"

/* What the rules of a table look like; the ground on which a class is chosen. */
struct lookup_shape {
	unsigned n_rules;
	unsigned n_masks;     /* distinct ones, the catch-all's not counted */
	unsigned n_words;     /* key words that some mask uses */
	bool has_catch_all;   /* the last rule matches everything */
	bool is_first_match_unique; /* no two rules have the same mask and key */
};

/* Embedded first in each class's own struct. */
struct lookup {
	const struct lookup_class *class;
	void (*find)(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		     const void **out);
	size_t bytes;
	unsigned max_lines;
	char reason[96];
};

struct lookup_class {
	const char *name;
	/* The cost of one key in some tens of cycles, or 0 if the class cannot hold rules of
	 * this shape.  REASON (SIZE bytes) gets the words for it. */
	unsigned (*cost)(const struct lookup_shape *shape, char *reason, size_t size);
	/* Fills `find`, `bytes` and `max_lines`. */
	struct lookup *(*build)(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed);
	void (*destroy)(struct lookup *l);
};
REGISTRY_DECLARE(lookup_class);

void lookup_shape_of(const struct lookup_rule *rules, unsigned n_rules, struct lookup_shape *out);
/* Never NULL.  REASON is filled. */
const struct lookup_class *lookup_choose(const struct lookup_shape *shape, char *reason,
					 size_t size);

/* for each packet I of BITMAP */
#define BITMAP_FOREACH(I, BITMAP)                                                                  \
	for (uint64_t left_##I = (BITMAP), I = left_##I ? (uint64_t)__builtin_ctzll(left_##I) : 0; \
	     left_##I; left_##I &= left_##I - 1,                                                   \
		      I = left_##I ? (uint64_t)__builtin_ctzll(left_##I) : 0)

#endif
