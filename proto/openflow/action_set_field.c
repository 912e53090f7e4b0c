/* OFPAT_SET_FIELD (OF 1.3.5 section 7.2.5): one OXM TLV without a mask. */

#include "proto/openflow/action_set_field.h"

#include "proto/openflow/field_text.h"
#include "proto/openflow/numbers.h"
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
static bool is_value_valid(const struct of_field *f, const uint8_t *value)
{
	for (unsigned i = 0; i < f->n_bytes; i++) {
		if (value[i] & ~of_field_ones[f->id][i])
			return false;
	}
	return f->id != OF_FIELD_VLAN_VID || load_be16(value) & VLAN_PRESENT;
}

static struct of_action *decode(struct cursor *body, uint8_t version, struct arena *a,
				struct of_error *err)
{
	size_t size = cursor_left(body) + HEADER_SIZE;
	uint16_t code;
	struct oxm oxm;

	(void)version;
	if (oxm_read(body, &oxm) != 0) {
		code = OFPBAC_BAD_SET_LEN;
	} else if (!oxm.field || !oxm.field->is_settable || oxm.has_mask) {
		code = OFPBAC_BAD_SET_TYPE;
	} else if (!oxm.is_length_right) {
		code = OFPBAC_BAD_SET_LEN;
	} else if (!is_value_valid(oxm.field, oxm.value)) {
		code = OFPBAC_BAD_SET_ARGUMENT;
	} else {
		cursor_take(body, -(size - cursor_left(body)) & 7);
		return &of_action_set_field(a, oxm.field->id, oxm.value)->base;
	}
	of_error_set(err, OFPET_BAD_ACTION, code);
	return NULL;
}

static void encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_set_field *s = (const struct of_action_set_field *)act;

	(void)version;
	oxm_write(s->field, s->value, NULL, out);
}

static void print(const struct of_action *act, struct buf *out)
{
	const struct of_action_set_field *s = (const struct of_action_set_field *)act;

	buf_puts(out, "set_field:");
	of_field_print(s->field, s->value, NULL, out);
	buf_printf(out, "->%s", s->field->name);
}

/* "VALUE->FIELD" */
static struct of_action *parse(const char *args, struct arena *a, struct status *st)
{
	const char *arrow = strstr(args, "->");
	uint8_t value[OF_FIELD_MAX_BYTES], mask[OF_FIELD_MAX_BYTES];
	const struct of_field *f = arrow ? of_field_by_name(arrow + 2, strlen(arrow + 2)) : NULL;

	if (!f || !f->is_settable) {
		status_set(st, STATUS_INVALID_ARGUMENT, "set_field",
			   "set_field: \"%s\": write VALUE->FIELD with a field that can be set",
			   args);
		return NULL;
	}
	if (of_field_parse(f, f->name, args, arrow - args, value, mask, st) != 0)
		return NULL;
	if (memcmp(mask, of_field_ones[f->id], f->n_bytes) != 0) {
		status_set(st, STATUS_INVALID_ARGUMENT, "set_field",
			   "set_field: %s is set as a whole: use load for some of its bits",
			   f->name);
		return NULL;
	}
	if (!is_value_valid(f, value)) {
		status_set(st, STATUS_INVALID_ARGUMENT, "set_field",
			   "set_field: %s: add 4096, a tag's presence, to the VLAN's number",
			   f->name);
		return NULL;
	}
	return &of_action_set_field(a, f->id, value)->base;
}

static int check(const struct of_action *act, struct of_action_scope *scope, struct of_error *err)
{
	const struct of_field *f = ((const struct of_action_set_field *)act)->field;

	return of_action_check_field(f, scope, err);
}

const struct of_action_class of_action_set_field_class = {
	.name = "set_field",
	.size = sizeof(struct of_action_set_field),
	.type = OFPAT_SET_FIELD,
	.decode = decode,
	.encode = encode,
	.print = print,
	.parse = parse,
	.check = check,
};
REGISTRY_ADD(of_action_class, of_action_set_field_class);
