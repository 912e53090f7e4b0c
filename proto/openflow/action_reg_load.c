/* NXAST_REG_LOAD (Open vSwitch's ovs-actions manual, "load"); OpenFlow 1.5 says it by set_field. */

#include "proto/openflow/action_reg_load.h"

#include "proto/openflow/action_priv.h"
#include "proto/openflow/action_set_field.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/oxm.h"

struct of_action_reg_load *of_action_reg_load(struct arena *a, enum of_field_id id, unsigned ofs,
					      unsigned n_bits, uint64_t value)
{
	struct of_action_reg_load *l = arena_alloc(a, sizeof(*l));

	l->base.class = &of_action_reg_load_class;
	l->dst = (struct of_subfield){ .field = of_field(id), .ofs = ofs, .n_bits = n_bits };
	l->value = value;
	return l;
}

static bool is_fitting(uint64_t value, unsigned n_bits)
{
	return n_bits >= 64 || value >> n_bits == 0;
}

/* Offset in the upper ten bits, the number of bits minus one in the lower six. */
static struct of_action *decode(struct cursor *body, uint8_t version, struct arena *a,
				struct of_error *err)
{
	uint16_t ofs_n_bits = cursor_be16(body);
	uint32_t header = cursor_be32(body);
	uint64_t value = cursor_be64(body);
	struct of_subfield dst;

	(void)version;
	if (!cursor_ok(body))
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (of_subfield_init(&dst, header, ofs_n_bits >> 6, (ofs_n_bits & 0x3f) + 1, err) != 0)
		return NULL;
	if (!dst.field->is_settable || !is_fitting(value, dst.n_bits))
		return of_action_refuse(err, OFPBAC_BAD_SET_ARGUMENT);
	return &of_action_reg_load(a, dst.field->id, dst.ofs, dst.n_bits, value)->base;
}

static void encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_reg_load *l = (const struct of_action_reg_load *)act;

	(void)version;
	buf_be16(out, l->dst.ofs << 6 | (l->dst.n_bits - 1));
	buf_be32(out, of_subfield_header(&l->dst));
	buf_be64(out, l->value);
}

/* The bits from OFS on of a number of BYTES bytes. */
static void place_bits(uint64_t bits, unsigned ofs, uint8_t *number, unsigned n_bytes)
{
	for (; bits; bits >>= 1, ofs++)
		number[n_bytes - 1 - ofs / 8] |= (bits & 1) << ofs % 8;
}

/* As a set_field with a mask, which OpenFlow 1.5 has instead. */
static struct of_action_set_field as_set_field(const struct of_action_reg_load *l)
{
	struct of_action_set_field s = { .base.class = &of_action_set_field_class,
					 .field = l->dst.field };
	unsigned n_bytes = l->dst.field->n_bytes, n_bits = l->dst.n_bits;

	place_bits(l->value, l->dst.ofs, s.value, n_bytes);
	place_bits(n_bits >= 64 ? UINT64_MAX : (1ull << n_bits) - 1, l->dst.ofs, s.mask, n_bytes);
	return s;
}

static void encode_as_set_field(const struct of_action *act, uint8_t version, struct buf *out)
{
	struct of_action_set_field s = as_set_field((const struct of_action_reg_load *)act);

	oxm_put(s.field, version, s.value, of_action_set_field_is_whole(&s) ? NULL : s.mask, out);
}

/* For classes that another file decodes. */
static const struct of_action_class set_field_of_1_5 = {
	.type = OFPAT_SET_FIELD,
	.encode = encode_as_set_field,
};
static const struct of_action_class load2 = {
	OF_ACTION_NICIRA(NXAST_REG_LOAD2),
	.encode = encode_as_set_field,
};

static const struct of_action_class *form(const struct of_action *act, uint8_t version)
{
	const struct of_subfield *dst = &((const struct of_action_reg_load *)act)->dst;

	if (version >= OF_VERSION_1_5)
		return &set_field_of_1_5;
	if (!of_field_is_variable(dst->field) && of_subfield_header(dst))
		return &of_action_reg_load_class;
	return dst->n_bits == dst->field->n_bits ? &set_field_of_1_5 : &load2;
}

static void print(const struct of_action *act, struct buf *out)
{
	const struct of_action_reg_load *l = (const struct of_action_reg_load *)act;

	buf_printf(out, "load:%#llx->", (unsigned long long)l->value);
	of_subfield_print(&l->dst, out);
}

/* "VALUE->FIELD[FIRST..LAST]" */
static struct of_action *parse(const char *args, struct arena *a, struct status *st)
{
	const char *arrow = strstr(args, "->");
	struct of_action_set_field set;
	struct of_action_reg_load *l;
	struct of_subfield dst;
	uint64_t value;

	if (!arrow || of_number_parse(args, arrow - args, &value) != 0) {
		status_set(st, STATUS_INVALID_ARGUMENT, "load",
			   "load: \"%s\": write NUMBER->FIELD[FIRST..LAST]", args);
		return NULL;
	}
	if (of_subfield_parse(&dst, arrow + 2, strlen(arrow + 2), "load", st) != 0)
		return NULL;
	if (!dst.field->is_settable || dst.n_bits > 64 || !is_fitting(value, dst.n_bits)) {
		status_set(st, STATUS_INVALID_ARGUMENT, "load",
			   "load: \"%s\": the field cannot be set, or the number has more than its "
			   "%u bits (64 at most)",
			   args, dst.n_bits);
		return NULL;
	}
	l = of_action_reg_load(a, dst.field->id, dst.ofs, dst.n_bits, value);
	if (!of_field_is_variable(dst.field) && of_subfield_header(&dst))
		return &l->base;
	/* The wire has no load of it, but a set_field with a mask. */
	set = as_set_field(l);
	return &of_action_set_field_masked(a, set.field->id, set.value, set.mask)->base;
}

static int check(const struct of_action *act, struct of_action_scope *scope, struct of_error *err)
{
	return of_action_check_field(((const struct of_action_reg_load *)act)->dst.field, scope,
				     err);
}

const struct of_action_class of_action_reg_load_class = {
	.name = "load",
	.size = sizeof(struct of_action_reg_load),
	.type = OFPAT_EXPERIMENTER,
	.vendor = OF_NICIRA_ID,
	.subtype = NXAST_REG_LOAD,
	.decode = decode,
	.encode = encode,
	.print = print,
	.parse = parse,
	.check = check,
	.form = form,
};
REGISTRY_ADD(of_action_class, of_action_reg_load_class);
