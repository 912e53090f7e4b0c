/* Roles of controllers: asked for, answered, and told when another took one (OF 1.3.5
 * section 7.3.9, OF 1.4.1 section 7.4.4, OF 1.5.1 section 7.3.9). */

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

#define NO_SHORT_ID 0xffff

void of_role_print(uint32_t role, struct buf *out)
{
	static const char *const names[] = { "nochange", "equal", "master", "slave" };

	if (role < ARRAY_LENGTH(names))
		buf_puts(out, names[role]);
	else
		buf_printf(out, "%u", role);
}

static int decode_role(struct cursor *body, struct arena *a, struct of_msg *msg,
		       struct of_error *err)
{
	struct of_role *r = &msg->role;

	(void)a;
	r->role = cursor_be32(body);
	r->short_id = cursor_be16(body);
	cursor_take(body, 2);
	r->generation_id = cursor_be64(body);
	if (msg->version < OF_VERSION_1_5)
		r->short_id = NO_SHORT_ID; /* what was read is padding */
	if (cursor_ok(body) && r->role > OF_ROLE_SLAVE)
		return of_error_set(err, OFPET_ROLE_REQUEST_FAILED, OFPRRFC_BAD_ROLE);
	return 0;
}

static void encode_role(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->role.role);
	buf_be16(out, msg->version < OF_VERSION_1_5 ? 0 : msg->role.short_id);
	buf_zeros(out, 2);
	buf_be64(out, msg->role.generation_id);
}

static void print_role(const struct of_msg *msg, struct buf *out)
{
	buf_puts(out, "role=");
	of_role_print(msg->role.role, out);
	if (msg->version >= OF_VERSION_1_5 && msg->role.short_id != NO_SHORT_ID)
		buf_printf(out, " short_id=%u", msg->role.short_id);
	buf_printf(out, " generation_id=%llu", (unsigned long long)msg->role.generation_id);
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

/* Properties are only experimenters'. */
static int decode_status(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	struct of_role_status *rs = &msg->role_status;
	struct of_property p;

	(void)a;
	rs->role = cursor_be32(body);
	rs->reason = cursor_u8(body);
	cursor_take(body, 3);
	rs->generation_id = cursor_be64(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	while (cursor_left(body)) {
		if (of_property_next(body, &p, err) != 0)
			return -1;
	}
	return 0;
}

static void encode_status(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->role_status.role);
	buf_be8(out, msg->role_status.reason);
	buf_zeros(out, 3);
	buf_be64(out, msg->role_status.generation_id);
}

static void print_status(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "master_request", "configuration_changed",
					     "experimenter_data_changed" };
	const struct of_role_status *rs = &msg->role_status;

	buf_puts(out, "role=");
	of_role_print(rs->role, out);
	of_print_reason(" reason=", rs->reason, names, ARRAY_LENGTH(names), out);
	buf_printf(out, " generation_id=%llu", (unsigned long long)rs->generation_id);
}

const struct of_codec of_codec_ROLE_STATUS = {
	.decode = decode_status,
	.encode = encode_status,
	.print = print_status,
};
