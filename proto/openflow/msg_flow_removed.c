/* A flow that is no more (OF 1.3.5 section 7.4.2, OF 1.5.1 section 7.4.2). */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/oxs.h"

/* In 1.3 a meter's end and eviction are deletions like others. */
static uint8_t reason_of(uint8_t reason, uint8_t version)
{
	if (version == OF_VERSION_1_3 && reason > OFPRR_GROUP_DELETE)
		return OFPRR_DELETE;
	return reason;
}

static int decode_1_5(struct cursor *body, struct arena *a, struct of_flow_removed *fr,
		      struct of_error *err)
{
	struct of_oxs s;

	fr->table_id = cursor_u8(body);
	fr->reason = cursor_u8(body);
	fr->priority = cursor_be16(body);
	fr->idle_timeout = cursor_be16(body);
	fr->hard_timeout = cursor_be16(body);
	fr->cookie = cursor_be64(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (of_match_decode(body, a, true, &fr->match, err) != 0 ||
	    of_oxs_decode(body, &s, err) != 0)
		return -1;
	fr->duration_sec = s.duration_sec;
	fr->duration_nsec = s.duration_nsec;
	fr->n_packets = s.n_packets;
	fr->n_bytes = s.n_bytes;
	return 0;
}

static int decode_removed(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	struct of_flow_removed *fr = &msg->flow_removed;

	if (msg->version >= OF_VERSION_1_5)
		return decode_1_5(body, a, fr, err);
	fr->cookie = cursor_be64(body);
	fr->priority = cursor_be16(body);
	fr->reason = cursor_u8(body);
	fr->table_id = cursor_u8(body);
	fr->duration_sec = cursor_be32(body);
	fr->duration_nsec = cursor_be32(body);
	fr->idle_timeout = cursor_be16(body);
	fr->hard_timeout = cursor_be16(body);
	fr->n_packets = cursor_be64(body);
	fr->n_bytes = cursor_be64(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return of_match_decode(body, a, true, &fr->match, err);
}

static void encode_1_5(const struct of_flow_removed *fr, struct buf *out)
{
	struct of_oxs s = {
		.has = OF_OXS_DURATION | OF_OXS_PACKET_COUNT | OF_OXS_BYTE_COUNT,
		.duration_sec = fr->duration_sec,
		.duration_nsec = fr->duration_nsec,
		.n_packets = fr->n_packets,
		.n_bytes = fr->n_bytes,
	};

	buf_be8(out, fr->table_id);
	buf_be8(out, fr->reason);
	buf_be16(out, fr->priority);
	buf_be16(out, fr->idle_timeout);
	buf_be16(out, fr->hard_timeout);
	buf_be64(out, fr->cookie);
	of_match_encode(&fr->match, OF_VERSION_1_5, out);
	of_oxs_encode(&s, out);
}

static void encode_removed(const struct of_msg *msg, struct buf *out)
{
	const struct of_flow_removed *fr = &msg->flow_removed;

	if (msg->version >= OF_VERSION_1_5) {
		encode_1_5(fr, out);
		return;
	}
	buf_be64(out, fr->cookie);
	buf_be16(out, fr->priority);
	buf_be8(out, reason_of(fr->reason, msg->version));
	buf_be8(out, fr->table_id);
	buf_be32(out, fr->duration_sec);
	buf_be32(out, fr->duration_nsec);
	buf_be16(out, fr->idle_timeout);
	buf_be16(out, fr->hard_timeout);
	buf_be64(out, fr->n_packets);
	buf_be64(out, fr->n_bytes);
	of_match_encode(&fr->match, msg->version, out);
}

static void print_removed(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "idle",	     "hard",	     "delete",
					     "group_delete", "meter_delete", "eviction" };
	const struct of_flow_removed *fr = &msg->flow_removed;

	buf_printf(out, "priority=%u", fr->priority);
	if (fr->match.n) {
		buf_puts(out, ",");
		of_match_print(&fr->match, out);
	}
	of_print_reason(" reason=", fr->reason, names, ARRAY_LENGTH(names), out);
	buf_printf(out, " table_id=%u cookie:0x%llx duration", fr->table_id,
		   (unsigned long long)fr->cookie);
	of_duration_print(fr->duration_sec, fr->duration_nsec, out);
	buf_printf(out, "s idle%u hard%u pkts%llu bytes%llu", fr->idle_timeout, fr->hard_timeout,
		   (unsigned long long)fr->n_packets, (unsigned long long)fr->n_bytes);
}

const struct of_codec of_codec_FLOW_REMOVED = {
	.decode = decode_removed,
	.encode = encode_removed,
	.print = print_removed,
};
