/* Bundles in the form that OpenFlow 1.3 has them: experimenter messages of the ONF (extension
 * 230).  Bundle properties are not spoken. */

#include <openflow/openflow-1.4.h>

#include "proto/openflow/msg_priv.h"

#define ALL_FLAGS (OFPBF_ATOMIC | OFPBF_ORDERED)
#define OF_HEADER_SIZE 8

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
	if (bc->flags & ~ALL_FLAGS)
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_BAD_FLAGS);
	return 0;
}

static void encode_ctrl(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->bundle_ctrl.bundle_id);
	buf_be16(out, msg->bundle_ctrl.type);
	buf_be16(out, msg->bundle_ctrl.flags);
}

static void print_flags(uint16_t flags, struct buf *out)
{
	static const char *const names[] = { "atomic", "ordered" };

	buf_puts(out, " flags=");
	of_print_bits(flags, names, ARRAY_LENGTH(names), out);
}

static void print_ctrl(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "OPEN_REQUEST",	"OPEN_REPLY",	  "CLOSE_REQUEST",
					     "CLOSE_REPLY",	"COMMIT_REQUEST", "COMMIT_REPLY",
					     "DISCARD_REQUEST", "DISCARD_REPLY" };

	buf_printf(out, "bundle_id=0x%x type=%s", msg->bundle_ctrl.bundle_id,
		   names[msg->bundle_ctrl.type & 7]);
	print_flags(msg->bundle_ctrl.flags, out);
}

const struct of_codec of_codec_BUNDLE_CTRL = {
	.decode = decode_ctrl,
	.encode = encode_ctrl,
	.print = print_ctrl,
};

/* The message inside must be whole, of this version, and carry the outer one's xid. */
static int check_inner(const struct of_bundle_add *ba, uint32_t xid, struct of_error *err)
{
	if (ba->inner_size < OF_HEADER_SIZE || load_be16(ba->inner + 2) != ba->inner_size)
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_BAD_LEN);
	if (ba->inner[0] != OF_VERSION_1_3)
		return of_bad_request(err, OFPBRC_BAD_VERSION);
	if (load_be32(ba->inner + 4) != xid)
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_MSG_BAD_XID);
	return 0;
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
	if (ba->flags & ~ALL_FLAGS)
		return of_error_set(err, OFPET_BUNDLE_FAILED, OFPBFC_BAD_FLAGS);
	ba->inner = of_take_rest(body, &ba->inner_size);
	return check_inner(ba, msg->xid, err);
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
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg inner;

	buf_printf(out, "bundle_id=0x%x", ba->bundle_id);
	print_flags(ba->flags, out);
	buf_puts(out, " ");
	/* Bundles do not nest; a hostile peer's are not followed. */
	if (of_msg_decode(ba->inner, ba->inner_size, &a, &inner, &err) == 0 &&
	    inner.kind != OF_BUNDLE_ADD)
		of_msg_print(&inner, out);
	else
		of_print_hex(ba->inner, ba->inner_size, out);
	arena_clear(&a);
}

const struct of_codec of_codec_BUNDLE_ADD = {
	.decode = decode_add,
	.encode = encode_add,
	.print = print_add,
};
