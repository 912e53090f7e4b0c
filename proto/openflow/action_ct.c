/* NXAST_CT and NXAST_CT_CLEAR (Open vSwitch's ovs-actions manual, "ct"): a connection is looked up,
 * perhaps made, and actions within work on it.  NXAST_NAT, which stands in there, is action_nat.c.
 */

#include "proto/openflow/action_ct.h"

#include <strings.h>

#include "proto/openflow/action_priv.h"
#include "proto/openflow/action_reg_load.h"
#include "proto/openflow/action_reg_move.h"
#include "proto/openflow/action_set_field.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/tokens.h"

#define PORT_FTP  21
#define PORT_TFTP 69

OF_ACTION_WITHOUT_ARGUMENT(ct_clear, 6)
OF_ACTION_CLASS(ct_clear, OF_ACTION_NICIRA(NXAST_CT_CLEAR));

struct of_action_ct *of_action_ct(struct arena *a, uint16_t flags, uint16_t zone)
{
	struct of_action_ct *c = of_action_new(a, &of_action_ct_class, sizeof(*c));

	c->flags = flags;
	c->zone = zone;
	c->recirc_table = OF_CT_NO_RECIRCULATION;
	return c;
}

/* The field that the action writes, or NULL if it is of another kind. */
static const struct of_field *field_written(const struct of_action *act)
{
	if (act->class == &of_action_set_field_class)
		return ((const struct of_action_set_field *)act)->field;
	if (act->class == &of_action_reg_load_class)
		return ((const struct of_action_reg_load *)act)->dst.field;
	if (act->class == &of_action_reg_move_class)
		return ((const struct of_action_reg_move *)act)->dst.field;
	return NULL;
}

/* Within it there are addresses to translate and the connection's mark and label to write, which
 * takes a connection that is made; a plain nat does not. */
static bool are_nested_allowed(const struct of_action_ct *c)
{
	for (unsigned i = 0; i < c->actions.n; i++) {
		const struct of_action *act = c->actions.list[i];
		const struct of_field *f = field_written(act);
		bool is_nat = act->class == &of_action_nat_class;

		if (!is_nat && (!f || (f->id != OF_FIELD_CT_MARK && f->id != OF_FIELD_CT_LABEL)))
			return false;
		if (!(c->flags & OF_CT_COMMIT) &&
		    (!is_nat || ((const struct of_action_nat *)act)->flags))
			return false;
	}
	return true;
}

/* Makes a connection where it says so, and replaces one only then. */
static bool are_flags_valid(uint16_t flags)
{
	return !(flags & ~(OF_CT_COMMIT | OF_CT_FORCE)) &&
	       (!(flags & OF_CT_FORCE) || flags & OF_CT_COMMIT);
}

static struct of_action *ct_decode(struct cursor *body, uint8_t version, struct arena *a,
				   struct of_error *err)
{
	struct of_action_ct *c = of_action_ct(a, cursor_be16(body), 0);
	uint32_t header = cursor_be32(body);
	uint16_t zone = cursor_be16(body);

	c->recirc_table = cursor_u8(body);
	cursor_take(body, 3);
	c->alg = cursor_be16(body);
	if (!cursor_ok(body))
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (!are_flags_valid(c->flags))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	if (!header)
		c->zone = zone;
	else if (of_subfield_init(&c->zone_src, header, zone >> 6, (zone & 0x3f) + 1, err) != 0)
		return NULL;
	else if (c->zone_src.n_bits != 16)
		return of_action_refuse(err, OFPBAC_BAD_SET_LEN);
	if (of_actions_decode(body, cursor_left(body), version, a, &c->actions, err) != 0)
		return NULL;
	if (!are_nested_allowed(c))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	return &c->base;
}

static void ct_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_ct *c = (const struct of_action_ct *)act;
	const struct of_subfield *src = &c->zone_src;

	buf_be16(out, c->flags);
	buf_be32(out, src->field ? of_subfield_header(src) : 0);
	buf_be16(out, src->field ? src->ofs << 6 | (src->n_bits - 1) : c->zone);
	buf_be8(out, c->recirc_table);
	buf_zeros(out, 3);
	buf_be16(out, c->alg);
	of_actions_encode(&c->actions, version, out);
}

static void print_helper(uint16_t alg, struct buf *out)
{
	if (alg == PORT_FTP)
		buf_puts(out, "alg=ftp,");
	else if (alg == PORT_TFTP)
		buf_puts(out, "alg=tftp,");
	else if (alg)
		buf_printf(out, "alg=%u,", alg);
}

/* A nat in front stands by itself, the others in "exec()". */
static void print_nested(const struct of_actions *acts, struct buf *out)
{
	struct of_actions rest = *acts;

	if (rest.n && rest.list[0]->class == &of_action_nat_class) {
		rest.list[0]->class->print(rest.list[0], out);
		buf_puts(out, ",");
		rest.list++;
		rest.n--;
	}
	if (rest.n) {
		buf_puts(out, "exec(");
		of_actions_print(&rest, out);
		buf_puts(out, "),");
	}
}

static void ct_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_ct *c = (const struct of_action_ct *)act;
	size_t start;

	buf_puts(out, "ct(");
	start = out->size;
	buf_puts(out, c->flags & OF_CT_COMMIT ? "commit," : "");
	buf_puts(out, c->flags & OF_CT_FORCE ? "force," : "");
	if (c->recirc_table != OF_CT_NO_RECIRCULATION)
		buf_printf(out, "table=%u,", c->recirc_table);
	if (c->zone_src.field) {
		buf_puts(out, "zone=");
		of_subfield_print(&c->zone_src, out);
		buf_puts(out, ",");
	} else if (c->zone) {
		buf_printf(out, "zone=%u,", c->zone);
	}
	print_nested(&c->actions, out);
	print_helper(c->alg, out);
	if (out->size > start)
		out->size--; /* the last comma */
	buf_puts(out, ")");
}

static int parse_zone(const char *value, struct of_action_ct *c, struct status *st)
{
	uint64_t number;

	if (of_number_parse(value, strlen(value), &number) == 0 && number <= UINT16_MAX) {
		c->zone = number;
		return 0;
	}
	if (of_subfield_parse(&c->zone_src, value, strlen(value), "ct", st) != 0)
		return -1;
	if (c->zone_src.n_bits != 16 || !of_subfield_header(&c->zone_src))
		return status_set(st, STATUS_INVALID_ARGUMENT, "zone",
				  "zone: \"%.100s\": give a number, or 16 bits of a field", value);
	return 0;
}

static int parse_helper(const char *value, struct of_action_ct *c, struct status *st)
{
	uint64_t number;

	if (strcasecmp(value, "ftp") == 0)
		number = PORT_FTP;
	else if (strcasecmp(value, "tftp") == 0)
		number = PORT_TFTP;
	else if (of_action_parse_number("alg", value, UINT16_MAX, &number, st) != 0)
		return -1;
	c->alg = number;
	return 0;
}

/* The nat stands before the others, wherever it was written, as Open vSwitch has it. */
static int parse_nested(bool is_nat, const char *value, struct arena *a, struct of_action_ct *c,
			struct status *st)
{
	struct of_actions more, all = { 0 };

	if (is_nat) {
		const struct of_action *nat = of_action_nat_class.parse(value, a, st);

		if (!nat)
			return -1;
		of_actions_add(a, &all, nat);
		more = c->actions;
	} else {
		if (of_actions_parse(value, a, &more, st) != 0)
			return -1;
		all = c->actions;
	}
	for (unsigned i = 0; i < more.n; i++)
		of_actions_add(a, &all, more.list[i]);
	c->actions = all;
	return 0;
}

static int parse_argument(const char *key, const char *value, struct arena *a,
			  struct of_action_ct *c, struct status *st)
{
	uint64_t number;

	if (strcmp(key, "commit") == 0) {
		c->flags |= OF_CT_COMMIT;
	} else if (strcmp(key, "force") == 0) {
		c->flags |= OF_CT_FORCE;
	} else if (strcmp(key, "table") == 0) {
		if (of_action_parse_number("table", value, OF_TABLE_MAX, &number, st) != 0)
			return -1;
		c->recirc_table = number;
	} else if (strcmp(key, "zone") == 0) {
		return parse_zone(value, c, st);
	} else if (strcmp(key, "alg") == 0) {
		return parse_helper(value, c, st);
	} else if (strcmp(key, "nat") == 0 || strcmp(key, "exec") == 0) {
		return parse_nested(*key == 'n', value, a, c, st);
	} else {
		return status_set(st, STATUS_INVALID_ARGUMENT, "ct",
				  "ct: \"%.100s\" is not known: give commit, force, table=, zone=, "
				  "alg=, nat() or exec()",
				  key);
	}
	return 0;
}

static struct of_action *ct_parse(const char *args, struct arena *a, struct status *st)
{
	struct of_action_ct *c = of_action_ct(a, 0, 0);
	const char *at = args;
	char *key, *value;

	while (token_next_argument(&at, a, &key, &value)) {
		if (parse_argument(key, value, a, c, st) != 0)
			return NULL;
	}
	if (!are_flags_valid(c->flags))
		return of_action_refuse_text(st, "ct", args, "\"force\" needs \"commit\"");
	if (!are_nested_allowed(c))
		return of_action_refuse_text(st, "ct", args,
					     "within exec only ct_mark and ct_label are set, and "
					     "only with \"commit\"");
	return &c->base;
}

static const struct of_actions *ct_nested(const struct of_action *act)
{
	return &((const struct of_action_ct *)act)->actions;
}

/* An invalid packet has no connection that could be made. */
static bool is_invalid(const struct of_match *m)
{
	const struct of_field_match *fm = m ? of_match_find(m, OF_FIELD_CT_STATE) : NULL;

	return fm && load_be32(fm->value) & OF_CT_INV;
}

static int ct_check(const struct of_action *act, struct of_action_scope *scope,
		    struct of_error *err)
{
	const struct of_action_ct *c = (const struct of_action_ct *)act;
	enum of_field_prereq prereq = c->alg == PORT_FTP    ? OF_PREREQ_TCP
				      : c->alg == PORT_TFTP ? OF_PREREQ_UDP
							    : OF_PREREQ_IP;

	if (!of_action_scope_meets(scope, prereq) ||
	    (c->flags & OF_CT_COMMIT && is_invalid(scope->match)))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
	if (c->zone_src.field && of_action_check_field(c->zone_src.field, scope, err) != 0)
		return -1;
	return of_actions_check_nested(&c->actions, scope, err);
}

OF_ACTION_CLASS(ct, OF_ACTION_NICIRA(NXAST_CT), .nested = ct_nested, .check = ct_check);
