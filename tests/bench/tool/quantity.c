#include "tests/bench/tool/quantity.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

static const char imix[] = "64x7,594x4,1518x1";

static double multiple(char c)
{
	switch (tolower((unsigned char)c)) {
	case 'k':
		return 1e3;
	case 'm':
		return 1e6;
	case 'g':
		return 1e9;
	}
	return 0;
}

/* The unit's rest behind a multiple: "pps", "bit/s" ... */
static bool parse_unit(const char *text, enum rate_unit *unit)
{
	static const char *const bits[] = { "bit", "bit/s", "bits", "bps" };

	*unit = RATE_PACKETS;
	if (!*text || strcasecmp(text, "pps") == 0)
		return true;
	*unit = RATE_BITS;
	for (size_t i = 0; i < ARRAY_LENGTH(bits); i++)
		if (strcasecmp(text, bits[i]) == 0)
			return true;
	return false;
}

int rate_parse(struct rate *r, const char *text, const char *option, struct status *st)
{
	char *end;

	*r = (struct rate){ RATE_MAX, 0 };
	if (strcmp(text, "max") == 0)
		return 0;
	r->value = strtod(text, &end);
	if (end == text || !isfinite(r->value) || r->value <= 0 || r->value > 1e15)
		goto fail;
	if (strcmp(end, "%") == 0) {
		r->unit = RATE_PART;
		r->value /= 100;
		if (r->value <= 1)
			return 0;
		goto fail;
	}
	if (multiple(*end) > 0)
		r->value *= multiple(*end++);
	if (parse_unit(end, &r->unit))
		return 0;
fail:
	return status_set(
		st, STATUS_INVALID_ARGUMENT, option,
		"--%s: '%.60s' is not a rate such as 100000, 1.5Mpps, 2Gbit/s, 10%% or max", option,
		text);
}

double rate_pps(const struct rate *r, double link_bits, double frame_bytes, const char *option,
		struct status *st)
{
	double bits = (frame_bytes + WIRE_GAP_BYTES) * 8;

	switch (r->unit) {
	case RATE_MAX:
		return 0;
	case RATE_PACKETS:
		return r->value;
	case RATE_BITS:
		return r->value / bits;
	case RATE_PART:
		break;
	}
	if (link_bits > 0)
		return r->value * link_bits / bits;
	return status_set(
		st, STATUS_FAILED_PRECONDITION, option,
		"--%s: the sending port does not tell its speed, so there is no percent of "
		"it: give packets or bits a second",
		option);
}

int part_parse(double *part, const char *text, const char *option, struct status *st)
{
	char *end;

	*part = strtod(text, &end);
	if (strcmp(end, "%") == 0) {
		*part /= 100;
		end++;
	}
	if (end != text && !*end && *part >= 0 && *part <= 1)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, option,
			  "--%s: '%.60s' is not a part such as 0, 0.1%% or 0.001", option, text);
}

/* "SIZE" or "SIZExN" at *AT, which moves behind it. */
static bool take_size(struct sizes *s, const char **at)
{
	unsigned long size, weight = 1;
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	size = strtoul(*at, &end, 10);
	if (*end == 'x') {
		if (!isdigit((unsigned char)end[1]))
			return false;
		weight = strtoul(end + 1, &end, 10);
	}
	if (size < MIN_FRAME_SIZE || size > MAX_FRAME_SIZE || weight < 1 || s->n == SIZES_MAX ||
	    weight > SIZES_MAX_WHEEL - s->n_wheel)
		return false;
	memset(s->wheel + s->n_wheel, s->n, weight);
	s->n_wheel += weight;
	s->size[s->n++] = size;
	*at = end;
	return true;
}

static unsigned common_divisor(unsigned a, unsigned b)
{
	return b ? common_divisor(b, a % b) : a;
}

/* So that not all of one size come in a row: a stride through the wheel that meets each place once,
 * as it has no divisor in common with the wheel's length. */
static void spread(struct sizes *s)
{
	uint8_t in_a_row[SIZES_MAX_WHEEL];
	unsigned stride = s->n_wheel * 5 / 8 + 1;

	memcpy(in_a_row, s->wheel, s->n_wheel);
	while (common_divisor(stride, s->n_wheel) != 1)
		stride++;
	for (unsigned i = 0; i < s->n_wheel; i++)
		s->wheel[i] = in_a_row[i * stride % s->n_wheel];
}

int sizes_parse(struct sizes *s, const char *text, const char *option, struct status *st)
{
	const char *at = strcmp(text, "imix") == 0 ? imix : text;

	*s = (struct sizes){ 0 };
	while (take_size(s, &at)) {
		if (!*at) {
			spread(s);
			return 0;
		}
		if (*at++ != ',')
			break;
	}
	return status_set(
		st, STATUS_INVALID_ARGUMENT, option,
		"--%s: '%.60s' is not a list of at most %d frame sizes from %d to %d, such "
		"as 64, 64,512,1518, 64x3,1518x1 or imix",
		option, text, SIZES_MAX, MIN_FRAME_SIZE, MAX_FRAME_SIZE);
}

double sizes_mean(const struct sizes *s)
{
	double sum = 0;

	for (unsigned i = 0; i < s->n_wheel; i++)
		sum += s->size[s->wheel[i]];
	return sum / s->n_wheel;
}

unsigned sizes_largest(const struct sizes *s)
{
	unsigned most = 0;

	for (unsigned i = 0; i < s->n; i++)
		most = MAX_OF(most, s->size[i]);
	return most;
}

unsigned sizes_smallest(const struct sizes *s)
{
	unsigned least = MAX_FRAME_SIZE;

	for (unsigned i = 0; i < s->n; i++)
		least = MIN_OF(least, s->size[i]);
	return least;
}
