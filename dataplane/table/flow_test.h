#ifndef DATAPLANE_TABLE_FLOW_TEST_H
#define DATAPLANE_TABLE_FLOW_TEST_H

/* Which flows a filter lets pass, made for asking it of a million flows one after the other: what
 * follows from a rule's shape or from its effect is found out once for all that share it. */

#include "dataplane/table/tables.h"

struct flow_test {
	const struct flow_filter *filter;
	bool has_match;
	bool is_never;	   /* no rule can be at least as specific */
	bool is_ambiguous; /* the words do not tell all, see struct shape */
	struct key_mask match;
	/* of the shape that was looked at last: what its rules' words must have */
	const struct shape *shape;
	bool may_pass;
	unsigned n_words;
	struct {
		uint8_t index;
		uint64_t mask, value;
	} words[KEY_WORDS];
	/* of the effect that was looked at last */
	const struct effect *effect;
	bool effect_passes;
};

/* FILTER is lent for as long as T is used. */
void flow_test_init(struct flow_test *t, const struct flow_filter *filter);
bool flow_passes(struct flow_test *t, const struct rule *r);

#endif
