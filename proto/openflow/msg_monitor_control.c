/* Cancelling a flow monitor, and saying that updates pause and go on: messages of their own in the
 * ONF's extension 187 to OpenFlow 1.3 and in Nicira's; the standard has a command and events for
 * them. */

#include "proto/openflow/msg_priv.h"

static unsigned form(const struct of_msg *msg)
{
	return msg->monitor_cancel.form == OF_MONITOR_STANDARD ? OF_MONITOR_ONF
							       : msg->monitor_cancel.form;
}

static int decode_cancel(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	(void)a;
	(void)err;
	msg->monitor_cancel.form = msg->form;
	msg->monitor_cancel.monitor_id = cursor_be32(body);
	return 0;
}

static void encode_cancel(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->monitor_cancel.monitor_id);
}

static void print_cancel(const struct of_msg *msg, struct buf *out)
{
	buf_printf(out, "id=%u", msg->monitor_cancel.monitor_id);
}

const struct of_codec of_codec_MONITOR_CANCEL = {
	.decode = decode_cancel,
	.encode = encode_cancel,
	.form = form,
	.print = print_cancel,
};

static int decode_empty(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	(void)body;
	(void)a;
	(void)err;
	msg->monitor_cancel.form = msg->form;
	return 0;
}

const struct of_codec of_codec_MONITOR_PAUSED = {
	.decode = decode_empty,
	.form = form,
};

const struct of_codec of_codec_MONITOR_RESUMED = {
	.decode = decode_empty,
	.form = form,
};
