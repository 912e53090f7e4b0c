#include "api/utf8.h"

/* Continuation bytes that follow the first byte C; the second lies in [*low, *high].  -1 if C
 * begins no character.  RFC 3629 section 4. */
static int n_following(uint8_t c, uint8_t *low, uint8_t *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (c < 0x80)
		return 0;
	if (c >= 0xc2 && c <= 0xdf)
		return 1;
	if (c >= 0xe0 && c <= 0xef) {
		*low = c == 0xe0 ? 0xa0 : 0x80;
		*high = c == 0xed ? 0x9f : 0xbf;
		return 2;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		*low = c == 0xf0 ? 0x90 : 0x80;
		*high = c == 0xf4 ? 0x8f : 0xbf;
		return 3;
	}
	return -1;
}

bool utf8_is_valid(const void *text, size_t size)
{
	const uint8_t *s = text, *end = s + size;

	while (s < end) {
		uint8_t low, high;
		int n = n_following(*s++, &low, &high);

		if (n < 0 || end - s < n)
			return false;
		for (int i = 0; i < n; i++, s++) {
			if (*s < low || *s > high)
				return false;
			low = 0x80;
			high = 0xbf;
		}
	}
	return true;
}
