#ifndef DATAPLANE_LOOKUP_PARTS_H
#define DATAPLANE_LOOKUP_PARTS_H

/* A table that is many rules of one kind beside a few others, as routes beside what answers ARP:
 * the many are those of the commonest mask, with those that differ from it by the length of one
 * prefix.
 */

#include "dataplane/lookup/lpm_priv.h"

#define MAX_SMALL_PART 48 /* rules */

struct lookup_parts {
	/* What makes a rule one of the many: the mask, unless PLACE has a run. */
	const struct mask *mask;
	struct lpm_place place;
	unsigned n_big, n_small;
	struct lookup_rule *rules; /* owned: the many, then the few; each in the order of ranks */
};

/* RULES without the catch-all.  False if they are not two such parts, or neither comes wholly
 * before the other and rules have no rows that tell their ranks; then OUT holds nothing. */
bool lookup_parts_of(const struct lookup_rule *rules, unsigned n, struct lookup_parts *out);
void lookup_parts_fini(struct lookup_parts *p);
bool lookup_parts_is_big(const struct lookup_parts *p, const struct lookup_rule *r);

#endif
