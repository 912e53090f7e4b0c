#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "api/base64.h"
#include "api/transcode/scalar.h"

static int refuse(struct status *st, const struct field_path *path, const char *expected,
		  const char *got)
{
	char field[sizeof(st->field)];

	field_path_text(path, field, sizeof(field));
	return status_set(st, STATUS_INVALID_ARGUMENT, field, "%s%sexpected %s, got %s", field,
			  *field ? ": " : "", expected, got);
}

int refuse_json(struct status *st, const struct field_path *path, const char *expected,
		const json_t *v)
{
	char got[80];

	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return refuse(st, path, expected, "an object");
	case JSON_ARRAY:
		return refuse(st, path, expected, "a list");
	case JSON_STRING:
		return refuse_text(st, path, expected, json_string_value(v));
	case JSON_INTEGER:
		snprintf(got, sizeof(got), "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		return refuse(st, path, expected, got);
	case JSON_REAL:
		snprintf(got, sizeof(got), "%g", json_real_value(v));
		return refuse(st, path, expected, got);
	default:
		return refuse(st, path, expected,
			      json_is_null(v)	? "null"
			      : json_is_true(v) ? "true"
						: "false");
	}
}

/* At most 40 bytes of TEXT are repeated, not cut within a character. */
int refuse_text(struct status *st, const struct field_path *path, const char *expected,
		const char *text)
{
	size_t n = strlen(text);
	bool is_cut = n > 40;
	char got[80];

	for (n = MIN_OF(n, 40u); is_cut && n > 0 && (text[n] & 0xc0) == 0x80;)
		n--;
	snprintf(got, sizeof(got), "\"%.*s%s\"", (int)n, text, is_cut ? "..." : "");
	return refuse(st, path, expected, got);
}

struct range {
	bool is_signed;
	int64_t min;
	uint64_t max;
};

static struct range range_of(const field_desc *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_ENUM:
		return (struct range){true, INT32_MIN, INT32_MAX};
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return (struct range){false, 0, UINT32_MAX};
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return (struct range){false, 0, UINT64_MAX};
	default:
		return (struct range){true, INT64_MIN, INT64_MAX};
	}
}

static const char *integer_expected(const field_desc *f, char *text, size_t size)
{
	struct range r = range_of(f);

	snprintf(text, size, "an integer from %lld to %llu", (long long)r.min,
		 (unsigned long long)r.max);
	return text;
}

static void put_integer(void *to, const field_desc *f, uint64_t v)
{
	uint32_t low = v;

	if (field_value_size(f) == 8)
		memcpy(to, &v, 8);
	else
		memcpy(to, &low, 4);
}

/* -1 if V, negative if IS_NEGATIVE, is out of F's range; V is the magnitude. */
static int store_integer(void *to, const field_desc *f, bool is_negative, uint64_t v)
{
	struct range r = range_of(f);

	if (!is_negative && v > r.max)
		return -1;
	if (is_negative && v > 0 && (!r.is_signed || v - 1 > (uint64_t) - (r.min + 1)))
		return -1;
	put_integer(to, f, is_negative ? -v : v);
	return 0;
}

/* A number without a fraction, as "12", "-3"; also 1e3 and 1.0 as JSON allows. */
static int store_real(void *to, const field_desc *f, double v)
{
	if (v != trunc(v) || fabs(v) >= 18446744073709551616.0)
		return -1;
	return store_integer(to, f, v < 0, (uint64_t)fabs(v));
}

static int integer_from_text(void *to, const field_desc *f, const char *text)
{
	bool is_negative = *text == '-';
	const char *digits = text + is_negative;
	unsigned long long v;
	char *end;

	if (*digits < '0' || *digits > '9')
		return -1;
	errno = 0;
	v = strtoull(digits, &end, 10);
	if (errno || *end)
		return -1;
	return store_integer(to, f, is_negative, v);
}

static int integer_from_json(void *to, const field_desc *f, const json_t *v)
{
	if (json_is_string(v))
		return integer_from_text(to, f, json_string_value(v));
	if (json_is_real(v))
		return store_real(to, f, json_real_value(v));
	if (!json_is_integer(v))
		return -1;
	return store_integer(to, f, json_integer_value(v) < 0,
			     json_integer_value(v) < 0 ? -(uint64_t)json_integer_value(v)
						       : (uint64_t)json_integer_value(v));
}

static int store_double(void *to, const field_desc *f, double v)
{
	float narrow = v;

	if (f->type == PROTOBUF_C_TYPE_DOUBLE) {
		memcpy(to, &v, sizeof(v));
		return 0;
	}
	if (isfinite(v) && !isfinite(narrow))
		return -1;
	memcpy(to, &narrow, sizeof(narrow));
	return 0;
}

static int double_from_text(void *to, const field_desc *f, const char *text)
{
	char *end;
	double v;

	if (strcmp(text, "NaN") == 0)
		return store_double(to, f, NAN);
	if (strcmp(text, "Infinity") == 0)
		return store_double(to, f, INFINITY);
	if (strcmp(text, "-Infinity") == 0)
		return store_double(to, f, -INFINITY);
	if (!*text || text[strspn(text, "0123456789+-.eE")])
		return -1;
	v = strtod(text, &end);
	return *end || !isfinite(v) ? -1 : store_double(to, f, v);
}

static int double_from_json(void *to, const field_desc *f, const json_t *v)
{
	if (json_is_string(v))
		return double_from_text(to, f, json_string_value(v));
	return json_is_number(v) ? store_double(to, f, json_number_value(v)) : -1;
}

static int enum_from_text(void *to, const field_desc *f, const char *text)
{
	const ProtobufCEnumValue *value =
		protobuf_c_enum_descriptor_get_value_by_name(f->descriptor, text);

	if (!value)
		return integer_from_text(to, f, text);
	memcpy(to, &value->value, sizeof(value->value));
	return 0;
}

static const char *enum_expected(const field_desc *f, char *text, size_t size)
{
	const ProtobufCEnumDescriptor *d = f->descriptor;
	size_t at = snprintf(text, size, "one of");

	for (unsigned i = 0; i < d->n_values && at < size; i++)
		at += snprintf(text + at, size - at, "%s %s", i ? "," : "", d->values[i].name);
	return text;
}

static int bytes_from_text(void *to, const char *text, struct arena *a)
{
	size_t size = strlen(text);
	uint8_t *data = arena_alloc(a, size * 3 / 4 + 3);
	ssize_t n = base64_read(data, text, size);

	if (n < 0)
		return -1;
	*(ProtobufCBinaryData *)to = (ProtobufCBinaryData){.len = n, .data = data};
	return 0;
}

static int bool_from_text(void *to, const char *text)
{
	bool is_true = strcmp(text, "true") == 0;

	if (!is_true && strcmp(text, "false") != 0)
		return -1;
	*(protobuf_c_boolean *)to = is_true;
	return 0;
}

static const char *expected_of(const field_desc *f, char *text, size_t size)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return "a text";
	case PROTOBUF_C_TYPE_BYTES:
		return "bytes in base64";
	case PROTOBUF_C_TYPE_BOOL:
		return "true or false";
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		return "a number";
	case PROTOBUF_C_TYPE_ENUM:
		return enum_expected(f, text, size);
	default:
		return integer_expected(f, text, size);
	}
}

static int from_text(void *to, const field_desc *f, const char *text, struct arena *a)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		*(char **)to = arena_strdup(a, text);
		return 0;
	case PROTOBUF_C_TYPE_BYTES:
		return bytes_from_text(to, text, a);
	case PROTOBUF_C_TYPE_BOOL:
		return bool_from_text(to, text);
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		return double_from_text(to, f, text);
	case PROTOBUF_C_TYPE_ENUM:
		return enum_from_text(to, f, text);
	default:
		return integer_from_text(to, f, text);
	}
}

static int from_json(void *to, const field_desc *f, const json_t *v, struct arena *a)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
		return json_is_string(v) ? from_text(to, f, json_string_value(v), a) : -1;
	case PROTOBUF_C_TYPE_BOOL:
		if (!json_is_boolean(v))
			return -1;
		*(protobuf_c_boolean *)to = json_is_true(v);
		return 0;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		return double_from_json(to, f, v);
	case PROTOBUF_C_TYPE_ENUM:
		if (json_is_string(v))
			return enum_from_text(to, f, json_string_value(v));
		return integer_from_json(to, f, v);
	default:
		return integer_from_json(to, f, v);
	}
}

int scalar_from_json(void *to, const field_desc *f, const json_t *v, struct arena *a,
		     const struct field_path *path, struct status *st)
{
	char expected[512];

	if (from_json(to, f, v, a) == 0)
		return 0;
	return refuse_json(st, path, expected_of(f, expected, sizeof(expected)), v);
}

int scalar_from_text(void *to, const field_desc *f, const char *text, struct arena *a,
		     const struct field_path *path, struct status *st)
{
	char expected[512];

	if (from_text(to, f, text, a) == 0)
		return 0;
	return refuse_text(st, path, expected_of(f, expected, sizeof(expected)), text);
}
