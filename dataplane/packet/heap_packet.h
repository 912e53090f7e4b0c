#ifndef DATAPLANE_PACKET_HEAP_PACKET_H
#define DATAPLANE_PACKET_HEAP_PACKET_H

/* Packets in plain memory, without EAL or mempools: what traces, tests and in-memory switches
 * run through the pipeline. */

#include <assert.h>
#include "dataplane/packet/packet_ops.h"

/* SIZE bytes (at most 65535) with headroom in front, one segment. */
struct rte_mbuf *heap_packet_create(const void *data, size_t size);
void heap_packet_destroy(struct rte_mbuf *m);
const uint8_t *heap_packet_data(const struct rte_mbuf *m, size_t *size);
/* copy and free for such packets; ctx is not used. */
extern const struct packet_ops heap_packet_ops;

#endif
