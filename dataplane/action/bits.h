#ifndef DATAPLANE_ACTION_BITS_H
#define DATAPLANE_ACTION_BITS_H

/* Bits of big-endian numbers of any size; bit 0 is the lowest of the last byte. */

#include "lib/util.h"

/* N_BITS from bit SRC_BIT of the SRC_SIZE bytes at SRC to bit DST_BIT at DST; other bits of DST
 * stay.  The caller sees to the bounds. */
static inline void bits_copy(const uint8_t *src, unsigned src_size, unsigned src_bit, uint8_t *dst,
			     unsigned dst_size, unsigned dst_bit, unsigned n_bits)
{
	if (src_bit % 8 == 0 && dst_bit % 8 == 0 && n_bits % 8 == 0) {
		memcpy(dst + dst_size - (dst_bit + n_bits) / 8,
		       src + src_size - (src_bit + n_bits) / 8, n_bits / 8);
		return;
	}
	for (unsigned i = 0; i < n_bits; i++) {
		unsigned s = src_bit + i, d = dst_bit + i;
		uint8_t bit = src[src_size - 1 - s / 8] >> s % 8 & 1;
		uint8_t *to = &dst[dst_size - 1 - d / 8];

		*to = (*to & ~(1u << d % 8)) | (uint8_t)(bit << d % 8);
	}
}

#endif
