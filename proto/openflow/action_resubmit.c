/* NXAST_RESUBMIT_TABLE, and the older NXAST_RESUBMIT when it comes in (Open vSwitch's
 * ovs-actions manual, "resubmit").  Its ports are OpenFlow 1.0's, of 16 bits. */

#include "proto/openflow/action_resubmit.h"

#include "proto/openflow/field_text.h"
#include "proto/openflow/port_no.h"

#define PADDING	      3
#define PORT16_MAX    0xff00	  /* OpenFlow 1.0's reserved ports begin above ... */
#define PORT16_OFFSET 0xffff0000u /* ... and are 1.3's without the upper half */

struct of_action_resubmit *of_action_resubmit(struct arena *a, uint32_t in_port, uint8_t table_id)
{
	struct of_action_resubmit *r = arena_alloc(a, sizeof(*r));

	r->base.class = &of_action_resubmit_class;
	r->in_port = in_port;
	r->table_id = table_id;
	return r;
}

static bool is_port(uint32_t port)
{
	return port < PORT16_MAX || (port >= OF_PORT_IN_PORT && port != OF_PORT_ANY);
}

static struct of_action *make(uint32_t port16, uint8_t table_id, struct arena *a,
			      struct of_error *err)
{
	uint32_t in_port = port16 < PORT16_MAX ? port16 : port16 | PORT16_OFFSET;

	if (!is_port(in_port)) {
		of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
		return NULL;
	}
	return &of_action_resubmit(a, in_port, table_id)->base;
}

static struct of_action *decode(struct cursor *body, uint8_t version, struct arena *a,
				struct of_error *err)
{
	uint16_t in_port = cursor_be16(body);
	uint8_t table_id = cursor_u8(body);

	(void)version;
	cursor_take(body, PADDING);
	return make(in_port, table_id, a, err);
}

static struct of_action *decode_ct(struct cursor *body, uint8_t version, struct arena *a,
				   struct of_error *err)
{
	struct of_action *act = decode(body, version, a, err);

	if (act)
		((struct of_action_resubmit *)act)->with_ct = true;
	return act;
}

static struct of_action *decode_old(struct cursor *body, uint8_t version, struct arena *a,
				    struct of_error *err)
{
	uint16_t in_port = cursor_be16(body);

	(void)version;
	cursor_take(body, 1 + PADDING);
	return make(in_port, OF_TABLE_ALL, a, err);
}

static void encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_resubmit *r = (const struct of_action_resubmit *)act;

	(void)version;
	buf_be16(out, r->in_port);
	buf_be8(out, r->table_id);
	buf_zeros(out, PADDING);
}

static void print(const struct of_action *act, struct buf *out)
{
	const struct of_action_resubmit *r = (const struct of_action_resubmit *)act;

	if (r->in_port != OF_PORT_IN_PORT && r->table_id == OF_TABLE_ALL && !r->with_ct) {
		buf_puts(out, "resubmit:");
		of_port_no_print(r->in_port, out);
		return;
	}
	buf_puts(out, "resubmit(");
	if (r->in_port != OF_PORT_IN_PORT)
		of_port_no_print(r->in_port, out);
	buf_puts(out, ",");
	if (r->table_id != OF_TABLE_ALL)
		buf_printf(out, "%u", r->table_id);
	buf_puts(out, r->with_ct ? ",ct)" : ")");
}

/* "3", "3,7", ",7", "3,". */
static struct of_action *parse(const char *args, struct arena *a, struct status *st)
{
	const char *comma = strchr(args, ',');
	size_t n = comma ? (size_t)(comma - args) : strlen(args);
	const char *ct = comma ? strchr(comma + 1, ',') : NULL;
	size_t table_size = comma ? (ct ? (size_t)(ct - comma) : strlen(comma)) - 1 : 0;
	uint32_t in_port = OF_PORT_IN_PORT;
	uint64_t table_id = OF_TABLE_ALL;
	struct of_action_resubmit *r;

	if ((ct && strcmp(ct, ",ct") != 0) ||
	    (n && (of_port_no_parse(args, n, &in_port) != 0 || !is_port(in_port))) ||
	    (table_size &&
	     (of_number_parse(comma + 1, table_size, &table_id) != 0 || table_id > OF_TABLE_ALL)) ||
	    !*args) {
		status_set(
			st, STATUS_INVALID_ARGUMENT, "resubmit",
			"resubmit: \"%s\": write resubmit:PORT or resubmit(PORT,TABLE), either may "
			"be empty",
			args);
		return NULL;
	}
	r = of_action_resubmit(a, in_port, table_id);
	r->with_ct = ct != NULL;
	return &r->base;
}

static const struct of_action_class resubmit_ct = {
	.type = OFPAT_EXPERIMENTER,
	.vendor = OF_NICIRA_ID,
	.subtype = NXAST_RESUBMIT_TABLE_CT,
	.decode = decode_ct,
	.encode = encode,
};
REGISTRY_ADD(of_action_class, resubmit_ct);

static const struct of_action_class *form(const struct of_action *act, uint8_t version)
{
	(void)version;
	return ((const struct of_action_resubmit *)act)->with_ct ? &resubmit_ct
								 : &of_action_resubmit_class;
}

const struct of_action_class of_action_resubmit_class = {
	.name = "resubmit",
	.size = sizeof(struct of_action_resubmit),
	.type = OFPAT_EXPERIMENTER,
	.vendor = OF_NICIRA_ID,
	.subtype = NXAST_RESUBMIT_TABLE,
	.decode = decode,
	.encode = encode,
	.print = print,
	.parse = parse,
	.form = form,
};
REGISTRY_ADD(of_action_class, of_action_resubmit_class);

static const struct of_action_class resubmit_old = {
	.type = OFPAT_EXPERIMENTER,
	.vendor = OF_NICIRA_ID,
	.subtype = NXAST_RESUBMIT,
	.decode = decode_old,
};
REGISTRY_ADD(of_action_class, resubmit_old);
