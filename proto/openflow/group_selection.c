/* The property of a group that says how a select group picks a bucket: Netronome's extension
 * "selection method" to OpenFlow 1.5. */

#include <openflow/netronome-ext.h>
#include <string.h>

#include "proto/openflow/group_wire.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/oxm.h"
#include "proto/openflow/property.h"

#define NTR_ID	      0x0000154du /* Netronome's */
#define NTR_COMPAT_ID 0x00001540u /* by mistake in Open vSwitch 2.4 */

/* Fields without a mask, whose values are the masks of the bits that count. */
static int decode_field(struct cursor *list, struct arena *a, struct of_match *fields,
			struct of_error *err)
{
	static const uint8_t zeros[OF_FIELD_MAX_BYTES];
	const struct of_field *f;
	struct oxm oxm;

	if (oxm_read(list, &oxm) != 0)
		return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_LEN);
	f = oxm.field;
	if (!f)
		return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_FIELD);
	if (!oxm.is_length_right)
		return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_LEN);
	if (oxm.has_mask || !memcmp(oxm.value, zeros, f->n_bytes))
		return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_MASK);
	for (unsigned i = 0; i < f->n_bytes; i++) {
		uint8_t ones = of_field_ones[f->id][i];

		if (oxm.value[i] & ~ones || (!f->is_maskable && oxm.value[i] != ones))
			return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_MASK);
	}
	if (of_match_find(fields, f->id))
		return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_DUP_FIELD);
	of_match_set(a, fields, f->id, oxm.value, oxm.value);
	return 0;
}

static int decode_selection(struct cursor *body, uint8_t type, struct arena *a,
			    struct of_group_selection *s, struct of_error *err)
{
	if (type != OF_GROUP_SELECT)
		return of_bad_property(err, OFPBPC_BAD_VALUE);
	cursor_take(body, 4);
	cursor_copy(body, s->method, sizeof(s->method));
	s->param = cursor_be64(body);
	if (!cursor_ok(body))
		return of_bad_property(err, OFPBPC_BAD_LEN);
	if (!memchr(s->method, '\0', sizeof(s->method)))
		return of_bad_property(err, OFPBPC_BAD_VALUE);
	memset(s->method + strlen(s->method), 0, sizeof(s->method) - strlen(s->method));
	if (strcmp(s->method, "hash") != 0 && strcmp(s->method, "dp_hash") != 0)
		return of_bad_property(err, OFPBPC_BAD_VALUE);
	if (cursor_left(body) && strcmp(s->method, "hash") != 0)
		return of_bad_property(err, OFPBPC_BAD_VALUE);
	while (cursor_left(body)) {
		if (decode_field(body, a, &s->fields, err) != 0)
			return -1;
	}
	return 0;
}

int of_group_properties_decode(struct cursor *list, uint8_t type, struct arena *a,
			       struct of_group_selection *selection, struct of_error *err)
{
	*selection = (struct of_group_selection){ 0 };
	while (cursor_left(list)) {
		struct of_property p;

		if (of_property_next(list, &p, err) != 0)
			return -1;
		if (p.type != OF_PROPERTY_EXPERIMENTER ||
		    (p.experimenter != NTR_ID && p.experimenter != NTR_COMPAT_ID))
			return of_property_unknown(&p, err);
		if (p.exp_type != NTRT_SELECTION_METHOD)
			return of_bad_property(err, OFPBPC_BAD_EXP_TYPE);
		if (selection->method[0])
			return of_bad_property(err, OFPBPC_DUP_TYPE);
		if (decode_selection(&p.body, type, a, selection, err) != 0)
			return -1;
	}
	return 0;
}

void of_group_properties_encode(const struct of_group_selection *s, uint8_t version,
				struct buf *out)
{
	size_t start;

	if (!s->method[0])
		return;
	start = of_property_start_experimenter(out, NTR_ID, NTRT_SELECTION_METHOD);
	buf_zeros(out, 4);
	buf_add(out, s->method, sizeof(s->method));
	buf_be64(out, s->param);
	for (unsigned i = 0; i < s->fields.n; i++)
		oxm_put(of_field(s->fields.fields[i].id), version, s->fields.fields[i].mask, NULL,
			out);
	of_property_finish(out, start);
}
