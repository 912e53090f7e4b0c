#ifndef DATAPLANE_TABLE_SORTED_H
#define DATAPLANE_TABLE_SORTED_H

/* A table's flows in the order of look-up (struct rule's rank ascending), kept while they come and
 * go: in chunks, so that a change moves a few hundred of them at most, however many there are. */

#include "lib/util.h"

struct flow;

#define SORTED_CHUNK 254

struct sorted_item {
	uint64_t rank;
	struct flow *flow;
};

/* items[first .. first + n) */
struct sorted_chunk {
	uint32_t first, n;
	struct sorted_item items[SORTED_CHUNK];
};

struct sorted {
	struct sorted_place {
		uint64_t rank;		    /* not above that of the chunk's first flow */
		struct sorted_chunk *chunk; /* never empty */
	} * places;
	unsigned n, room;
	unsigned hint; /* the place of the last change */
};

void sorted_add(struct sorted *s, struct flow *f, uint64_t rank);
void sorted_remove(struct sorted *s, uint64_t rank);
void sorted_fini(struct sorted *s);

/* Where the flows are gone through; until the next change. */
struct sorted_at {
	const struct sorted *sorted;
	unsigned place, item;
};

/* At the first flow whose rank is not below RANK. */
struct sorted_at sorted_from(const struct sorted *s, uint64_t rank);
/* The flow there, and on to the one behind it; NULL at the end. */
struct flow *sorted_next(struct sorted_at *at);

#endif
