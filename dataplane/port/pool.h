#ifndef DATAPLANE_PORT_POOL_H
#define DATAPLANE_PORT_POOL_H

/* Packet buffers: two pools for the whole process.  A small buffer holds a frame of an ordinary
 * MTU; a large one the rest of a 64 KiB segmentation-offload frame in one piece, so that it
 * costs one copy and one descriptor (docs/decisions). */

#include <rte_mbuf.h>
#include "lib/status.h"

enum {
	POOL_SMALL_SIZE = 2048,	 /* bytes of data in a small buffer, after the headroom */
	POOL_LARGE_SIZE = 65280, /* with the headroom below 64 KiB: lengths have 16 bits */
	POOL_N_SMALL = 16384,
	POOL_N_LARGE = 512,
};

/* After EAL has started and before the first port; numbers of buffers.  0, or -1 with ST. */
int pool_start(unsigned n_small, unsigned n_large, struct status *st);
void pool_stop(void); /* all buffers are back */

struct rte_mempool *pool_small(void);
struct rte_mempool *pool_large(void);

/* Any thread.  A packet with a copy of SIZE bytes, at most 64 KiB, its first segment holding as
 * much as a small buffer can; NULL when the pools are exhausted, which is counted. */
struct rte_mbuf *pool_packet(const void *data, size_t size);
/* Any thread.  A deep copy with offload metadata, or NULL. */
struct rte_mbuf *pool_copy(const struct rte_mbuf *m);

/* Any thread.  The same in small buffers only, for those who keep packets: a few rings of cards
 * would hold all the large ones. */
struct rte_mbuf *pool_copy_small(const struct rte_mbuf *m);

struct pool_stats {
	unsigned n_small, n_small_used; /* buffers */
	unsigned n_large, n_large_used;
	uint64_t n_failed; /* requests that found a pool empty */
};
void pool_stats_get(struct pool_stats *stats);
/* Any thread: a caller's own request found a pool empty. */
void pool_count_failed(void);

#endif
