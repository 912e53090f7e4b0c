#ifndef TESTS_FAKES_DATAPLANE_RULE_SETS_H
#define TESTS_FAKES_DATAPLANE_RULE_SETS_H

/* Families of rules for look-ups, as switches have them and as nobody would wish them, and keys
 * that hit them, that miss them by a bit, and any others.  The same seed gives the same. */

#include "dataplane/lookup/lookup.h"
#include "lib/rng.h"

/* A rule on the heap, freed when no look-up has it: words and value are its own. */
struct set_rule {
	struct lookup_rule rule; /* its value is this */
	uint64_t words[];
};

struct rule_set {
	const char *name;
	unsigned n_masks;
	struct mask *masks;
	struct flow_key *values; /* that keys are made from, so that different rules have some */
	unsigned n_values;
	unsigned n; /* rules that there can be */
	struct {
		unsigned mask, value;
		uint64_t rank;
	} * rules; /* no two have one rank */
};

unsigned rule_set_families(void);
/* Up to N rules of a family (0 and on). */
struct rule_set *rule_set_create(struct rng *rng, unsigned family, unsigned n);
void rule_set_destroy(struct rule_set *s);

/* The I-th rule, the caller's to free() when no look-up has it any more. */
struct set_rule *rule_set_make(const struct rule_set *s, unsigned i);
/* A key: of one of the rules with random other bits, or one that differs from it in one bit of
 * its mask, or any. */
void rule_set_key(const struct rule_set *s, struct rng *rng, struct flow_key *key);

#endif
