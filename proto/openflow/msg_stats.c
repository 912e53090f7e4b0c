/* Multipart: table statistics, port statistics and port descriptions (OF 1.3.5 sections 7.3.5.4,
 * 7.3.5.6 and 7.3.5.7). */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/msg_priv.h"

#define TABLE_SIZE 24
#define PORT_STATS_SIZE 112

/* How many entries of ENTRY_SIZE bytes the rest of BODY is.  -1 if not a whole number. */
static int count_entries(const struct cursor *body, size_t entry_size, unsigned *n,
			 struct of_error *err)
{
	if (cursor_left(body) % entry_size)
		return of_bad_request(err, OFPBRC_BAD_LEN);
	*n = cursor_left(body) / entry_size;
	return 0;
}

const struct of_codec of_codec_TABLE_STATS_REQUEST = { 0 };

static int decode_tables(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	struct of_table_stats_reply *r = &msg->table_stats_reply;

	if (count_entries(body, TABLE_SIZE, &r->n, err) != 0)
		return -1;
	r->stats = arena_alloc(a, r->n * sizeof(*r->stats));
	for (struct of_table_stats *t = r->stats; t < r->stats + r->n; t++) {
		t->table_id = cursor_u8(body);
		cursor_take(body, 3);
		t->active_count = cursor_be32(body);
		t->lookup_count = cursor_be64(body);
		t->matched_count = cursor_be64(body);
	}
	return 0;
}

static void encode_tables(const struct of_msg *msg, struct buf *out)
{
	const struct of_table_stats_reply *r = &msg->table_stats_reply;

	for (const struct of_table_stats *t = r->stats; t < r->stats + r->n; t++) {
		buf_be8(out, t->table_id);
		buf_zeros(out, 3);
		buf_be32(out, t->active_count);
		buf_be64(out, t->lookup_count);
		buf_be64(out, t->matched_count);
	}
}

static void print_tables(const struct of_msg *msg, struct buf *out)
{
	const struct of_table_stats_reply *r = &msg->table_stats_reply;

	buf_printf(out, "%u tables%s", r->n, r->more ? ", more to come" : "");
	for (const struct of_table_stats *t = r->stats; t < r->stats + r->n; t++)
		buf_printf(out, "\n table %u: active=%u, lookup=%llu, matched=%llu", t->table_id,
			   t->active_count, (unsigned long long)t->lookup_count,
			   (unsigned long long)t->matched_count);
}

const struct of_codec of_codec_TABLE_STATS_REPLY = {
	.is_array = true,
	.decode = decode_tables,
	.encode = encode_tables,
	.print = print_tables,
};

static int decode_request(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	(void)a;
	(void)err;
	msg->port_stats_request.port_no = cursor_be32(body);
	cursor_take(body, 4);
	return 0;
}

static void encode_request(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->port_stats_request.port_no);
	buf_zeros(out, 4);
}

static void print_request(const struct of_msg *msg, struct buf *out)
{
	buf_puts(out, "port_no=");
	of_port_no_print(msg->port_stats_request.port_no, out);
}

const struct of_codec of_codec_PORT_STATS_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.print = print_request,
};

static void decode_port_stats(struct cursor *body, struct of_port_stats *p)
{
	p->port_no = cursor_be32(body);
	cursor_take(body, 4);
	p->rx_packets = cursor_be64(body);
	p->tx_packets = cursor_be64(body);
	p->rx_bytes = cursor_be64(body);
	p->tx_bytes = cursor_be64(body);
	p->rx_dropped = cursor_be64(body);
	p->tx_dropped = cursor_be64(body);
	p->rx_errors = cursor_be64(body);
	p->tx_errors = cursor_be64(body);
	p->rx_frame_err = cursor_be64(body);
	p->rx_over_err = cursor_be64(body);
	p->rx_crc_err = cursor_be64(body);
	p->collisions = cursor_be64(body);
	p->duration_sec = cursor_be32(body);
	p->duration_nsec = cursor_be32(body);
}

static int decode_ports(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_port_stats_reply *r = &msg->port_stats_reply;

	if (count_entries(body, PORT_STATS_SIZE, &r->n, err) != 0)
		return -1;
	r->stats = arena_alloc(a, r->n * sizeof(*r->stats));
	for (unsigned i = 0; i < r->n; i++)
		decode_port_stats(body, &r->stats[i]);
	return 0;
}

static void encode_port_stats(const struct of_port_stats *p, struct buf *out)
{
	buf_be32(out, p->port_no);
	buf_zeros(out, 4);
	buf_be64(out, p->rx_packets);
	buf_be64(out, p->tx_packets);
	buf_be64(out, p->rx_bytes);
	buf_be64(out, p->tx_bytes);
	buf_be64(out, p->rx_dropped);
	buf_be64(out, p->tx_dropped);
	buf_be64(out, p->rx_errors);
	buf_be64(out, p->tx_errors);
	buf_be64(out, p->rx_frame_err);
	buf_be64(out, p->rx_over_err);
	buf_be64(out, p->rx_crc_err);
	buf_be64(out, p->collisions);
	buf_be32(out, p->duration_sec);
	buf_be32(out, p->duration_nsec);
}

static void encode_ports(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->port_stats_reply.n; i++)
		encode_port_stats(&msg->port_stats_reply.stats[i], out);
}

static void print_counter(const char *name, uint64_t n, struct buf *out)
{
	if (n == UINT64_MAX) /* OF 1.3.5: the switch does not count it */
		buf_printf(out, "%s=?", name);
	else
		buf_printf(out, "%s=%llu", name, (unsigned long long)n);
}

static void print_port_stats(const struct of_port_stats *p, struct buf *out)
{
	buf_puts(out, "\n port ");
	of_port_no_print(p->port_no, out);
	print_counter(": rx pkts", p->rx_packets, out);
	print_counter(", bytes", p->rx_bytes, out);
	print_counter(", drop", p->rx_dropped, out);
	print_counter(", errs", p->rx_errors, out);
	print_counter(", frame", p->rx_frame_err, out);
	print_counter(", over", p->rx_over_err, out);
	print_counter(", crc", p->rx_crc_err, out);
	print_counter("; tx pkts", p->tx_packets, out);
	print_counter(", bytes", p->tx_bytes, out);
	print_counter(", drop", p->tx_dropped, out);
	print_counter(", errs", p->tx_errors, out);
	print_counter(", coll", p->collisions, out);
	buf_printf(out, "; duration=%u.%03us", p->duration_sec, p->duration_nsec / 1000000);
}

static void print_ports(const struct of_msg *msg, struct buf *out)
{
	const struct of_port_stats_reply *r = &msg->port_stats_reply;

	buf_printf(out, "%u ports%s", r->n, r->more ? ", more to come" : "");
	for (unsigned i = 0; i < r->n; i++)
		print_port_stats(&r->stats[i], out);
}

const struct of_codec of_codec_PORT_STATS_REPLY = {
	.is_array = true,
	.decode = decode_ports,
	.encode = encode_ports,
	.print = print_ports,
};

const struct of_codec of_codec_PORT_DESC_REQUEST = { 0 };

static int decode_descs(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_port_desc_reply *r = &msg->port_desc_reply;

	if (count_entries(body, OF_PORT_SIZE, &r->n, err) != 0)
		return -1;
	r->ports = arena_alloc(a, r->n * sizeof(*r->ports));
	for (unsigned i = 0; i < r->n; i++)
		of_port_decode(body, &r->ports[i]);
	return 0;
}

static void encode_descs(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->port_desc_reply.n; i++)
		of_port_encode(&msg->port_desc_reply.ports[i], out);
}

static void print_descs(const struct of_msg *msg, struct buf *out)
{
	const struct of_port_desc_reply *r = &msg->port_desc_reply;

	buf_printf(out, "%u ports%s", r->n, r->more ? ", more to come" : "");
	for (unsigned i = 0; i < r->n; i++) {
		buf_puts(out, "\n ");
		of_port_print(&r->ports[i], out);
	}
}

const struct of_codec of_codec_PORT_DESC_REPLY = {
	.is_array = true,
	.decode = decode_descs,
	.encode = encode_descs,
	.print = print_descs,
};
