#include "api/h2rpc/wire.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>

#define YEAR_NS (366ull * 24 * 3600 * NS_PER_SEC)

void rpc_write_message(struct buf *out, const ProtobufCMessage *m)
{
	size_t size = protobuf_c_message_get_packed_size(m);

	buf_be8(out, 0); /* not compressed */
	buf_be32(out, size);
	protobuf_c_message_pack(m, buf_grow(out, size));
}

int rpc_peek_message(const struct buf *in, bool has_encoding, size_t *size, struct status *st)
{
	if (in->size < 1)
		return 0;
	if (in->data[0] > 1)
		return status_set(st, STATUS_INTERNAL, NULL,
				  "the message's compressed flag is %u: only 0 and 1 exist",
				  in->data[0]);
	if (in->data[0] == 1)
		return status_set(
			st, has_encoding ? STATUS_UNIMPLEMENTED : STATUS_INTERNAL, NULL,
			"the message is compressed, which is not supported: send it as it is");
	if (in->size < RPC_PREFIX_SIZE)
		return 0;
	*size = load_be32(in->data + 1);
	if (*size > RPC_MAX_MESSAGE)
		return status_set(st, STATUS_RESOURCE_EXHAUSTED, NULL,
				  "the message has %zu bytes, more than the %u that are allowed",
				  *size, RPC_MAX_MESSAGE);
	return in->size - RPC_PREFIX_SIZE >= *size;
}

static uint64_t unit_ns(char unit)
{
	switch (unit) {
	case 'H':
		return 3600 * NS_PER_SEC;
	case 'M':
		return 60 * NS_PER_SEC;
	case 'S':
		return NS_PER_SEC;
	case 'm':
		return NS_PER_MS;
	case 'u':
		return NS_PER_US;
	case 'n':
		return 1;
	default:
		return 0;
	}
}

int rpc_timeout_parse(const char *text, uint64_t *ns)
{
	uint64_t v = 0, unit;
	int n = 0;

	for (; *text >= '0' && *text <= '9'; text++, n++) {
		if (n == 8)
			return -1;
		v = v * 10 + (*text - '0');
	}
	unit = unit_ns(*text);
	if (n == 0 || unit == 0 || text[1])
		return -1;
	*ns = v > YEAR_NS / unit ? YEAR_NS : v * unit;
	return 0;
}

void rpc_timeout_format(char *text, uint64_t ns)
{
	static const char units[] = "numSMH";
	const char *unit = units;

	while (*unit != 'H' && (ns + unit_ns(*unit) - 1) / unit_ns(*unit) > 99999999)
		unit++;
	snprintf(text, RPC_TIMEOUT_SIZE, "%llu%c",
		 (unsigned long long)((ns + unit_ns(*unit) - 1) / unit_ns(*unit)) % 100000000,
		 *unit);
}

void rpc_message_encode(struct buf *out, const char *message)
{
	for (const unsigned char *c = (const unsigned char *)message; *c; c++) {
		if (*c >= 0x20 && *c <= 0x7e && *c != '%')
			buf_be8(out, *c);
		else
			buf_printf(out, "%%%02X", *c);
	}
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void rpc_message_decode(char *to, size_t size, const void *text, size_t n)
{
	const uint8_t *from = text;
	size_t used = 0;

	for (size_t i = 0; i < n && used + 1 < size; i++) {
		bool is_escape = from[i] == '%' && n - i > 2 && hex(from[i + 1]) >= 0 &&
				 hex(from[i + 2]) >= 0;

		to[used++] = is_escape ? hex(from[i + 1]) << 4 | hex(from[i + 2]) : from[i];
		i += is_escape ? 2 : 0;
	}
	to[used] = '\0';
}

enum status_code rpc_code_of_http(int http_code)
{
	switch (http_code) {
	case 400:
		return STATUS_INTERNAL;
	case 401:
		return STATUS_UNAUTHENTICATED;
	case 403:
		return STATUS_PERMISSION_DENIED;
	case 404:
		return STATUS_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return STATUS_UNAVAILABLE;
	default:
		return STATUS_UNKNOWN;
	}
}

enum status_code rpc_code_of_reset(uint32_t error_code)
{
	switch (error_code) {
	case NGHTTP2_REFUSED_STREAM:
		return STATUS_UNAVAILABLE;
	case NGHTTP2_CANCEL:
		return STATUS_CANCELLED;
	case NGHTTP2_ENHANCE_YOUR_CALM:
		return STATUS_RESOURCE_EXHAUSTED;
	case NGHTTP2_INADEQUATE_SECURITY:
		return STATUS_PERMISSION_DENIED;
	default:
		return STATUS_INTERNAL;
	}
}
