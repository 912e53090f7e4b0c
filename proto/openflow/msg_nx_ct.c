/* Nicira's message that flushes the tracked connections of a zone. */

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/nx_priv.h"

static int decode_zone(struct cursor *body, struct arena *a, struct of_msg *msg,
		       struct of_error *err)
{
	(void)a;
	return of_zeros_and_u16_decode(body, &msg->nx_zone.zone, err);
}

static void encode_zone(const struct of_msg *msg, struct buf *out)
{
	buf_zeros(out, 6);
	buf_be16(out, msg->nx_zone.zone);
}

static void print_zone(const struct of_msg *msg, struct buf *out)
{
	buf_printf(out, "zone_id=%u", msg->nx_zone.zone);
}

const struct of_codec of_codec_NX_CT_FLUSH_ZONE = {
	.decode = decode_zone,
	.encode = encode_zone,
	.print = print_zone,
};
