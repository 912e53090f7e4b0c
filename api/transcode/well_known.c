#include "api/transcode/well_known.h"

#include <ctype.h>
#include <google/protobuf/duration.pb-c.h>
#include <google/protobuf/field_mask.pb-c.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <inttypes.h>

#define TIMESTAMP_MIN (-62135596800ll) /* 0001-01-01T00:00:00Z */
#define TIMESTAMP_MAX 253402300799ll   /* 9999-12-31T23:59:59Z */
#define DURATION_MAX  315576000000ll

/* Days since 1970-01-01 of a day in the proleptic Gregorian calendar; years begin in March, so
 * that the day which leap years add is the last. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = y / 400, of_era = y % 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = of_year - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = era * 400 + y + (*month <= 2);
}

/* ".5", as 3, 6 or 9 digits; nothing for 0. */
static void write_fraction(struct buf *out, unsigned nanos)
{
	if (nanos == 0)
		return;
	if (nanos % 1000000 == 0)
		buf_printf(out, ".%03u", nanos / 1000000);
	else if (nanos % 1000 == 0)
		buf_printf(out, ".%06u", nanos / 1000);
	else
		buf_printf(out, ".%09u", nanos);
}

/* Up to nine digits after a point; -1 if there is none of them. */
static int read_fraction(const char **at, int32_t *nanos)
{
	int32_t unit = 100000000;

	*nanos = 0;
	if (**at != '.')
		return 0;
	if (!isdigit((unsigned char)*++*at))
		return -1;
	for (; isdigit((unsigned char)**at); ++*at, unit /= 10) {
		if (unit == 0)
			return -1;
		*nanos += (**at - '0') * unit;
	}
	return 0;
}

/* What is out of range came over gRPC, which has a form for it: it is shown as the end of the
 * range. */
static void timestamp_write(struct buf *out, const ProtobufCMessage *m)
{
	const Google__Protobuf__Timestamp *t = (const void *)m;
	int64_t s = MIN_OF(MAX_OF(t->seconds, TIMESTAMP_MIN), TIMESTAMP_MAX);
	int64_t days = (s - TIMESTAMP_MIN) / 86400 + TIMESTAMP_MIN / 86400;
	int64_t of_day = (s - TIMESTAMP_MIN) % 86400;
	int year, month, day;

	date_of(days, &year, &month, &day);
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, (int)(of_day / 3600),
		   (int)(of_day / 60 % 60), (int)(of_day % 60));
	write_fraction(out, t->nanos >= 0 && t->nanos < 1000000000 ? t->nanos : 0);
	buf_puts(out, "Z");
}

/* N digits; -1 if there are fewer. */
static int read_digits(const char **at, int n)
{
	int v = 0;

	for (; n > 0; n--, ++*at) {
		if (!isdigit((unsigned char)**at))
			return -1;
		v = v * 10 + (**at - '0');
	}
	return v;
}

static bool take(const char **at, char c)
{
	if (**at != c && **at != tolower((unsigned char)c))
		return false;
	++*at;
	return true;
}

/* "Z", "+01:30"; seconds east of Greenwich. */
static int read_offset(const char **at, int *seconds)
{
	int sign = **at == '-' ? -1 : 1, hours, minutes;

	*seconds = 0;
	if (take(at, 'Z'))
		return 0;
	if (!take(at, '+') && !take(at, '-'))
		return -1;
	hours = read_digits(at, 2);
	if (hours < 0 || hours > 23 || !take(at, ':'))
		return -1;
	minutes = read_digits(at, 2);
	if (minutes < 0 || minutes > 59)
		return -1;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return 0;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

/* RFC 3339. */
static int timestamp_read(ProtobufCMessage *m, const char *text, struct arena *a)
{
	Google__Protobuf__Timestamp *t = (void *)m;
	int year = read_digits(&text, 4), month, day, hour, minute, second, offset;

	(void)a;
	if (year < 1 || !take(&text, '-') || (month = read_digits(&text, 2)) < 1 || month > 12 ||
	    !take(&text, '-') || (day = read_digits(&text, 2)) < 1 || day > days_in(year, month))
		return -1;
	if (!take(&text, 'T') || (hour = read_digits(&text, 2)) < 0 || hour > 23 ||
	    !take(&text, ':') || (minute = read_digits(&text, 2)) < 0 || minute > 59 ||
	    !take(&text, ':') || (second = read_digits(&text, 2)) < 0 || second > 59)
		return -1;
	if (read_fraction(&text, &t->nanos) != 0 || read_offset(&text, &offset) != 0 || *text)
		return -1;
	t->seconds =
		days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
	return t->seconds >= TIMESTAMP_MIN && t->seconds <= TIMESTAMP_MAX ? 0 : -1;
}

static void duration_write(struct buf *out, const ProtobufCMessage *m)
{
	const Google__Protobuf__Duration *d = (const void *)m;
	int64_t s = MIN_OF(MAX_OF(d->seconds, -DURATION_MAX), DURATION_MAX);
	int32_t nanos = MIN_OF(MAX_OF(d->nanos, -999999999), 999999999);

	if (s < 0 || nanos < 0)
		buf_puts(out, "-");
	buf_printf(out, "%" PRId64, s < 0 ? -s : s);
	write_fraction(out, nanos < 0 ? -nanos : nanos);
	buf_puts(out, "s");
}

static int duration_read(ProtobufCMessage *m, const char *text, struct arena *a)
{
	Google__Protobuf__Duration *d = (void *)m;
	bool is_negative = *text == '-';
	int64_t s = 0;

	(void)a;
	text += is_negative;
	if (!isdigit((unsigned char)*text))
		return -1;
	for (; isdigit((unsigned char)*text); text++) {
		s = s * 10 + (*text - '0');
		if (s > DURATION_MAX)
			return -1;
	}
	if (read_fraction(&text, &d->nanos) != 0 || strcmp(text, "s") != 0)
		return -1;
	d->seconds = is_negative ? -s : s;
	d->nanos = is_negative ? -d->nanos : d->nanos;
	return 0;
}

static void mask_write(struct buf *out, const ProtobufCMessage *m)
{
	const Google__Protobuf__FieldMask *mask = (const void *)m;
	char name[FIELD_NAME_MAX * 4];

	for (size_t i = 0; i < mask->n_paths; i++) {
		if (strlen(mask->paths[i]) >= sizeof(name))
			continue;
		field_json_name(name, mask->paths[i]);
		buf_printf(out, "%s%s", i ? "," : "", name);
	}
}

static bool is_path(const char *path, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!isalnum((unsigned char)path[i]) && path[i] != '_' && path[i] != '.')
			return false;
	}
	return size > 0;
}

/* One path of a mask: "author.bornIn" to "author.born_in"; already so if it was. */
static char *snake_case(struct arena *a, const char *path, size_t size)
{
	char *text = arena_alloc(a, 2 * size + 1), *to = text;

	for (size_t i = 0; i < size; i++) {
		if (isupper((unsigned char)path[i]))
			*to++ = '_';
		*to++ = tolower((unsigned char)path[i]);
	}
	return text;
}

static int mask_read(ProtobufCMessage *m, const char *text, struct arena *a)
{
	Google__Protobuf__FieldMask *mask = (void *)m;
	const field_desc *paths = &m->descriptor->fields[0];

	mask->n_paths = 0;
	while (*text) {
		size_t n = strcspn(text, ",");

		if (!is_path(text, n) && !(n == 1 && *text == '*'))
			return -1;
		*(char **)field_append(m, paths, a) = snake_case(a, text, n);
		text += n;
		if (*text && !*++text)
			return -1;
	}
	return 0;
}

static const struct well_known all[] = {
	{&google__protobuf__timestamp__descriptor,
	 "a time like \"2026-01-31T12:00:00Z\" between the years 1 and 9999", timestamp_write,
	 timestamp_read},
	{&google__protobuf__duration__descriptor, "a duration in seconds like \"1.5s\"",
	 duration_write, duration_read},
	{&google__protobuf__field_mask__descriptor, "fields' names parted by commas", mask_write,
	 mask_read},
};

const struct well_known *well_known_find(const message_desc *d)
{
	for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
		if (all[i].descriptor == d)
			return &all[i];
	}
	return NULL;
}
