/* Nicira's messages that flush tracked connections: of a zone, or those that are as told. */

#include <openflow/nicira-ext.h>

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/nx_priv.h"
#include "proto/openflow/property.h"

#define N_ZEROS 7

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

/* The tuples stay as they came: they are for who tracks connections. */
static int check_properties(struct cursor list, struct of_nx_ct_flush *f, struct of_error *err)
{
	while (cursor_left(&list)) {
		struct of_property p;

		if (of_property_next(&list, &p, err) != 0)
			return -1;
		if (p.type > NXT_CT_ZONE_ID)
			return of_property_unknown(&p, err);
		if (p.type != NXT_CT_ZONE_ID)
			continue;
		f->zone = cursor_be16(&p.body);
		if (!cursor_ok(&p.body))
			return of_bad_property(err, OFPBPC_BAD_LEN);
	}
	return 0;
}

static int decode_flush(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	static const uint8_t zeros[N_ZEROS];
	struct of_nx_ct_flush *f = &msg->nx_ct_flush;
	const uint8_t *pad;

	(void)a;
	f->ip_proto = cursor_u8(body);
	pad = cursor_take(body, N_ZEROS);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (memcmp(pad, zeros, N_ZEROS) != 0)
		return of_error_set_nx(err, NXBRC_MUST_BE_ZERO);
	f->properties = of_take_rest(body, &f->size);
	return check_properties(cursor_of(f->properties, f->size), f, err);
}

static void encode_flush(const struct of_msg *msg, struct buf *out)
{
	buf_be8(out, msg->nx_ct_flush.ip_proto);
	buf_zeros(out, N_ZEROS);
	buf_add(out, msg->nx_ct_flush.properties, msg->nx_ct_flush.size);
}

static void print_flush(const struct of_msg *msg, struct buf *out)
{
	const struct of_nx_ct_flush *f = &msg->nx_ct_flush;

	buf_printf(out, "zone=%u ip_proto=%u properties=", f->zone, f->ip_proto);
	of_print_hex(f->properties, f->size, out);
}

const struct of_codec of_codec_NX_CT_FLUSH = {
	.decode = decode_flush,
	.encode = encode_flush,
	.print = print_flush,
};
