#ifndef TESTS_BENCH_TOOL_QUANTITY_H
#define TESTS_BENCH_TOOL_QUANTITY_H

/* Rates, parts and frame sizes as a person gives them.
 *
 * Sizes are those of RFC 2544: with the frame check sequence, so 64 is the smallest Ethernet frame
 * and has 60 bytes in memory.  Bits a second and percent of a link are counted as on a wire, with
 * 20 bytes of preamble and gap to each frame. */

#include "lib/status.h"

enum {
	WIRE_GAP_BYTES = 20,
	FCS_BYTES = 4,
	SIZES_MAX = 16,
	SIZES_MAX_WHEEL = 256,
	MIN_FRAME_SIZE = 64,
	MAX_FRAME_SIZE = 9018,
};

enum rate_unit { RATE_MAX, RATE_PACKETS, RATE_BITS, RATE_PART };

struct rate {
	enum rate_unit unit; /* RATE_MAX: as much as is taken */
	double value;	     /* packets or bits a second; part of the link's speed, 1.0 for 100 % */
};

/* "max", "1000", "1.5Mpps", "10Gbit/s", "10%".  OPTION is named in the message. */
int rate_parse(struct rate *r, const char *text, const char *option, struct status *st);
/* Packets a second, 0 for RATE_MAX; LINK_BITS is the link's speed in bit/s, 0 if unknown;
 * FRAME_BYTES the mean size with frame check sequence.  -1 with ST if that cannot be told. */
double rate_pps(const struct rate *r, double link_bits, double frame_bytes, const char *option,
		struct status *st);
/* "0.1%" or "0.001": 0 to 1. */
int part_parse(double *part, const char *text, const char *option, struct status *st);

/* Sizes, and in which order they come: each WHEEL entry is an index of SIZES. */
struct sizes {
	unsigned n, n_wheel;
	uint16_t size[SIZES_MAX];
	uint8_t wheel[SIZES_MAX_WHEEL];
};

/* "64", "64,128,1518", "64x7,594x4,1518x1" (so many in turn), or "imix", which is the last. */
int sizes_parse(struct sizes *s, const char *text, const char *option, struct status *st);
double sizes_mean(const struct sizes *s);
unsigned sizes_largest(const struct sizes *s);
unsigned sizes_smallest(const struct sizes *s);

#endif
