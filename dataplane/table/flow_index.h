#ifndef DATAPLANE_TABLE_FLOW_INDEX_H
#define DATAPLANE_TABLE_FLOW_INDEX_H

/* A table's flows by the hash of their match and priority: open addressing with linear probing.
 * Hashes and flows lie in arrays of their own, so that finding nothing, as most adds do, looks at
 * one cache line and at no flow.  An index of many is in parts, each of which grows alone, so that
 * no add waits for a million others to move. */

#include "lib/util.h"

struct flow;

struct flow_index_part {
	uint32_t *hashes; /* 0: free */
	struct flow **flows;
	uint32_t mask;
	uint32_t n;
};

struct flow_index {
	struct flow_index_part whole;  /* unless there are parts */
	struct flow_index_part *parts; /* by the first bits of the hash; or NULL */
	uint32_t n;
};

/* Of 64 well mixed bits. */
static inline uint32_t flow_index_hash(uint64_t hash)
{
	uint32_t h = hash ^ hash >> 32;

	return h ? h : 1;
}

void flow_index_add(struct flow_index *ix, struct flow *f, uint32_t hash);
void flow_index_remove(struct flow_index *ix, const struct flow *f, uint32_t hash);
/* The flows of that hash, one after the other, then NULL.
 *
 *	for (uint32_t at = FLOW_INDEX_START; (f = flow_index_next(ix, hash, &at));) */
#define FLOW_INDEX_START UINT32_MAX
struct flow *flow_index_next(const struct flow_index *ix, uint32_t hash, uint32_t *at);
void flow_index_fini(struct flow_index *ix);

#endif
