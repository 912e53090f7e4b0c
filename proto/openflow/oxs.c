/* Statistics of flows as OXS TLVs: bytes both ways. */

#include "proto/openflow/oxs.h"

#define OXS_CLASS_BASIC 0x8002
#define STATS_HEADER	4
#define FIELD_HEADER	4

/* Numbers of the class, as are the bits of of_oxs.has. */
enum { DURATION = 0, IDLE_TIME = 1, FLOW_COUNT = 3, PACKET_COUNT = 4, BYTE_COUNT = 5 };

static const uint8_t sizes[] = {
	[DURATION] = 8, [IDLE_TIME] = 8, [FLOW_COUNT] = 4, [PACKET_COUNT] = 8, [BYTE_COUNT] = 8,
};

static void take_value(unsigned field, struct cursor *c, struct of_oxs *s)
{
	switch (field) {
	case DURATION:
		s->duration_sec = cursor_be32(c);
		s->duration_nsec = cursor_be32(c);
		break;
	case IDLE_TIME:
		s->idle_ns = cursor_be32(c) * (uint64_t)NS_PER_SEC;
		s->idle_ns += cursor_be32(c);
		break;
	case FLOW_COUNT:
		s->n_flows = cursor_be32(c);
		break;
	case PACKET_COUNT:
		s->n_packets = cursor_be64(c);
		break;
	case BYTE_COUNT:
		s->n_bytes = cursor_be64(c);
		break;
	}
	s->has |= 1u << field;
}

static int decode_field(struct cursor *list, struct of_oxs *s)
{
	uint16_t class = cursor_be16(list);
	unsigned field = cursor_u8(list) >> 1, size = cursor_u8(list);
	struct cursor value = cursor_sub(list, size);

	if (!cursor_ok(&value))
		return -1;
	if (class != OXS_CLASS_BASIC || field >= ARRAY_LENGTH(sizes) || !sizes[field])
		return 0;
	if (size != sizes[field])
		return -1;
	take_value(field, &value, s);
	return 0;
}

int of_oxs_decode(struct cursor *c, struct of_oxs *s, struct of_error *err)
{
	uint16_t reserved = cursor_be16(c), length = cursor_be16(c);
	struct cursor list;

	(void)reserved;
	*s = (struct of_oxs){ .n_packets = UINT64_MAX, .n_bytes = UINT64_MAX };
	if (!cursor_ok(c) || length < STATS_HEADER)
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_LEN);
	list = cursor_sub(c, length - STATS_HEADER);
	cursor_take(c, -length & 7);
	if (!cursor_ok(c))
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_LEN);
	while (cursor_left(&list)) {
		if (decode_field(&list, s) != 0)
			return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_LEN);
	}
	return 0;
}

/* What is written of S. */
static uint32_t fields_of(const struct of_oxs *s)
{
	uint32_t has = s->has;

	if (s->n_packets == UINT64_MAX)
		has &= ~OF_OXS_PACKET_COUNT;
	if (s->n_bytes == UINT64_MAX)
		has &= ~OF_OXS_BYTE_COUNT;
	return has;
}

static void put_field(unsigned field, const struct of_oxs *s, struct buf *out)
{
	buf_be16(out, OXS_CLASS_BASIC);
	buf_be8(out, field << 1);
	buf_be8(out, sizes[field]);
	switch (field) {
	case DURATION:
		buf_be32(out, s->duration_sec);
		buf_be32(out, s->duration_nsec);
		break;
	case IDLE_TIME:
		buf_be32(out, s->idle_ns / NS_PER_SEC);
		buf_be32(out, s->idle_ns % NS_PER_SEC);
		break;
	case FLOW_COUNT:
		buf_be32(out, s->n_flows);
		break;
	case PACKET_COUNT:
		buf_be64(out, s->n_packets);
		break;
	case BYTE_COUNT:
		buf_be64(out, s->n_bytes);
		break;
	}
}

void of_oxs_encode(const struct of_oxs *s, struct buf *out)
{
	size_t start = out->size, length;
	uint32_t has = fields_of(s);

	buf_zeros(out, STATS_HEADER);
	for (unsigned field = 0; field < ARRAY_LENGTH(sizes); field++) {
		if (has >> field & 1)
			put_field(field, s, out);
	}
	length = out->size - start;
	store_be16(out->data + start + 2, length);
	buf_zeros(out, -length & 7);
}
