/* The mapping of tunnel options to tun_metadata fields (tlv_table.h). */

#include "dataplane/table/tlv_table.h"

#include <stdlib.h>
#include "dataplane/packet/key_fields.h"
#include "dataplane/table/group_mod.h"
#include "dataplane/table/tables_priv.h"
#include "proto/openflow/numbers.h"

#define UNIT	     4 /* bytes: options have whole ones */
#define N_UNITS	     (KEY_TUN_METADATA / UNIT)
#define MAX_BYTES    OF_FIELD_MAX_BYTES
#define OPTION_LINES (KEY_LINE_TUN_METADATA | KEY_LINE_CT_V6)

struct option {
	uint8_t n_units; /* 0: not mapped */
	uint8_t unit;	 /* the first, in the key */
	uint8_t type;
	uint16_t class;
};

struct mapping {
	struct option options[OF_N_TUN_METADATA];
};

struct tlv_table {
	struct mapping mapping;
	struct key_options places;
};

struct tlv_table *tlv_table_create(void)
{
	return xcalloc(1, sizeof(struct tlv_table));
}

void tlv_table_destroy(struct tlv_table *table)
{
	key_options_use(NULL);
	free(table);
}

void tables_use(const struct tables *t)
{
	key_options_use(&t->options->places);
}

const struct key_options *tables_options(const struct tables *t)
{
	return &t->options->places;
}

static uint32_t units_of(const struct option *o)
{
	return ((1u << o->n_units) - 1) << o->unit;
}

/* The first place for N units that lies within as few words of the key as it can, or -1. */
static int find_place(const struct mapping *m, unsigned n)
{
	unsigned step = n > 1 ? 2 : 1;
	uint32_t used = 0;

	for (unsigned i = 0; i < OF_N_TUN_METADATA; i++)
		used |= units_of(&m->options[i]);
	for (unsigned at = 0; at + n <= N_UNITS; at += step)
		if (!(used & ((1u << n) - 1) << at))
			return at;
	return -1;
}

static bool has_type(const struct mapping *m, const struct of_tlv_map *map)
{
	for (unsigned i = 0; i < OF_N_TUN_METADATA; i++)
		if (m->options[i].n_units && m->options[i].class == map->option_class &&
		    m->options[i].type == map->option_type)
			return true;
	return false;
}

static int add(struct mapping *m, const struct of_tlv_map *map, struct of_error *err)
{
	int unit;

	if (map->index >= OF_N_TUN_METADATA)
		return of_error_set_nx(err, NXTTMFC_BAD_FIELD_IDX);
	if (!map->option_length || map->option_length % UNIT || map->option_length > MAX_BYTES)
		return of_error_set_nx(err, NXTTMFC_BAD_OPT_LEN);
	if (m->options[map->index].n_units)
		return of_error_set_nx(err, NXTTMFC_ALREADY_MAPPED);
	if (has_type(m, map))
		return of_error_set_nx(err, NXTTMFC_DUP_ENTRY);
	unit = find_place(m, map->option_length / UNIT);
	if (unit < 0)
		return of_error_set_nx(err, NXTTMFC_TABLE_FULL);
	m->options[map->index] = (struct option){
		.n_units = map->option_length / UNIT,
		.unit = unit,
		.class = map->option_class,
		.type = map->option_type,
	};
	return 0;
}

/* The options that OLD has and NEW has not. */
static uint64_t lost(const struct mapping *old, const struct mapping *new)
{
	uint64_t gone = 0;

	for (unsigned i = 0; i < OF_N_TUN_METADATA; i++)
		if (old->options[i].n_units && !new->options[i].n_units)
			gone |= 1ull << i;
	return gone;
}

bool tables_has_options(const struct tables *t)
{
	return lost(&t->options->mapping, &(struct mapping){ 0 }) != 0;
}

/* Whether a flow matches one of the options of CTX, or does something with any. */
static bool is_unrelated(void *ctx, const struct flow *f)
{
	uint64_t *gone = ctx;
	const struct shape *shape = f->rule->class->shape;

	for (unsigned i = 0; i < shape->n_fields; i++) {
		unsigned index = shape->fields[i].id - OF_FIELD_TUN_METADATA0;

		if (index < OF_N_TUN_METADATA && *gone & 1ull << index)
			*gone = 0;
	}
	if (f->rule->effect->lines & OPTION_LINES)
		*gone = 0;
	return *gone != 0;
}

static bool is_used(struct tables *t, uint64_t gone)
{
	struct flow_filter all = { .table_id = OF_TABLE_ALL,
				   .out_port = OF_PORT_ANY,
				   .out_group = OF_GROUP_ANY };

	if (!gone)
		return false;
	if (groups_lines(tables_groups(t)) & OPTION_LINES)
		return true;
	tables_each(t, &all, is_unrelated, &gone);
	return !gone;
}

static int unmap(struct mapping *m, const struct of_tlv_table *mod, struct of_error *err)
{
	for (unsigned i = 0; i < mod->n; i++) {
		if (mod->maps[i].index >= OF_N_TUN_METADATA)
			return of_error_set_nx(err, NXTTMFC_BAD_FIELD_IDX);
		m->options[mod->maps[i].index] = (struct option){ 0 };
	}
	return 0;
}

static int change(struct mapping *m, const struct of_tlv_table *mod, struct of_error *err)
{
	switch (mod->command) {
	case OF_TLV_ADD:
		for (unsigned i = 0; i < mod->n; i++)
			if (add(m, &mod->maps[i], err) < 0)
				return -1;
		return 0;
	case OF_TLV_DELETE:
		return unmap(m, mod, err);
	case OF_TLV_CLEAR:
		*m = (struct mapping){ 0 };
		return 0;
	default:
		return of_error_set_nx(err, NXTTMFC_BAD_COMMAND);
	}
}

int tables_tlv_mod(struct tables *t, const struct of_tlv_table *mod, struct of_error *err)
{
	struct tlv_table *table = t->options;
	struct mapping next = table->mapping;

	if (change(&next, mod, err) < 0)
		return -1;
	if (is_used(t, lost(&table->mapping, &next)))
		return of_error_set_nx(err, NXTTMFC_INVALID_TLV_DEL);
	table->mapping = next;
	for (unsigned i = 0; i < OF_N_TUN_METADATA; i++)
		table->places.places[i] = key_option_place(next.options[i].unit * UNIT,
							   next.options[i].n_units * UNIT);
	tables_use(t);
	return 0;
}

void tables_tlv_describe(const struct tables *t, struct arena *a, struct of_tlv_table *out)
{
	struct of_tlv_map *maps = arena_alloc(a, OF_N_TUN_METADATA * sizeof(*maps));

	*out = (struct of_tlv_table){ .max_space = KEY_TUN_METADATA,
				      .max_fields = OF_N_TUN_METADATA,
				      .maps = maps };
	for (unsigned i = 0; i < OF_N_TUN_METADATA; i++) {
		const struct option *o = &t->options->mapping.options[i];

		if (o->n_units)
			maps[out->n++] = (struct of_tlv_map){
				.option_class = o->class,
				.option_type = o->type,
				.option_length = o->n_units * UNIT,
				.index = i,
			};
	}
}
