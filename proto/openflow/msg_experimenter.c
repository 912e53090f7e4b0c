/* Experimenter messages: Weft's own, which carries the switch's management, and those that
 * nobody here knows (OF 1.3.5 section 7.5.4). */

#include "proto/openflow/msg_priv.h"

static int decode_unknown(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	(void)a;
	(void)err;
	msg->experimenter.data = of_take_rest(body, &msg->experimenter.size);
	return 0;
}

static void encode_unknown(const struct of_msg *msg, struct buf *out)
{
	buf_add(out, msg->experimenter.data, msg->experimenter.size);
}

static void print_unknown(const struct of_msg *msg, struct buf *out)
{
	buf_printf(out, "experimenter=0x%08x exp_type=%u data=", msg->experimenter.experimenter,
		   msg->experimenter.exp_type);
	of_print_hex(msg->experimenter.data, msg->experimenter.size, out);
}

/* Its id and type are the message's own. */
const struct of_codec of_codec_EXPERIMENTER = {
	.decode = decode_unknown,
	.encode = encode_unknown,
	.print = print_unknown,
};

static int decode_weft(struct cursor *body, struct arena *a, struct of_msg *msg,
		       struct of_error *err)
{
	(void)a;
	(void)err;
	msg->weft_mgmt.data = of_take_rest(body, &msg->weft_mgmt.size);
	return 0;
}

static void encode_weft(const struct of_msg *msg, struct buf *out)
{
	buf_add(out, msg->weft_mgmt.data, msg->weft_mgmt.size);
}

static void print_weft(const struct of_msg *msg, struct buf *out)
{
	buf_printf(out, "%zu bytes", msg->weft_mgmt.size);
}

const struct of_codec of_codec_WEFT_REQUEST = {
	.decode = decode_weft,
	.encode = encode_weft,
	.print = print_weft,
};

const struct of_codec of_codec_WEFT_REPLY = {
	.decode = decode_weft,
	.encode = encode_weft,
	.print = print_weft,
};
