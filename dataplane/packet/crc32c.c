/* CRC32c by the processor's instruction (SSE 4.2), or half a byte at a time. */

#include "dataplane/packet/checksum.h"

#ifdef __SSE4_2__
#include <nmmintrin.h>

static uint32_t add_bytes(uint32_t crc, const uint8_t *p, size_t size)
{
	uint64_t word;

	for (; size >= 8; size -= 8, p += 8) {
		memcpy(&word, p, 8);
		crc = (uint32_t)_mm_crc32_u64(crc, word);
	}
	for (; size > 0; size--)
		crc = _mm_crc32_u8(crc, *p++);
	return crc;
}

static uint32_t add_zeros(uint32_t crc, size_t n)
{
	for (; n >= 8; n -= 8)
		crc = (uint32_t)_mm_crc32_u64(crc, 0);
	for (; n > 0; n--)
		crc = _mm_crc32_u8(crc, 0);
	return crc;
}
#else
#define POLYNOMIAL 0x82f63b78u
#define STEP(C)	   ((C)&1 ? (C) >> 1 ^ POLYNOMIAL : (C) >> 1)

static uint32_t crc_of_nibble(uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		n = STEP(n);
	return n;
}

/* Of zeros if P is NULL. */
static uint32_t add_bytes(uint32_t crc, const uint8_t *p, size_t size)
{
	uint32_t table[16];

	for (unsigned i = 0; i < 16; i++)
		table[i] = crc_of_nibble(i);
	for (size_t i = 0; i < size; i++) {
		crc ^= p ? p[i] : 0;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

static uint32_t add_zeros(uint32_t crc, size_t n)
{
	return add_bytes(crc, NULL, n);
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
	return ~add_bytes(~crc, data, size);
}

uint32_t crc32c_delta(const void *old, const void *new, size_t size, size_t n_after)
{
	/* It is linear: the CRC of a sum is the sum of the CRCs, but for what begins and ends it.
	 */
	return add_zeros(add_bytes(0, old, size) ^ add_bytes(0, new, size), n_after);
}
