/* Multipart: statistics of meters, and what meters can be (OF 1.3.5 sections 7.3.5.11 and
 * 7.3.5.13, OF 1.5.1 section 7.3.5.14). */

#include "proto/openflow/msg_priv.h"

#define MULTIPART_HEADER_SIZE 16
#define ENTRY_SIZE	      40 /* without counters of bands */
#define COUNTER_SIZE	      16

static int decode_entry(struct cursor *body, struct arena *a, struct of_meter_stats *m,
			struct of_error *err)
{
	struct cursor entry;
	uint16_t size;

	m->meter_id = cursor_be32(body);
	size = cursor_be16(body);
	entry = cursor_sub(body, size < 6 ? 0 : size - 6);
	cursor_take(&entry, 6);
	m->flow_count = cursor_be32(&entry);
	m->n_packets = cursor_be64(&entry);
	m->n_bytes = cursor_be64(&entry);
	m->duration_sec = cursor_be32(&entry);
	m->duration_nsec = cursor_be32(&entry);
	if (!cursor_ok(body) || !cursor_ok(&entry) || cursor_left(&entry) % COUNTER_SIZE)
		return of_bad_request(err, OFPBRC_BAD_LEN);
	m->n_bands = cursor_left(&entry) / COUNTER_SIZE;
	if (m->n_bands)
		m->bands = arena_alloc(a, m->n_bands * sizeof(*m->bands));
	for (unsigned i = 0; i < m->n_bands; i++) {
		m->bands[i].n_packets = cursor_be64(&entry);
		m->bands[i].n_bytes = cursor_be64(&entry);
	}
	return 0;
}

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_meter_stats_reply *r = &msg->meter_stats_reply;
	size_t max_n = cursor_left(body) / ENTRY_SIZE;

	if (cursor_left(body))
		r->stats = arena_alloc(a, (max_n + 1) * sizeof(*r->stats));
	while (cursor_left(body)) {
		if (decode_entry(body, a, &r->stats[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static size_t entry_size(const struct of_meter_stats *m)
{
	return ENTRY_SIZE + (size_t)m->n_bands * COUNTER_SIZE;
}

static void encode_entry(const struct of_meter_stats *m, struct buf *out)
{
	buf_be32(out, m->meter_id);
	buf_be16(out, entry_size(m));
	buf_zeros(out, 6);
	buf_be32(out, m->flow_count);
	buf_be64(out, m->n_packets);
	buf_be64(out, m->n_bytes);
	buf_be32(out, m->duration_sec);
	buf_be32(out, m->duration_nsec);
	for (unsigned i = 0; i < m->n_bands; i++) {
		buf_be64(out, m->bands[i].n_packets);
		buf_be64(out, m->bands[i].n_bytes);
	}
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->meter_stats_reply.n; i++)
		encode_entry(&msg->meter_stats_reply.stats[i], out);
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_meter_stats_reply *r = &msg->meter_stats_reply;

	buf_printf(out, "%u meters%s", r->n, r->more ? ", more to come" : "");
	for (unsigned i = 0; i < r->n; i++) {
		buf_puts(out, "\n");
		of_meter_stats_print(&r->stats[i], out);
	}
}

const struct of_codec of_codec_METER_STATS_REPLY = {
	.is_array = true,
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};

unsigned of_meter_stats_fits(const struct of_meter_stats *stats, unsigned n)
{
	size_t size = MULTIPART_HEADER_SIZE;
	unsigned i;

	for (i = 0; i < n; i++) {
		size += entry_size(&stats[i]);
		if (size > OF_MAX_MESSAGE)
			break;
	}
	return i;
}

/* Without a body. */
const struct of_codec of_codec_METER_FEATURES_REQUEST = { 0 };

/* Open vSwitch's form for 1.5 is the one of 1.3, without flags of features. */
static int decode_features(struct cursor *body, struct arena *a, struct of_msg *msg,
			   struct of_error *err)
{
	struct of_meter_features *f = &msg->meter_features;

	(void)a;
	(void)err;
	f->max_meters = cursor_be32(body);
	f->band_types = cursor_be32(body);
	f->capabilities = cursor_be32(body);
	f->max_bands = cursor_u8(body);
	f->max_color = cursor_u8(body);
	cursor_take(body, 2);
	if (msg->version >= OF_VERSION_1_5 && cursor_left(body)) {
		f->features = cursor_be32(body);
		cursor_take(body, 4);
	}
	return 0;
}

static void encode_features(const struct of_msg *msg, struct buf *out)
{
	const struct of_meter_features *f = &msg->meter_features;

	buf_be32(out, f->max_meters);
	buf_be32(out, f->band_types);
	buf_be32(out, f->capabilities);
	buf_be8(out, f->max_bands);
	buf_be8(out, f->max_color);
	buf_zeros(out, 2);
	if (msg->version >= OF_VERSION_1_5) {
		buf_be32(out, f->features);
		buf_zeros(out, 4);
	}
}

static void print_features(const struct of_msg *msg, struct buf *out)
{
	of_meter_features_print(&msg->meter_features, msg->version, out);
}

const struct of_codec of_codec_METER_FEATURES_REPLY = {
	.decode = decode_features,
	.encode = encode_features,
	.print = print_features,
};
