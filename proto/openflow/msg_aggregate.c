/* Multipart: statistics of many flows as one (OF 1.3.5 section 7.3.5.3, OF 1.5.1 section
 * 7.3.5.5). */

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/oxs.h"

const struct of_codec of_codec_AGGREGATE_REQUEST = {
	.decode = of_flow_request_decode,
	.encode = of_flow_request_encode,
	.print = of_flow_request_print,
};

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_aggregate_reply *r = &msg->aggregate_reply;
	struct of_oxs s;

	(void)a;
	if (msg->version >= OF_VERSION_1_5) {
		if (of_oxs_decode(body, &s, err) != 0)
			return -1;
		*r = (struct of_aggregate_reply){ s.n_packets, s.n_bytes, s.n_flows };
		return 0;
	}
	r->n_packets = cursor_be64(body);
	r->n_bytes = cursor_be64(body);
	r->n_flows = cursor_be32(body);
	cursor_take(body, 4);
	return 0;
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_aggregate_reply *r = &msg->aggregate_reply;
	struct of_oxs s = {
		.has = OF_OXS_FLOW_COUNT | OF_OXS_PACKET_COUNT | OF_OXS_BYTE_COUNT,
		.n_flows = r->n_flows,
		.n_packets = r->n_packets,
		.n_bytes = r->n_bytes,
	};

	if (msg->version >= OF_VERSION_1_5) {
		of_oxs_encode(&s, out);
		return;
	}
	buf_be64(out, r->n_packets);
	buf_be64(out, r->n_bytes);
	buf_be32(out, r->n_flows);
	buf_zeros(out, 4);
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_aggregate_reply *r = &msg->aggregate_reply;

	of_counter_print("packet_count", r->n_packets, out);
	of_counter_print(" byte_count", r->n_bytes, out);
	buf_printf(out, " flow_count=%u", r->n_flows);
}

const struct of_codec of_codec_AGGREGATE_REPLY = {
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};
