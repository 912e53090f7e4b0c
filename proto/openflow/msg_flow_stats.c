/* Multipart: flows with their statistics (OF 1.3.5 section 7.3.5.2, OF 1.5.1 section 7.3.5.3). */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/msg_priv.h"

#define MIN_ENTRY_SIZE	      36 /* of 1.5: head, empty match and empty statistics */
#define MULTIPART_HEADER_SIZE 16

int of_flow_request_decode(struct cursor *body, struct arena *a, struct of_msg *msg,
			   struct of_error *err)
{
	struct of_flow_stats_request *r = &msg->flow_stats_request;

	r->table_id = cursor_u8(body);
	cursor_take(body, 3);
	r->out_port = cursor_be32(body);
	r->out_group = cursor_be32(body);
	cursor_take(body, 4);
	r->cookie = cursor_be64(body);
	r->cookie_mask = cursor_be64(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return of_match_decode(body, a, true, &r->match, err);
}

void of_flow_request_encode(const struct of_msg *msg, struct buf *out)
{
	const struct of_flow_stats_request *r = &msg->flow_stats_request;

	buf_be8(out, r->table_id);
	buf_zeros(out, 3);
	buf_be32(out, r->out_port);
	buf_be32(out, r->out_group);
	buf_zeros(out, 4);
	buf_be64(out, r->cookie);
	buf_be64(out, r->cookie_mask);
	of_match_encode(&r->match, msg->version, out);
}

void of_flow_request_print(const struct of_msg *msg, struct buf *out)
{
	const struct of_flow_stats_request *r = &msg->flow_stats_request;

	if (r->table_id != OF_TABLE_ALL)
		buf_printf(out, "table=%u ", r->table_id);
	if (r->cookie_mask)
		buf_printf(out, "cookie=0x%llx/0x%llx ", (unsigned long long)r->cookie,
			   (unsigned long long)r->cookie_mask);
	if (r->out_port != OF_PORT_ANY) {
		buf_puts(out, "out_port=");
		of_port_no_print(r->out_port, out);
		buf_puts(out, " ");
	}
	if (r->out_group != OF_GROUP_ANY)
		buf_printf(out, "out_group=%u ", r->out_group);
	of_match_print(&r->match, out);
}

const struct of_codec of_codec_FLOW_STATS_REQUEST = {
	.decode = of_flow_request_decode,
	.encode = of_flow_request_encode,
	.print = of_flow_request_print,
};

void of_flow_stats_set_oxs(struct of_flow_stats *fs, const struct of_oxs *s)
{
	fs->duration_sec = s->duration_sec;
	fs->duration_nsec = s->duration_nsec;
	fs->idle_ns = s->idle_ns;
	fs->n_packets = s->n_packets;
	fs->n_bytes = s->n_bytes;
}

struct of_oxs of_flow_stats_oxs(const struct of_flow_stats *fs)
{
	return (struct of_oxs){
		.has = OF_OXS_DURATION | OF_OXS_IDLE_TIME | OF_OXS_PACKET_COUNT | OF_OXS_BYTE_COUNT,
		.duration_sec = fs->duration_sec,
		.duration_nsec = fs->duration_nsec,
		.idle_ns = fs->idle_ns,
		.n_packets = fs->n_packets,
		.n_bytes = fs->n_bytes,
	};
}

static void decode_head(struct cursor *entry, uint8_t version, struct of_flow_stats *fs)
{
	fs->table_id = cursor_u8(entry);
	cursor_take(entry, 1);
	fs->duration_sec = cursor_be32(entry);
	fs->duration_nsec = cursor_be32(entry);
	fs->priority = cursor_be16(entry);
	fs->idle_timeout = cursor_be16(entry);
	fs->hard_timeout = cursor_be16(entry);
	fs->flags = cursor_be16(entry);
	fs->importance = cursor_be16(entry);
	if (version == OF_VERSION_1_3)
		fs->importance = 0; /* what was read is padding */
	cursor_take(entry, 2);
	fs->cookie = cursor_be64(entry);
	fs->n_packets = cursor_be64(entry);
	fs->n_bytes = cursor_be64(entry);
}

static void decode_head_1_5(struct cursor *entry, struct of_flow_stats *fs)
{
	cursor_take(entry, 2);
	fs->table_id = cursor_u8(entry);
	cursor_take(entry, 1);
	fs->priority = cursor_be16(entry);
	fs->idle_timeout = cursor_be16(entry);
	fs->hard_timeout = cursor_be16(entry);
	fs->flags = cursor_be16(entry);
	fs->importance = cursor_be16(entry);
	fs->cookie = cursor_be64(entry);
}

static int decode_oxs(struct cursor *entry, struct of_flow_stats *fs, struct of_error *err)
{
	struct of_oxs s;

	if (of_oxs_decode(entry, &s, err) != 0)
		return -1;
	of_flow_stats_set_oxs(fs, &s);
	return 0;
}

static int decode_entry(struct cursor *body, uint8_t version, struct arena *a,
			struct of_flow_stats *fs, struct of_error *err)
{
	uint16_t size = cursor_be16(body);
	struct cursor entry = cursor_sub(body, size < 2 ? 0 : size - 2);

	if (version >= OF_VERSION_1_5)
		decode_head_1_5(&entry, fs);
	else
		decode_head(&entry, version, fs);
	if (!cursor_ok(body) || !cursor_ok(&entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (of_match_decode(&entry, a, true, &fs->match, err) != 0)
		return -1;
	if (version >= OF_VERSION_1_5 && decode_oxs(&entry, fs, err) != 0)
		return -1;
	return of_instructions_decode(&entry, version, a, &fs->instructions, err);
}

/* A switch that others program too has flows of which not everything is known here. */
bool of_flow_is_not_spoken(const struct of_error *err)
{
	switch (err->type) {
	case OFPET_BAD_MATCH:
		return err->code == OFPBMC_BAD_FIELD;
	case OFPET_BAD_ACTION:
		return err->code == OFPBAC_BAD_TYPE || err->code == OFPBAC_BAD_EXPERIMENTER ||
		       err->code == OFPBAC_BAD_EXP_TYPE || err->code == OFPBAC_BAD_SET_TYPE;
	case OFPET_BAD_INSTRUCTION:
		return err->code == OFPBIC_UNKNOWN_INST || err->code == OFPBIC_UNSUP_INST ||
		       err->code == OFPBIC_BAD_EXPERIMENTER;
	default:
		return false;
	}
}

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_flow_stats_reply *r = &msg->flow_stats_reply;
	size_t max_n = cursor_left(body) / MIN_ENTRY_SIZE;

	if (cursor_left(body))
		r->stats = arena_alloc(a, (max_n + 1) * sizeof(*r->stats));
	while (cursor_left(body)) {
		if (decode_entry(body, msg->version, a, &r->stats[r->n], err) == 0)
			r->n++;
		else if (of_flow_is_not_spoken(err))
			r->n_skipped++;
		else
			return -1;
	}
	return 0;
}

static void encode_head(const struct of_flow_stats *fs, uint8_t version, struct buf *out)
{
	buf_be16(out, 0);
	buf_be8(out, fs->table_id);
	buf_zeros(out, 1);
	buf_be32(out, fs->duration_sec);
	buf_be32(out, fs->duration_nsec);
	buf_be16(out, fs->priority);
	buf_be16(out, fs->idle_timeout);
	buf_be16(out, fs->hard_timeout);
	buf_be16(out, fs->flags);
	buf_be16(out, version == OF_VERSION_1_3 ? 0 : fs->importance);
	buf_zeros(out, 2);
	buf_be64(out, fs->cookie);
	buf_be64(out, fs->n_packets);
	buf_be64(out, fs->n_bytes);
}

static void encode_head_1_5(const struct of_flow_stats *fs, struct buf *out)
{
	buf_zeros(out, 4);
	buf_be8(out, fs->table_id);
	buf_zeros(out, 1);
	buf_be16(out, fs->priority);
	buf_be16(out, fs->idle_timeout);
	buf_be16(out, fs->hard_timeout);
	buf_be16(out, fs->flags);
	buf_be16(out, fs->importance);
	buf_be64(out, fs->cookie);
}

void of_flow_stats_encode(const struct of_flow_stats *fs, uint8_t version, struct buf *out)
{
	size_t start = out->size;

	if (version >= OF_VERSION_1_5)
		encode_head_1_5(fs, out);
	else
		encode_head(fs, version, out);
	of_match_encode(&fs->match, version, out);
	if (version >= OF_VERSION_1_5) {
		struct of_oxs s = of_flow_stats_oxs(fs);

		of_oxs_encode(&s, out);
	}
	of_instructions_encode(&fs->instructions, version, out);
	store_be16(out->data + start, out->size - start);
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->flow_stats_reply.n; i++)
		of_flow_stats_encode(&msg->flow_stats_reply.stats[i], msg->version, out);
}

size_t of_flow_stats_size(const struct of_flow_stats *fs, uint8_t version)
{
	struct buf b = BUF_INIT;
	size_t size;

	of_flow_stats_encode(fs, version, &b);
	size = b.size;
	buf_fini(&b);
	return size;
}

unsigned of_flow_stats_fits(const struct of_flow_stats *stats, unsigned n, uint8_t version)
{
	struct buf b = BUF_INIT;
	size_t size = MULTIPART_HEADER_SIZE;
	unsigned i;

	for (i = 0; i < n; i++) {
		buf_clear(&b);
		of_flow_stats_encode(&stats[i], version, &b);
		size += b.size;
		if (size > OF_MAX_MESSAGE)
			break;
	}
	buf_fini(&b);
	return i;
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_flow_stats_reply *r = &msg->flow_stats_reply;

	buf_printf(out, "%u flows%s", r->n, r->more ? ", more to come" : "");
	if (r->n_skipped)
		buf_printf(out, ", %u with what is not spoken here", r->n_skipped);
	for (unsigned i = 0; i < r->n; i++) {
		buf_puts(out, "\n ");
		of_flow_stats_print(&r->stats[i], out);
	}
}

const struct of_codec of_codec_FLOW_STATS_REPLY = {
	.is_array = true,
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};
