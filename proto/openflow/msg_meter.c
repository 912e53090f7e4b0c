/* Meter-mod, and multipart: configurations of meters (OF 1.3.5 sections 7.3.4.4 and 7.3.5.12). */

#include "proto/openflow/msg_priv.h"

#define MULTIPART_HEADER_SIZE 16
#define ENTRY_SIZE	      8 /* without bands */
#define BAND_SIZE	      16

#define ALL_FLAGS (OF_METER_KBPS | OF_METER_PKTPS | OF_METER_BURST | OF_METER_STATS)

static int bad_meter(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_METER_MOD_FAILED, code);
}

static int decode_band(struct cursor *body, struct of_meter_band *band, struct of_error *err)
{
	uint16_t size;

	band->type = cursor_be16(body);
	size = cursor_be16(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (band->type != OF_BAND_DROP && band->type != OF_BAND_DSCP_REMARK)
		return bad_meter(err, OFPMMFC_BAD_BAND);
	band->rate = cursor_be32(body);
	band->burst_size = cursor_be32(body);
	if (band->type == OF_BAND_DSCP_REMARK)
		band->prec_level = cursor_u8(body);
	cursor_take(body, band->type == OF_BAND_DSCP_REMARK ? 3 : 4);
	if (!cursor_ok(body) || size != BAND_SIZE)
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return 0;
}

/* All of BODY. */
static int decode_bands(struct cursor *body, struct arena *a, struct of_meter_config *m,
			struct of_error *err)
{
	size_t max_n = cursor_left(body) / BAND_SIZE;

	if (cursor_left(body))
		m->bands = arena_alloc(a, (max_n + 1) * sizeof(*m->bands));
	while (cursor_left(body)) {
		if (decode_band(body, &m->bands[m->n_bands], err) != 0)
			return -1;
		m->n_bands++;
	}
	return 0;
}

static void encode_bands(const struct of_meter_config *m, struct buf *out)
{
	for (unsigned i = 0; i < m->n_bands; i++) {
		const struct of_meter_band *b = &m->bands[i];

		buf_be16(out, b->type);
		buf_be16(out, BAND_SIZE);
		buf_be32(out, b->rate);
		buf_be32(out, b->burst_size);
		buf_be8(out, b->type == OF_BAND_DSCP_REMARK ? b->prec_level : 0);
		buf_zeros(out, 3);
	}
}

static bool is_meter(const struct of_meter_config *m)
{
	if (m->meter_id == OF_METER_ALL)
		return m->command == OF_METER_DELETE;
	return (m->meter_id > 0 && m->meter_id <= OF_METER_MAX) ||
	       m->meter_id == OF_METER_SLOWPATH || m->meter_id == OF_METER_CONTROLLER;
}

static int check_head(const struct of_meter_config *m, struct of_error *err)
{
	if (m->command > OF_METER_DELETE)
		return bad_meter(err, OFPMMFC_BAD_COMMAND);
	if (!is_meter(m))
		return bad_meter(err, OFPMMFC_INVALID_METER);
	if (m->flags & ~ALL_FLAGS || (m->flags & OF_METER_KBPS && m->flags & OF_METER_PKTPS))
		return bad_meter(err, OFPMMFC_BAD_FLAGS);
	return 0;
}

/* Of a deletion only the id counts. */
static int decode_mod(struct cursor *body, struct arena *a, struct of_msg *msg,
		      struct of_error *err)
{
	struct of_meter_config *m = &msg->meter_mod;
	bool is_delete;

	m->command = cursor_be16(body);
	m->flags = cursor_be16(body);
	m->meter_id = cursor_be32(body);
	is_delete = m->command == OF_METER_DELETE;
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (is_delete) {
		m->flags = 0;
		cursor_take(body, cursor_left(body));
	}
	if (check_head(m, err) != 0)
		return -1;
	return decode_bands(body, a, m, err);
}

static void encode_mod(const struct of_msg *msg, struct buf *out)
{
	const struct of_meter_config *m = &msg->meter_mod;
	bool is_delete = m->command == OF_METER_DELETE;

	buf_be16(out, m->command);
	buf_be16(out, is_delete ? 0 : m->flags);
	buf_be32(out, m->meter_id);
	if (!is_delete)
		encode_bands(m, out);
}

static void print_mod(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "ADD", "MOD", "DEL" };

	buf_printf(out, "%s ", names[msg->meter_mod.command]);
	of_meter_config_print(&msg->meter_mod, out);
}

const struct of_codec of_codec_METER_MOD = {
	.decode = decode_mod,
	.encode = encode_mod,
	.print = print_mod,
};

static int decode_request(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	(void)a;
	(void)err;
	msg->meter_request.meter_id = cursor_be32(body);
	cursor_take(body, 4);
	return 0;
}

static void encode_request(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->meter_request.meter_id);
	buf_zeros(out, 4);
}

static void print_request(const struct of_msg *msg, struct buf *out)
{
	of_meter_id_print(msg->meter_request.meter_id, '=', out);
}

const struct of_codec of_codec_METER_CONFIG_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.print = print_request,
};

const struct of_codec of_codec_METER_STATS_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.print = print_request,
};

static int decode_config(struct cursor *body, struct arena *a, struct of_meter_config *m,
			 struct of_error *err)
{
	uint16_t size = cursor_be16(body);
	struct cursor entry = cursor_sub(body, size < 2 ? 0 : size - 2);

	m->flags = cursor_be16(&entry);
	m->meter_id = cursor_be32(&entry);
	if (!cursor_ok(body) || !cursor_ok(&entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return decode_bands(&entry, a, m, err);
}

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_meter_config_reply *r = &msg->meter_config_reply;
	size_t max_n = cursor_left(body) / ENTRY_SIZE;

	if (cursor_left(body))
		r->meters = arena_alloc(a, (max_n + 1) * sizeof(*r->meters));
	while (cursor_left(body)) {
		if (decode_config(body, a, &r->meters[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static size_t entry_size(const struct of_meter_config *m)
{
	return ENTRY_SIZE + (size_t)m->n_bands * BAND_SIZE;
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->meter_config_reply.n; i++) {
		const struct of_meter_config *m = &msg->meter_config_reply.meters[i];

		buf_be16(out, entry_size(m));
		buf_be16(out, m->flags);
		buf_be32(out, m->meter_id);
		encode_bands(m, out);
	}
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_meter_config_reply *r = &msg->meter_config_reply;

	buf_printf(out, "%u meters%s", r->n, r->more ? ", more to come" : "");
	for (unsigned i = 0; i < r->n; i++) {
		buf_puts(out, "\n");
		of_meter_config_print(&r->meters[i], out);
	}
}

const struct of_codec of_codec_METER_CONFIG_REPLY = {
	.is_array = true,
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};

unsigned of_meter_config_fits(const struct of_meter_config *meters, unsigned n)
{
	size_t size = MULTIPART_HEADER_SIZE;
	unsigned i;

	for (i = 0; i < n; i++) {
		size += entry_size(&meters[i]);
		if (size > OF_MAX_MESSAGE)
			break;
	}
	return i;
}
