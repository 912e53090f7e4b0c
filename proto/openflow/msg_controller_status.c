/* What the switch tells of its controllers: OFPT_CONTROLLER_STATUS and OFPMP_CONTROLLER_STATUS (OF
 * 1.5.1 sections 7.4.8 and 7.3.5.21). */

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

#define ENTRY_SIZE   16 /* without properties */
#define PROPERTY_URI 0

static int decode_properties(struct cursor *list, struct arena *a, struct of_controller_status *cs,
			     struct of_error *err)
{
	cs->uri = "";
	while (cursor_left(list)) {
		struct of_property p;

		if (of_property_next(list, &p, err) != 0)
			return -1;
		if (p.type == PROPERTY_URI)
			cs->uri = arena_printf(a, "%.*s", (int)cursor_left(&p.body),
					       (const char *)p.body.at);
	}
	return 0;
}

static int decode_entry(struct cursor *body, struct arena *a, struct of_controller_status *cs,
			struct of_error *err)
{
	uint16_t size = cursor_be16(body);
	struct cursor entry = cursor_sub(body, size < 2 ? SIZE_MAX : size - (size_t)2);

	cs->short_id = cursor_be16(&entry);
	cs->role = cursor_be32(&entry);
	cs->reason = cursor_u8(&entry);
	cs->channel_status = cursor_u8(&entry);
	cursor_take(&entry, 6);
	if (!cursor_ok(&entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return decode_properties(&entry, a, cs, err);
}

static void encode_entry(const struct of_controller_status *cs, struct buf *out)
{
	size_t start = out->size, property;

	buf_be16(out, 0);
	buf_be16(out, cs->short_id);
	buf_be32(out, cs->role);
	buf_be8(out, cs->reason);
	buf_be8(out, cs->channel_status);
	buf_zeros(out, 6);
	property = of_property_start(out, PROPERTY_URI);
	if (cs->uri)
		buf_puts(out, cs->uri);
	of_property_finish(out, property);
	store_be16(out->data + start, out->size - start);
}

static void print_entry(const struct of_controller_status *cs, struct buf *out)
{
	static const char *const reasons[] = { "request",	   "channel_status",	 "role",
					       "controller_added", "controller_removed", "short_id",
					       "experimenter" };
	static const char *const channels[] = { "up", "down" };

	buf_printf(out, "short_id=%u role=", cs->short_id);
	of_role_print(cs->role, out);
	of_print_reason(" reason=", cs->reason, reasons, ARRAY_LENGTH(reasons), out);
	of_print_reason(" channel=", cs->channel_status, channels, ARRAY_LENGTH(channels), out);
	buf_puts(out, " uri=");
	of_print_string(cs->uri, out);
}

static int decode_status(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	return decode_entry(body, a, &msg->controller_status, err);
}

static void encode_status(const struct of_msg *msg, struct buf *out)
{
	encode_entry(&msg->controller_status, out);
}

static void print_status(const struct of_msg *msg, struct buf *out)
{
	print_entry(&msg->controller_status, out);
}

const struct of_codec of_codec_CONTROLLER_STATUS = {
	.decode = decode_status,
	.encode = encode_status,
	.print = print_status,
};

const struct of_codec of_codec_CONTROLLER_STATUS_REQUEST = { 0 };

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_controller_status_reply *r = &msg->controller_status_reply;

	r->controllers =
		arena_alloc(a, (cursor_left(body) / ENTRY_SIZE + 1) * sizeof(*r->controllers));
	while (cursor_left(body)) {
		if (decode_entry(body, a, &r->controllers[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->controller_status_reply.n; i++)
		encode_entry(&msg->controller_status_reply.controllers[i], out);
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_controller_status_reply *r = &msg->controller_status_reply;

	buf_printf(out, "%u controllers%s", r->n, r->more ? ", more to come" : "");
	for (unsigned i = 0; i < r->n; i++) {
		buf_puts(out, "\n ");
		print_entry(&r->controllers[i], out);
	}
}

const struct of_codec of_codec_CONTROLLER_STATUS_REPLY = {
	.is_array = true,
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};
