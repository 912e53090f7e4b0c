/* Multipart OFPMP_FLOW_STATS of 1.5: the flows' counters without what they do (OF 1.5.1 section
 * 7.3.5.4).  In our names FLOW_STATS is OFPMP_FLOW, which is there called OFPMP_FLOW_DESC. */

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/oxs.h"

#define MIN_ENTRY_SIZE 20 /* head, empty match and empty statistics */

const struct of_codec of_codec_FLOW_COUNTS_REQUEST = {
	.decode = of_flow_request_decode,
	.encode = of_flow_request_encode,
	.print = of_flow_request_print,
};

static int decode_entry(struct cursor *body, struct arena *a, struct of_flow_stats *fs,
			struct of_error *err)
{
	uint16_t size = cursor_be16(body);
	struct cursor entry = cursor_sub(body, size < 2 ? SIZE_MAX : size - (size_t)2);
	struct of_oxs s;

	cursor_take(&entry, 2);
	fs->table_id = cursor_u8(&entry);
	fs->reason = cursor_u8(&entry);
	fs->priority = cursor_be16(&entry);
	if (!cursor_ok(&entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (of_match_decode(&entry, a, true, &fs->match, err) != 0 ||
	    of_oxs_decode(&entry, &s, err) != 0)
		return -1;
	of_flow_stats_set_oxs(fs, &s);
	return cursor_left(&entry) ? of_bad_request(err, OFPBRC_BAD_LEN) : 0;
}

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_flow_stats_reply *r = &msg->flow_stats_reply;

	r->stats = arena_alloc(a, (cursor_left(body) / MIN_ENTRY_SIZE + 1) * sizeof(*r->stats));
	while (cursor_left(body)) {
		if (decode_entry(body, a, &r->stats[r->n], err) == 0)
			r->n++;
		else if (of_flow_is_not_spoken(err))
			r->n_skipped++;
		else
			return -1;
	}
	return 0;
}

void of_flow_counts_encode(const struct of_flow_stats *fs, struct buf *out)
{
	size_t start = out->size;
	struct of_oxs s = of_flow_stats_oxs(fs);

	buf_zeros(out, 4);
	buf_be8(out, fs->table_id);
	buf_be8(out, fs->reason);
	buf_be16(out, fs->priority);
	of_match_encode(&fs->match, OF_VERSION_1_5, out);
	of_oxs_encode(&s, out);
	store_be16(out->data + start, out->size - start);
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->flow_stats_reply.n; i++)
		of_flow_counts_encode(&msg->flow_stats_reply.stats[i], out);
}

static void print_entry(const struct of_flow_stats *fs, struct buf *out)
{
	static const char *const reasons[] = { "stats_request", "stat_trigger" };

	of_print_reason("reason=", fs->reason, reasons, ARRAY_LENGTH(reasons), out);
	buf_printf(out, " table=%u, duration=", fs->table_id);
	of_duration_print(fs->duration_sec, fs->duration_nsec, out);
	buf_puts(out, "s, idle=");
	of_duration_print(fs->idle_ns / NS_PER_SEC, fs->idle_ns % NS_PER_SEC, out);
	of_counter_print("s, n_packets", fs->n_packets, out);
	of_counter_print(", n_bytes", fs->n_bytes, out);
	buf_printf(out, ", priority=%u", fs->priority);
	if (fs->match.n) {
		buf_puts(out, ",");
		of_match_print(&fs->match, out);
	}
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_flow_stats_reply *r = &msg->flow_stats_reply;

	buf_printf(out, "%u flows%s", r->n, r->more ? ", more to come" : "");
	if (r->n_skipped)
		buf_printf(out, ", %u with what is not spoken here", r->n_skipped);
	for (unsigned i = 0; i < r->n; i++) {
		buf_puts(out, "\n ");
		print_entry(&r->stats[i], out);
	}
}

const struct of_codec of_codec_FLOW_COUNTS_REPLY = {
	.is_array = true,
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};
