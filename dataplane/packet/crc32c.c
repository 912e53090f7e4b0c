/* CRC32c, half a byte at a time: SCTP ports are rewritten too rarely for larger tables. */

#include "dataplane/packet/checksum.h"

#define POLYNOMIAL 0x82f63b78u
#define STEP(C)	   ((C)&1 ? (C) >> 1 ^ POLYNOMIAL : (C) >> 1)

static uint32_t crc_of_nibble(uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		n = STEP(n);
	return n;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t table[16];

	for (unsigned i = 0; i < 16; i++)
		table[i] = crc_of_nibble(i);
	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}
