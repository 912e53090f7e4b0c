#ifndef DATAPLANE_LOOKUP_LOOKUP_H
#define DATAPLANE_LOOKUP_LOOKUP_H

/* Finding, for a burst of keys, the rule of highest priority that matches.
 *
 * A look-up is built once from a table's rules and then only read, by any number of threads;
 * a changed table gets a new one beside the old, which may share memory with it.  There are several
 * classes, one file each (lookup_class.h); lookup_choose() takes the cheapest that suits the shape
 * of the rules. All give the same answers as the class `linear`, which is the specification. */

#include "lib/util.h"
#include "dataplane/lookup/mask.h"

struct lookup;
struct lookup_class;

/* What look-ups may keep a pointer to instead of copying it: a part of the value's memory. */
struct lookup_row {
	uint64_t rank;
	uint64_t words[];
};

/* Mask and words are lent for the look-up's whole life, or until the rule is removed by an update;
 * what older versions know of it, until they end. */
struct lookup_rule {
	const struct mask *mask;
	const uint64_t *words; /* of the mask: what the key must have */
	const void *value;     /* what find gives back; not NULL */
	uint64_t rank;	       /* the smallest wins; no two are equal, none is UINT64_MAX */
	/* Where in the value's memory rank and words lie as a struct lookup_row, the same for all
	 * rules of a look-up; 0: nowhere, so who needs them later copies them. */
	uint32_t row_offset;
};

struct lookup_change {
	struct lookup_rule rule;
	bool is_removal;
};

/* RULES are sorted by rank.  Never fails; SEED keys the hashes so that nobody can aim for
 * collisions.  CLASS NULL: let lookup_choose() decide; another must be for rules of this shape, its
 * cost not 0. */
struct lookup *lookup_create(const struct lookup_class *class, const struct lookup_rule *rules,
			     unsigned n_rules, uint64_t seed);
/* OLD with N changes, made one after the other; what did not change is shared.  OLD stays as it is;
 * either may be destroyed first.  Control thread, as create and destroy are.  NULL: the changes are
 * better, or can only be, made by building anew; so it is if OLD has been updated already and that
 * update is still there. */
struct lookup *lookup_update(const struct lookup *old, const struct lookup_change *changes,
			     unsigned n);
void lookup_destroy(struct lookup *l);

/* For each packet i in BITMAP, out[i] is the value of the rule that keys[i] matches, or NULL.
 * Other elements of OUT are left alone. */
void lookup_find(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		 const void **out);

/* What a person is told: the class, why it was chosen, its memory, and how many cache lines
 * one key can cost at most. */
const char *lookup_name(const struct lookup *l);
const char *lookup_reason(const struct lookup *l);
size_t lookup_bytes(const struct lookup *l);
unsigned lookup_max_lines(const struct lookup *l);
/* About how many TSC cycles one key of a burst costs, by the class's model (docs/decisions); with
 * traffic of very many flows, whose rules' memory is not in the CPU's caches, it is more. */
unsigned lookup_cycles(const struct lookup *l);
/* Rules of one mask: what the key must have for one of them, and in which bits others differ from
 * it. */
struct lookup_population {
	const struct mask *mask;
	const uint64_t *words, *varying; /* of the mask */
};
/* The same of a look-up that is not built, of N_RULES rules in N populations of different masks, by
 * the class that would be chosen. */
unsigned lookup_estimate(const struct lookup_population *populations, unsigned n, unsigned n_rules);

const struct lookup_class *lookup_class_find(const char *name);

#endif
