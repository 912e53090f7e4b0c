/* One OXM TLV (OF 1.3.5 section 7.2.3.2): class 16 bits, field 7, has-mask 1, length 8; then an
 * experimenter's id for class 0xffff, the value, and the mask. */

#include "proto/openflow/oxm.h"

#include "proto/openflow/numbers.h"

#define CLASS_EXPERIMENTER 0xffffu
#define HAS_MASK	   0x100u
#define VARIABLE_LENGTH	   124 /* in headers that have no value */

/* SIZE bytes right-aligned in a field of variable size; false if they do not fit. */
static bool widen(const uint8_t *bytes, size_t size, uint8_t *wide)
{
	memset(wide, 0, OF_FIELD_MAX_BYTES);
	for (; size > OF_FIELD_MAX_BYTES; size--) {
		if (*bytes++)
			return false;
	}
	memcpy(wide + OF_FIELD_MAX_BYTES - size, bytes, size);
	return true;
}

/* Without a mask the value is the whole one, whose leading zeros were left out. */
static void read_variable(struct cursor *body, struct oxm *oxm)
{
	size_t size = cursor_left(body) / (oxm->has_mask ? 2 : 1);

	if (!size || cursor_left(body) != (oxm->has_mask ? 2 * size : size) ||
	    !widen(cursor_take(body, size), size, oxm->wide[0]) ||
	    (oxm->has_mask && !widen(cursor_take(body, size), size, oxm->wide[1])))
		return;
	oxm->is_length_right = true;
	oxm->value = oxm->wide[0];
	oxm->mask = oxm->has_mask ? oxm->wide[1] : NULL;
}

int oxm_read_header(struct cursor *c, struct oxm_header *h)
{
	h->header = cursor_be32(c);
	h->experimenter = h->header >> 16 == CLASS_EXPERIMENTER ? cursor_be32(c) : 0;
	if (!cursor_ok(c))
		return -1;
	h->field = of_field_by_header(h->header, h->experimenter);
	return 0;
}

int oxm_read(struct cursor *c, struct oxm *oxm)
{
	uint32_t header = cursor_be32(c);
	struct cursor body = cursor_sub(c, header & 0xff);
	uint32_t experimenter = header >> 16 == CLASS_EXPERIMENTER ? cursor_be32(&body) : 0;
	size_t want;

	oxm->has_mask = header & HAS_MASK;
	oxm->is_length_right = false;
	oxm->value = oxm->mask = NULL;
	oxm->field = NULL;
	if (!cursor_ok(c) || !cursor_ok(&body))
		return -1;
	oxm->field = of_field_by_header(header, experimenter);
	if (!oxm->field)
		return 0;
	if (of_field_is_variable(oxm->field)) {
		read_variable(&body, oxm);
		return 0;
	}
	want = oxm->field->n_bytes;
	oxm->is_length_right = cursor_left(&body) == (oxm->has_mask ? 2 * want : want);
	if (!oxm->is_length_right)
		return 0;
	oxm->value = cursor_take(&body, want);
	oxm->mask = oxm->has_mask ? cursor_take(&body, want) : NULL;
	return 0;
}

/* Bytes of the field's value on the wire, where it takes LIKE's. */
static unsigned wire_size(const struct of_field *f, const uint8_t *like)
{
	unsigned skip = 0;

	if (!of_field_is_variable(f))
		return f->n_bytes;
	while (skip + 1u < f->n_bytes && like[skip] == 0)
		skip++;
	return f->n_bytes - skip;
}

void oxm_put_header(const struct of_field *f, uint8_t version, struct buf *out)
{
	uint32_t experimenter, header = of_field_header(f, version, &experimenter);

	if (of_field_is_variable(f))
		header = (header & ~0xffu) | VARIABLE_LENGTH;
	buf_be32(out, header);
	if (header >> 16 == CLASS_EXPERIMENTER)
		buf_be32(out, experimenter);
}

/* Bits of the value that mean something elsewhere, or will: a match leaves them open. */
static bool has_open_bits(const struct of_field *f)
{
	return f->format == OF_FORMAT_TUN_FLAGS || f->format == OF_FORMAT_CT_STATE;
}

void oxm_put(const struct of_field *f, uint8_t version, const uint8_t *value, const uint8_t *mask,
	     struct buf *out)
{
	uint32_t experimenter, header = of_field_header(f, version, &experimenter);
	bool has_mask =
		mask && (has_open_bits(f) || memcmp(mask, of_field_ones[f->id], f->n_bytes) != 0);
	unsigned size = wire_size(f, has_mask ? mask : value), skip = f->n_bytes - size;
	unsigned body = (header & 0xff) - skip + (has_mask ? size : 0);
	uint8_t *p = buf_grow(out, 4 + body);

	store_be32(p, (header & ~0xffu) | (has_mask ? HAS_MASK : 0) | body);
	p += 4;
	if (header >> 16 == CLASS_EXPERIMENTER) {
		store_be32(p, experimenter);
		p += 4;
	}
	memcpy(p, value + skip, size);
	if (has_mask)
		memcpy(p + size, mask + skip, size);
}
