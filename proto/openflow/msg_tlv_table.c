/* NXT_TLV_TABLE_MOD, _REQUEST and _REPLY: which options of a tunnel header tun_metadata0 and so on
 * stand for. */

#include "proto/openflow/msg_priv.h"

#define MAP_SIZE	8
#define MAX_OPTION_SIZE 124

static int decode_maps(struct cursor *body, struct arena *a, unsigned max_fields,
		       struct of_tlv_table *t, struct of_error *err)
{
	if (cursor_left(body) % MAP_SIZE)
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (cursor_left(body))
		t->maps = arena_alloc(a, cursor_left(body) / MAP_SIZE * sizeof(*t->maps));
	while (cursor_left(body)) {
		struct of_tlv_map *m = &t->maps[t->n++];

		m->option_class = cursor_be16(body);
		m->option_type = cursor_u8(body);
		m->option_length = cursor_u8(body);
		m->index = cursor_be16(body);
		cursor_take(body, 2);
		if (m->option_length % 4 || m->option_length > MAX_OPTION_SIZE)
			return of_error_set_nx(err, NXTTMFC_BAD_OPT_LEN);
		if (m->index >= max_fields)
			return of_error_set_nx(err, NXTTMFC_BAD_FIELD_IDX);
	}
	return 0;
}

static void encode_maps(const struct of_tlv_table *t, struct buf *out)
{
	for (unsigned i = 0; i < t->n; i++) {
		buf_be16(out, t->maps[i].option_class);
		buf_be8(out, t->maps[i].option_type);
		buf_be8(out, t->maps[i].option_length);
		buf_be16(out, t->maps[i].index);
		buf_zeros(out, 2);
	}
}

/* Clearing is for all of them, whatever else is said. */
static int decode_mod(struct cursor *body, struct arena *a, struct of_msg *msg,
		      struct of_error *err)
{
	struct of_tlv_table *t = &msg->tlv_table;

	t->command = cursor_be16(body);
	cursor_take(body, 6);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (t->command > OF_TLV_CLEAR)
		return of_error_set_nx(err, NXTTMFC_BAD_COMMAND);
	if (t->command == OF_TLV_CLEAR) {
		cursor_take(body, cursor_left(body));
		return 0;
	}
	return decode_maps(body, a, OF_N_TUN_METADATA, t, err);
}

static void encode_mod(const struct of_msg *msg, struct buf *out)
{
	buf_be16(out, msg->tlv_table.command);
	buf_zeros(out, 6);
	if (msg->tlv_table.command != OF_TLV_CLEAR)
		encode_maps(&msg->tlv_table, out);
}

static void print_mod(const struct of_msg *msg, struct buf *out)
{
	static const char *const commands[] = { "ADD", "DEL", "CLEAR" };

	buf_puts(out, commands[msg->tlv_table.command]);
	if (msg->tlv_table.command != OF_TLV_CLEAR) {
		buf_puts(out, " ");
		of_tlv_maps_print(&msg->tlv_table, out);
	}
}

const struct of_codec of_codec_NX_TLV_TABLE_MOD = {
	.decode = decode_mod,
	.encode = encode_mod,
	.print = print_mod,
};

/* Without a body. */
const struct of_codec of_codec_NX_TLV_TABLE_REQUEST = { 0 };

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_tlv_table *t = &msg->tlv_table;

	t->max_space = cursor_be32(body);
	t->max_fields = cursor_be16(body);
	cursor_take(body, 10);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return decode_maps(body, a, t->max_fields, t, err);
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->tlv_table.max_space);
	buf_be16(out, msg->tlv_table.max_fields);
	buf_zeros(out, 10);
	encode_maps(&msg->tlv_table, out);
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_tlv_table *t = &msg->tlv_table;
	unsigned space = 0;

	for (unsigned i = 0; i < t->n; i++)
		space += t->maps[i].option_length;
	buf_printf(out, "\n max option space=%u max fields=%u\n allocated option space=%u\n\n ",
		   t->max_space, t->max_fields, space);
	of_tlv_maps_print(t, out);
}

const struct of_codec of_codec_NX_TLV_TABLE_REPLY = {
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};
