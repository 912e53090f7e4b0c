/* Bundles: messages of their own since 1.4, and experimenter messages of the ONF (extension 230) in
 * 1.3, with the same body (OF 1.4.1 section 7.3.9).  Times of 1.5 are spoken, in the control
 * message. */

#include <openflow/openflow-1.4.h>

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

#define OF_HEADER_SIZE 8
#define BUNDLE_TIME    (1 << 2) /* OFPBF_TIME of 1.5 */
#define PROPERTY_TIME  1

static int check_flags(uint16_t flags, uint8_t version, struct of_error *err)
{
	uint16_t known = OFPBF_ATOMIC | OFPBF_ORDERED;

	if (version >= OF_VERSION_1_5)
		known |= BUNDLE_TIME;
	return flags & ~known ? of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_BAD_FLAGS) : 0;
}

void of_time_decode(struct cursor *c, struct of_time *t)
{
	t->sec = cursor_be64(c);
	t->nsec = cursor_be32(c);
	cursor_take(c, 4);
}

void of_time_encode(const struct of_time *t, struct buf *out)
{
	buf_be64(out, t->sec);
	buf_be32(out, t->nsec);
	buf_zeros(out, 4);
}

static int decode_property(struct cursor *list, struct of_msg *msg, struct of_error *err)
{
	struct of_bundle_ctrl *bc = &msg->bundle_ctrl;
	struct of_property p;

	if (of_property_next(list, &p, err) != 0)
		return -1;
	if (msg->version < OF_VERSION_1_5 || p.type != PROPERTY_TIME)
		return of_property_unknown(&p, err);
	if (bc->has_time)
		return of_bad_property(err, OFPBPC_DUP_TYPE);
	cursor_take(&p.body, 4);
	of_time_decode(&p.body, &bc->time);
	bc->has_time = true;
	return of_property_end(&p, err);
}

static int decode_ctrl(struct cursor *body, struct arena *a, struct of_msg *msg,
		       struct of_error *err)
{
	struct of_bundle_ctrl *bc = &msg->bundle_ctrl;

	(void)a;
	bc->bundle_id = cursor_be32(body);
	bc->type = cursor_be16(body);
	bc->flags = cursor_be16(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (bc->type > OFPBCT_DISCARD_REPLY)
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_BAD_TYPE);
	if (check_flags(bc->flags, msg->version, err) != 0)
		return -1;
	while (msg->version >= OF_VERSION_1_4 && cursor_left(body)) {
		if (decode_property(body, msg, err) != 0)
			return -1;
	}
	/* A time and the flag that there is one belong together. */
	if (bc->type == OFPBCT_COMMIT_REQUEST && bc->has_time != !!(bc->flags & BUNDLE_TIME))
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_BAD_FLAGS);
	return 0;
}

static void encode_ctrl(const struct of_msg *msg, struct buf *out)
{
	const struct of_bundle_ctrl *bc = &msg->bundle_ctrl;
	size_t start;

	buf_be32(out, bc->bundle_id);
	buf_be16(out, bc->type);
	buf_be16(out, bc->flags);
	if (msg->version < OF_VERSION_1_5 || !bc->has_time)
		return;
	start = of_property_start(out, PROPERTY_TIME);
	buf_zeros(out, 4);
	of_time_encode(&bc->time, out);
	of_property_finish(out, start);
}

static void print_flags(uint16_t flags, struct buf *out)
{
	static const char *const names[] = { "atomic", "ordered", "time" };

	buf_puts(out, " flags=");
	of_print_bits(flags, names, ARRAY_LENGTH(names), out);
}

static void print_ctrl(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "OPEN_REQUEST",	"OPEN_REPLY",	  "CLOSE_REQUEST",
					     "CLOSE_REPLY",	"COMMIT_REQUEST", "COMMIT_REPLY",
					     "DISCARD_REQUEST", "DISCARD_REPLY" };
	const struct of_bundle_ctrl *bc = &msg->bundle_ctrl;

	buf_printf(out, "bundle_id=0x%x type=%s", bc->bundle_id, names[bc->type & 7]);
	print_flags(bc->flags, out);
	if (bc->has_time)
		buf_printf(out, " time=%llu.%09u", (unsigned long long)bc->time.sec, bc->time.nsec);
}

const struct of_codec of_codec_BUNDLE_CTRL = {
	.decode = decode_ctrl,
	.encode = encode_ctrl,
	.print = print_ctrl,
};

/* The message inside must be whole, of this version, and carry the outer one's xid. */
static int check_inner(const struct of_bundle_add *ba, const struct of_msg *msg,
		       struct of_error *err)
{
	if (ba->inner[0] != msg->version)
		return of_bad_request(err, OFPBRC_BAD_VERSION);
	if (load_be32(ba->inner + 4) != msg->xid)
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_BAD_XID);
	return 0;
}

/* Since 1.4 padding and properties may follow; none is known. */
static int decode_inner(struct cursor *body, struct of_msg *msg, struct of_error *err)
{
	struct of_bundle_add *ba = &msg->bundle_add;
	size_t left = cursor_left(body);
	struct of_property p;

	ba->inner_size = left >= OF_HEADER_SIZE ? load_be16(body->at + 2) : 0;
	if (ba->inner_size < OF_HEADER_SIZE || ba->inner_size > left ||
	    (msg->version == OF_VERSION_1_3 && ba->inner_size != left))
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_BAD_LEN);
	ba->inner = cursor_take(body, ba->inner_size);
	if (!cursor_left(body))
		return 0;
	cursor_take(body, -ba->inner_size & 7);
	if (!cursor_ok(body))
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_BAD_LEN);
	if (!cursor_left(body))
		return 0;
	return of_property_next(body, &p, err) != 0 ? -1 : of_property_unknown(&p, err);
}

static int decode_add(struct cursor *body, struct arena *a, struct of_msg *msg,
		      struct of_error *err)
{
	struct of_bundle_add *ba = &msg->bundle_add;

	(void)a;
	ba->bundle_id = cursor_be32(body);
	cursor_take(body, 2);
	ba->flags = cursor_be16(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (check_flags(ba->flags, msg->version, err) != 0 || decode_inner(body, msg, err) != 0)
		return -1;
	return check_inner(ba, msg, err);
}

static void encode_add(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->bundle_add.bundle_id);
	buf_zeros(out, 2);
	buf_be16(out, msg->bundle_add.flags);
	buf_add(out, msg->bundle_add.inner, msg->bundle_add.inner_size);
}

static void print_add(const struct of_msg *msg, struct buf *out)
{
	const struct of_bundle_add *ba = &msg->bundle_add;

	buf_printf(out, "bundle_id=0x%x", ba->bundle_id);
	print_flags(ba->flags, out);
	buf_puts(out, " ");
	of_print_inner(ba->inner, ba->inner_size, out);
}

const struct of_codec of_codec_BUNDLE_ADD = {
	.decode = decode_add,
	.encode = encode_add,
	.print = print_add,
};
