/* NXAST_CHECK_PKT_LARGER (Open vSwitch's ovs-actions manual, "check_pkt_larger"). */

#include "proto/openflow/action_check_pkt_larger.h"

#include "proto/openflow/action_priv.h"
#include "proto/openflow/field_text.h"

#define BODY_SIZE 14

struct of_action_check_pkt_larger *of_action_check_pkt_larger(struct arena *a, uint16_t length,
							      const struct of_subfield *dst)
{
	struct of_action_check_pkt_larger *c =
		of_action_new(a, &of_action_check_pkt_larger_class, sizeof(*c));

	c->length = length;
	c->dst = *dst;
	return c;
}

static struct of_action *check_pkt_larger_decode(struct cursor *body, uint8_t version,
						 struct arena *a, struct of_error *err)
{
	uint16_t length = cursor_be16(body), ofs = cursor_be16(body);
	struct of_subfield dst;

	(void)version;
	if (of_subfield_read(&dst, body, err) != 0 || of_subfield_set_bits(&dst, ofs, 1, err) != 0)
		return NULL;
	if (!of_action_is_rest_zero(body))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	if (!dst.field->is_settable)
		return of_action_refuse(err, OFPBAC_BAD_SET_ARGUMENT);
	return &of_action_check_pkt_larger(a, length, &dst)->base;
}

static void check_pkt_larger_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_check_pkt_larger *c = (const struct of_action_check_pkt_larger *)act;
	size_t start = out->size;

	(void)version;
	buf_be16(out, c->length);
	buf_be16(out, c->dst.ofs);
	of_subfield_write(&c->dst, 0, out);
	buf_zeros(out, BODY_SIZE - (out->size - start));
}

static void check_pkt_larger_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_check_pkt_larger *c = (const struct of_action_check_pkt_larger *)act;

	buf_printf(out, "check_pkt_larger(%u)->", c->length);
	of_subfield_print(&c->dst, out);
}

/* "LENGTH)->FIELD[BIT]", as the parenthesis is not at the end. */
static struct of_action *check_pkt_larger_parse(const char *args, struct arena *a,
						struct status *st)
{
	size_t n = strspn(args, "0123456789abcdefABCDEFx");
	const char *rest = args + n + (args[n] == ')');
	struct of_subfield dst;
	uint64_t length;

	if (strncmp(rest, "->", 2) != 0 || of_number_parse(args, n, &length) != 0 ||
	    length > UINT16_MAX)
		return of_action_refuse_text(st, "check_pkt_larger", args,
					     "write check_pkt_larger(BYTES)->FIELD[BIT]");
	if (of_subfield_parse(&dst, rest + 2, strlen(rest + 2), "check_pkt_larger", st) != 0)
		return NULL;
	if (dst.n_bits != 1 || !dst.field->is_settable)
		return of_action_refuse_text(st, "check_pkt_larger", args,
					     "give one bit of a field that can be set");
	return &of_action_check_pkt_larger(a, length, &dst)->base;
}

static int check_pkt_larger_check(const struct of_action *act, struct of_action_scope *scope,
				  struct of_error *err)
{
	return of_action_check_field(((const struct of_action_check_pkt_larger *)act)->dst.field,
				     scope, err);
}

OF_ACTION_CLASS(check_pkt_larger, OF_ACTION_NICIRA(NXAST_CHECK_PKT_LARGER),
		.check = check_pkt_larger_check);
