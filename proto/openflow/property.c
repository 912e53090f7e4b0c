/* Properties as bytes: the frame that all of them have in common. */

#include "proto/openflow/property.h"

#define HEADER_SIZE 4
#define ALIGNMENT   8

int of_property_next(struct cursor *list, struct of_property *p, struct of_error *err)
{
	uint16_t length;

	*p = (struct of_property){ .type = cursor_be16(list) };
	length = cursor_be16(list);
	if (!cursor_ok(list) || length < HEADER_SIZE)
		return of_bad_property(err, OFPBPC_BAD_LEN);
	p->body = cursor_sub(list, length - HEADER_SIZE);
	cursor_take(list, -length & (ALIGNMENT - 1));
	if (p->type == OF_PROPERTY_EXPERIMENTER) {
		p->experimenter = cursor_be32(&p->body);
		p->exp_type = cursor_be32(&p->body);
	}
	if (!cursor_ok(list) || !cursor_ok(&p->body))
		return of_bad_property(err, OFPBPC_BAD_LEN);
	return 0;
}

int of_property_end(const struct of_property *p, struct of_error *err)
{
	if (cursor_ok(&p->body) && !cursor_left(&p->body))
		return 0;
	return of_bad_property(err, OFPBPC_BAD_LEN);
}

int of_property_unknown(const struct of_property *p, struct of_error *err)
{
	return of_bad_property(err, p->type == OF_PROPERTY_EXPERIMENTER ? OFPBPC_BAD_EXPERIMENTER
									: OFPBPC_BAD_TYPE);
}

size_t of_property_start(struct buf *out, uint16_t type)
{
	size_t start = out->size;

	buf_be16(out, type);
	buf_be16(out, 0);
	return start;
}

size_t of_property_start_experimenter(struct buf *out, uint32_t experimenter, uint32_t exp_type)
{
	size_t start = of_property_start(out, OF_PROPERTY_EXPERIMENTER);

	buf_be32(out, experimenter);
	buf_be32(out, exp_type);
	return start;
}

void of_property_finish(struct buf *out, size_t start)
{
	size_t length = out->size - start;

	store_be16(out->data + start + 2, length);
	buf_zeros(out, -length & (ALIGNMENT - 1));
}
