/* Properties of table features as sets, and back. */

#include "proto/openflow/table_features_props.h"

#include <openflow/openflow-1.3.h>

#include "lib/cursor.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/oxm.h"
#include "proto/openflow/property.h"

/* Those that the headers of <openflow/> do not give. */
enum {
	TABLE_SYNC_FROM = 16, /* since 1.4 */
	WRITE_COPYFIELD = 18, /* since 1.5 */
	WRITE_COPYFIELD_MISS = 19,
	APPLY_COPYFIELD = 20,
	APPLY_COPYFIELD_MISS = 21,
	PACKET_TYPES = 22,
};

#define OXM_HAS_MASK	  0x100u
#define OXM_PACKET_TYPE	  0x80005804u
#define EXPERIMENTER_TYPE 0xffffu
#define ID_SIZE		  4

/* How a property's body is read and written. */
enum shape { SHAPE_NONE, SHAPE_IDS, SHAPE_TABLES, SHAPE_FIELDS, SHAPE_MATCH, SHAPE_PACKET_TYPES };

#define FLOW(MEMBER) offsetof(struct of_table_abilities, flow.MEMBER)
#define MISS(MEMBER) offsetof(struct of_table_abilities, miss.MEMBER)
#define BOTH(MEMBER) offsetof(struct of_table_abilities, MEMBER)

static const struct kind {
	uint8_t shape; /* enum shape */
	bool is_required;
	uint8_t since; /* OF_VERSION_* */
	size_t offset; /* of its set in struct of_table_abilities */
	size_t size;
} kinds[] = {
	[OFPTFPT13_INSTRUCTIONS] = { SHAPE_IDS, true, 0, FLOW(instructions), 4 },
	[OFPTFPT13_INSTRUCTIONS_MISS] = { SHAPE_IDS, false, 0, MISS(instructions), 4 },
	[OFPTFPT13_NEXT_TABLES] = { SHAPE_TABLES, true, 0, FLOW(next_tables),
				    sizeof(struct of_table_set) },
	[OFPTFPT13_NEXT_TABLES_MISS] = { SHAPE_TABLES, false, 0, MISS(next_tables),
					 sizeof(struct of_table_set) },
	[OFPTFPT13_WRITE_ACTIONS] = { SHAPE_IDS, true, 0, FLOW(write_actions), 4 },
	[OFPTFPT13_WRITE_ACTIONS_MISS] = { SHAPE_IDS, false, 0, MISS(write_actions), 4 },
	[OFPTFPT13_APPLY_ACTIONS] = { SHAPE_IDS, true, 0, FLOW(apply_actions), 4 },
	[OFPTFPT13_APPLY_ACTIONS_MISS] = { SHAPE_IDS, false, 0, MISS(apply_actions), 4 },
	[OFPTFPT13_MATCH] = { SHAPE_MATCH, true, 0, BOTH(match), sizeof(struct of_field_set) },
	[OFPTFPT13_WILDCARDS] = { SHAPE_FIELDS, true, 0, BOTH(wildcard),
				  sizeof(struct of_field_set) },
	[OFPTFPT13_WRITE_SETFIELD] = { SHAPE_FIELDS, true, 0, FLOW(write_setfield),
				       sizeof(struct of_field_set) },
	[OFPTFPT13_WRITE_SETFIELD_MISS] = { SHAPE_FIELDS, false, 0, MISS(write_setfield),
					    sizeof(struct of_field_set) },
	[OFPTFPT13_APPLY_SETFIELD] = { SHAPE_FIELDS, true, 0, FLOW(apply_setfield),
				       sizeof(struct of_field_set) },
	[OFPTFPT13_APPLY_SETFIELD_MISS] = { SHAPE_FIELDS, false, 0, MISS(apply_setfield),
					    sizeof(struct of_field_set) },
	[TABLE_SYNC_FROM] = { SHAPE_TABLES, false, OF_VERSION_1_4, BOTH(sync_from),
			      sizeof(struct of_table_set) },
	[WRITE_COPYFIELD] = { SHAPE_FIELDS, false, OF_VERSION_1_5, FLOW(write_copyfield),
			      sizeof(struct of_field_set) },
	[WRITE_COPYFIELD_MISS] = { SHAPE_FIELDS, false, OF_VERSION_1_5, MISS(write_copyfield),
				   sizeof(struct of_field_set) },
	[APPLY_COPYFIELD] = { SHAPE_FIELDS, false, OF_VERSION_1_5, FLOW(apply_copyfield),
			      sizeof(struct of_field_set) },
	[APPLY_COPYFIELD_MISS] = { SHAPE_FIELDS, false, OF_VERSION_1_5, MISS(apply_copyfield),
				   sizeof(struct of_field_set) },
	[PACKET_TYPES] = { SHAPE_PACKET_TYPES, false, OF_VERSION_1_5, BOTH(is_ethernet_only),
			   sizeof(bool) },
};

/* Those of table-miss are odd, and follow those of flows. */
static bool is_miss(unsigned type)
{
	return type & 1;
}

/* Types of instructions or actions, an experimenter's with four bytes more. */
static int read_ids(struct cursor *body, uint32_t *bits, struct of_error *err)
{
	while (cursor_left(body)) {
		uint16_t type = cursor_be16(body), size = cursor_be16(body);

		if (!cursor_ok(body) || size < ID_SIZE)
			return of_bad_property(err, OFPBPC_BAD_LEN);
		cursor_take(body, size - ID_SIZE);
		if (!cursor_ok(body))
			return of_bad_property(err, OFPBPC_BAD_LEN);
		if (type < 32)
			*bits |= 1u << type;
		else if (type != EXPERIMENTER_TYPE)
			return of_bad_property(err, OFPBPC_BAD_VALUE);
	}
	return 0;
}

static int read_tables(struct cursor *body, struct of_table_set *tables, struct of_error *err)
{
	while (cursor_left(body)) {
		uint8_t id = cursor_u8(body);

		if (id > OF_TABLE_MAX)
			return of_bad_property(err, OFPBPC_BAD_VALUE);
		of_table_set_add(tables, id);
	}
	return 0;
}

/* MASK NULL: none may be told. */
static int read_fields(struct cursor *body, struct of_field_set *fields, struct of_field_set *mask,
		       struct of_error *err)
{
	while (cursor_left(body)) {
		struct oxm_header h;

		if (oxm_read_header(body, &h) != 0)
			return of_bad_property(err, OFPBPC_BAD_LEN);
		if (!h.field || (h.header & OXM_HAS_MASK && !mask))
			return of_bad_property(err, OFPBPC_BAD_VALUE);
		of_field_set_add(fields, h.field->id);
		if (h.header & OXM_HAS_MASK)
			of_field_set_add(mask, h.field->id);
	}
	return 0;
}

/* Values of the field packet_type; Ethernet is 0. */
static int read_packet_types(struct cursor *body, bool *is_ethernet_only, struct of_error *err)
{
	*is_ethernet_only = cursor_left(body) > 0;
	while (cursor_left(body)) {
		uint32_t header = cursor_be32(body), type = cursor_be32(body);

		if (!cursor_ok(body))
			return of_bad_property(err, OFPBPC_BAD_LEN);
		if (header != OXM_PACKET_TYPE)
			return of_bad_property(err, OFPBPC_BAD_VALUE);
		*is_ethernet_only &= type == 0;
	}
	return 0;
}

static int read_property(const struct of_table_property *p, struct of_table_abilities *ab,
			 struct of_error *err)
{
	struct cursor body = cursor_of(p->data ? p->data : (const uint8_t *)"", p->size);
	void *set = (char *)ab + kinds[p->type].offset;

	switch (kinds[p->type].shape) {
	case SHAPE_IDS:
		return read_ids(&body, set, err);
	case SHAPE_TABLES:
		return read_tables(&body, set, err);
	case SHAPE_MATCH:
		return read_fields(&body, set, &ab->mask, err);
	case SHAPE_PACKET_TYPES:
		return read_packet_types(&body, set, err);
	default:
		return read_fields(&body, set, NULL, err);
	}
}

static bool is_known(uint16_t type, uint8_t version)
{
	return type < ARRAY_LENGTH(kinds) && kinds[type].shape != SHAPE_NONE &&
	       version >= kinds[type].since;
}

/* Whether all are there that must be, and what is said of flows holds for table-miss. */
static int complete(uint32_t seen, struct of_table_abilities *ab, struct of_error *err)
{
	for (unsigned type = 0; type < ARRAY_LENGTH(kinds); type++) {
		const struct kind *k = &kinds[type];

		if (k->is_required && !(seen >> type & 1))
			return of_error_set(err, OFPET_TABLE_FEATURES_FAILED, OFPTFFC_BAD_FEATURES);
		if (is_miss(type) && k->shape != SHAPE_NONE && !(seen >> type & 1))
			memcpy((char *)ab + k->offset, (char *)ab + kinds[type - 1].offset,
			       k->size);
	}
	return 0;
}

int of_table_abilities_read(const struct of_table_features *t, uint8_t version,
			    struct of_table_abilities *ab, struct of_error *err)
{
	uint32_t seen = 0;

	*ab = (struct of_table_abilities){ 0 };
	if (version >= OF_VERSION_1_5 && !t->n_properties)
		return 0; /* nothing is said about them */
	for (unsigned i = 0; i < t->n_properties; i++) {
		const struct of_table_property *p = &t->properties[i];

		if (p->type >= OFPTFPT13_EXPERIMENTER)
			return of_bad_property(err, OFPBPC_BAD_EXPERIMENTER);
		if (!is_known(p->type, version))
			return of_bad_property(err, OFPBPC_BAD_TYPE);
		if (seen >> p->type & 1)
			return of_bad_property(err, OFPBPC_DUP_TYPE);
		seen |= 1u << p->type;
		if (read_property(p, ab, err) != 0)
			return -1;
	}
	return complete(seen, ab, err);
}

static void write_ids(uint32_t bits, struct buf *out)
{
	for (unsigned i = 0; i < 32; i++) {
		if (bits >> i & 1) {
			buf_be16(out, i);
			buf_be16(out, ID_SIZE);
		}
	}
}

static void write_tables(const struct of_table_set *tables, struct buf *out)
{
	for (unsigned id = 0; id <= OF_TABLE_MAX; id++) {
		if (of_table_set_has(tables, id))
			buf_be8(out, id);
	}
}

/* The length in a header is that with the mask. */
static void write_fields(const struct of_field_set *fields, const struct of_field_set *mask,
			 uint8_t version, struct buf *out)
{
	for (unsigned id = 0; id < OF_N_FIELDS; id++) {
		const struct of_field *f = of_field(id);
		size_t start = out->size;

		if (!of_field_set_has(fields, id))
			continue;
		oxm_put_header(f, version, out);
		if (mask && of_field_set_has(mask, id))
			store_be32(out->data + start,
				   (load_be32(out->data + start) | OXM_HAS_MASK) + f->n_bytes);
	}
}

static void write_property(const struct kind *k, const struct of_table_abilities *ab,
			   uint8_t version, struct buf *out)
{
	const void *set = (const char *)ab + k->offset;

	switch (k->shape) {
	case SHAPE_IDS:
		write_ids(*(const uint32_t *)set, out);
		break;
	case SHAPE_TABLES:
		write_tables(set, out);
		break;
	case SHAPE_MATCH:
		write_fields(set, &ab->mask, version, out);
		break;
	case SHAPE_PACKET_TYPES:
		buf_be32(out, OXM_PACKET_TYPE);
		buf_be32(out, 0);
		break;
	default:
		write_fields(set, NULL, version, out);
	}
}

static bool is_empty(const struct kind *k, const struct of_table_abilities *ab)
{
	static const struct of_table_abilities none;

	return memcmp((const char *)ab + k->offset, (const char *)&none + k->offset, k->size) == 0;
}

static bool is_to_write(unsigned type, const struct of_table_abilities *ab, uint8_t version)
{
	const struct kind *k = &kinds[type];

	if (!is_known(type, version))
		return false;
	if (is_miss(type))
		return memcmp((const char *)ab + k->offset,
			      (const char *)ab + kinds[type - 1].offset, k->size) != 0;
	return k->is_required || !is_empty(k, ab);
}

void of_table_abilities_write(const struct of_table_abilities *ab, uint8_t version, struct arena *a,
			      struct of_table_features *t)
{
	struct buf b = BUF_INIT;

	t->n_properties = 0;
	t->properties = arena_alloc(a, ARRAY_LENGTH(kinds) * sizeof(*t->properties));
	for (unsigned type = 0; type < ARRAY_LENGTH(kinds); type++) {
		if (!is_to_write(type, ab, version))
			continue;
		buf_clear(&b);
		write_property(&kinds[type], ab, version, &b);
		t->properties[t->n_properties++] = (struct of_table_property){
			.type = type,
			.data = b.size ? arena_dup(a, b.data, b.size) : NULL,
			.size = b.size,
		};
	}
	buf_fini(&b);
}
