/* NXAST_OUTPUT_REG, NXAST_OUTPUT_REG2, which carries longer headers, and NXAST_OUTPUT_TRUNC (Open
 * vSwitch's ovs-actions manual, "output").  In text all of them are "output". */

#include "proto/openflow/action_output_reg.h"

#include "proto/openflow/action_priv.h"
#include "proto/openflow/port_no.h"
#include "proto/openflow/tokens.h"

#define BODY_SIZE	14 /* of NXAST_OUTPUT_REG and OUTPUT_REG2 */
#define MIN_TRUNCATED	14 /* bytes: an Ethernet header */
#define PORT16_RESERVED 0xff00

struct of_action_output_reg *of_action_output_reg(struct arena *a, const struct of_subfield *src,
						  uint16_t max_len)
{
	struct of_action_output_reg *o = of_action_new(a, &of_action_output_reg_class, sizeof(*o));

	o->src = *src;
	o->max_len = max_len;
	return o;
}

static struct of_action *output_reg_decode(struct cursor *body, uint8_t version, struct arena *a,
					   struct of_error *err)
{
	uint16_t ofs_n_bits = cursor_be16(body);
	uint32_t header = cursor_be32(body);
	uint16_t max_len = cursor_be16(body);
	struct of_subfield src;

	(void)version;
	if (!cursor_ok(body) || cursor_left(body) != 6)
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (!of_action_is_rest_zero(body))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	if (of_subfield_init(&src, header, ofs_n_bits >> 6, (ofs_n_bits & 0x3f) + 1, err) != 0)
		return NULL;
	return &of_action_output_reg(a, &src, max_len)->base;
}

static struct of_action *decode_reg2(struct cursor *body, uint8_t version, struct arena *a,
				     struct of_error *err)
{
	uint16_t ofs_n_bits = cursor_be16(body), max_len = cursor_be16(body);
	struct of_subfield src;

	(void)version;
	if (of_subfield_read(&src, body, err) != 0 ||
	    of_subfield_set_bits(&src, ofs_n_bits >> 6, (ofs_n_bits & 0x3f) + 1, err) != 0)
		return NULL;
	if (!of_action_is_rest_zero(body))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	return &of_action_output_reg(a, &src, max_len)->base;
}

static void output_reg_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_output_reg *o = (const struct of_action_output_reg *)act;

	(void)version;
	buf_be16(out, o->src.ofs << 6 | (o->src.n_bits - 1));
	buf_be32(out, of_subfield_header(&o->src));
	buf_be16(out, o->max_len);
	buf_zeros(out, 6);
}

static void encode_reg2(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_output_reg *o = (const struct of_action_output_reg *)act;
	size_t start = out->size;

	(void)version;
	buf_be16(out, o->src.ofs << 6 | (o->src.n_bits - 1));
	buf_be16(out, o->max_len);
	of_subfield_write(&o->src, 0, out);
	buf_zeros(out, BODY_SIZE - (out->size - start));
}

static const struct of_action_class output_reg2 = {
	OF_ACTION_NICIRA(NXAST_OUTPUT_REG2),
	.decode = decode_reg2,
	.encode = encode_reg2,
};
REGISTRY_ADD(of_action_class, output_reg2);

static const struct of_action_class *output_reg_form(const struct of_action *act, uint8_t version)
{
	(void)version;
	return of_subfield_header(&((const struct of_action_output_reg *)act)->src)
		       ? &of_action_output_reg_class
		       : &output_reg2;
}

static void output_reg_print(const struct of_action *act, struct buf *out)
{
	buf_puts(out, "output:");
	of_subfield_print(&((const struct of_action_output_reg *)act)->src, out);
}

static struct of_action *output_reg_parse(const char *args, struct arena *a, struct status *st)
{
	struct of_subfield src;

	if (of_subfield_parse(&src, args, strlen(args), "output", st) != 0)
		return NULL;
	if (src.n_bits > 64)
		return of_action_refuse_text(st, "output", args, "give 64 bits at most");
	return &of_action_output_reg(a, &src, OF_CML_NO_BUFFER)->base;
}

static int output_reg_check(const struct of_action *act, struct of_action_scope *scope,
			    struct of_error *err)
{
	return of_action_check_field(((const struct of_action_output_reg *)act)->src.field, scope,
				     err);
}

OF_ACTION_CLASS(output_reg, OF_ACTION_NICIRA(NXAST_OUTPUT_REG), .form = output_reg_form,
		.check = output_reg_check);

struct of_action_output_trunc *of_action_output_trunc(struct arena *a, uint32_t port,
						      uint32_t max_len)
{
	struct of_action_output_trunc *o =
		of_action_new(a, &of_action_output_trunc_class, sizeof(*o));

	o->port = port;
	o->max_len = max_len;
	return o;
}

/* Groups of ports and the controller get whole packets. */
static bool is_port(uint32_t port)
{
	return (port > 0 && port < PORT16_RESERVED) || port == OF_PORT_IN_PORT ||
	       port == OF_PORT_LOCAL;
}

static struct of_action *output_trunc_decode(struct cursor *body, uint8_t version, struct arena *a,
					     struct of_error *err)
{
	uint32_t port = of_port_no_from_16(cursor_be16(body)), max_len = cursor_be32(body);

	(void)version;
	if (cursor_ok(body) && !is_port(port))
		return of_action_refuse(err, OFPBAC_BAD_OUT_PORT);
	if (cursor_ok(body) && max_len < MIN_TRUNCATED)
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	return &of_action_output_trunc(a, port, max_len)->base;
}

static void output_trunc_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_output_trunc *o = (const struct of_action_output_trunc *)act;

	(void)version;
	buf_be16(out, o->port);
	buf_be32(out, o->max_len);
}

static void output_trunc_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_output_trunc *o = (const struct of_action_output_trunc *)act;

	buf_puts(out, "output(port=");
	of_port_no_print(o->port, out);
	buf_printf(out, ",max_len=%u)", o->max_len);
}

static struct of_action *output_trunc_parse(const char *args, struct arena *a, struct status *st)
{
	static const char form[] = "write output(port=PORT,max_len=BYTES): an ordinary port, "
				   "LOCAL or IN_PORT; 14 bytes or more";
	const char *at = args;
	uint32_t port = 0;
	uint64_t max_len = 0;
	char *key, *value;

	while (token_next_argument(&at, a, &key, &value)) {
		if (strcmp(key, "port") == 0 && of_port_no_parse(value, strlen(value), &port) == 0)
			continue;
		if (strcmp(key, "max_len") != 0)
			return of_action_refuse_text(st, "output", args, form);
		if (of_action_parse_number("max_len", value, UINT32_MAX, &max_len, st) != 0)
			return NULL;
	}
	if (!is_port(port) || max_len < MIN_TRUNCATED)
		return of_action_refuse_text(st, "output", args, form);
	return &of_action_output_trunc(a, port, max_len)->base;
}

OF_ACTION_CLASS(output_trunc, OF_ACTION_NICIRA(NXAST_OUTPUT_TRUNC));
