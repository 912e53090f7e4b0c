/* OFPAT_SET_FIELD (OF 1.3.5 section 7.2.5): one OXM TLV, with a mask only since OpenFlow 1.5. */

#include "proto/openflow/action_set_field.h"

#include "proto/openflow/action_priv.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/oxm.h"

#define HEADER_SIZE  4 /* of the action, which counts when the TLV is padded */
#define VLAN_PRESENT 0x1000

struct of_action_set_field *of_action_set_field_masked(struct arena *a, enum of_field_id id,
						       const void *value, const void *mask)
{
	struct of_action_set_field *s = arena_alloc(a, sizeof(*s));

	s->base.class = &of_action_set_field_class;
	s->field = of_field(id);
	memcpy(s->value, value, s->field->n_bytes);
	memcpy(s->mask, mask, s->field->n_bytes);
	for (unsigned i = 0; i < s->field->n_bytes; i++)
		s->value[i] &= s->mask[i];
	return s;
}

struct of_action_set_field *of_action_set_field(struct arena *a, enum of_field_id id,
						const void *value)
{
	return of_action_set_field_masked(a, id, value, of_field_ones[id]);
}

struct of_action_set_field *of_action_set_field_u64(struct arena *a, enum of_field_id id,
						    uint64_t value)
{
	uint8_t bytes[OF_FIELD_MAX_BYTES];

	of_field_store_u64(of_field(id), bytes, value);
	return of_action_set_field(a, id, bytes);
}

bool of_action_set_field_is_whole(const struct of_action_set_field *s)
{
	return memcmp(s->mask, of_field_ones[s->field->id], s->field->n_bytes) == 0;
}

/* Setting a VLAN that is not there is pop_vlan's work. */
static bool is_value_valid(const struct of_field *f, const uint8_t *value, const uint8_t *mask)
{
	for (unsigned i = 0; i < f->n_bytes; i++) {
		if (value[i] & ~of_field_ones[f->id][i])
			return false;
	}
	return f->id != OF_FIELD_VLAN_VID || !(load_be16(mask) & ~load_be16(value) & VLAN_PRESENT);
}

static bool is_zero(const uint8_t *bytes, unsigned n)
{
	while (n > 0 && bytes[n - 1] == 0)
		n--;
	return n == 0;
}

/* It has bits of the field, and the value none but those. */
static bool is_mask_valid(const struct oxm *oxm)
{
	for (unsigned i = 0; i < oxm->field->n_bytes; i++) {
		if (oxm->value[i] & ~oxm->mask[i] ||
		    oxm->mask[i] & ~of_field_ones[oxm->field->id][i])
			return false;
	}
	return !is_zero(oxm->mask, oxm->field->n_bytes);
}

/* What the TLV says, or NULL with ERR.  The port that a packet came by is not a header (OF 1.3.5
 * section 7.2.5); Nicira's narrower form of it may be set. */
static struct of_action *decode_tlv(struct cursor *body, bool is_maskable, struct arena *a,
				    struct of_error *err)
{
	const uint8_t *mask;
	struct oxm oxm;

	if (oxm_read(body, &oxm) != 0)
		return of_action_refuse(err, OFPBAC_BAD_SET_LEN);
	if (!oxm.field || !oxm.field->is_settable || oxm.field->id == OF_FIELD_IN_PORT)
		return of_action_refuse(err, OFPBAC_BAD_SET_TYPE);
	if (!oxm.is_length_right)
		return of_action_refuse(err, OFPBAC_BAD_SET_LEN);
	if (oxm.has_mask && (!is_maskable || !is_mask_valid(&oxm)))
		return of_action_refuse(err, OFPBAC_BAD_SET_MASK);
	mask = oxm.mask ? oxm.mask : of_field_ones[oxm.field->id];
	if (!is_value_valid(oxm.field, oxm.value, mask))
		return of_action_refuse(err, OFPBAC_BAD_SET_ARGUMENT);
	return &of_action_set_field_masked(a, oxm.field->id, oxm.value, mask)->base;
}

static struct of_action *set_field_decode(struct cursor *body, uint8_t version, struct arena *a,
					  struct of_error *err)
{
	size_t size = cursor_left(body) + HEADER_SIZE;
	struct of_action *act = decode_tlv(body, version >= OF_VERSION_1_5, a, err);

	if (act)
		cursor_take(body, -(size - cursor_left(body)) & 7);
	return act;
}

static void set_field_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_set_field *s = (const struct of_action_set_field *)act;

	oxm_put(s->field, version, s->value, of_action_set_field_is_whole(s) ? NULL : s->mask, out);
}

/* NXAST_REG_LOAD2, which also OpenFlow before 1.5 has: six bytes of header, the TLV, padding. */
static struct of_action *decode_load2(struct cursor *body, uint8_t version, struct arena *a,
				      struct of_error *err)
{
	struct of_action *act = decode_tlv(body, true, a, err);

	(void)version;
	if (!act)
		return NULL;
	if (cursor_left(body) >= 8)
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	return of_action_is_rest_zero(body) ? act : of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
}

static void encode_load2(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_set_field *s = (const struct of_action_set_field *)act;

	oxm_put(s->field, version, s->value, s->mask, out);
}

static const struct of_action_class reg_load2 = {
	OF_ACTION_NICIRA(NXAST_REG_LOAD2),
	.decode = decode_load2,
	.encode = encode_load2,
};
REGISTRY_ADD(of_action_class, reg_load2);

static const struct of_action_class *set_field_form(const struct of_action *act, uint8_t version)
{
	return version < OF_VERSION_1_5 && !of_action_set_field_is_whole(
						   (const struct of_action_set_field *)act)
		       ? &reg_load2
		       : &of_action_set_field_class;
}

static void set_field_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_set_field *s = (const struct of_action_set_field *)act;
	bool is_whole = of_action_set_field_is_whole(s);

	buf_puts(out, "set_field:");
	of_field_print(s->field, s->value, is_whole ? NULL : s->mask, out);
	buf_printf(out, "->%s", s->field->id == OF_FIELD_IN_PORT_NXM ? "in_port" : s->field->name);
}

/* "VALUE->FIELD" */
static struct of_action *set_field_parse(const char *args, struct arena *a, struct status *st)
{
	const char *arrow = strstr(args, "->");
	uint8_t value[OF_FIELD_MAX_BYTES], mask[OF_FIELD_MAX_BYTES];
	const struct of_field *f = arrow ? of_field_in_action(arrow + 2, strlen(arrow + 2)) : NULL;

	if (!f || !f->is_settable || f->id == OF_FIELD_IN_PORT)
		return of_action_refuse_text(
			st, "set_field", args,
			"write VALUE->FIELD or VALUE/MASK->FIELD with a field that can be set");
	if (of_field_parse(f, f->name, args, arrow - args, value, mask, st) != 0)
		return NULL;
	if (is_zero(mask, f->n_bytes))
		return of_action_refuse_text(st, "set_field", args,
					     "the mask leaves nothing to set");
	if (!is_value_valid(f, value, mask)) {
		status_set(st, STATUS_INVALID_ARGUMENT, "set_field",
			   "set_field: %s: add 4096, a tag's presence, to the VLAN's number",
			   f->name);
		return NULL;
	}
	return &of_action_set_field_masked(a, f->id, value, mask)->base;
}

static int set_field_check(const struct of_action *act, struct of_action_scope *scope,
			   struct of_error *err)
{
	const struct of_field *f = ((const struct of_action_set_field *)act)->field;

	return of_action_check_field(f, scope, err);
}

OF_ACTION_CLASS(set_field, .type = OFPAT_SET_FIELD, .form = set_field_form,
		.check = set_field_check);
