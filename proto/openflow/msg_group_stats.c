/* Multipart: statistics of groups, and what groups can be (OF 1.3.5 sections 7.3.5.8 and
 * 7.3.5.10). */

#include "proto/openflow/group_wire.h"
#include "proto/openflow/msg_priv.h"

#define MULTIPART_HEADER_SIZE 16
#define ENTRY_SIZE	      40 /* without counters of buckets */
#define COUNTER_SIZE	      16

static int decode_request(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	(void)a;
	(void)err;
	msg->group_request.group_id = cursor_be32(body);
	cursor_take(body, 4);
	return 0;
}

static void encode_request(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->group_request.group_id);
	buf_zeros(out, 4);
}

static void print_request(const struct of_msg *msg, struct buf *out)
{
	buf_puts(out, "group_id=");
	of_group_id_print(msg->group_request.group_id, out);
}

const struct of_codec of_codec_GROUP_STATS_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.print = print_request,
};

static int decode_entry(struct cursor *body, struct arena *a, struct of_group_stats *g,
			struct of_error *err)
{
	uint16_t size = cursor_be16(body);
	struct cursor entry = cursor_sub(body, size < 2 ? 0 : size - 2);

	cursor_take(&entry, 2);
	g->group_id = cursor_be32(&entry);
	g->ref_count = cursor_be32(&entry);
	cursor_take(&entry, 4);
	g->n_packets = cursor_be64(&entry);
	g->n_bytes = cursor_be64(&entry);
	g->duration_sec = cursor_be32(&entry);
	g->duration_nsec = cursor_be32(&entry);
	if (!cursor_ok(body) || !cursor_ok(&entry) || cursor_left(&entry) % COUNTER_SIZE)
		return of_bad_request(err, OFPBRC_BAD_LEN);
	g->n_buckets = cursor_left(&entry) / COUNTER_SIZE;
	if (g->n_buckets)
		g->buckets = arena_alloc(a, g->n_buckets * sizeof(*g->buckets));
	for (unsigned i = 0; i < g->n_buckets; i++) {
		g->buckets[i].n_packets = cursor_be64(&entry);
		g->buckets[i].n_bytes = cursor_be64(&entry);
	}
	return 0;
}

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_group_stats_reply *r = &msg->group_stats_reply;
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

static size_t entry_size(const struct of_group_stats *g)
{
	return ENTRY_SIZE + (size_t)g->n_buckets * COUNTER_SIZE;
}

static void encode_entry(const struct of_group_stats *g, struct buf *out)
{
	buf_be16(out, entry_size(g));
	buf_zeros(out, 2);
	buf_be32(out, g->group_id);
	buf_be32(out, g->ref_count);
	buf_zeros(out, 4);
	buf_be64(out, g->n_packets);
	buf_be64(out, g->n_bytes);
	buf_be32(out, g->duration_sec);
	buf_be32(out, g->duration_nsec);
	for (unsigned i = 0; i < g->n_buckets; i++) {
		buf_be64(out, g->buckets[i].n_packets);
		buf_be64(out, g->buckets[i].n_bytes);
	}
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->group_stats_reply.n; i++)
		encode_entry(&msg->group_stats_reply.stats[i], out);
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_group_stats_reply *r = &msg->group_stats_reply;

	buf_printf(out, "%u groups%s", r->n, r->more ? ", more to come" : "");
	for (unsigned i = 0; i < r->n; i++) {
		buf_puts(out, "\n ");
		of_group_stats_print(&r->stats[i], out);
	}
}

const struct of_codec of_codec_GROUP_STATS_REPLY = {
	.is_array = true,
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};

unsigned of_group_stats_fits(const struct of_group_stats *stats, unsigned n)
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
const struct of_codec of_codec_GROUP_FEATURES_REQUEST = { 0 };

static int decode_features(struct cursor *body, struct arena *a, struct of_msg *msg,
			   struct of_error *err)
{
	struct of_group_features *f = &msg->group_features;

	(void)a;
	(void)err;
	f->types = cursor_be32(body);
	f->capabilities = cursor_be32(body);
	for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++)
		f->max_groups[i] = cursor_be32(body);
	for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++)
		f->actions[i] = cursor_be32(body);
	return 0;
}

static void encode_features(const struct of_msg *msg, struct buf *out)
{
	const struct of_group_features *f = &msg->group_features;

	buf_be32(out, f->types);
	buf_be32(out, f->capabilities);
	for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++)
		buf_be32(out, f->max_groups[i]);
	for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++)
		buf_be32(out, f->actions[i]);
}

static void print_features(const struct of_msg *msg, struct buf *out)
{
	of_group_features_print(&msg->group_features, out);
}

const struct of_codec of_codec_GROUP_FEATURES_REPLY = {
	.decode = decode_features,
	.encode = encode_features,
	.print = print_features,
};
