/* Matches as bytes: ofp_match with OXM TLVs (OF 1.3.5 section 7.2.3). */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/match.h"
#include "proto/openflow/oxm.h"

#define HEADER_SIZE  4
#define MIN_TLV_SIZE 5
#define VLAN_PRESENT 0x1000

static int bad_match(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_BAD_MATCH, code);
}

static bool has_bits_outside(const uint8_t *bytes, const uint8_t *of, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (bytes[i] & ~of[i])
			return true;
	}
	return false;
}

/* A tag's presence is bit 0x1000 of the value; without it only "no tag" makes sense. */
static bool is_vid_absurd(const uint8_t *value, const uint8_t *mask)
{
	return load_be16(mask) & VLAN_PRESENT && !(load_be16(value) & VLAN_PRESENT) &&
	       load_be16(value) != 0;
}

static int check_value(const struct oxm *oxm, struct of_error *err)
{
	const struct of_field *f = oxm->field;
	const uint8_t *ones = of_field_ones[f->id];
	const uint8_t *mask = oxm->mask ? oxm->mask : ones;

	if (has_bits_outside(oxm->value, ones, f->n_bytes))
		return bad_match(err, OFPBMC_BAD_VALUE);
	if (has_bits_outside(mask, ones, f->n_bytes))
		return bad_match(err, OFPBMC_BAD_MASK);
	if (!f->is_maskable && memcmp(mask, ones, f->n_bytes) != 0)
		return bad_match(err, OFPBMC_BAD_MASK);
	if (has_bits_outside(oxm->value, mask, f->n_bytes))
		return bad_match(err, OFPBMC_BAD_WILDCARDS);
	if (f->id == OF_FIELD_VLAN_VID && is_vid_absurd(oxm->value, mask))
		return bad_match(err, OFPBMC_BAD_VALUE);
	return 0;
}

/* Keeps the fields sorted; senders mostly do so themselves. */
static int insert(struct of_match *m, const struct oxm *oxm, struct of_error *err)
{
	const struct of_field *f = oxm->field;
	const uint8_t *mask = oxm->mask ? oxm->mask : of_field_ones[f->id];
	struct of_field_match *fm = &m->fields[m->n];

	while (fm > m->fields && fm[-1].id > f->id) {
		*fm = fm[-1];
		fm--;
	}
	if (fm > m->fields && fm[-1].id == f->id)
		return bad_match(err, OFPBMC_DUP_FIELD);
	memset(fm, 0, sizeof(*fm));
	fm->id = f->id;
	memcpy(fm->value, oxm->value, f->n_bytes);
	memcpy(fm->mask, mask, f->n_bytes);
	m->n++;
	return 0;
}

static bool is_all_zero(const uint8_t *bytes, unsigned n)
{
	return !has_bits_outside(bytes, (const uint8_t[OF_FIELD_MAX_BYTES]){ 0 }, n);
}

static int decode_field(struct cursor *c, bool is_strict, struct of_match *m, struct of_error *err)
{
	struct oxm oxm;

	if (oxm_read(c, &oxm) != 0)
		return bad_match(err, OFPBMC_BAD_LEN);
	if (!oxm.field)
		return is_strict ? bad_match(err, OFPBMC_BAD_FIELD) : 0;
	if (!oxm.is_length_right)
		return bad_match(err, OFPBMC_BAD_LEN);
	if (check_value(&oxm, err) != 0)
		return -1;
	if (is_strict && !of_match_meets(m, oxm.field->prereq))
		return bad_match(err, OFPBMC_BAD_PREREQ);
	if (oxm.mask && is_all_zero(oxm.mask, oxm.field->n_bytes))
		return 0; /* as if it were not there */
	return insert(m, &oxm, err);
}

int of_match_decode(struct cursor *c, struct arena *a, bool is_strict, struct of_match *m,
		    struct of_error *err)
{
	uint16_t type = cursor_be16(c), length = cursor_be16(c);
	struct cursor tlvs;
	size_t max_n;

	*m = (struct of_match){ 0 };
	if (!cursor_ok(c))
		return bad_match(err, OFPBMC_BAD_LEN);
	if (type != OFPMT_OXM)
		return bad_match(err, OFPBMC_BAD_TYPE);
	if (length < HEADER_SIZE)
		return bad_match(err, OFPBMC_BAD_LEN);
	tlvs = cursor_sub(c, length - HEADER_SIZE);
	cursor_take(c, -length & 7); /* the padding, which the length does not count */
	if (!cursor_ok(c))
		return bad_match(err, OFPBMC_BAD_LEN);
	max_n = MIN_OF(cursor_left(&tlvs) / MIN_TLV_SIZE, (size_t)OF_N_FIELDS);
	if (cursor_left(&tlvs)) /* one more: a repeat is seen only after the others moved */
		m->fields = arena_alloc(a, (max_n + 1) * sizeof(*m->fields));
	while (cursor_left(&tlvs)) {
		if (decode_field(&tlvs, is_strict, m, err) != 0)
			return -1;
	}
	return 0;
}

void of_match_encode(const struct of_match *m, uint8_t version, struct buf *out)
{
	size_t start = out->size, length;

	(void)version;
	buf_be16(out, OFPMT_OXM);
	buf_be16(out, 0);
	for (unsigned i = 0; i < m->n; i++) {
		const struct of_field_match *fm = &m->fields[i];
		const struct of_field *f = of_field(fm->id);
		bool is_exact = memcmp(fm->mask, of_field_ones[f->id], f->n_bytes) == 0;

		oxm_write(f, fm->value, is_exact ? NULL : fm->mask, out);
	}
	length = out->size - start;
	store_be16(out->data + start + 2, length);
	buf_zeros(out, -length & 7);
}
