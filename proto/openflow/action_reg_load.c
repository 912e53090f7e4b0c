/* NXAST_REG_LOAD (Open vSwitch's ovs-actions manual, "load"). */

#include "proto/openflow/action_reg_load.h"

#include "proto/openflow/field_text.h"
#include "proto/openflow/numbers.h"

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
	if (!cursor_ok(body)) {
		of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_LEN);
		return NULL;
	}
	if (of_subfield_init(&dst, header, ofs_n_bits >> 6, (ofs_n_bits & 0x3f) + 1, err) != 0)
		return NULL;
	if (!dst.field->is_settable || !is_fitting(value, dst.n_bits)) {
		of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_SET_ARGUMENT);
		return NULL;
	}
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
	return &of_action_reg_load(a, dst.field->id, dst.ofs, dst.n_bits, value)->base;
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
};
REGISTRY_ADD(of_action_class, of_action_reg_load_class);
