/* NXAST_LEARN, and NXAST_LEARN2, which adds a limit and a result (Open vSwitch's ovs-actions
 * manual, "learn"): how the flow to be made differs from others, then a list of what it matches and
 * does. Its text is action_learn_text.c. */

#include "proto/openflow/action_learn.h"

#include "proto/openflow/action_learn_text.h"
#include "proto/openflow/action_priv.h"

/* A specification begins with a word of these. */
#define N_BITS_MASK   0x03ff
#define KIND_SHIFT    11
#define KIND_MASK     0x1800
#define SRC_IMMEDIATE 0x2000
#define RESERVED      0xc400

struct of_action_learn *of_action_learn(struct arena *a, const struct of_learn_spec *specs,
					uint16_t n_specs)
{
	struct of_action_learn *l =
		of_action_new(a, &of_action_learn_class, sizeof(*l) + n_specs * sizeof(*specs));

	l->priority = 0x8000;
	l->table_id = 1;
	l->n_specs = n_specs;
	if (n_specs)
		memcpy(l->specs, specs, n_specs * sizeof(*specs));
	return l;
}

static int bad_action(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_BAD_ACTION, code);
}

/* A header of four bytes and the lowest bit; N_BITS from there. */
static int decode_subfield(struct cursor *c, unsigned n_bits, struct of_subfield *sf,
			   struct of_error *err)
{
	uint32_t header = cursor_be32(c);
	uint16_t ofs = cursor_be16(c);

	if (!cursor_ok(c))
		return bad_action(err, OFPBAC_BAD_LEN);
	return of_subfield_init(sf, header, ofs, n_bits, err);
}

/* The value in whole words of 16 bits, right-aligned. */
static int decode_value(struct cursor *c, struct of_learn_spec *s, struct of_error *err)
{
	unsigned size = (s->n_bits + 15) / 16 * 2;
	const uint8_t *bytes = cursor_take(c, size);

	if (!bytes)
		return bad_action(err, OFPBAC_BAD_LEN);
	if (size > sizeof(s->value))
		return bad_action(err, OFPBAC_BAD_SET_LEN);
	memcpy(s->value + sizeof(s->value) - size, bytes, size);
	if (s->n_bits % 8)
		s->value[sizeof(s->value) - (s->n_bits + 7) / 8] &= (1u << s->n_bits % 8) - 1;
	return 0;
}

static int decode_spec(uint16_t head, struct cursor *c, struct of_learn_spec *s,
		       struct of_error *err)
{
	*s = (struct of_learn_spec){ 0 };
	s->kind = (head & KIND_MASK) >> KIND_SHIFT;
	s->n_bits = head & N_BITS_MASK;
	if (head & RESERVED || s->kind > OF_LEARN_OUTPUT ||
	    (s->kind == OF_LEARN_OUTPUT && head & SRC_IMMEDIATE))
		return bad_action(err, OFPBAC_BAD_ARGUMENT);
	if (!s->n_bits)
		return bad_action(err, OFPBAC_BAD_SET_LEN);
	if ((head & SRC_IMMEDIATE ? decode_value(c, s, err)
				  : decode_subfield(c, s->n_bits, &s->src, err)) != 0)
		return -1;
	if (s->kind == OF_LEARN_OUTPUT)
		return 0;
	if (decode_subfield(c, s->n_bits, &s->dst, err) != 0)
		return -1;
	if (s->kind == OF_LEARN_LOAD && !s->dst.field->is_settable)
		return bad_action(err, OFPBAC_BAD_SET_ARGUMENT);
	return 0;
}

/* Until a zero word, behind which there must be padding only.  The result is PLAIN with them. */
static struct of_action *decode_specs(struct cursor *c, const struct of_action_learn *plain,
				      struct arena *a, struct of_error *err)
{
	struct of_learn_spec *specs = NULL;
	struct of_action_learn *l;
	unsigned n = 0, room = 0;

	while (cursor_left(c) >= 2) {
		uint16_t head = cursor_be16(c);

		if (!head)
			break;
		if (n == room) {
			struct of_learn_spec *more;

			room = 2 * room + 4;
			more = arena_alloc(a, room * sizeof(*more));
			if (n)
				memcpy(more, specs, n * sizeof(*more));
			specs = more;
		}
		if (decode_spec(head, c, &specs[n++], err) != 0)
			return NULL;
	}
	if (!of_action_is_rest_zero(c))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	l = of_action_learn(a, specs, n);
	memcpy(l, plain, offsetof(struct of_action_learn, n_specs));
	return &l->base;
}

/* The fixed part; FLAGS are those that the form has. */
static int decode_head(struct cursor *body, uint16_t flags, struct of_action_learn *l,
		       struct of_error *err)
{
	uint8_t padding;

	memset(l, 0, sizeof(*l));
	l->base.class = &of_action_learn_class;
	l->idle_timeout = cursor_be16(body);
	l->hard_timeout = cursor_be16(body);
	l->priority = cursor_be16(body);
	l->cookie = cursor_be64(body);
	l->flags = cursor_be16(body);
	l->table_id = cursor_u8(body);
	padding = cursor_u8(body);
	l->fin_idle_timeout = cursor_be16(body);
	l->fin_hard_timeout = cursor_be16(body);
	if (!cursor_ok(body))
		return bad_action(err, OFPBAC_BAD_LEN);
	if (padding || l->flags & ~flags || l->table_id == OF_TABLE_ALL)
		return bad_action(err, OFPBAC_BAD_ARGUMENT);
	return 0;
}

static struct of_action *learn_decode(struct cursor *body, uint8_t version, struct arena *a,
				      struct of_error *err)
{
	struct of_action_learn plain;

	(void)version;
	if (decode_head(body, OF_LEARN_SEND_FLOW_REM | OF_LEARN_DELETE_LEARNED, &plain, err) != 0)
		return NULL;
	return decode_specs(body, &plain, a, err);
}

static struct of_action *decode_learn2(struct cursor *body, uint8_t version, struct arena *a,
				       struct of_error *err)
{
	struct of_action_learn plain;
	uint16_t ofs, padding;

	(void)version;
	if (decode_head(body,
			OF_LEARN_SEND_FLOW_REM | OF_LEARN_DELETE_LEARNED | OF_LEARN_WRITE_RESULT,
			&plain, err) != 0)
		return NULL;
	plain.limit = cursor_be32(body);
	ofs = cursor_be16(body);
	padding = cursor_be16(body);
	if (!cursor_ok(body))
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (padding || (ofs && !(plain.flags & OF_LEARN_WRITE_RESULT)))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	if (plain.flags & OF_LEARN_WRITE_RESULT) {
		if (of_subfield_read(&plain.result, body, err) != 0 ||
		    of_subfield_set_bits(&plain.result, ofs, 1, err) != 0)
			return NULL;
		if (!plain.result.field->is_settable)
			return of_action_refuse(err, OFPBAC_BAD_SET_ARGUMENT);
	}
	return decode_specs(body, &plain, a, err);
}

static void encode_head(const struct of_action_learn *l, struct buf *out)
{
	buf_be16(out, l->idle_timeout);
	buf_be16(out, l->hard_timeout);
	buf_be16(out, l->priority);
	buf_be64(out, l->cookie);
	buf_be16(out, l->flags);
	buf_be8(out, l->table_id);
	buf_be8(out, 0);
	buf_be16(out, l->fin_idle_timeout);
	buf_be16(out, l->fin_hard_timeout);
}

static void encode_subfield(const struct of_subfield *sf, struct buf *out)
{
	buf_be32(out, of_subfield_header(sf));
	buf_be16(out, sf->ofs);
}

static void encode_specs(const struct of_action_learn *l, struct buf *out)
{
	for (unsigned i = 0; i < l->n_specs; i++) {
		const struct of_learn_spec *s = &l->specs[i];
		unsigned size = (s->n_bits + 15) / 16 * 2;

		buf_be16(out,
			 s->n_bits | s->kind << KIND_SHIFT | (s->src.field ? 0 : SRC_IMMEDIATE));
		if (s->src.field)
			encode_subfield(&s->src, out);
		else
			buf_add(out, s->value + sizeof(s->value) - size, size);
		if (s->kind != OF_LEARN_OUTPUT)
			encode_subfield(&s->dst, out);
	}
}

static void learn_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_learn *l = (const struct of_action_learn *)act;

	(void)version;
	encode_head(l, out);
	encode_specs(l, out);
}

static void encode_learn2(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_learn *l = (const struct of_action_learn *)act;

	(void)version;
	encode_head(l, out);
	buf_be32(out, l->limit);
	buf_be16(out, l->result.field ? l->result.ofs : 0);
	buf_be16(out, 0);
	if (l->result.field)
		of_subfield_write(&l->result, 0, out);
	encode_specs(l, out);
}

static const struct of_action_class learn2 = {
	OF_ACTION_NICIRA(NXAST_LEARN2),
	.decode = decode_learn2,
	.encode = encode_learn2,
};
REGISTRY_ADD(of_action_class, learn2);

static const struct of_action_class *learn_form(const struct of_action *act, uint8_t version)
{
	const struct of_action_learn *l = (const struct of_action_learn *)act;

	(void)version;
	return l->limit || l->flags & OF_LEARN_WRITE_RESULT ? &learn2 : &of_action_learn_class;
}

static size_t learn_size(const struct of_action *act)
{
	const struct of_action_learn *l = (const struct of_action_learn *)act;

	return sizeof(*l) + l->n_specs * sizeof(l->specs[0]);
}

/* What the new flow matches or writes is judged when it is made; what is read must be there. */
static int learn_check(const struct of_action *act, struct of_action_scope *scope,
		       struct of_error *err)
{
	const struct of_action_learn *l = (const struct of_action_learn *)act;

	for (unsigned i = 0; i < l->n_specs; i++) {
		const struct of_field *src = l->specs[i].src.field;

		if (src && of_action_check_field(src, scope, err) != 0)
			return -1;
	}
	return 0;
}

const struct of_action_class of_action_learn_class = {
	.name = "learn",
	.size = sizeof(struct of_action_learn),
	OF_ACTION_NICIRA(NXAST_LEARN),
	.decode = learn_decode,
	.encode = learn_encode,
	.print = of_action_learn_print,
	.parse = of_action_learn_parse,
	.check = learn_check,
	.form = learn_form,
	.struct_size = learn_size,
};
REGISTRY_ADD(of_action_class, of_action_learn_class);
