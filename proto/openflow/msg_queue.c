/* Queues: OFPT_QUEUE_GET_CONFIG of 1.3, OFPMP_QUEUE_DESC since 1.4, and their statistics (OF 1.3.5
 * sections 7.3.6 and 7.3.5.8, OF 1.4.1 sections 7.3.5.8 and 7.3.5.9). */

#include <openflow/openflow-1.4.h>

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

#define CONFIG_SIZE 16 /* of one queue without its properties, in all versions */
#define STATS_SIZE  40 /* of one queue's statistics */

static bool is_old(const struct of_msg *msg)
{
	return msg->version == OF_VERSION_1_3;
}

/* Which queues: description and statistics; get-config of 1.3 names the port alone. */
static int decode_request(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	struct of_queue_request *r = &msg->queue_request;

	(void)a;
	(void)err;
	r->port_no = cursor_be32(body);
	r->queue_id = cursor_be32(body);
	if (msg->kind == OF_QUEUE_GET_CONFIG_REQUEST)
		r->queue_id = OF_QUEUE_ALL; /* what was read is padding */
	return 0;
}

static void encode_request(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->queue_request.port_no);
	buf_be32(out, msg->kind == OF_QUEUE_GET_CONFIG_REQUEST ? 0 : msg->queue_request.queue_id);
}

static void print_queue_id(uint32_t queue_id, struct buf *out)
{
	if (queue_id == OF_QUEUE_ALL)
		buf_puts(out, "ALL");
	else
		buf_printf(out, "%u", queue_id);
}

static void print_request(const struct of_msg *msg, struct buf *out)
{
	buf_puts(out, "port=");
	of_port_no_print(msg->queue_request.port_no, out);
	if (msg->kind != OF_QUEUE_GET_CONFIG_REQUEST) {
		buf_puts(out, " queue=");
		print_queue_id(msg->queue_request.queue_id, out);
	}
}

const struct of_codec of_codec_QUEUE_GET_CONFIG_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.print = print_request,
};

const struct of_codec of_codec_QUEUE_DESC_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.print = print_request,
};

const struct of_codec of_codec_QUEUE_STATS_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.print = print_request,
};

/* An experimenter's properties are skipped. */
static int decode_properties(struct cursor *list, bool old, struct of_queue_desc *q,
			     struct of_error *err)
{
	q->min_rate = q->max_rate = OF_RATE_UNSET;
	while (cursor_left(list)) {
		struct of_property p;
		uint16_t rate;

		if (of_property_next(list, &p, err) != 0)
			return -1;
		if (p.type != OFPQDPT14_MIN_RATE && p.type != OFPQDPT14_MAX_RATE)
			continue;
		if (old)
			cursor_take(&p.body, 4);
		rate = cursor_be16(&p.body);
		cursor_take(&p.body, old ? 6 : 2);
		if (of_property_end(&p, err) != 0)
			return -1;
		if (p.type == OFPQDPT14_MIN_RATE)
			q->min_rate = rate;
		else
			q->max_rate = rate;
	}
	return 0;
}

static int decode_queue(struct cursor *body, bool old, struct of_queue_desc *q,
			struct of_error *err)
{
	uint32_t first = cursor_be32(body), second = cursor_be32(body);
	uint16_t size = cursor_be16(body);
	struct cursor properties;

	cursor_take(body, 6);
	properties = cursor_sub(body, size < CONFIG_SIZE ? SIZE_MAX : size - (size_t)CONFIG_SIZE);
	if (!cursor_ok(&properties))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	q->queue_id = old ? first : second;
	q->port_no = old ? second : first;
	return decode_properties(&properties, old, q, err);
}

static int decode_desc(struct cursor *body, struct arena *a, struct of_msg *msg,
		       struct of_error *err)
{
	struct of_queue_desc_reply *r = &msg->queue_desc_reply;

	if (is_old(msg)) {
		r->port_no = cursor_be32(body);
		cursor_take(body, 4);
		if (!cursor_ok(body))
			return of_bad_request(err, OFPBRC_BAD_LEN);
	}
	r->queues = arena_alloc(a, (cursor_left(body) / CONFIG_SIZE + 1) * sizeof(*r->queues));
	while (cursor_left(body)) {
		if (decode_queue(body, is_old(msg), &r->queues[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static void encode_rate(uint16_t type, uint16_t rate, bool old, struct buf *out)
{
	size_t start;

	if (rate == OF_RATE_UNSET)
		return;
	start = of_property_start(out, type);
	if (old)
		buf_zeros(out, 4);
	buf_be16(out, rate);
	buf_zeros(out, old ? 6 : 2);
	of_property_finish(out, start);
}

static void encode_queue(const struct of_queue_desc *q, bool old, struct buf *out)
{
	size_t start = out->size;

	buf_be32(out, old ? q->queue_id : q->port_no);
	buf_be32(out, old ? q->port_no : q->queue_id);
	buf_zeros(out, 8);
	encode_rate(OFPQDPT14_MIN_RATE, q->min_rate, old, out);
	encode_rate(OFPQDPT14_MAX_RATE, q->max_rate, old, out);
	store_be16(out->data + start + 8, out->size - start);
}

static void encode_desc(const struct of_msg *msg, struct buf *out)
{
	const struct of_queue_desc_reply *r = &msg->queue_desc_reply;

	if (is_old(msg)) {
		buf_be32(out, r->port_no);
		buf_zeros(out, 4);
	}
	for (unsigned i = 0; i < r->n; i++)
		encode_queue(&r->queues[i], is_old(msg), out);
}

/* Above 1000 a rate is disabled (OF 1.3.5 section 7.2.2). */
static void print_rate(const char *name, uint16_t rate, struct buf *out)
{
	if (rate == OF_RATE_UNSET)
		return;
	if (rate > 1000)
		buf_printf(out, " %s:(disabled)", name);
	else
		buf_printf(out, " %s:%u.%u%%", name, rate / 10, rate % 10);
}

static void print_desc(const struct of_msg *msg, struct buf *out)
{
	const struct of_queue_desc_reply *r = &msg->queue_desc_reply;

	buf_printf(out, "%u queues%s", r->n, r->more ? ", more to come" : "");
	for (const struct of_queue_desc *q = r->queues; q < r->queues + r->n; q++) {
		buf_puts(out, "\n port=");
		of_port_no_print(q->port_no, out);
		buf_printf(out, " queue=%u:", q->queue_id);
		print_rate("min_rate", q->min_rate, out);
		print_rate("max_rate", q->max_rate, out);
	}
}

const struct of_codec of_codec_QUEUE_GET_CONFIG_REPLY = {
	.decode = decode_desc,
	.encode = encode_desc,
	.print = print_desc,
};

const struct of_codec of_codec_QUEUE_DESC_REPLY = {
	.is_array = true,
	.decode = decode_desc,
	.encode = encode_desc,
	.print = print_desc,
};

static void decode_counters(struct cursor *c, struct of_queue_stats *q)
{
	q->port_no = cursor_be32(c);
	q->queue_id = cursor_be32(c);
	q->tx_bytes = cursor_be64(c);
	q->tx_packets = cursor_be64(c);
	q->tx_errors = cursor_be64(c);
	q->duration_sec = cursor_be32(c);
	q->duration_nsec = cursor_be32(c);
}

/* Since 1.4 with a length before and an experimenter's properties behind. */
static int decode_stats_entry(struct cursor *body, bool old, struct of_queue_stats *q,
			      struct of_error *err)
{
	struct cursor entry = *body;
	struct of_property p;
	uint16_t size;

	if (old) {
		decode_counters(body, q);
		return cursor_ok(body) ? 0 : of_bad_request(err, OFPBRC_BAD_LEN);
	}
	size = cursor_be16(&entry);
	entry = cursor_sub(body, size);
	cursor_take(&entry, 8);
	decode_counters(&entry, q);
	if (!cursor_ok(&entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	while (cursor_left(&entry)) {
		if (of_property_next(&entry, &p, err) != 0)
			return -1;
	}
	return 0;
}

static int decode_stats(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_queue_stats_reply *r = &msg->queue_stats_reply;

	r->stats = arena_alloc(a, (cursor_left(body) / STATS_SIZE + 1) * sizeof(*r->stats));
	while (cursor_left(body)) {
		if (decode_stats_entry(body, is_old(msg), &r->stats[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static void encode_stats(const struct of_msg *msg, struct buf *out)
{
	const struct of_queue_stats_reply *r = &msg->queue_stats_reply;

	for (const struct of_queue_stats *q = r->stats; q < r->stats + r->n; q++) {
		if (!is_old(msg)) {
			buf_be16(out, 8 + STATS_SIZE);
			buf_zeros(out, 6);
		}
		buf_be32(out, q->port_no);
		buf_be32(out, q->queue_id);
		buf_be64(out, q->tx_bytes);
		buf_be64(out, q->tx_packets);
		buf_be64(out, q->tx_errors);
		buf_be32(out, q->duration_sec);
		buf_be32(out, q->duration_nsec);
	}
}

static void print_stats(const struct of_msg *msg, struct buf *out)
{
	const struct of_queue_stats_reply *r = &msg->queue_stats_reply;

	buf_printf(out, "%u queues%s", r->n, r->more ? ", more to come" : "");
	for (const struct of_queue_stats *q = r->stats; q < r->stats + r->n; q++) {
		buf_puts(out, "\n port ");
		of_port_no_print(q->port_no, out);
		buf_printf(out, " queue %u:", q->queue_id);
		of_counter_print(" bytes", q->tx_bytes, out);
		of_counter_print(", pkts", q->tx_packets, out);
		of_counter_print(", errors", q->tx_errors, out);
		buf_puts(out, ", duration=");
		of_duration_print(q->duration_sec, q->duration_nsec, out);
		buf_puts(out, "s");
	}
}

const struct of_codec of_codec_QUEUE_STATS_REPLY = {
	.is_array = true,
	.decode = decode_stats,
	.encode = encode_stats,
	.print = print_stats,
};
