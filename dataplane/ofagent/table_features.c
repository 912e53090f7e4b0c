#include "dataplane/ofagent/table_features.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "proto/openflow/numbers.h"

#include <openflow/openflow-1.3.h>

#define NAME_SIZE	       32
#define MAX_FLOWS	       (1u << 20) /* of a table */
#define OXM_HAS_MASK	       0x100
#define OXM_CLASS_EXPERIMENTER 0xffff
#define PART_BYTES	       60000 /* of one message: one table more always fits */

static const uint16_t action_types[] = { OFPAT_OUTPUT, OFPAT_PUSH_VLAN, OFPAT_POP_VLAN,
					 OFPAT_SET_FIELD };

/* A property is its type, its length without padding, its body, and zeros up to 8 bytes. */
static size_t property_begin(struct buf *out, uint16_t type)
{
	size_t at = out->size;

	buf_be16(out, type);
	buf_be16(out, 0);
	return at;
}

static void property_end(struct buf *out, size_t at)
{
	size_t size = out->size - at;

	store_be16(out->data + at + 2, size);
	buf_zeros(out, -size & 7);
}

static void add_instructions(struct buf *out)
{
	size_t at = property_begin(out, OFPTFPT13_INSTRUCTIONS);

	for (uint16_t type = OFPIT11_GOTO_TABLE; type <= OFPIT11_CLEAR_ACTIONS; type++) {
		buf_be16(out, type);
		buf_be16(out, 4);
	}
	property_end(out, at);
}

static void add_next_tables(struct buf *out, uint8_t table_id)
{
	size_t at = property_begin(out, OFPTFPT13_NEXT_TABLES);

	for (unsigned next = table_id + 1; next < TABLES_N; next++)
		buf_be8(out, next);
	property_end(out, at);
}

static void add_actions(struct buf *out, uint16_t property)
{
	size_t at = property_begin(out, property);

	for (unsigned i = 0; i < ARRAY_LENGTH(action_types); i++) {
		buf_be16(out, action_types[i]);
		buf_be16(out, 4);
	}
	property_end(out, at);
}

static void add_field(struct buf *out, const struct of_field *f, bool tell_mask)
{
	uint32_t header = f->oxm_header ? f->oxm_header : f->nxm_header;

	if (tell_mask && f->is_maskable)
		header = (header | OXM_HAS_MASK) + f->n_bytes; /* the length is that with a mask */
	buf_be32(out, header);
	if (header >> 16 == OXM_CLASS_EXPERIMENTER)
		buf_be32(out, f->experimenter);
}

static void add_fields(struct buf *out, uint16_t property)
{
	bool is_set = property == OFPTFPT13_WRITE_SETFIELD || property == OFPTFPT13_APPLY_SETFIELD;
	size_t at = property_begin(out, property);

	for (unsigned id = 0; id < OF_N_FIELDS; id++) {
		const struct of_field *f = of_field(id);

		if (key_place(id)->size && (!is_set || f->is_settable))
			add_field(out, f, property == OFPTFPT13_MATCH);
	}
	property_end(out, at);
}

void table_features_encode(uint8_t table_id, struct buf *out)
{
	size_t at = out->size;
	char *name;

	buf_be16(out, 0);
	buf_be8(out, table_id);
	buf_zeros(out, 5);
	name = buf_zeros(out, NAME_SIZE);
	snprintf(name, NAME_SIZE, "table%u", table_id);
	buf_be64(out, UINT64_MAX); /* metadata that can be matched, and written */
	buf_be64(out, UINT64_MAX);
	buf_be32(out, 0);
	buf_be32(out, MAX_FLOWS);
	add_instructions(out);
	add_next_tables(out, table_id);
	add_actions(out, OFPTFPT13_WRITE_ACTIONS);
	add_actions(out, OFPTFPT13_APPLY_ACTIONS);
	add_fields(out, OFPTFPT13_MATCH);
	add_fields(out, OFPTFPT13_WILDCARDS);
	add_fields(out, OFPTFPT13_WRITE_SETFIELD);
	add_fields(out, OFPTFPT13_APPLY_SETFIELD);
	store_be16(out->data + at, out->size - at);
}

static void begin(struct buf *out, uint8_t version, uint32_t xid)
{
	buf_clear(out);
	buf_be8(out, version);
	buf_be8(out, OFPT_MULTIPART_REPLY);
	buf_be16(out, 0);
	buf_be32(out, xid);
	buf_be16(out, OFPMP_TABLE_FEATURES);
	buf_be16(out, OFPMPF_REPLY_MORE);
	buf_zeros(out, 4);
}

int table_features_handle(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct buf *out = &c->dp->scratch;

	if (m->table_features.n || m->table_features.more)
		return of_error_set(err, OFPET_TABLE_FEATURES_FAILED, OFPTFFC_EPERM);
	begin(out, m->version, m->xid);
	for (unsigned id = 0; id < TABLES_N; id++) {
		if (out->size > PART_BYTES) {
			conn_send_encoded(c, out);
			begin(out, m->version, m->xid);
		}
		table_features_encode(id, out);
	}
	store_be16(out->data + 10, 0);
	conn_send_encoded(c, out);
	return 0;
}
