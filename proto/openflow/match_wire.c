/* Matches as bytes: ofp_match with OXM TLVs (OF 1.3.5 section 7.2.3). */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/field_text.h"
#include "proto/openflow/match.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/oxm.h"
#include "proto/openflow/port_no.h"

#define HEADER_SIZE  4
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

/* Values that no packet has. */
static bool is_absurd(const struct of_field *f, const uint8_t *value, const uint8_t *mask)
{
	switch (f->id) {
	case OF_FIELD_VLAN_VID:
		return is_vid_absurd(value, mask);
	case OF_FIELD_PACKET_TYPE:
		return load_be32(value) != 0;
	default:
		return false;
	}
}

static int check_mask(const struct oxm *oxm, struct of_error *err)
{
	const struct of_field *f = oxm->field;
	const uint8_t *ones = of_field_ones[f->id];

	if (has_bits_outside(oxm->mask, ones, f->n_bytes))
		return bad_match(err, OFPBMC_BAD_MASK);
	if (!f->is_maskable && memcmp(oxm->mask, ones, f->n_bytes) != 0)
		return bad_match(err, OFPBMC_BAD_MASK);
	if (has_bits_outside(oxm->value, oxm->mask, f->n_bytes))
		return bad_match(err, OFPBMC_BAD_WILDCARDS);
	return 0;
}

static int check_value(const struct oxm *oxm, struct of_error *err)
{
	const struct of_field *f = oxm->field;
	const uint8_t *ones = of_field_ones[f->id];

	if (f->n_bits < 8 * f->n_bytes && has_bits_outside(oxm->value, ones, f->n_bytes))
		return bad_match(err, OFPBMC_BAD_VALUE);
	if (oxm->mask && check_mask(oxm, err) != 0)
		return -1;
	return is_absurd(f, oxm->value, oxm->mask ? oxm->mask : ones)
		       ? bad_match(err, OFPBMC_BAD_VALUE)
		       : 0;
}

/* A match that is being read. */
struct decoder {
	struct arena *arena;
	struct of_match *match;
	unsigned room; /* in match->fields */
	struct of_error *err;
};

static void make_room(struct decoder *d)
{
	struct of_field_match *fields;

	if (d->match->n < d->room)
		return;
	d->room = 2 * d->room + 4;
	fields = arena_alloc(d->arena, d->room * sizeof(*fields));
	if (d->match->n)
		memcpy(fields, d->match->fields, d->match->n * sizeof(*fields));
	d->match->fields = fields;
}

/* Keeps the fields sorted; senders mostly do so themselves. */
static int insert(struct decoder *d, enum of_field_id id, const uint8_t *value, const uint8_t *mask)
{
	struct of_match *m = d->match;
	unsigned n_bytes = of_field(id)->n_bytes, at = m->n;
	struct of_field_match *fm;

	while (at > 0 && m->fields[at - 1].id > id)
		at--;
	if (at > 0 && m->fields[at - 1].id == id)
		return bad_match(d->err, OFPBMC_DUP_FIELD);
	make_room(d);
	fm = &m->fields[at];
	memmove(fm + 1, fm, (m->n - at) * sizeof(*fm));
	m->n++;
	memset(fm, 0, sizeof(*fm));
	fm->id = id;
	memcpy(fm->value, value, n_bytes);
	memcpy(fm->mask, mask, n_bytes);
	return 0;
}

static bool is_all_zero(const uint8_t *bytes, unsigned n)
{
	return !has_bits_outside(bytes, (const uint8_t[OF_FIELD_MAX_BYTES]){ 0 }, n);
}

static int insert_number(struct decoder *d, enum of_field_id id, uint32_t value, uint32_t mask)
{
	uint8_t value_bytes[OF_FIELD_MAX_BYTES], mask_bytes[OF_FIELD_MAX_BYTES];

	if (!mask)
		return 0;
	of_field_store_u64(of_field(id), value_bytes, value);
	of_field_store_u64(of_field(id), mask_bytes, mask);
	return insert(d, id, value_bytes, mask_bytes);
}

/* The tag as a whole: its presence and number are vlan_vid, its upper bits vlan_pcp.  Without a
 * tag there is no priority. */
static int insert_tci(struct decoder *d, const uint8_t *value, const uint8_t *mask)
{
	uint16_t tci = load_be16(value), bits = load_be16(mask);

	if (bits & VLAN_PRESENT && !(tci & VLAN_PRESENT)) {
		if (tci)
			return bad_match(d->err, OFPBMC_BAD_VALUE);
		return insert_number(d, OF_FIELD_VLAN_VID, 0, bits & 0x1fff);
	}
	if (insert_number(d, OF_FIELD_VLAN_VID, tci & 0x1fff, bits & 0x1fff) != 0)
		return -1;
	return insert_number(d, OF_FIELD_VLAN_PCP, tci >> 13, bits >> 13);
}

static int insert_registers(struct decoder *d, unsigned first, const struct oxm *oxm,
			    const uint8_t *mask)
{
	for (unsigned i = 0; i < oxm->field->n_bytes / 4u; i++) {
		if (load_be32(mask + 4 * i) &&
		    insert(d, OF_FIELD_REG0 + first + i, oxm->value + 4 * i, mask + 4 * i) != 0)
			return -1;
	}
	return 0;
}

/* A view becomes the fields that it shows. */
static int insert_view(struct decoder *d, const struct oxm *oxm, const uint8_t *mask)
{
	const enum of_field_id id = oxm->field->id;

	switch (id) {
	case OF_FIELD_VLAN_TCI:
		return insert_tci(d, oxm->value, mask);
	case OF_FIELD_IP_TOS:
		if (oxm->value[0] & 3)
			return bad_match(d->err, OFPBMC_BAD_VALUE);
		return insert_number(d, OF_FIELD_IP_DSCP, oxm->value[0] >> 2, 0x3f);
	case OF_FIELD_IN_PORT_NXM:
		return insert_number(d, OF_FIELD_IN_PORT, of_port_no_from_16(load_be16(oxm->value)),
				     UINT32_MAX);
	default:
		return id >= OF_FIELD_XXREG0
			       ? insert_registers(d, 4 * (id - OF_FIELD_XXREG0), oxm, mask)
			       : insert_registers(d, 2 * (id - OF_FIELD_XREG0), oxm, mask);
	}
}

static int decode_field(struct decoder *d, struct cursor *c, bool is_strict)
{
	const uint8_t *mask;
	struct oxm oxm;

	if (oxm_read(c, &oxm) != 0)
		return bad_match(d->err, OFPBMC_BAD_LEN);
	if (!oxm.field)
		return is_strict ? bad_match(d->err, OFPBMC_BAD_FIELD) : 0;
	if (!oxm.is_length_right)
		return bad_match(d->err, OFPBMC_BAD_LEN);
	if (check_value(&oxm, d->err) != 0)
		return -1;
	if (is_strict && oxm.field->prereq != OF_PREREQ_NONE &&
	    !of_match_meets(d->match, oxm.field->prereq))
		return bad_match(d->err, OFPBMC_BAD_PREREQ);
	if (oxm.mask && is_all_zero(oxm.mask, oxm.field->n_bytes))
		return 0; /* as if it were not there */
	if (oxm.field->id == OF_FIELD_PACKET_TYPE)
		return 0; /* Ethernet, as all packets are */
	mask = oxm.mask ? oxm.mask : of_field_ones[oxm.field->id];
	return of_field_is_view(oxm.field) ? insert_view(d, &oxm, mask)
					   : insert(d, oxm.field->id, oxm.value, mask);
}

/* How many TLVs there are, as far as their lengths are right. */
static unsigned count_tlvs(struct cursor tlvs)
{
	unsigned n = 0;

	while (cursor_left(&tlvs)) {
		cursor_take(&tlvs, cursor_be32(&tlvs) & 0xff);
		if (!cursor_ok(&tlvs))
			break;
		n++;
	}
	return n;
}

int of_match_decode(struct cursor *c, struct arena *a, bool is_strict, struct of_match *m,
		    struct of_error *err)
{
	uint16_t type = cursor_be16(c), length = cursor_be16(c);
	struct decoder d = { .arena = a, .match = m, .err = err };
	struct cursor tlvs;

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
	d.room = MIN_OF(count_tlvs(tlvs), (unsigned)OF_N_FIELDS);
	if (d.room)
		m->fields = arena_alloc(a, d.room * sizeof(*m->fields));
	while (cursor_left(&tlvs)) {
		if (decode_field(&d, &tlvs, is_strict) != 0)
			return -1;
	}
	return 0;
}

/* OpenFlow 1.5 has registers in pairs: those of which one matches. */
static unsigned encode_packet_reg(const struct of_match *m, unsigned i, struct buf *out)
{
	unsigned n = (m->fields[i].id - OF_FIELD_REG0) / 2, used = 1;
	uint8_t value[8] = { 0 }, mask[8] = { 0 };

	for (unsigned k = i; k < m->n && k < i + 2; k++) {
		const struct of_field_match *fm = &m->fields[k];
		unsigned half = (fm->id - OF_FIELD_REG0) % 2 * 4;

		if (fm->id > OF_FIELD_REG15 || (fm->id - OF_FIELD_REG0) / 2 != n)
			break;
		memcpy(value + half, fm->value, 4);
		memcpy(mask + half, fm->mask, 4);
		used = k - i + 1;
	}
	oxm_put(of_field(OF_FIELD_XREG0 + n), OF_VERSION_1_5, value, mask, out);
	return used;
}

void of_match_encode(const struct of_match *m, uint8_t version, struct buf *out)
{
	size_t start = out->size, length;

	buf_be16(out, OFPMT_OXM);
	buf_be16(out, 0);
	for (unsigned i = 0; i < m->n;) {
		const struct of_field_match *fm = &m->fields[i];

		if (version >= OF_VERSION_1_5 && fm->id >= OF_FIELD_REG0 &&
		    fm->id <= OF_FIELD_REG15) {
			i += encode_packet_reg(m, i, out);
			continue;
		}
		oxm_put(of_field(fm->id), version, fm->value, fm->mask, out);
		i++;
	}
	length = out->size - start;
	store_be16(out->data + start + 2, length);
	buf_zeros(out, -length & 7);
}
