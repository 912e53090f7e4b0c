#ifndef DATAPLANE_TABLE_HEAP_H
#define DATAPLANE_TABLE_HEAP_H

/* A binary heap of flows, the least key first.  A flow knows its place in it, from 1, in the member
 * at PLACE_OFFSET; 0: it is not there. */

#include "dataplane/table/flow.h"

struct flow_heap {
	struct heap_item {
		uint64_t key;
		struct flow *flow;
	} * items;
	uint32_t n, room;
	size_t place_offset;
};

void heap_add(struct flow_heap *h, struct flow *f, uint64_t key);
void heap_remove(struct flow_heap *h, struct flow *f); /* if it is there */
void heap_fini(struct flow_heap *h);

#endif
