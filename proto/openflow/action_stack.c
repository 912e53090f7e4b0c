/* NXAST_STACK_PUSH and NXAST_STACK_POP (Open vSwitch's ovs-actions manual, "push" and "pop"):
 * offset, header, number of bits. */

#include "proto/openflow/action_stack.h"

#include "proto/openflow/action_priv.h"

#define BODY_SIZE 14

static struct of_action_stack *make(struct arena *a, const struct of_action_class *class,
				    const struct of_subfield *sf)
{
	struct of_action_stack *s = of_action_new(a, class, sizeof(*s));

	s->subfield = *sf;
	return s;
}

struct of_action_stack *of_action_push(struct arena *a, const struct of_subfield *src)
{
	return make(a, &of_action_push_class, src);
}

struct of_action_stack *of_action_pop(struct arena *a, const struct of_subfield *dst)
{
	return make(a, &of_action_pop_class, dst);
}

static int decode_subfield(struct cursor *body, struct of_subfield *sf, struct of_error *err)
{
	uint16_t ofs = cursor_be16(body);

	if (of_subfield_read(sf, body, err) != 0 ||
	    of_subfield_set_bits(sf, ofs, cursor_be16(body), err) != 0)
		return -1;
	return of_action_is_rest_zero(body)
		       ? 0
		       : of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
}

static struct of_action *decode_push(struct cursor *body, uint8_t version, struct arena *a,
				     struct of_error *err)
{
	struct of_subfield src;

	(void)version;
	return decode_subfield(body, &src, err) == 0 ? &of_action_push(a, &src)->base : NULL;
}

static struct of_action *decode_pop(struct cursor *body, uint8_t version, struct arena *a,
				    struct of_error *err)
{
	struct of_subfield dst;

	(void)version;
	if (decode_subfield(body, &dst, err) != 0)
		return NULL;
	if (!dst.field->is_settable)
		return of_action_refuse(err, OFPBAC_BAD_SET_ARGUMENT);
	return &of_action_pop(a, &dst)->base;
}

static void encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_stack *s = (const struct of_action_stack *)act;
	size_t start = out->size;

	(void)version;
	buf_be16(out, s->subfield.ofs);
	of_subfield_write(&s->subfield, 0, out);
	buf_be16(out, s->subfield.n_bits);
	buf_zeros(out, BODY_SIZE - (out->size - start));
}

static void print(const struct of_action *act, struct buf *out)
{
	buf_printf(out, "%s:", act->class->name);
	of_subfield_print(&((const struct of_action_stack *)act)->subfield, out);
}

static struct of_action *parse_push(const char *args, struct arena *a, struct status *st)
{
	struct of_subfield src;

	return of_subfield_parse(&src, args, strlen(args), "push", st) == 0
		       ? &of_action_push(a, &src)->base
		       : NULL;
}

static struct of_action *parse_pop(const char *args, struct arena *a, struct status *st)
{
	struct of_subfield dst;

	if (of_subfield_parse(&dst, args, strlen(args), "pop", st) != 0)
		return NULL;
	if (!dst.field->is_settable)
		return of_action_refuse_text(st, "pop", args, "this field cannot be set");
	return &of_action_pop(a, &dst)->base;
}

static int check(const struct of_action *act, struct of_action_scope *scope, struct of_error *err)
{
	return of_action_check_field(((const struct of_action_stack *)act)->subfield.field, scope,
				     err);
}

#define STACK_CLASS(NAME, SUBTYPE)                                                                 \
	const struct of_action_class of_action_##NAME##_class = {                                  \
		.name = #NAME,                                                                     \
		.size = sizeof(struct of_action_stack),                                            \
		OF_ACTION_NICIRA(SUBTYPE),                                                         \
		.decode = decode_##NAME,                                                           \
		.encode = encode,                                                                  \
		.print = print,                                                                    \
		.parse = parse_##NAME,                                                             \
		.check = check,                                                                    \
	};                                                                                         \
	REGISTRY_ADD(of_action_class, of_action_##NAME##_class)

STACK_CLASS(push, NXAST_STACK_PUSH);
STACK_CLASS(pop, NXAST_STACK_POP);
