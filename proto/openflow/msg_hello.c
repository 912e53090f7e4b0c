/* HELLO, ECHO and ERROR: what is spoken before a version is agreed (OF 1.3.5 sections 7.4.4 and
 * 7.5). */

#include <openflow/openflow-common.h>

#include "proto/openflow/msg_priv.h"

#define MAX_BITMAP_VERSION 31

/* One element; a version bitmap's first word goes to *VERSIONS.  Others are skipped. */
static void decode_element(struct cursor *body, uint32_t *versions)
{
	uint16_t type = cursor_be16(body), size = cursor_be16(body);
	struct cursor element;

	if (size < 4)
		body->failed = true;
	element = cursor_sub(body, size - 4);
	/* Padded to 8, which its size does not count; the last one's may be missing. */
	cursor_take(body, MIN_OF(cursor_left(body), (size_t)(-size & 7)));
	if (type == OFPHET_VERSIONBITMAP && cursor_left(&element) >= 4)
		*versions = cursor_be32(&element);
}

static int decode_hello(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	uint32_t versions = 0;

	(void)a;
	(void)err;
	while (cursor_ok(body) && cursor_left(body))
		decode_element(body, &versions);
	if (!versions) /* all up to the header's */
		versions = (2ull << MIN_OF(msg->version, MAX_BITMAP_VERSION)) - 2;
	msg->hello.versions = versions;
	return 0;
}

static void encode_hello(const struct of_msg *msg, struct buf *out)
{
	buf_be16(out, OFPHET_VERSIONBITMAP);
	buf_be16(out, 8);
	buf_be32(out, msg->hello.versions);
}

static void print_hello(const struct of_msg *msg, struct buf *out)
{
	const char *comma = "";

	buf_puts(out, "versions ");
	for (unsigned i = 0; i < 32; i++) {
		if (msg->hello.versions >> i & 1) {
			buf_printf(out, "%s0x%02x", comma, i);
			comma = ",";
		}
	}
}

const struct of_codec of_codec_HELLO = {
	.is_any_version = true,
	.decode = decode_hello,
	.encode = encode_hello,
	.print = print_hello,
};

static int decode_error(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_error_msg *e = &msg->error;

	(void)a;
	(void)err;
	e->error.type = cursor_be16(body);
	e->error.code = cursor_be16(body);
	if (e->error.type == OFPET_EXPERIMENTER)
		e->error.experimenter = cursor_be32(body);
	e->error = of_error_from_wire(&e->error, msg->version);
	e->data = of_take_rest(body, &e->size);
	return 0;
}

static void encode_error(const struct of_msg *msg, struct buf *out)
{
	const struct of_error_msg *e = &msg->error;
	struct of_error wire = of_error_to_wire(&e->error, msg->version);

	buf_be16(out, wire.type);
	buf_be16(out, wire.code);
	if (wire.type == OFPET_EXPERIMENTER)
		buf_be32(out, wire.experimenter);
	buf_add(out, e->data, e->size);
}

static void print_error(const struct of_msg *msg, struct buf *out)
{
	char name[96];

	buf_puts(out, of_error_name(&msg->error.error, name, sizeof(name)));
	buf_puts(out, " data=");
	of_print_hex(msg->error.data, msg->error.size, out);
}

const struct of_codec of_codec_ERROR = {
	.is_any_version = true,
	.decode = decode_error,
	.encode = encode_error,
	.print = print_error,
};

static int decode_echo(struct cursor *body, struct arena *a, struct of_msg *msg,
		       struct of_error *err)
{
	(void)a;
	(void)err;
	msg->echo.data = of_take_rest(body, &msg->echo.size);
	return 0;
}

static void encode_echo(const struct of_msg *msg, struct buf *out)
{
	buf_add(out, msg->echo.data, msg->echo.size);
}

static void print_echo(const struct of_msg *msg, struct buf *out)
{
	buf_printf(out, "%zu bytes", msg->echo.size);
}

const struct of_codec of_codec_ECHO_REQUEST = {
	.is_any_version = true,
	.decode = decode_echo,
	.encode = encode_echo,
	.print = print_echo,
};

const struct of_codec of_codec_ECHO_REPLY = {
	.is_any_version = true,
	.decode = decode_echo,
	.encode = encode_echo,
	.print = print_echo,
};
