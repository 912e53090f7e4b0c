/* Multipart: the switch's description, and types that are not spoken (OF 1.3.5 sections 7.3.5
 * and 7.3.5.1). */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/msg_priv.h"

const struct of_codec of_codec_DESC_REQUEST = { 0 };

/* SIZE bytes, of which a NUL ends the text early. */
static const char *take_string(struct cursor *body, size_t size, struct arena *a)
{
	const uint8_t *p = cursor_take(body, size);

	return p ? arena_printf(a, "%.*s", (int)size, (const char *)p) : "";
}

static void add_string(struct buf *out, const char *s, size_t size)
{
	size_t n = s ? MIN_OF(strlen(s), size - 1) : 0;

	buf_add(out, s, n);
	buf_zeros(out, size - n);
}

static int decode_desc(struct cursor *body, struct arena *a, struct of_msg *msg,
		       struct of_error *err)
{
	struct of_desc *d = &msg->desc;

	(void)err;
	d->mfr = take_string(body, DESC_STR_LEN, a);
	d->hw = take_string(body, DESC_STR_LEN, a);
	d->sw = take_string(body, DESC_STR_LEN, a);
	d->serial = take_string(body, SERIAL_NUM_LEN, a);
	d->dp = take_string(body, DESC_STR_LEN, a);
	return 0;
}

static void encode_desc(const struct of_msg *msg, struct buf *out)
{
	const struct of_desc *d = &msg->desc;

	add_string(out, d->mfr, DESC_STR_LEN);
	add_string(out, d->hw, DESC_STR_LEN);
	add_string(out, d->sw, DESC_STR_LEN);
	add_string(out, d->serial, SERIAL_NUM_LEN);
	add_string(out, d->dp, DESC_STR_LEN);
}

static void print_desc(const struct of_msg *msg, struct buf *out)
{
	const struct of_desc *d = &msg->desc;

	buf_puts(out, "mfr=");
	of_print_string(d->mfr, out);
	buf_puts(out, " hw=");
	of_print_string(d->hw, out);
	buf_puts(out, " sw=");
	of_print_string(d->sw, out);
	buf_puts(out, " serial=");
	of_print_string(d->serial, out);
	buf_puts(out, " dp=");
	of_print_string(d->dp, out);
}

const struct of_codec of_codec_DESC_REPLY = {
	.decode = decode_desc,
	.encode = encode_desc,
	.print = print_desc,
};

static int decode_other(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	(void)a;
	(void)err;
	msg->multipart_other.data = of_take_rest(body, &msg->multipart_other.size);
	return 0;
}

static void encode_other(const struct of_msg *msg, struct buf *out)
{
	buf_add(out, msg->multipart_other.data, msg->multipart_other.size);
}

static void print_other(const struct of_msg *msg, struct buf *out)
{
	buf_printf(out, "type=%u data=", msg->multipart_other.type);
	of_print_hex(msg->multipart_other.data, msg->multipart_other.size, out);
}

/* Its subtype is the message's own. */
const struct of_codec of_codec_MULTIPART_OTHER = {
	.decode = decode_other,
	.encode = encode_other,
	.print = print_other,
};
