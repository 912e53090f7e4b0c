#include "api/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct buf *out, const void *data, size_t size, bool is_padded)
{
	const uint8_t *p = data;

	for (; size > 0; p += 3) {
		size_t n = MIN_OF(size, 3u);
		uint32_t v = p[0] << 16 | (n > 1 ? p[1] << 8 : 0) | (n > 2 ? p[2] : 0);

		for (size_t i = 0; i < n + 1; i++)
			buf_be8(out, alphabet[v >> (18 - 6 * i) & 63]);
		for (size_t i = n; i < 3 && is_padded; i++)
			buf_be8(out, '=');
		size -= n;
	}
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

ssize_t base64_read(uint8_t *to, const char *text, size_t size)
{
	uint32_t v = 0;
	size_t n = 0;

	for (int i = 0; i < 2 && size > 0 && text[size - 1] == '='; i++)
		size--;
	if (size % 4 == 1)
		return -1;
	for (size_t i = 0; i < size; i++) {
		int d = digit(text[i]);

		if (d < 0)
			return -1;
		v = v << 6 | d;
		if (i % 4 > 0)
			to[n++] = v >> (6 - 2 * (i % 4));
	}
	return n;
}
