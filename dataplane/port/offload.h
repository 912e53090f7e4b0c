#ifndef DATAPLANE_PORT_OFFLOAD_H
#define DATAPLANE_PORT_OFFLOAD_H

/* What a packet asks to be done to it before it is on a wire: completing its checksum, cutting it
 * into segments.
 *
 * A request that comes from outside is derived again from the packet's own headers, so that no
 * guest can make another port, or us, read beyond a packet.  Requests are carried out here in
 * software for ports that cannot do it.  Worker threads; see port_class.h for the flags. */

#include <rte_mbuf.h>
#include "lib/util.h"
#include "dataplane/packet/packet_ops.h"

#define OFFLOAD_L4_CSUM RTE_MBUF_F_TX_L4_MASK
#define OFFLOAD_SEGMENT (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG)
#define OFFLOAD_ANY	(OFFLOAD_L4_CSUM | OFFLOAD_SEGMENT)

enum {
	OFFLOAD_MIN_SEGMENT = 48, /* bytes of payload; no TCP goes below */
};

/* Where the headers of a TCP or UDP packet lie; all within its first segment. */
struct offload_headers {
	uint16_t l2_size, l3_size, l4_size;
	uint8_t proto; /* IPPROTO_TCP or IPPROTO_UDP */
	bool is_ipv4;
	bool has_routing; /* an IPv6 routing header: the checksum's destination is elsewhere */
	uint32_t ip_size; /* IP header and what follows, as its length field says */
};

/* 0, or -1 if M is no whole TCP or UDP packet, or a fragment.  What stands before the IP header of
 * one that is PACKET_OFFLOAD_WRAPPED is taken from l2_len. */
int offload_parse(const struct rte_mbuf *m, struct offload_headers *h);

/* Make M's request, which comes from outside and is not WRAPPED, agree with its headers.  -1: it
 * cannot, M is to be dropped. */
int offload_check(struct rte_mbuf *m);
/* That for N packets just received; those that are to be dropped are freed and counted in *N_BAD.
 * Returns how many are left.  When none asks for anything, as mostly, it costs a load each. */
uint16_t offload_check_burst(struct rte_mbuf **pkts, uint16_t n, uint64_t *n_bad);

/* Complete the checksum that M asks for; M is writable. */
int offload_checksum(struct rte_mbuf *m);
/* Complete the sum over bytes START.. of M, to be stored at START + OFFSET (RFC 1071), as a
 * virtio_net_hdr asks for it.  -1: outside the packet. */
int offload_checksum_at(struct rte_mbuf *m, uint32_t start, uint32_t offset);

/* A frame that is being cut into packets of at most its segment size. */
struct offload_cut {
	struct rte_mbuf *m; /* lent */
	struct offload_headers h;
	uint32_t header_size, segment_size, payload_size;
	uint32_t at; /* payload bytes done */
	uint16_t n;  /* segments made */
};

/* Begin cutting M, which asks for it.  -1: its headers do not allow it. */
int offload_cut_init(struct offload_cut *cut, struct rte_mbuf *m);
/* The next packet, complete, given to the caller; NULL at the end, or with *FAILED set when the
 * buffers are exhausted. */
struct rte_mbuf *offload_cut_next(struct offload_cut *cut, bool *failed);
/* How many packets it makes. */
static inline uint32_t offload_cut_count(const struct offload_cut *cut)
{
	return (cut->payload_size + cut->segment_size - 1) / cut->segment_size;
}

#endif
