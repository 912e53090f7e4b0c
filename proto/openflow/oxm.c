/* One OXM TLV (OF 1.3.5 section 7.2.3.2): class 16 bits, field 7, has-mask 1, length 8; then an
 * experimenter's id for class 0xffff, the value, and the mask. */

#include "proto/openflow/oxm.h"

#define CLASS_EXPERIMENTER 0xffffu
#define HAS_MASK 0x100u

int oxm_read(struct cursor *c, struct oxm *oxm)
{
	uint32_t header = cursor_be32(c);
	struct cursor body = cursor_sub(c, header & 0xff);
	uint32_t experimenter = header >> 16 == CLASS_EXPERIMENTER ? cursor_be32(&body) : 0;
	size_t want;

	*oxm = (struct oxm){ .has_mask = header & HAS_MASK };
	if (!cursor_ok(c) || !cursor_ok(&body))
		return -1;
	oxm->field = of_field_by_header(header, experimenter);
	if (!oxm->field)
		return 0;
	want = oxm->field->n_bytes;
	oxm->is_length_right = cursor_left(&body) == (oxm->has_mask ? 2 * want : want);
	if (!oxm->is_length_right)
		return 0;
	oxm->value = cursor_take(&body, want);
	oxm->mask = oxm->has_mask ? cursor_take(&body, want) : NULL;
	return 0;
}

void oxm_write(const struct of_field *f, const uint8_t *value, const uint8_t *mask, struct buf *out)
{
	uint32_t header = f->oxm_header ? f->oxm_header : f->nxm_header;
	uint8_t *p = buf_grow(out, oxm_size(f, mask));

	store_be32(p, mask ? (header | HAS_MASK) + f->n_bytes : header);
	p += 4;
	if (header >> 16 == CLASS_EXPERIMENTER) {
		store_be32(p, f->experimenter);
		p += 4;
	}
	memcpy(p, value, f->n_bytes);
	if (mask)
		memcpy(p + f->n_bytes, mask, f->n_bytes);
}

size_t oxm_size(const struct of_field *f, bool has_mask)
{
	uint32_t header = f->oxm_header ? f->oxm_header : f->nxm_header;

	return 4 + (header & 0xff) + (has_mask ? f->n_bytes : 0);
}
