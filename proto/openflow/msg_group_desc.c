/* Multipart: descriptions of groups (OF 1.3.5 section 7.3.5.9, OF 1.5.1 section 7.3.5.10). */

#include "proto/openflow/group_wire.h"
#include "proto/openflow/msg_priv.h"

#define MULTIPART_HEADER_SIZE 16
#define MIN_ENTRY_SIZE	      8

/* A description that is the only one in its message. */
#define MAX_ENTRY_SIZE (OF_MAX_MESSAGE - MULTIPART_HEADER_SIZE)
/* As many buckets fit into the statistics of one group. */
#define MAX_COUNTERS   ((OF_MAX_MESSAGE - MULTIPART_HEADER_SIZE - 40) / 16)
/* Whatever the version, a bucket of 16 bytes never becomes more than four times as long. */
#define MAX_GROWTH     4

/* Before 1.5, always of all groups. */
static int decode_request(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	(void)a;
	(void)err;
	msg->group_request.group_id = OF_GROUP_ALL;
	if (msg->version >= OF_VERSION_1_5) {
		msg->group_request.group_id = cursor_be32(body);
		cursor_take(body, 4);
	}
	return 0;
}

static void encode_request(const struct of_msg *msg, struct buf *out)
{
	if (msg->version >= OF_VERSION_1_5) {
		buf_be32(out, msg->group_request.group_id);
		buf_zeros(out, 4);
	}
}

static void print_request(const struct of_msg *msg, struct buf *out)
{
	buf_puts(out, "group_id=");
	of_group_id_print(msg->group_request.group_id, out);
}

const struct of_codec of_codec_GROUP_DESC_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.print = print_request,
};

static int decode_entry(struct cursor *body, uint8_t version, struct arena *a,
			struct of_group_desc *g, struct of_error *err)
{
	uint16_t size = cursor_be16(body), buckets_size;
	struct cursor entry = cursor_sub(body, size < 2 ? 0 : size - 2), buckets;

	g->type = cursor_u8(&entry);
	cursor_take(&entry, 1);
	g->group_id = cursor_be32(&entry);
	buckets_size = cursor_left(&entry);
	if (version >= OF_VERSION_1_5) {
		buckets_size = cursor_be16(&entry);
		cursor_take(&entry, 6);
	}
	buckets = cursor_sub(&entry, buckets_size);
	if (!cursor_ok(body) || !cursor_ok(&entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (of_buckets_decode(&buckets, version, version >= OF_VERSION_1_5, g->type, a,
			      &g->n_buckets, &g->buckets, err) != 0)
		return -1;
	return of_group_properties_decode(&entry, g->type, a, &g->selection, err);
}

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_group_desc_reply *r = &msg->group_desc_reply;
	size_t max_n = cursor_left(body) / MIN_ENTRY_SIZE;

	if (cursor_left(body))
		r->groups = arena_alloc(a, (max_n + 1) * sizeof(*r->groups));
	while (cursor_left(body)) {
		if (decode_entry(body, msg->version, a, &r->groups[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static void encode_entry(const struct of_group_desc *g, uint8_t version, struct buf *out)
{
	size_t start = out->size, buckets;

	buf_be16(out, 0);
	buf_be8(out, g->type);
	buf_zeros(out, 1);
	buf_be32(out, g->group_id);
	if (version >= OF_VERSION_1_5)
		buf_zeros(out, 8);
	buckets = out->size;
	of_buckets_encode(g->buckets, g->n_buckets, version, version >= OF_VERSION_1_5, g->type,
			  out);
	if (version >= OF_VERSION_1_5) {
		store_be16(out->data + buckets - 8, out->size - buckets);
		of_group_properties_encode(&g->selection, version, out);
	}
	store_be16(out->data + start, out->size - start);
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->group_desc_reply.n; i++)
		encode_entry(&msg->group_desc_reply.groups[i], msg->version, out);
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_group_desc_reply *r = &msg->group_desc_reply;

	buf_printf(out, "%u groups%s", r->n, r->more ? ", more to come" : "");
	for (unsigned i = 0; i < r->n; i++) {
		buf_puts(out, "\n ");
		of_group_desc_print(&r->groups[i], msg->version, out);
	}
}

const struct of_codec of_codec_GROUP_DESC_REPLY = {
	.is_array = true,
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};

size_t of_group_desc_size(const struct of_group_desc *g, uint8_t version)
{
	struct buf b = BUF_INIT;
	size_t size;

	encode_entry(g, version, &b);
	size = b.size;
	buf_fini(&b);
	return size;
}

bool of_group_desc_is_too_large(const struct of_group_desc *g)
{
	if (g->n_buckets > MAX_COUNTERS)
		return true;
	if (of_group_desc_size(g, OF_VERSION_1_3) <= MAX_ENTRY_SIZE / MAX_GROWTH)
		return false;
	for (uint8_t version = OF_VERSION_1_3; version <= OF_VERSION_1_5; version++) {
		if (of_group_desc_size(g, version) > MAX_ENTRY_SIZE)
			return true;
	}
	return false;
}

unsigned of_group_desc_fits(const struct of_group_desc *groups, unsigned n, uint8_t version)
{
	struct buf b = BUF_INIT;
	size_t size = MULTIPART_HEADER_SIZE;
	unsigned i;

	for (i = 0; i < n; i++) {
		buf_clear(&b);
		encode_entry(&groups[i], version, &b);
		size += b.size;
		if (size > OF_MAX_MESSAGE)
			break;
	}
	buf_fini(&b);
	return i;
}
