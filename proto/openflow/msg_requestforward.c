/* A group-mod or meter-mod of one controller, told to the others (OF 1.4.1 section 7.4.7). */

#include "proto/openflow/msg_priv.h"

#define OF_HEADER_SIZE 8

static int decode_forward(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	struct of_requestforward *rf = &msg->requestforward;

	(void)a;
	rf->request = of_take_rest(body, &rf->size);
	if (rf->size < OF_HEADER_SIZE || load_be16(rf->request + 2) != rf->size)
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (rf->request[1] != OFPT_GROUP_MOD && rf->request[1] != OFPT_METER_MOD)
		return of_bad_request(err, OFPBRC_BAD_TYPE);
	return 0;
}

static void encode_forward(const struct of_msg *msg, struct buf *out)
{
	buf_add(out, msg->requestforward.request, msg->requestforward.size);
}

static void print_forward(const struct of_msg *msg, struct buf *out)
{
	of_print_inner(msg->requestforward.request, msg->requestforward.size, out);
}

const struct of_codec of_codec_REQUESTFORWARD = {
	.decode = decode_forward,
	.encode = encode_forward,
	.print = print_forward,
};
