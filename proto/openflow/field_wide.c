/* Numbers of more than 64 bits as text: registers of 128 bits, labels, tunnel metadata. */

#include <ctype.h>
#include <strings.h>

#include "proto/openflow/field_text.h"

static uint8_t digit_of(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

int of_wide_parse(const char *text, size_t size, uint8_t bytes[OF_FIELD_MAX_BYTES])
{
	uint64_t number;

	memset(bytes, 0, OF_FIELD_MAX_BYTES);
	if (of_number_parse(text, size, &number) == 0) {
		store_be64(bytes + OF_FIELD_MAX_BYTES - 8, number);
		return 0;
	}
	if (size < 3 || strncasecmp(text, "0x", 2) != 0)
		return -1;
	for (text += 2, size -= 2; size > 1 && *text == '0'; size--)
		text++;
	if (size > 2 * OF_FIELD_MAX_BYTES)
		return -1;
	for (size_t i = 0; i < size; i++) {
		size_t place = size - 1 - i; /* of the digit, from the right */

		if (!isxdigit((unsigned char)text[i]))
			return -1;
		bytes[OF_FIELD_MAX_BYTES - 1 - place / 2] |= digit_of(text[i]) << place % 2 * 4;
	}
	return 0;
}

void of_wide_print(const uint8_t *bytes, unsigned n_bytes, struct buf *out)
{
	unsigned i = 0;

	while (i + 1 < n_bytes && !bytes[i])
		i++;
	buf_printf(out, i + 1 == n_bytes && !bytes[i] ? "0" : "0x%x", bytes[i]);
	for (i++; i < n_bytes; i++)
		buf_printf(out, "%02x", bytes[i]);
}

bool of_wide_fits(const uint8_t bytes[OF_FIELD_MAX_BYTES], unsigned n_bits)
{
	for (unsigned bit = n_bits; bit < 8 * OF_FIELD_MAX_BYTES; bit++) {
		if (bytes[OF_FIELD_MAX_BYTES - 1 - bit / 8] >> bit % 8 & 1)
			return false;
	}
	return true;
}
