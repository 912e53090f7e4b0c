/* Multipart: port statistics (OF 1.3.5 section 7.3.5.6, OF 1.4.1 section 7.3.5.6: properties). */

#include <openflow/openflow-1.4.h>

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

#define MIN_SIZE_1_4 80
#define SIZE_1_4     120 /* with the one property that is written */

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

static void decode_counters(struct cursor *c, struct of_port_stats *p)
{
	p->rx_packets = cursor_be64(c);
	p->tx_packets = cursor_be64(c);
	p->rx_bytes = cursor_be64(c);
	p->tx_bytes = cursor_be64(c);
	p->rx_dropped = cursor_be64(c);
	p->tx_dropped = cursor_be64(c);
	p->rx_errors = cursor_be64(c);
	p->tx_errors = cursor_be64(c);
}

static void decode_ethernet(struct cursor *c, struct of_port_stats *p)
{
	p->rx_frame_err = cursor_be64(c);
	p->rx_over_err = cursor_be64(c);
	p->rx_crc_err = cursor_be64(c);
	p->collisions = cursor_be64(c);
}

/* Of optical ports and experimenters nothing is kept. */
static int decode_properties(struct cursor *list, struct of_port_stats *s, struct of_error *err)
{
	s->rx_frame_err = s->rx_over_err = s->rx_crc_err = s->collisions = UINT64_MAX;
	while (cursor_left(list)) {
		struct of_property p;

		if (of_property_next(list, &p, err) != 0)
			return -1;
		if (p.type != OFPPSPT14_ETHERNET)
			continue;
		cursor_take(&p.body, 4);
		decode_ethernet(&p.body, s);
		if (of_property_end(&p, err) != 0)
			return -1;
	}
	return 0;
}

static int decode_entry_1_4(struct cursor *body, struct of_port_stats *p, struct of_error *err)
{
	uint16_t size = cursor_be16(body);
	struct cursor entry = cursor_sub(body, size < 2 ? SIZE_MAX : size - (size_t)2);

	cursor_take(&entry, 2);
	p->port_no = cursor_be32(&entry);
	p->duration_sec = cursor_be32(&entry);
	p->duration_nsec = cursor_be32(&entry);
	decode_counters(&entry, p);
	if (!cursor_ok(&entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return decode_properties(&entry, p, err);
}

static int decode_entry(struct cursor *body, uint8_t version, struct of_port_stats *p,
			struct of_error *err)
{
	if (version >= OF_VERSION_1_4)
		return decode_entry_1_4(body, p, err);
	p->port_no = cursor_be32(body);
	cursor_take(body, 4);
	decode_counters(body, p);
	decode_ethernet(body, p);
	p->duration_sec = cursor_be32(body);
	p->duration_nsec = cursor_be32(body);
	return cursor_ok(body) ? 0 : of_bad_request(err, OFPBRC_BAD_LEN);
}

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_port_stats_reply *r = &msg->port_stats_reply;

	r->stats = arena_alloc(a, (cursor_left(body) / MIN_SIZE_1_4 + 1) * sizeof(*r->stats));
	while (cursor_left(body)) {
		if (decode_entry(body, msg->version, &r->stats[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static void encode_counters(const struct of_port_stats *p, struct buf *out)
{
	buf_be64(out, p->rx_packets);
	buf_be64(out, p->tx_packets);
	buf_be64(out, p->rx_bytes);
	buf_be64(out, p->tx_bytes);
	buf_be64(out, p->rx_dropped);
	buf_be64(out, p->tx_dropped);
	buf_be64(out, p->rx_errors);
	buf_be64(out, p->tx_errors);
}

static void encode_ethernet(const struct of_port_stats *p, struct buf *out)
{
	buf_be64(out, p->rx_frame_err);
	buf_be64(out, p->rx_over_err);
	buf_be64(out, p->rx_crc_err);
	buf_be64(out, p->collisions);
}

static void encode_duration(const struct of_port_stats *p, struct buf *out)
{
	buf_be32(out, p->duration_sec);
	buf_be32(out, p->duration_nsec);
}

static void encode_entry_1_4(const struct of_port_stats *p, struct buf *out)
{
	size_t property;

	buf_be16(out, SIZE_1_4);
	buf_zeros(out, 2);
	buf_be32(out, p->port_no);
	encode_duration(p, out);
	encode_counters(p, out);
	property = of_property_start(out, OFPPSPT14_ETHERNET);
	buf_zeros(out, 4);
	encode_ethernet(p, out);
	of_property_finish(out, property);
}

static void encode_entry(const struct of_port_stats *p, uint8_t version, struct buf *out)
{
	if (version >= OF_VERSION_1_4) {
		encode_entry_1_4(p, out);
		return;
	}
	buf_be32(out, p->port_no);
	buf_zeros(out, 4);
	encode_counters(p, out);
	encode_ethernet(p, out);
	encode_duration(p, out);
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->port_stats_reply.n; i++)
		encode_entry(&msg->port_stats_reply.stats[i], msg->version, out);
}

static void print_entry(const struct of_port_stats *p, struct buf *out)
{
	buf_puts(out, "\n port ");
	of_port_no_print(p->port_no, out);
	of_counter_print(": rx pkts", p->rx_packets, out);
	of_counter_print(", bytes", p->rx_bytes, out);
	of_counter_print(", drop", p->rx_dropped, out);
	of_counter_print(", errs", p->rx_errors, out);
	of_counter_print(", frame", p->rx_frame_err, out);
	of_counter_print(", over", p->rx_over_err, out);
	of_counter_print(", crc", p->rx_crc_err, out);
	of_counter_print("; tx pkts", p->tx_packets, out);
	of_counter_print(", bytes", p->tx_bytes, out);
	of_counter_print(", drop", p->tx_dropped, out);
	of_counter_print(", errs", p->tx_errors, out);
	of_counter_print(", coll", p->collisions, out);
	buf_puts(out, "; duration=");
	of_duration_print(p->duration_sec, p->duration_nsec, out);
	buf_puts(out, "s");
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_port_stats_reply *r = &msg->port_stats_reply;

	buf_printf(out, "%u ports%s", r->n, r->more ? ", more to come" : "");
	for (unsigned i = 0; i < r->n; i++)
		print_entry(&r->stats[i], out);
}

const struct of_codec of_codec_PORT_STATS_REPLY = {
	.is_array = true,
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};
