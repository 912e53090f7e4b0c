#ifndef DATAPLANE_PACKET_CHECKSUM_H
#define DATAPLANE_PACKET_CHECKSUM_H

/* The Internet checksum (RFC 1071), kept right when bytes change (RFC 1624), and CRC32c
 * (RFC 9260 appendix A).
 *
 * Sums are taken of 16-bit words as they lie in memory, so they need no byte swapping as long
 * as they are only stored back. */

#include "lib/util.h"

static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Plain sum of SIZE bytes, an odd last one padded with zero; not folded. */
static inline uint64_t checksum_sum(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint64_t sum = 0;
	uint16_t word;

	for (; size >= 2; size -= 2, p += 2) {
		memcpy(&word, p, 2);
		sum += word;
	}
	if (size) {
		word = 0;
		memcpy(&word, p, 1);
		sum += word;
	}
	return sum;
}

/* What changes in a sum when SIZE bytes (even) go from OLD to NEW: ~m + m' of RFC 1624. */
static inline uint64_t checksum_delta(const void *old, const void *new, size_t size)
{
	return checksum_sum(new, size) + (size / 2) * 0xffffull - checksum_sum(old, size);
}

/* Apply DELTA to a complete checksum: HC' = ~(~HC + ~m + m'). */
static inline void checksum_fix(void *field, uint64_t delta)
{
	uint16_t sum;

	memcpy(&sum, field, 2);
	sum = ~checksum_fold((uint16_t)~sum + delta);
	memcpy(field, &sum, 2);
}

/* The same for a field that holds the pseudo-header's sum, for an offload to finish. */
static inline void checksum_fix_partial(void *field, uint64_t delta)
{
	uint16_t sum;

	memcpy(&sum, field, 2);
	sum = checksum_fold(sum + delta);
	memcpy(field, &sum, 2);
}

/* CRC is 0 for the first piece and the result of the previous one after; no inversion is left
 * for the caller, and the result is stored little-endian in an SCTP header. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);
/* What is to be added (by exclusive or) to a CRC when SIZE bytes go from OLD to NEW, N_AFTER bytes
 * before the end; whatever the other bytes are. */
uint32_t crc32c_delta(const void *old, const void *new, size_t size, size_t n_after);

#endif
