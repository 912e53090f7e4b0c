/* Packets to and from the controller (OF 1.3.5 sections 7.3.7 and 7.4.1, OF 1.5.1 section
 * 7.3.6). */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/msg_priv.h"

/* 1.3 does not tell whose action it was. */
static uint8_t reason_of(uint8_t reason, uint8_t version)
{
	if (version == OF_VERSION_1_3 && reason >= OFPR_ACTION_SET && reason <= OFPR_PACKET_OUT)
		return OFPR_ACTION;
	return reason;
}

static int decode_in(struct cursor *body, struct arena *a, struct of_msg *msg, struct of_error *err)
{
	struct of_packet_in *pi = &msg->packet_in;

	pi->buffer_id = cursor_be32(body);
	pi->total_len = cursor_be16(body);
	pi->reason = cursor_u8(body);
	pi->table_id = cursor_u8(body);
	pi->cookie = cursor_be64(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (of_match_decode(body, a, false, &pi->match, err) != 0)
		return -1;
	cursor_take(body, 2);
	pi->data = of_take_rest(body, &pi->size);
	return 0;
}

static void encode_in(const struct of_msg *msg, struct buf *out)
{
	const struct of_packet_in *pi = &msg->packet_in;

	buf_be32(out, pi->buffer_id);
	buf_be16(out, pi->total_len);
	buf_be8(out, reason_of(pi->reason, msg->version));
	buf_be8(out, pi->table_id);
	buf_be64(out, pi->cookie);
	of_match_encode(&pi->match, msg->version, out);
	buf_zeros(out, 2); /* aligns the IP header */
	buf_add(out, pi->data, pi->size);
}

static void print_buffer(uint32_t buffer_id, struct buf *out)
{
	if (buffer_id != OF_NO_BUFFER)
		buf_printf(out, " buffer=0x%x", buffer_id);
}

static void print_in(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "no_match",   "action", "invalid_ttl",
					     "action_set", "group",  "packet_out" };
	const struct of_packet_in *pi = &msg->packet_in;

	buf_printf(out, "table_id=%u cookie=0x%llx total_len=%u ", pi->table_id,
		   (unsigned long long)pi->cookie, pi->total_len);
	of_match_print(&pi->match, out);
	of_print_reason(" (via ", pi->reason, names, ARRAY_LENGTH(names), out);
	buf_puts(out, ")");
	print_buffer(pi->buffer_id, out);
	buf_printf(out, " data_len=%zu data=", pi->size);
	of_print_hex(pi->data, pi->size, out);
}

const struct of_codec of_codec_PACKET_IN = {
	.decode = decode_in,
	.encode = encode_in,
	.print = print_in,
};

static bool is_in_port(uint32_t port)
{
	return (port > 0 && port <= OF_PORT_MAX) || port == OF_PORT_CONTROLLER ||
	       port == OF_PORT_LOCAL;
}

/* Of 1.5, where a match says all of the pipeline's fields: the ingress port is one of them. */
static int decode_pipeline_fields(struct cursor *body, struct arena *a, struct of_packet_out *po,
				  struct of_error *err)
{
	struct of_match *m = &po->match;
	unsigned n = 0;

	if (of_match_decode(body, a, true, m, err) != 0)
		return -1;
	for (unsigned i = 0; i < m->n; i++) {
		enum of_field_id id = m->fields[i].id;

		if (id >= OF_FIELD_ETH_SRC && id <= OF_FIELD_ARP_THA)
			return of_bad_request(err, OFPBRC_PIPELINE_FIELDS_ONLY);
		if (id == OF_FIELD_IN_PORT)
			po->in_port = load_be32(m->fields[i].value);
		else
			m->fields[n++] = m->fields[i];
	}
	m->n = n;
	return 0;
}

static int decode_out(struct cursor *body, struct arena *a, struct of_msg *msg,
		      struct of_error *err)
{
	struct of_packet_out *po = &msg->packet_out;
	uint16_t actions_size;

	po->buffer_id = cursor_be32(body);
	if (msg->version < OF_VERSION_1_5)
		po->in_port = cursor_be32(body);
	actions_size = cursor_be16(body);
	cursor_take(body, msg->version < OF_VERSION_1_5 ? 6 : 2);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (msg->version >= OF_VERSION_1_5 && decode_pipeline_fields(body, a, po, err) != 0)
		return -1;
	if (actions_size > cursor_left(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (!is_in_port(po->in_port))
		return of_bad_request(err, OFPBRC_BAD_PORT);
	if (of_actions_decode(body, actions_size, msg->version, a, &po->actions, err) != 0 ||
	    of_actions_check(&po->actions, NULL, err) != 0)
		return -1;
	po->data = of_take_rest(body, &po->size);
	return 0;
}

/* In the order of ids, as all matches are. */
static void encode_pipeline_fields(const struct of_packet_out *po, struct buf *out)
{
	struct arena a = ARENA_INIT;
	struct of_match m = { 0 };

	for (unsigned i = 0; i < po->match.n; i++)
		of_match_set(&a, &m, po->match.fields[i].id, po->match.fields[i].value,
			     po->match.fields[i].mask);
	of_match_set_u64(&a, &m, OF_FIELD_IN_PORT, po->in_port);
	of_match_encode(&m, OF_VERSION_1_5, out);
	arena_clear(&a);
}

static void encode_out(const struct of_msg *msg, struct buf *out)
{
	const struct of_packet_out *po = &msg->packet_out;
	size_t size_at, start;

	buf_be32(out, po->buffer_id);
	if (msg->version < OF_VERSION_1_5)
		buf_be32(out, po->in_port);
	size_at = out->size;
	buf_zeros(out, msg->version < OF_VERSION_1_5 ? 8 : 4); /* size and padding */
	if (msg->version >= OF_VERSION_1_5)
		encode_pipeline_fields(po, out);
	start = out->size;
	of_actions_encode(&po->actions, msg->version, out);
	store_be16(out->data + size_at, out->size - start);
	buf_add(out, po->data, po->size);
}

static void print_out(const struct of_msg *msg, struct buf *out)
{
	const struct of_packet_out *po = &msg->packet_out;

	buf_puts(out, "in_port=");
	of_port_no_print(po->in_port, out);
	if (po->match.n) {
		buf_puts(out, " ");
		of_match_print(&po->match, out);
	}
	buf_puts(out, " actions=");
	of_actions_print(&po->actions, out);
	print_buffer(po->buffer_id, out);
	buf_printf(out, " data_len=%zu data=", po->size);
	of_print_hex(po->data, po->size, out);
}

const struct of_codec of_codec_PACKET_OUT = {
	.decode = decode_out,
	.encode = encode_out,
	.print = print_out,
};
