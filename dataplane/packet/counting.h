#ifndef DATAPLANE_PACKET_COUNTING_H
#define DATAPLANE_PACKET_COUNTING_H

/* Counters for things that flows lead to, groups, buckets, meters and bands.  Threads count in
 * arrays by slot, which somebody else keeps; what counts holds its slot until the last snapshot
 * that it is in was released.  Control thread. */

#include "lib/util.h"

struct counting {
	int64_t (*take)(void *ctx); /* a slot; -1: no more */
	void (*give)(void *ctx, uint32_t slot);
	/* What all threads ever counted at the slot. */
	void (*sum)(void *ctx, uint32_t slot, uint64_t *n_packets, uint64_t *n_bytes);
	void *ctx;
};

/* A slot in use: counts begin at zero for it. */
struct counted {
	uint32_t slot;
	unsigned n_refs;
	uint64_t base_packets, base_bytes;
	const struct counting *how;
};

/* HOW is lent for its life.  NULL: no slots left. */
struct counted *counted_create(const struct counting *how);
struct counted *counted_ref(struct counted *c);
void counted_unref(struct counted *c); /* NULL is allowed */
void counted_get(const struct counted *c, uint64_t *n_packets, uint64_t *n_bytes);

#endif
