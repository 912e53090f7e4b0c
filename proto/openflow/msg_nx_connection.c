/* Nicira's settings of one controller connection: which asynchronous messages it gets
 * (NXT_SET_ASYNC_CONFIG2, OpenFlow 1.4's properties for 1.3), in which form packet-ins come, and
 * the id by which the `controller` action means it. */

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/nx_priv.h"
#include "proto/openflow/packet_in2.h"

static int decode_async(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	(void)a;
	return of_async_decode(body, msg, &msg->async, err);
}

static void encode_async(const struct of_msg *msg, struct buf *out)
{
	of_async_encode(&msg->async, msg->version, out);
}

static void print_async(const struct of_msg *msg, struct buf *out)
{
	of_async_print(&msg->async, out);
}

const struct of_codec of_codec_NX_SET_ASYNC2 = {
	.decode = decode_async,
	.encode = encode_async,
	.print = print_async,
};

/* NXT_PACKET_IN, the older form, is not spoken. */
static int decode_format(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	uint32_t format = cursor_be32(body);

	(void)a;
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (format != OF_PACKET_IN_STANDARD && format != OF_PACKET_IN_NICIRA2)
		return of_bad_request(err, OFPBRC_EPERM);
	msg->nx_format.format = format;
	return 0;
}

static void encode_format(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->nx_format.format);
}

static void print_format(const struct of_msg *msg, struct buf *out)
{
	buf_printf(out, "format=%s",
		   msg->nx_format.format == OF_PACKET_IN_STANDARD ? "standard" : "nxt_packet_in2");
}

const struct of_codec of_codec_NX_SET_PACKET_IN_FORMAT = {
	.decode = decode_format,
	.encode = encode_format,
	.print = print_format,
};

int of_zeros_and_u16_decode(struct cursor *body, uint16_t *number, struct of_error *err)
{
	static const uint8_t zeros[6];
	const uint8_t *head = cursor_take(body, sizeof(zeros));

	*number = cursor_be16(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (memcmp(head, zeros, sizeof(zeros)) != 0)
		return of_error_set_nx(err, NXBRC_MUST_BE_ZERO);
	return 0;
}

static int decode_id(struct cursor *body, struct arena *a, struct of_msg *msg, struct of_error *err)
{
	(void)a;
	return of_zeros_and_u16_decode(body, &msg->nx_controller_id.id, err);
}

static void encode_id(const struct of_msg *msg, struct buf *out)
{
	buf_zeros(out, 6);
	buf_be16(out, msg->nx_controller_id.id);
}

static void print_id(const struct of_msg *msg, struct buf *out)
{
	buf_printf(out, "id=%u", msg->nx_controller_id.id);
}

const struct of_codec of_codec_NX_SET_CONTROLLER_ID = {
	.decode = decode_id,
	.encode = encode_id,
	.print = print_id,
};
