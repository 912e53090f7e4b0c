/* NXAST_REG_MOVE (Open vSwitch's ovs-actions manual, "move"). */

#include "proto/openflow/action_reg_move.h"

#include "proto/openflow/action_priv.h"

static struct of_action_reg_move *make(struct arena *a, const struct of_subfield *src,
				       const struct of_subfield *dst)
{
	struct of_action_reg_move *m = arena_alloc(a, sizeof(*m));

	m->base.class = &of_action_reg_move_class;
	m->src = *src;
	m->dst = *dst;
	return m;
}

struct of_action_reg_move *of_action_reg_move(struct arena *a, enum of_field_id src,
					      enum of_field_id dst)
{
	const struct of_field *from = of_field(src), *to = of_field(dst);

	return make(a, &(struct of_subfield){ .field = from, .n_bits = from->n_bits },
		    &(struct of_subfield){ .field = to, .n_bits = to->n_bits });
}

/* The number of bits and both offsets, then, after PADDING, both headers of four or eight bytes. */
static struct of_action *decode_form(struct cursor *body, unsigned padding, struct arena *a,
				     struct of_error *err)
{
	uint16_t n_bits = cursor_be16(body), src_ofs = cursor_be16(body);
	uint16_t dst_ofs = cursor_be16(body);
	struct of_action_reg_move *m = of_action_new(a, &of_action_reg_move_class, sizeof(*m));

	cursor_take(body, padding);
	if (of_subfield_read(&m->src, body, err) != 0 || of_subfield_read(&m->dst, body, err) != 0)
		return NULL;
	if (cursor_left(body) >= 8)
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (!of_action_is_rest_zero(body))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	if (of_subfield_set_bits(&m->src, src_ofs, n_bits, err) != 0 ||
	    of_subfield_set_bits(&m->dst, dst_ofs, n_bits, err) != 0)
		return NULL;
	if (!m->dst.field->is_settable)
		return of_action_refuse(err, OFPBAC_BAD_SET_ARGUMENT);
	return &m->base;
}

static struct of_action *decode(struct cursor *body, uint8_t version, struct arena *a,
				struct of_error *err)
{
	(void)version;
	return decode_form(body, 0, a, err);
}

static struct of_action *decode_copy_field(struct cursor *body, uint8_t version, struct arena *a,
					   struct of_error *err)
{
	(void)version;
	return decode_form(body, 2, a, err);
}

static struct of_action *decode_onf(struct cursor *body, uint8_t version, struct arena *a,
				    struct of_error *err)
{
	(void)version;
	cursor_take(body, 2);
	return decode_form(body, 2, a, err);
}

static void encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_reg_move *m = (const struct of_action_reg_move *)act;

	(void)version;
	buf_be16(out, m->src.n_bits);
	buf_be16(out, m->src.ofs);
	buf_be16(out, m->dst.ofs);
	of_subfield_write(&m->src, 0, out);
	of_subfield_write(&m->dst, 0, out);
}

static void encode_copy_field(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_reg_move *m = (const struct of_action_reg_move *)act;

	buf_be16(out, m->src.n_bits);
	buf_be16(out, m->src.ofs);
	buf_be16(out, m->dst.ofs);
	buf_zeros(out, 2);
	of_subfield_write(&m->src, version, out);
	of_subfield_write(&m->dst, version, out);
}

static const struct of_action_class copy_field = {
	.type = OFPAT_COPY_FIELD,
	.since = OF_VERSION_1_5,
	.decode = decode_copy_field,
	.encode = encode_copy_field,
};
REGISTRY_ADD(of_action_class, copy_field);

static const struct of_action_class onf_copy_field = {
	.type = OFPAT_EXPERIMENTER,
	.vendor = 0x4f4e4600,
	.subtype = 3200,
	.decode = decode_onf,
};
REGISTRY_ADD(of_action_class, onf_copy_field);

static const struct of_action_class *form(const struct of_action *act, uint8_t version)
{
	(void)act;
	return version >= OF_VERSION_1_5 ? &copy_field : &of_action_reg_move_class;
}

static void print(const struct of_action *act, struct buf *out)
{
	const struct of_action_reg_move *m = (const struct of_action_reg_move *)act;

	buf_puts(out, "move:");
	of_subfield_print(&m->src, out);
	buf_puts(out, "->");
	of_subfield_print(&m->dst, out);
}

/* "FIELD[FIRST..LAST]->FIELD[FIRST..LAST]" */
static struct of_action *parse(const char *args, struct arena *a, struct status *st)
{
	const char *arrow = strstr(args, "->");
	struct of_subfield src, dst;

	if (!arrow) {
		status_set(st, STATUS_INVALID_ARGUMENT, "move",
			   "move: \"%s\": write FROM[FIRST..LAST]->TO[FIRST..LAST]", args);
		return NULL;
	}
	if (of_subfield_parse(&src, args, arrow - args, "move", st) != 0 ||
	    of_subfield_parse(&dst, arrow + 2, strlen(arrow + 2), "move", st) != 0)
		return NULL;
	if (src.n_bits != dst.n_bits || !dst.field->is_settable) {
		status_set(st, STATUS_INVALID_ARGUMENT, "move",
			   "move: \"%s\": %u bits into %u, or the field cannot be set: both sides "
			   "must be of one width",
			   args, src.n_bits, dst.n_bits);
		return NULL;
	}
	return &make(a, &src, &dst)->base;
}

static int check(const struct of_action *act, struct of_action_scope *scope, struct of_error *err)
{
	const struct of_action_reg_move *m = (const struct of_action_reg_move *)act;

	if (of_action_check_field(m->src.field, scope, err) != 0)
		return -1;
	return of_action_check_field(m->dst.field, scope, err);
}

const struct of_action_class of_action_reg_move_class = {
	.name = "move",
	.size = sizeof(struct of_action_reg_move),
	.type = OFPAT_EXPERIMENTER,
	.vendor = OF_NICIRA_ID,
	.subtype = NXAST_REG_MOVE,
	.decode = decode,
	.encode = encode,
	.print = print,
	.parse = parse,
	.check = check,
	.form = form,
};
REGISTRY_ADD(of_action_class, of_action_reg_move_class);
