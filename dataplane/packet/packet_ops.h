#ifndef DATAPLANE_PACKET_PACKET_OPS_H
#define DATAPLANE_PACKET_PACKET_OPS_H

/* The two things the core cannot do to a packet itself, given by whoever owns the memory: the
 * shell (mempools), a test or a trace (plain memory; see heap_packet.h). */

#include "lib/util.h"

struct rte_mbuf;

/* In ol_flags, beside a request for a checksum or for segments: there is more before the IP header
 * than Ethernet and two VLAN tags (MPLS, PBB).  l2_len is right; no port understands such a
 * request, so it is carried out in software. */
#define PACKET_OFFLOAD_WRAPPED RTE_MBUF_F_TX_TUNNEL_IP

struct packet_ops {
	/* A packet of its own with the same bytes, length and offload request (ol_flags' TX part,
	 * l2_len.., tso_segsz) and headroom, writable without touching M.  NULL: no memory. */
	struct rte_mbuf *(*copy)(void *ctx, const struct rte_mbuf *m);
	/* Give back N packets (0 is allowed). */
	void (*free)(void *ctx, struct rte_mbuf **pkts, unsigned n);
	void *ctx;
};

#endif
