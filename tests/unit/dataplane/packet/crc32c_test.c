/* What a change of some bytes does to a CRC, against computing it anew. */

#include "dataplane/packet/checksum.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include "lib/rng.h"

/* RFC 9260 appendix A, bit by bit. */
static uint32_t slow_crc32c(const uint8_t *p, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= p[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void changes_anywhere(void **state)
{
	uint8_t data[300], changed[300];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (unsigned n = 0; n < 5000; n++) {
		size_t size = 1 + rng_below(&rng, sizeof(data)), at = rng_below(&rng, size);
		size_t n_changed = 1 + rng_below(&rng, size - at);

		for (size_t i = 0; i < size; i++)
			data[i] = changed[i] = rng_u64(&rng);
		for (size_t i = 0; i < n_changed; i++)
			changed[at + i] = rng_u64(&rng);
		assert_int_equal(crc32c(0, data, size), slow_crc32c(data, size));
		assert_int_equal(crc32c(0, data, size) ^ crc32c_delta(data + at, changed + at,
								      n_changed,
								      size - at - n_changed),
				 slow_crc32c(changed, size));
	}
}

static void in_pieces(void **state)
{
	static const uint8_t data[] = "123456789 and some more of it";

	(void)state;
	for (size_t i = 0; i <= sizeof(data); i++)
		assert_int_equal(crc32c(crc32c(0, data, i), data + i, sizeof(data) - i),
				 slow_crc32c(data, sizeof(data)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_anywhere),
		cmocka_unit_test(in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
