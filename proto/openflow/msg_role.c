/* Roles of controllers and which asynchronous messages they get (OF 1.3.5 sections 7.3.9 and
 * 7.3.10). */

#include "proto/openflow/msg_priv.h"

static int decode_role(struct cursor *body, struct arena *a, struct of_msg *msg,
		       struct of_error *err)
{
	(void)a;
	msg->role.role = cursor_be32(body);
	cursor_take(body, 4);
	msg->role.generation_id = cursor_be64(body);
	if (cursor_ok(body) && msg->role.role > OF_ROLE_SLAVE)
		return of_error_set(err, OFPET_ROLE_REQUEST_FAILED, OFPRRFC_BAD_ROLE);
	return 0;
}

static void encode_role(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->role.role);
	buf_zeros(out, 4);
	buf_be64(out, msg->role.generation_id);
}

static void print_role(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "nochange", "equal", "master", "slave" };

	buf_printf(out, "role=%s generation_id=%llu", names[msg->role.role & 3],
		   (unsigned long long)msg->role.generation_id);
}

const struct of_codec of_codec_ROLE_REQUEST = {
	.decode = decode_role,
	.encode = encode_role,
	.print = print_role,
};

const struct of_codec of_codec_ROLE_REPLY = {
	.decode = decode_role,
	.encode = encode_role,
	.print = print_role,
};

static int decode_async(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_async_config *ac = &msg->async;

	(void)a;
	(void)err;
	for (unsigned i = 0; i < 2; i++)
		ac->mask[OF_ASYNC_PACKET_IN][i] = cursor_be32(body);
	for (unsigned i = 0; i < 2; i++)
		ac->mask[OF_ASYNC_PORT_STATUS][i] = cursor_be32(body);
	for (unsigned i = 0; i < 2; i++)
		ac->mask[OF_ASYNC_FLOW_REMOVED][i] = cursor_be32(body);
	return 0;
}

static void encode_async(const struct of_msg *msg, struct buf *out)
{
	const struct of_async_config *ac = &msg->async;

	for (unsigned i = 0; i < 2; i++)
		buf_be32(out, ac->mask[OF_ASYNC_PACKET_IN][i]);
	for (unsigned i = 0; i < 2; i++)
		buf_be32(out, ac->mask[OF_ASYNC_PORT_STATUS][i]);
	for (unsigned i = 0; i < 2; i++)
		buf_be32(out, ac->mask[OF_ASYNC_FLOW_REMOVED][i]);
}

static void print_async(const struct of_msg *msg, struct buf *out)
{
	const struct of_async_config *ac = &msg->async;

	buf_printf(out,
		   "master: packet_in=0x%x port_status=0x%x flow_removed=0x%x "
		   "slave: packet_in=0x%x port_status=0x%x flow_removed=0x%x",
		   ac->mask[OF_ASYNC_PACKET_IN][0], ac->mask[OF_ASYNC_PORT_STATUS][0], ac->mask[OF_ASYNC_FLOW_REMOVED][0],
		   ac->mask[OF_ASYNC_PACKET_IN][1], ac->mask[OF_ASYNC_PORT_STATUS][1], ac->mask[OF_ASYNC_FLOW_REMOVED][1]);
}

const struct of_codec of_codec_GET_ASYNC_REQUEST = { 0 };

const struct of_codec of_codec_GET_ASYNC_REPLY = {
	.decode = decode_async,
	.encode = encode_async,
	.print = print_async,
};

const struct of_codec of_codec_SET_ASYNC = {
	.decode = decode_async,
	.encode = encode_async,
	.print = print_async,
};
