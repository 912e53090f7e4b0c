#ifndef TESTS_BENCH_LOOKUP_RULES_H
#define TESTS_BENCH_LOOKUP_RULES_H

/* Rule sets for measuring look-ups, made from a seed: access lists, exact rules, prefixes, the
 * tables of a virtual network; and packets that match them. */

#include "dataplane/lookup/lookup.h"
#include "lib/arena.h"
#include "lib/hmap.h"
#include "lib/rng.h"

struct lookup_rules {
	struct rng rng;
	struct lookup_rule
		*rules; /* by rank, which is the place; the values are their own addresses */
	unsigned n, room;
	struct hmap masks;
	struct arena arena; /* of masks and words */
	unsigned n_lines;   /* of the key, that masks look at: the first so many */
};

struct lookup_rules_kind {
	const char *name, *summary;
	unsigned n_rules, n_masks; /* unless others are asked for; 0: has a number of its own */
	void (*make)(struct lookup_rules *r, unsigned n_rules, unsigned n_masks);
};

extern const struct lookup_rules_kind lookup_rules_kinds[];
extern const unsigned n_lookup_rules_kinds;

/* N_RULES and N_MASKS 0: the kind's. */
void lookup_rules_init(struct lookup_rules *r, const struct lookup_rules_kind *kind,
		       unsigned n_rules, unsigned n_masks);
void lookup_rules_fini(struct lookup_rules *r);

/* A packet of rule WHICH: random in what its mask leaves open. */
void lookup_rules_packet(struct lookup_rules *r, unsigned which, struct flow_key *key);

#endif
