#include "tests/bench/tool/range.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_VALUES (1ull << 63)

struct kind {
	const char *what, *example;
};

static const struct kind kinds[] = {
	[RANGE_IP] = { "an address, FIRST-LAST or PREFIX/LENGTH", "10.0.0.0/8" },
	[RANGE_MAC] = { "a MAC address or FIRST-LAST", "02:00:00:00:00:01-02:00:00:00:00:ff" },
	[RANGE_PORT] = { "a port or FIRST-LAST, 0 to 65535", "1024-2047" },
	[RANGE_VLAN] = { "a VLAN or FIRST-LAST, 0 to 4095", "100-199" },
};

static int refuse(enum range_kind kind, const char *text, const char *option, struct status *st)
{
	return status_set(st, STATUS_INVALID_ARGUMENT, option,
			  "--%s: '%.100s' is not %s, such as %s", option, text, kinds[kind].what,
			  kinds[kind].example);
}

static int parse_number(const char *text, unsigned long max, uint8_t *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n > max)
		return -1;
	store_be16(value, n);
	return 2;
}

static int parse_mac(const char *text, uint8_t *value)
{
	unsigned b[6];
	int end = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		   &end) != 6 ||
	    text[end])
		return -1;
	for (int i = 0; i < 6; i++)
		value[i] = b[i];
	return 6;
}

/* Returns the bytes of the value, or -1. */
static int parse_value(enum range_kind kind, const char *text, uint8_t *value)
{
	switch (kind) {
	case RANGE_PORT:
		return parse_number(text, 65535, value);
	case RANGE_VLAN:
		return parse_number(text, 4095, value);
	case RANGE_MAC:
		return parse_mac(text, value);
	case RANGE_IP:
		break;
	}
	if (inet_pton(AF_INET, text, value) == 1)
		return 4;
	return inet_pton(AF_INET6, text, value) == 1 ? 16 : -1;
}

/* The low bits that vary; the bytes before them are the same in all values. */
static uint64_t low_bits(const uint8_t *value, int size)
{
	uint64_t n = 0;

	for (int i = size > 8 ? size - 8 : 0; i < size; i++)
		n = n << 8 | value[i];
	return n;
}

static void set_low_bits(uint8_t *value, int size, uint64_t n)
{
	for (int i = size - 1; i >= 0 && i >= size - 8; i--, n >>= 8)
		value[i] = n;
}

static int parse_prefix(struct range *r, const char *length)
{
	unsigned long bits, n_host;
	uint64_t mask;
	char *end;

	bits = strtoul(length, &end, 10);
	if (*length < '0' || *length > '9' || *end || bits > r->size * 8u)
		return -1;
	n_host = r->size * 8u - bits;
	if (n_host > 64)
		return -1;
	mask = n_host == 64 ? UINT64_MAX : (1ull << n_host) - 1;
	set_low_bits(r->first, r->size, low_bits(r->first, r->size) & ~mask);
	r->n = n_host >= 63 ? MAX_VALUES : 1ull << n_host;
	return 0;
}

static int parse_last(struct range *r, enum range_kind kind, const char *text)
{
	uint8_t last[16];
	int size = parse_value(kind, text, last), fixed = r->size > 8 ? r->size - 8 : 0;
	uint64_t from = low_bits(r->first, r->size), to;

	if (size != r->size || memcmp(last, r->first, fixed) != 0)
		return -1;
	to = low_bits(last, size);
	if (to < from)
		return -1;
	r->n = to - from >= MAX_VALUES ? MAX_VALUES : to - from + 1;
	return 0;
}

int range_parse(struct range *r, enum range_kind kind, const char *text, const char *option,
		struct status *st)
{
	char first[64];
	size_t n = strcspn(text, "-/");
	int size;

	*r = (struct range){ .n = 1 };
	if (n >= sizeof(first))
		return refuse(kind, text, option, st);
	memcpy(first, text, n);
	first[n] = '\0';
	size = parse_value(kind, first, r->first);
	if (size < 0)
		return refuse(kind, text, option, st);
	r->size = size;
	if (text[n] == '/' && (kind != RANGE_IP || parse_prefix(r, text + n + 1) < 0))
		return refuse(kind, text, option, st);
	if (text[n] == '-' && parse_last(r, kind, text + n + 1) < 0)
		return refuse(kind, text, option, st);
	return 0;
}

void range_put(const struct range *r, uint64_t i, uint8_t *to)
{
	memcpy(to, r->first, r->size);
	set_low_bits(to, r->size, low_bits(r->first, r->size) + i);
}
