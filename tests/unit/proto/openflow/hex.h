#ifndef TESTS_UNIT_PROTO_OPENFLOW_HEX_H
#define TESTS_UNIT_PROTO_OPENFLOW_HEX_H

/* Bytes written as hexadecimal digits; blanks are for the reader. */

#include <stdlib.h>

#include "lib/buf.h"

static inline void add_hex(struct buf *out, const char *hex)
{
	char digits[3] = "";

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		digits[0] = *hex++;
		digits[1] = *hex;
		buf_be8(out, strtoul(digits, NULL, 16));
	}
}

#endif
