#ifndef TESTS_BENCH_TOOL_RANGE_H
#define TESTS_BENCH_TOOL_RANGE_H

/* A range of addresses, ports or numbers as a person gives it: "FIRST", "FIRST-LAST", and for
 * addresses "PREFIX/LENGTH".  Its values are counted from 0, and value I is FIRST + I. */

#include "lib/status.h"

enum range_kind {
	RANGE_IP, /* IPv4 or IPv6; at most the low 64 bits of an IPv6 address vary */
	RANGE_MAC,
	RANGE_PORT,
	RANGE_VLAN, /* 0 to 4095 */
};

struct range {
	uint8_t first[16]; /* network byte order */
	uint8_t size;	   /* bytes of a value: 2, 4, 6 or 16 */
	uint64_t n;	   /* how many values, at least 1; 2^63 stands for more */
};

/* OPTION is named in the message.  0, or -1 with ST. */
int range_parse(struct range *r, enum range_kind kind, const char *text, const char *option,
		struct status *st);
/* Value I, I < r->n, to the r->size bytes at TO. */
void range_put(const struct range *r, uint64_t i, uint8_t *to);

#endif
