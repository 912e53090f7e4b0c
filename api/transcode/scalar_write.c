#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "api/base64.h"
#include "api/transcode/scalar.h"

void json_write_string(struct buf *out, const char *text)
{
	buf_puts(out, "\"");
	for (const char *from = text;; text++) {
		bool is_plain = (unsigned char)*text >= 0x20 && *text != '"' && *text != '\\' &&
				*text != 0x7f;

		if (is_plain)
			continue;
		buf_add(out, from, text - from);
		if (!*text)
			break;
		if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else if (*text == '\n')
			buf_puts(out, "\\n");
		else
			buf_printf(out, "\\u%04x", *text);
		from = text + 1;
	}
	buf_puts(out, "\"");
}

/* TEXT reads as V.  For a float it must not lie beyond the biggest one as a double either: some
 * readers check before they round. */
static bool reads_as(const char *text, double v, bool is_float)
{
	double back = strtod(text, NULL);

	if (!is_float)
		return back == v;
	return (float)back == (float)v && fabs(back) <= FLT_MAX;
}

/* The shortest text that reads as the same number. */
static void write_double(struct buf *out, double v, bool is_float)
{
	char text[40];

	if (!isfinite(v)) {
		buf_puts(out, isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
		return;
	}
	for (int digits = is_float ? 6 : 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (reads_as(text, v, is_float))
			break;
	}
	buf_puts(out, text);
	if (strcmp(text, "-0") == 0)
		buf_puts(out, ".0"); /* an integer has no negative zero */
}

static void write_enum(struct buf *out, const field_desc *f, int32_t v)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(f->descriptor, v);

	if (value)
		json_write_string(out, value->name);
	else
		buf_printf(out, "%" PRId32, v);
}

void scalar_to_json(struct buf *out, const field_desc *f, const void *value)
{
	const ProtobufCBinaryData *bytes = value;

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		json_write_string(out,
				  *(const char *const *)value ? *(const char *const *)value : "");
		break;
	case PROTOBUF_C_TYPE_BYTES:
		buf_puts(out, "\"");
		base64_write(out, bytes->data, bytes->len, true);
		buf_puts(out, "\"");
		break;
	case PROTOBUF_C_TYPE_BOOL:
		buf_puts(out, *(const protobuf_c_boolean *)value ? "true" : "false");
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		write_double(out, *(const float *)value, true);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		write_double(out, *(const double *)value, false);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		write_enum(out, f, *(const int32_t *)value);
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		buf_printf(out, "%" PRIu32, *(const uint32_t *)value);
		break;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		buf_printf(out, "\"%" PRIu64 "\"", *(const uint64_t *)value);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		buf_printf(out, "\"%" PRId64 "\"", *(const int64_t *)value);
		break;
	default:
		buf_printf(out, "%" PRId32, *(const int32_t *)value);
	}
}
