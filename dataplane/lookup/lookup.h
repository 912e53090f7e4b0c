#ifndef DATAPLANE_LOOKUP_LOOKUP_H
#define DATAPLANE_LOOKUP_LOOKUP_H

/* Finding, for a burst of keys, the rule of highest priority that matches.
 *
 * A look-up is built once from a table's rules and then only read, by any number of threads;
 * a changed table gets a new one beside the old.  There are several classes, one file each
 * (lookup_class.h); lookup_choose() takes the cheapest that suits the shape of the rules.
 * All give the same answers as the class `linear`, which is the specification. */

#include "lib/util.h"
#include "dataplane/packet/key.h"

struct lookup;
struct lookup_class;

/* One of an array that is sorted: a rule wins over all that stand behind it.  `match` is lent for
 * the look-up's whole life. */
struct lookup_rule {
	const struct key_mask *match;
	const void *value; /* what find gives back; not NULL */
};

/* Never fails; SEED keys the hashes so that nobody can aim for collisions.  CLASS NULL: let
 * lookup_choose() decide. */
struct lookup *lookup_create(const struct lookup_class *class, const struct lookup_rule *rules,
			     unsigned n_rules, uint64_t seed);
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

const struct lookup_class *lookup_class_find(const char *name);

#endif
