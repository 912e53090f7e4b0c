/* NXAST_ENCAP and its like (Open vSwitch's ovs-actions manual): understood and written, so that
 * they are refused by name or passed on. */

#include "proto/openflow/action_encap.h"

#include <stdio.h>
#include <strings.h>

#include "proto/openflow/action_priv.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/oxm.h"
#include "proto/openflow/tokens.h"

#define BODY_SIZE	  14	 /* of delete_field */
#define USE_NEXT_PROTOCOL 0xfffe /* the packet type that the header itself tells */
#define CLASS_NSH	  4	 /* OFPPPC_NSH, and its property OFPPPT_PROP_NSH_MDTYPE */
#define PROPERTY_MD_TYPE  1

static const struct {
	const char *name;
	uint32_t packet_type;
} headers[] = {
	{ "ethernet", 0x00000000 },
	{ "nsh", 0x0001894f },
	{ "mpls", 0x00018847 },
	{ "mpls_mc", 0x00018848 },
};

static const char *header_name(uint32_t packet_type)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(headers); i++) {
		if (headers[i].packet_type == packet_type)
			return headers[i].name;
	}
	return NULL;
}

struct of_action_encap *of_action_encap(struct arena *a, uint32_t packet_type,
					const void *properties, uint16_t n_properties)
{
	struct of_action_encap *e =
		of_action_new(a, &of_action_encap_class, sizeof(*e) + n_properties);

	e->packet_type = packet_type;
	e->n_properties = n_properties;
	if (n_properties)
		memcpy(e->properties, properties, n_properties);
	return e;
}

/* Whether LIST is of properties: class, type, length, each padded to 8. */
static bool are_properties(struct cursor list)
{
	while (cursor_left(&list)) {
		uint8_t size;

		cursor_take(&list, 3);
		size = cursor_u8(&list);
		if (!cursor_ok(&list) || size < 4)
			return false;
		cursor_take(&list, ((size + 7u) & ~7u) - 4);
		if (!cursor_ok(&list))
			return false;
	}
	return true;
}

static struct of_action *encap_decode(struct cursor *body, uint8_t version, struct arena *a,
				      struct of_error *err)
{
	uint16_t header_size = cursor_be16(body);
	uint32_t packet_type = cursor_be32(body);
	struct of_action_encap *e;
	size_t n = cursor_left(body);

	(void)version;
	if (!cursor_ok(body) || !are_properties(*body))
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (!header_name(packet_type))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	e = of_action_encap(a, packet_type, cursor_take(body, n), n);
	e->header_size = header_size;
	return &e->base;
}

static void encap_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_encap *e = (const struct of_action_encap *)act;

	(void)version;
	buf_be16(out, e->header_size);
	buf_be32(out, e->packet_type);
	buf_add(out, e->properties, e->n_properties);
}

static bool is_md_type(const uint8_t *property)
{
	return load_be16(property) == CLASS_NSH && property[2] == PROPERTY_MD_TYPE &&
	       property[3] >= 5;
}

static void encap_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_encap *e = (const struct of_action_encap *)act;
	const char *separator = "(";

	buf_printf(out, "encap(%s", header_name(e->packet_type));
	for (unsigned i = 0; i < e->n_properties; i += (e->properties[i + 3] + 7u) & ~7u) {
		const uint8_t *p = e->properties + i;

		buf_puts(out, separator);
		separator = ",";
		if (is_md_type(p)) {
			buf_printf(out, "md_type=%u", p[4]);
		} else {
			buf_printf(out, "property(%u,%u,", load_be16(p), p[2]);
			of_hex_print(p + 4, p[3] - 4u, out);
			buf_puts(out, ")");
		}
	}
	buf_puts(out, e->n_properties ? "))" : ")");
}

/* "nsh", "nsh(md_type=1)" */
static struct of_action *encap_parse(const char *args, struct arena *a, struct status *st)
{
	static const char form[] = "give ethernet, nsh, nsh(md_type=1), mpls or mpls_mc";
	uint8_t property[8] = { 0, CLASS_NSH, PROPERTY_MD_TYPE, 5 };
	const char *at = args;
	char *key, *value, *name, *number;
	uint64_t md_type;

	if (!token_next_argument(&at, a, &key, &value))
		return of_action_refuse_text(st, "encap", args, form);
	for (unsigned i = 0; i < ARRAY_LENGTH(headers); i++) {
		const char *inner = value;

		if (strcasecmp(headers[i].name, key) != 0)
			continue;
		if (!*value)
			return &of_action_encap(a, headers[i].packet_type, NULL, 0)->base;
		if (!token_next_argument(&inner, a, &name, &number) ||
		    strcmp(name, "md_type") != 0 || strcmp(key, "nsh") != 0 ||
		    of_number_parse(number, strlen(number), &md_type) != 0 || md_type < 1 ||
		    md_type > 2)
			break;
		property[4] = md_type;
		return &of_action_encap(a, headers[i].packet_type, property, sizeof(property))
				->base;
	}
	return of_action_refuse_text(st, "encap", args, form);
}

static size_t encap_size(const struct of_action *act)
{
	const struct of_action_encap *e = (const struct of_action_encap *)act;

	return sizeof(*e) + e->n_properties;
}

OF_ACTION_CLASS(encap, OF_ACTION_NICIRA(NXAST_ENCAP), .struct_size = encap_size);

struct of_action_decap *of_action_decap(struct arena *a, uint32_t packet_type)
{
	struct of_action_decap *d = of_action_new(a, &of_action_decap_class, sizeof(*d));

	d->packet_type = packet_type;
	return d;
}

static struct of_action *decap_decode(struct cursor *body, uint8_t version, struct arena *a,
				      struct of_error *err)
{
	(void)version;
	(void)err;
	cursor_take(body, 2);
	return &of_action_decap(a, cursor_be32(body))->base;
}

static void decap_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	(void)version;
	buf_zeros(out, 2);
	buf_be32(out, ((const struct of_action_decap *)act)->packet_type);
}

static void decap_print(const struct of_action *act, struct buf *out)
{
	uint32_t type = ((const struct of_action_decap *)act)->packet_type;

	if (type == USE_NEXT_PROTOCOL)
		buf_puts(out, "decap()");
	else
		buf_printf(out, "decap(packet_type(ns=%u,type=%#x))", type >> 16, type & 0xffff);
}

static struct of_action *decap_parse(const char *args, struct arena *a, struct status *st)
{
	unsigned ns, type;
	int n = 0;

	if (!*args)
		return &of_action_decap(a, USE_NEXT_PROTOCOL)->base;
	if (sscanf(args, "packet_type(ns=%u,type=%i)%n", &ns, (int *)&type, &n) != 2 || !n ||
	    args[n] || ns > 1 || type > 0xffff)
		return of_action_refuse_text(st, "decap", args,
					     "write decap() or decap(packet_type(ns=N,type=N))");
	return &of_action_decap(a, ns << 16 | type)->base;
}

OF_ACTION_CLASS(decap, OF_ACTION_NICIRA(NXAST_DECAP));

OF_ACTION_WITHOUT_ARGUMENT(dec_nsh_ttl, 6)
OF_ACTION_CLASS(dec_nsh_ttl, OF_ACTION_NICIRA(NXAST_DEC_NSH_TTL));

struct of_action_delete_field *of_action_delete_field(struct arena *a, enum of_field_id id)
{
	struct of_action_delete_field *d =
		of_action_new(a, &of_action_delete_field_class, sizeof(*d));

	d->field = of_field(id);
	return d;
}

static struct of_action *delete_field_decode(struct cursor *body, uint8_t version, struct arena *a,
					     struct of_error *err)
{
	struct oxm_header h;

	(void)version;
	if (oxm_read_header(body, &h) != 0)
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (!of_action_is_rest_zero(body))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	if (!h.field || !of_field_is_variable(h.field))
		return of_action_refuse(err, OFPBAC_BAD_SET_TYPE);
	return &of_action_delete_field(a, h.field->id)->base;
}

static void delete_field_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	size_t start = out->size;

	(void)version;
	oxm_put_header(((const struct of_action_delete_field *)act)->field, OF_VERSION_1_3, out);
	buf_zeros(out, BODY_SIZE - (out->size - start));
}

static void delete_field_print(const struct of_action *act, struct buf *out)
{
	buf_printf(out, "delete_field:%s",
		   ((const struct of_action_delete_field *)act)->field->name);
}

static struct of_action *delete_field_parse(const char *args, struct arena *a, struct status *st)
{
	const struct of_field *f = of_field_by_name(args, strlen(args));

	if (!f || !of_field_is_variable(f))
		return of_action_refuse_text(st, "delete_field", args,
					     "give tun_metadata0 to tun_metadata63");
	return &of_action_delete_field(a, f->id)->base;
}

OF_ACTION_CLASS(delete_field, OF_ACTION_NICIRA(NXAST_DELETE_FIELD));
