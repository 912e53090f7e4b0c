/* Multipart: table statistics (OF 1.3.5 section 7.3.5.4); the same in all versions. */

#include "proto/openflow/msg_priv.h"

#define TABLE_SIZE 24

const struct of_codec of_codec_TABLE_STATS_REQUEST = { 0 };

static int decode_tables(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	struct of_table_stats_reply *r = &msg->table_stats_reply;

	if (of_count_entries(body, TABLE_SIZE, &r->n, err) != 0)
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
