#ifndef TESTS_BENCH_TOOL_FRAME_H
#define TESTS_BENCH_TOOL_FRAME_H

/* How a packet looks, and whether one that came is ours and whole.  Plain bytes: no DPDK.
 *
 *	[Ethernet IPv4 UDP VXLAN]  Ethernet [802.1Q] IPv4|IPv6 UDP  filling  trailer
 *
 * The trailer, the last 18 bytes, tells which packet of which run it is and when it was due.  It
 * stands at the end so that headers may be changed, added and taken away on the way.  Its words add
 *up to zero, so no checksum depends on it, and a 64-byte frame has just the room.  The filling is
 *the same in all packets, counted from the end.  All checksums are right, but the outer UDP one,
 *which is absent (RFC 7348 section 5). */

#include <assert.h>
#include "tests/bench/tool/flows.h"
#include "tests/bench/tool/quantity.h"

enum {
	FRAME_MAX_HEADERS = 128,
	FRAME_TUNNEL_SIZE = 50,
	/* bytes that frame_put() may write: behind the frame as well */
	FRAME_ROOM = MAX_FRAME_SIZE + 2 * FRAME_MAX_HEADERS,
};

/* In the order of this machine's bytes: whoever makes a packet also checks it. */
struct frame_trailer {
	uint16_t magic;	       /* of the run and direction */
	uint16_t payload_size; /* filling and trailer */
	uint64_t number : 48;  /* of the packet, from 0 */
	uint64_t stamp : 48;   /* TSC */
	uint16_t balance;
} __attribute__((packed));
static_assert(sizeof(struct frame_trailer) == 18, "the payload of a 64-byte frame");

/* What a size changes: numbers are in network byte order, sums as of native 16-bit words. */
struct frame_size {
	uint16_t frame_size,
		payload_size; /* host byte order; without frame check sequence and tunnel */
	uint16_t ip_length, udp_length, payload_be;
	uint16_t outer_ip_length, outer_udp_length, frame_be;
	uint32_t udp_sum;
};

struct frame_maker {
	struct flow_ranges ranges;
	struct sizes sizes;
	struct frame_size by_size[SIZES_MAX];
	uint16_t outer_size;	/* 0 or FRAME_TUNNEL_SIZE */
	uint16_t ip_at, udp_at; /* inner; offsets in the whole frame */
	uint16_t headers_size;	/* up to the payload */
	uint16_t stride;	/* of `headers`: 64 or 128 */
	bool is_ipv6, is_reverse;
	uint32_t n_flows;
	uint8_t *headers; /* [n_flows][stride] with the lengths and sums of an empty payload */
};

/* Headers of flows 0 to N_FLOWS - 1 are made beforehand, of others when asked for.  IS_REVERSE:
 * what those who receive would answer, sender and receiver changed.  0, or -1 with ST if the ranges
 * do not hold N_FLOWS or a size is too small for its headers. */
int frame_maker_init(struct frame_maker *m, const struct flow_ranges *ranges,
		     const struct sizes *sizes, uint32_t n_flows, bool is_reverse,
		     struct status *st);
void frame_maker_fini(struct frame_maker *m);
/* Bytes of the largest frame in memory. */
unsigned frame_maker_largest(const struct frame_maker *m);
/* Headers of any flow, to FRAME_MAX_HEADERS bytes at TO. */
void frame_headers(const struct frame_maker *m, uint64_t flow, uint8_t *to);

/* A whole frame to TO, of FRAME_ROOM or the largest frame's size and 2 * FRAME_MAX_HEADERS bytes.
 * HEADERS are of frame_maker's or of frame_headers(); SIZE is an index of its sizes.  Returns the
 * frame's bytes. */
unsigned frame_put(const struct frame_maker *m, const uint8_t *headers, unsigned size,
		   uint16_t magic, uint64_t number, uint64_t stamp, uint8_t *to);

enum frame_verdict { FRAME_OURS, FRAME_FOREIGN, FRAME_CORRUPT };

/* What came, SIZE bytes at FRAME; the trailer is copied to TRAILER if it is ours. */
enum frame_verdict frame_check(const uint8_t *frame, unsigned size, uint16_t magic,
			       struct frame_trailer *trailer);

/* Sender and receiver change places, in place: in the Ethernet, IP and UDP or TCP headers, and with
 * VXLAN in the inner ones too; checksums stay right.  SIZE bytes are there. */
void frame_swap(uint8_t *frame, unsigned size);

static inline const uint8_t *frame_headers_of(const struct frame_maker *m, uint32_t flow)
{
	return m->headers + (size_t)flow * m->stride;
}

#endif
