/* NXT_PACKET_IN2 and NXT_RESUME: packet-ins as properties, with what the `controller` action gave,
 * and what resuming needs. */

#include <openflow/nicira-ext.h>

#include "proto/openflow/match_bare.h"
#include "proto/openflow/msg_priv.h"
#include "proto/openflow/packet_in2.h"
#include "proto/openflow/property.h"

#define N_PROPERTIES (NXPINT_CONTINUATION + 1)
#define NO_COOKIE    UINT64_MAX
#define CONTINUATION 1 /* of Weft's experimenter properties */

/* Numbers are padded to the end of 8 bytes; what the padding is counted to varies. */
static int finish_number(struct of_property *p, struct of_error *err)
{
	cursor_take(&p->body, MIN_OF(cursor_left(&p->body), (size_t)3));
	return of_property_end(p, err);
}

static int decode_cookie(struct of_property *p, uint64_t *cookie, struct of_error *err)
{
	cursor_take(&p->body, 4);
	*cookie = cursor_be64(&p->body);
	return of_property_end(p, err);
}

static bool is_weft(const struct of_property *p)
{
	return p->type == OF_PROPERTY_EXPERIMENTER && p->experimenter == OF_WEFT_ID &&
	       p->exp_type == CONTINUATION;
}

/* Nested properties stand behind 4 bytes of padding.  Weft's own continuation is in one of Weft's;
 * another switch's is all that is there. */
static int decode_continuation(struct of_property *p, struct of_packet_in *pi, struct of_error *err)
{
	struct of_property inner;
	struct cursor list;

	cursor_take(&p->body, 4);
	pi->continuation = of_take_rest(&p->body, &pi->continuation_size);
	if (of_property_end(p, err) != 0)
		return -1;
	list = cursor_of(pi->continuation, pi->continuation_size);
	if (of_property_next(&list, &inner, err) == 0 && is_weft(&inner) && !cursor_left(&list))
		pi->continuation = of_take_rest(&inner.body, &pi->continuation_size);
	return 0;
}

static int decode_property(struct of_property *p, struct arena *a, struct of_packet_in *pi,
			   uint32_t *full_size, struct of_error *err)
{
	switch (p->type) {
	case NXPINT_PACKET:
		pi->data = of_take_rest(&p->body, &pi->size);
		return 0;
	case NXPINT_FULL_LEN:
		*full_size = cursor_be32(&p->body);
		return of_property_end(p, err);
	case NXPINT_BUFFER_ID:
		pi->buffer_id = cursor_be32(&p->body);
		return of_property_end(p, err);
	case NXPINT_TABLE_ID:
		pi->table_id = cursor_u8(&p->body);
		return finish_number(p, err);
	case NXPINT_COOKIE:
		return decode_cookie(p, &pi->cookie, err);
	case NXPINT_REASON:
		pi->reason = cursor_u8(&p->body);
		return finish_number(p, err);
	case NXPINT_METADATA:
		return of_match_decode_bare(&p->body, cursor_left(&p->body), a, false, &pi->match,
					    err);
	case NXPINT_USERDATA:
		pi->userdata = of_take_rest(&p->body, &pi->userdata_size);
		return 0;
	case NXPINT_CONTINUATION:
		return decode_continuation(p, pi, err);
	default:
		return of_property_unknown(p, err);
	}
}

int of_packet_in2_decode(struct cursor *body, struct arena *a, struct of_packet_in *pi,
			 struct of_error *err)
{
	uint32_t full_size = 0, seen = 0;

	*pi = (struct of_packet_in){ .buffer_id = OF_NO_BUFFER, .cookie = NO_COOKIE };
	while (cursor_left(body)) {
		struct of_property p;

		if (of_property_next(body, &p, err) != 0 ||
		    decode_property(&p, a, pi, &full_size, err) != 0)
			return -1;
		if (p.type < N_PROPERTIES && seen >> p.type & 1)
			return of_bad_property(err, OFPBPC_DUP_TYPE);
		seen |= 1u << p.type;
	}
	if (!pi->size || (full_size && full_size < pi->size))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	pi->total_len = MIN_OF(full_size ? full_size : pi->size, (size_t)UINT16_MAX);
	return 0;
}

static void put_bytes(struct buf *out, uint16_t type, const uint8_t *data, size_t size)
{
	size_t start = of_property_start(out, type);

	buf_add(out, data, size);
	of_property_finish(out, start);
}

static void put_u8(struct buf *out, uint16_t type, uint8_t value)
{
	size_t start = of_property_start(out, type);

	buf_be8(out, value);
	buf_zeros(out, 3);
	of_property_finish(out, start);
}

static void put_u32(struct buf *out, uint16_t type, uint32_t value)
{
	size_t start = of_property_start(out, type);

	buf_be32(out, value);
	of_property_finish(out, start);
}

static void put_cookie(struct buf *out, uint64_t cookie)
{
	size_t start = of_property_start(out, NXPINT_COOKIE);

	buf_zeros(out, 4);
	buf_be64(out, cookie);
	of_property_finish(out, start);
}

static void put_match(struct buf *out, const struct of_match *m, uint8_t version)
{
	size_t start = of_property_start(out, NXPINT_METADATA);

	of_match_encode_bare(m, version, out);
	of_property_finish(out, start);
}

static void put_continuation(struct buf *out, const struct of_packet_in *pi)
{
	size_t start = of_property_start(out, NXPINT_CONTINUATION), inner;

	buf_zeros(out, 4);
	inner = of_property_start_experimenter(out, OF_WEFT_ID, CONTINUATION);
	buf_add(out, pi->continuation, pi->continuation_size);
	of_property_finish(out, inner);
	of_property_finish(out, start);
}

void of_packet_in2_encode(const struct of_packet_in *pi, uint8_t version, struct buf *out)
{
	put_bytes(out, NXPINT_PACKET, pi->data, pi->size);
	if (pi->total_len > pi->size)
		put_u32(out, NXPINT_FULL_LEN, pi->total_len);
	if (pi->buffer_id != OF_NO_BUFFER)
		put_u32(out, NXPINT_BUFFER_ID, pi->buffer_id);
	put_u8(out, NXPINT_TABLE_ID, pi->table_id);
	if (pi->cookie != NO_COOKIE)
		put_cookie(out, pi->cookie);
	put_u8(out, NXPINT_REASON, pi->reason);
	put_match(out, &pi->match, version);
	if (pi->userdata_size)
		put_bytes(out, NXPINT_USERDATA, pi->userdata, pi->userdata_size);
	if (pi->continuation_size)
		put_continuation(out, pi);
}

static int decode(struct cursor *body, struct arena *a, struct of_msg *msg, struct of_error *err)
{
	return of_packet_in2_decode(body, a, &msg->packet_in, err);
}

static void encode(const struct of_msg *msg, struct buf *out)
{
	of_packet_in2_encode(&msg->packet_in, msg->version, out);
}

/* "00.01.02" */
static void print_dotted(const char *name, const uint8_t *data, size_t size, struct buf *out)
{
	if (!size)
		return;
	buf_printf(out, "\n %s=", name);
	for (size_t i = 0; i < size; i++)
		buf_printf(out, "%s%02x", i ? "." : "", data[i]);
}

static void print_packet_in(const struct of_packet_in *pi, struct buf *out)
{
	static const char *const reasons[] = { "no_match",   "action", "invalid_ttl",
					       "action_set", "group",  "packet_out" };

	buf_printf(out, "table_id=%u ", pi->table_id);
	if (pi->cookie != NO_COOKIE)
		buf_printf(out, "cookie=0x%llx ", (unsigned long long)pi->cookie);
	buf_printf(out, "total_len=%u ", pi->total_len);
	of_match_print(&pi->match, out);
	if (pi->reason < ARRAY_LENGTH(reasons))
		buf_printf(out, " (via %s)", reasons[pi->reason]);
	else
		buf_printf(out, " (via reason %u)", pi->reason);
	if (pi->buffer_id != OF_NO_BUFFER)
		buf_printf(out, " buffer=0x%x", pi->buffer_id);
	buf_printf(out, " data_len=%zu data=", pi->size);
	of_print_hex(pi->data, pi->size, out);
	print_dotted("userdata", pi->userdata, pi->userdata_size, out);
	print_dotted("continuation", pi->continuation, pi->continuation_size, out);
}

static void print(const struct of_msg *msg, struct buf *out)
{
	print_packet_in(&msg->packet_in, out);
}

const struct of_codec of_codec_NX_PACKET_IN2 = {
	.decode = decode,
	.encode = encode,
	.print = print,
};

/* Read once, so that what is no packet-in is refused at once. */
static int decode_resume(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	struct of_nx_resume *r = &msg->nx_resume;
	struct of_packet_in pi;
	struct cursor c;

	r->data = of_take_rest(body, &r->size);
	c = cursor_of(r->data, r->size);
	return of_packet_in2_decode(&c, a, &pi, err);
}

static void encode_resume(const struct of_msg *msg, struct buf *out)
{
	buf_add(out, msg->nx_resume.data, msg->nx_resume.size);
}

static void print_resume(const struct of_msg *msg, struct buf *out)
{
	struct cursor c = cursor_of(msg->nx_resume.data, msg->nx_resume.size);
	struct arena a = ARENA_INIT;
	struct of_packet_in pi;
	struct of_error err;

	if (of_packet_in2_decode(&c, &a, &pi, &err) == 0)
		print_packet_in(&pi, out);
	arena_clear(&a);
}

const struct of_codec of_codec_NX_RESUME = {
	.decode = decode_resume,
	.encode = encode_resume,
	.print = print_resume,
};
