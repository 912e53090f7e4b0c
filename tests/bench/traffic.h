#ifndef TESTS_BENCH_TRAFFIC_H
#define TESTS_BENCH_TRAFFIC_H

/* Packets to measure with: which flows there are, in which order they come, how large the frames
 * are, and the bytes of each.  Plain bytes: no DPDK, no socket, no thread.
 *
 *	profile --traffic_create()--> traffic --traffic_source_init()--> source (one per thread)
 *	for each packet: traffic_next(source), then traffic_put() or traffic_write()
 *
 * A frame is Ethernet, IPv4, UDP or TCP, a payload of zeros; with VXLAN that is the inner frame,
 *and 50 bytes more stand in front.  Sizes are of the frame in memory, without VXLAN's headers and
 * without the frame check sequence.  UDP checksums are 0, which says there is none (RFC 768), so a
 * payload may be changed; all other checksums are right.
 *
 * A traffic never changes once made and may be read by any number of threads. */

#include <assert.h>
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include "lib/status.h"

enum {
	TRAFFIC_MAX_FLOWS = 1 << 24,
	TRAFFIC_MIN_SIZE = 64,
	TRAFFIC_MAX_SIZE = 1518,
	TRAFFIC_HEADERS_SIZE = 64, /* what traffic_put() writes of a frame */
	TRAFFIC_TUNNEL_SIZE = 50,  /* Ethernet, IPv4, UDP and VXLAN in front of a frame */
	TRAFFIC_UDP_PAYLOAD_AT =
		42, /* where the payload begins; behind TRAFFIC_TUNNEL_SIZE in VXLAN */
	TRAFFIC_TCP_PAYLOAD_AT = 54,
	/* In uniform order a flow drawn at random brings those behind it along: their records then
	 * lie in few cache lines.  Which flows are neighbours is random too. */
	TRAFFIC_RUN = 16,
	TRAFFIC_IMIX_ROUND = 12, /* 7 frames of 64 bytes, 4 of 594, 1 of 1518 */
};

enum traffic_order {
	TRAFFIC_UNIFORM, /* any flow, each as likely: see TRAFFIC_RUN */
	TRAFFIC_IN_TURN,
	TRAFFIC_ZIPF, /* the n-th most frequent flow 1 / n^skew times as often as the first */
};

/* FIRST to LAST, in host byte order; MAC addresses as 48-bit numbers. */
struct traffic_range {
	uint64_t first, last;
};

struct traffic_tunnel {
	uint32_t vni;		 /* 24 bits */
	uint32_t ip_src, ip_dst; /* host byte order */
	uint64_t eth_src, eth_dst;
};

/* What is wanted.  Flow number i has the (i mod count)-th MAC addresses of the ranges.  Source
 * address, source port, destination address and destination port count as the digits of i, the
 * source address as the lowest, so that no two flows are the same. */
struct traffic_profile {
	uint32_t n_flows;
	char file[256]; /* of flow records instead of the ranges, "" for none: see traffic_record */
	struct traffic_range eth_dst, eth_src, ip_src, ip_dst, port_src, port_dst;
	uint8_t protocol; /* 17 or 6 */
	uint16_t size;	  /* 0: IMIX */
	enum traffic_order order;
	double skew;   /* of TRAFFIC_ZIPF */
	bool is_fresh; /* see traffic_next() */
	bool has_tunnel;
	struct traffic_tunnel tunnel;
};

/* One flow of a file, network byte order, no header or padding in the file. */
struct traffic_record {
	uint8_t eth_dst[6], eth_src[6];
	uint8_t protocol, zero[3];
	uint32_t ip_src, ip_dst;
	uint16_t port_src, port_dst;
} __attribute__((packed));
static_assert(sizeof(struct traffic_record) == 28, "part of a file's format");

/* What differs between flows: half a cache line.  Network byte order; the sums are one's complement
 * sums of native 16-bit words, not yet complemented. */
struct traffic_flow {
	uint8_t eth_dst[6], eth_src[6];
	uint16_t is_tcp, zero;
	uint32_t ip_src, ip_dst;
	uint16_t port_src, port_dst;
	uint16_t ip_sum; /* of the addresses */
	uint16_t l4_sum; /* of addresses and ports */
} __attribute__((aligned(32)));
static_assert(sizeof(struct traffic_flow) == 32, "two vectors of 16 bytes");

/* The rest of a frame of one size and protocol, zero where a flow fills in. */
struct traffic_template {
	uint8_t bytes[TRAFFIC_HEADERS_SIZE];
	uint8_t tunnel[TRAFFIC_TUNNEL_SIZE];
	uint16_t size;
	uint32_t ip_sum, l4_sum; /* of what does not differ */
} __attribute__((aligned(64)));

struct traffic {
	struct traffic_flow *flows;
	uint32_t n_flows;
	uint32_t n_ranks; /* of `ranks`, 0 unless the order is TRAFFIC_ZIPF */
	uint32_t *ranks;  /* numbers of flows in the order in which they come */
	enum traffic_order order;
	bool is_fresh, has_tunnel;
	bool is_whole;	 /* a payload behind TRAFFIC_HEADERS_SIZE must be zeros: there are TCP flows
			  */
	uint8_t n_sizes; /* 1, or TRAFFIC_IMIX_ROUND */
	struct traffic_template templates[3][2]; /* [size][is_tcp] */
	uint8_t size_at[TRAFFIC_IMIX_ROUND];	 /* which size comes when */
	struct traffic_profile profile;
};

/* One thread's place in the traffic. */
struct traffic_source {
	const struct traffic *traffic;
	uint64_t random;
	uint32_t at, n_left; /* the next flow, and how many are left of the run */
	uint16_t round;	     /* through all flows, of fresh traffic */
	uint8_t size_at;
};

/* One packet to be made. */
struct traffic_packet {
	uint32_t flow;
	uint16_t round;
	uint8_t size; /* index, not bytes */
};

/* 1 flow of 64-byte UDP frames, uniform order, 10.0.0.0/16 to 10.128.0.1, ports from 1024 to 80. */
void traffic_profile_init(struct traffic_profile *p);
/* Words "KEY=VALUE" between blanks: flows=N, file=PATH, size=BYTES|imix, order=uniform|in-turn|
 * zipf:SKEW, fresh=0|1, protocol=udp|tcp, eth_src, eth_dst, ip_src, ip_dst, port_src, port_dst
 * =FIRST[-LAST], vxlan=VNI,IP_SRC,IP_DST,ETH_SRC,ETH_DST.  Keys not named stay as they are.
 * 0, or -1 with ST, its field the key. */
int traffic_profile_parse(struct traffic_profile *p, const char *text, struct status *st);
/* NULL with ST if the ranges hold fewer flows than wanted, or the file fewer than one. */
struct traffic *traffic_create(const struct traffic_profile *p, struct status *st);
void traffic_destroy(struct traffic *t); /* NULL is allowed */

/* PART of N_PARTS sources of one traffic, which never make the same fresh packets. */
void traffic_source_init(struct traffic_source *s, const struct traffic *t, unsigned part,
			 unsigned n_parts);
/* The whole frame with its payload, to FRAME of TRAFFIC_MAX_SIZE (+ TRAFFIC_TUNNEL_SIZE) bytes.
 * Returns its size. */
uint16_t traffic_write(const struct traffic *t, struct traffic_packet p, uint8_t *frame);
/* Bytes of the largest frame, tunnel included. */
uint16_t traffic_max_size(const struct traffic *t);

/* To a flow drawn at random. */
static inline void traffic_jump(struct traffic_source *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	s->at = (s->random >> 32) * s->traffic->n_flows >> 32;
	s->n_left = TRAFFIC_RUN - 1;
}

/* Which packet comes next.  In fresh traffic flows come in turn, and their source port is replaced
 * by the number of the round: no 5-tuple comes twice within 65,536 rounds. */
static inline struct traffic_packet traffic_next(struct traffic_source *s)
{
	const struct traffic *t = s->traffic;
	struct traffic_packet p = { .round = s->round, .size = t->size_at[s->size_at] };
	uint32_t end = t->n_ranks ? t->n_ranks : t->n_flows;

	s->size_at = s->size_at + 1 >= t->n_sizes ? 0 : s->size_at + 1;
	if (t->order == TRAFFIC_UNIFORM && s->n_left-- == 0)
		traffic_jump(s);
	p.flow = t->n_ranks ? t->ranks[s->at] : s->at;
	if (++s->at >= end) {
		s->at = 0;
		s->round++;
	}
	return p;
}

static inline uint16_t traffic_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

/* The outer headers; the inner flow shows in the outer source port (RFC 7348 section 5). */
static inline void traffic_put_tunnel(const struct traffic_template *from, uint16_t entropy,
				      uint8_t *frame)
{
	memcpy(frame, from->tunnel, TRAFFIC_TUNNEL_SIZE);
	frame[34] = 0xc0 | (entropy >> 8 & 0x3f);
	frame[35] = entropy;
}

/* The first TRAFFIC_HEADERS_SIZE bytes of the frame, four stores; the payload behind is the
 * caller's.  With VXLAN the tunnel's headers go in front of them.  Returns the whole size. */
static inline uint16_t traffic_put(const struct traffic *t, struct traffic_packet p, uint8_t *frame)
{
	/* where addresses and ports lie in bytes 16 to 31 and 32 to 47; -1 leaves zero */
	const __m128i to_1 =
		_mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5);
	const __m128i to_2 =
		_mm_setr_epi8(6, 7, 8, 9, 10, 11, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	const __m128i macs = _mm_setr_epi32(-1, -1, -1, 0);
	const struct traffic_flow *f = &t->flows[p.flow];
	const struct traffic_template *from = &t->templates[p.size][f->is_tcp];
	const __m128i *fixed = (const __m128i *)from->bytes;
	__m128i a = _mm_load_si128((const __m128i *)f), b = _mm_load_si128((const __m128i *)f + 1);
	__m128i v1, v3 = _mm_load_si128(fixed + 3);
	__m128i *to = (__m128i *)(t->has_tunnel ? frame + TRAFFIC_TUNNEL_SIZE : frame);
	uint32_t l4_sum = f->l4_sum;

	if (t->is_fresh) {
		uint16_t port = __builtin_bswap16(p.round);

		b = _mm_insert_epi16(b, port, 4);
		l4_sum += (uint16_t)~f->port_src + port;
	}
	v1 = _mm_or_si128(_mm_load_si128(fixed + 1), _mm_shuffle_epi8(b, to_1));
	v1 = _mm_insert_epi16(v1, traffic_fold(f->ip_sum + from->ip_sum), 4);
	if (f->is_tcp)
		v3 = _mm_insert_epi16(v3, traffic_fold(l4_sum + from->l4_sum), 1);
	_mm_storeu_si128(to, _mm_or_si128(_mm_load_si128(fixed), _mm_and_si128(a, macs)));
	_mm_storeu_si128(to + 1, v1);
	_mm_storeu_si128(to + 2,
			 _mm_or_si128(_mm_load_si128(fixed + 2), _mm_shuffle_epi8(b, to_2)));
	_mm_storeu_si128(to + 3, v3);
	if (!t->has_tunnel)
		return from->size;
	traffic_put_tunnel(from, traffic_fold(l4_sum), frame);
	return from->size + TRAFFIC_TUNNEL_SIZE;
}

#endif
