/* The actions on TTLs (OF 1.3.5 section 7.2.5), and NXAST_DEC_TTL_CNT_IDS (Open vSwitch's
 * ovs-actions manual, "dec_ttl"). */

#include "proto/openflow/action_ttl.h"

#include "proto/openflow/action_priv.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/tokens.h"

#define MAX_IDS 64 /* of controllers in one text */

static int check_is_ip(const struct of_action *act, struct of_action_scope *scope,
		       struct of_error *err)
{
	(void)act;
	if (of_action_scope_meets(scope, OF_PREREQ_IP))
		return 0;
	return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
}

/* Outermost there must be a header with a TTL; whether there is one within, packets tell. */
static int check_has_ttl(const struct of_action *act, struct of_action_scope *scope,
			 struct of_error *err)
{
	return of_action_scope_meets(scope, OF_PREREQ_MPLS) ? 0 : check_is_ip(act, scope, err);
}

static bool mod_nw_ttl_is_valid(uint64_t ttl)
{
	(void)ttl;
	return true;
}

OF_ACTION_OF_NUMBER(mod_nw_ttl, ttl, 8, 3, OFPBAC_BAD_ARGUMENT, "mod_nw_ttl:%u", "")
OF_ACTION_CLASS(mod_nw_ttl, .type = OFPAT_SET_NW_TTL, .check = check_is_ip);

OF_ACTION_WITHOUT_ARGUMENT(copy_ttl_out, 4)
OF_ACTION_CLASS(copy_ttl_out, .type = OFPAT_COPY_TTL_OUT, .check = check_has_ttl);

OF_ACTION_WITHOUT_ARGUMENT(copy_ttl_in, 4)
OF_ACTION_CLASS(copy_ttl_in, .type = OFPAT_COPY_TTL_IN, .check = check_has_ttl);

struct of_action_dec_ttl *of_action_dec_ttl(struct arena *a, const uint16_t *ids, uint16_t n_ids)
{
	struct of_action_dec_ttl *d =
		of_action_new(a, &of_action_dec_ttl_class, sizeof(*d) + n_ids * sizeof(*ids));

	d->n_ids = n_ids;
	if (n_ids)
		memcpy(d->ids, ids, n_ids * sizeof(*ids));
	return d;
}

static struct of_action *dec_ttl_decode(struct cursor *body, uint8_t version, struct arena *a,
					struct of_error *err)
{
	(void)version;
	(void)err;
	cursor_take(body, 4);
	return &of_action_dec_ttl(a, NULL, 0)->base;
}

static struct of_action *decode_ids(struct cursor *body, uint8_t version, struct arena *a,
				    struct of_error *err)
{
	uint16_t n = cursor_be16(body);
	struct of_action_dec_ttl *d;

	(void)version;
	cursor_take(body, 4);
	if (!cursor_ok(body) || n * 2u > cursor_left(body))
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (n == 0)
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	d = of_action_new(a, &of_action_dec_ttl_class, sizeof(*d) + n * sizeof(d->ids[0]));
	d->n_ids = n;
	for (unsigned i = 0; i < n; i++)
		d->ids[i] = cursor_be16(body);
	cursor_take(body, cursor_left(body) & 7);
	return &d->base;
}

static void dec_ttl_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	(void)act;
	(void)version;
	buf_zeros(out, 4);
}

static void encode_ids(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_dec_ttl *d = (const struct of_action_dec_ttl *)act;

	(void)version;
	buf_be16(out, d->n_ids);
	buf_zeros(out, 4);
	for (unsigned i = 0; i < d->n_ids; i++)
		buf_be16(out, d->ids[i]);
}

static const struct of_action_class dec_ttl_ids = {
	OF_ACTION_NICIRA(NXAST_DEC_TTL_CNT_IDS),
	.decode = decode_ids,
	.encode = encode_ids,
};
REGISTRY_ADD(of_action_class, dec_ttl_ids);

static const struct of_action_class *dec_ttl_form(const struct of_action *act, uint8_t version)
{
	(void)version;
	return ((const struct of_action_dec_ttl *)act)->n_ids ? &dec_ttl_ids
							      : &of_action_dec_ttl_class;
}

static size_t dec_ttl_size(const struct of_action *act)
{
	const struct of_action_dec_ttl *d = (const struct of_action_dec_ttl *)act;

	return sizeof(*d) + d->n_ids * sizeof(d->ids[0]);
}

static void dec_ttl_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_dec_ttl *d = (const struct of_action_dec_ttl *)act;

	buf_puts(out, d->n_ids ? "dec_ttl(" : "dec_ttl");
	for (unsigned i = 0; i < d->n_ids; i++)
		buf_printf(out, i ? ",%u" : "%u", d->ids[i]);
	buf_puts(out, d->n_ids ? ")" : "");
}

static struct of_action *dec_ttl_parse(const char *args, struct arena *a, struct status *st)
{
	const char *at = args, *item;
	uint16_t ids[MAX_IDS];
	uint64_t number;
	unsigned n = 0;
	size_t size;

	while (token_next_item(&at, &item, &size)) {
		if (n == MAX_IDS || of_number_parse(item, size, &number) != 0 ||
		    number > UINT16_MAX)
			return of_action_refuse_text(
				st, "dec_ttl", args,
				"give ids of controllers, 0 to 65535, at most 64");
		ids[n++] = number;
	}
	return &of_action_dec_ttl(a, ids, n)->base;
}

OF_ACTION_CLASS(dec_ttl, .type = OFPAT_DEC_NW_TTL, .check = check_is_ip, .form = dec_ttl_form,
		.struct_size = dec_ttl_size);
