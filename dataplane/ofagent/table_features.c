#include "dataplane/ofagent/table_features.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/action/action_class.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/table/egress.h"
#include "dataplane/table/table_config.h"
#include "proto/openflow/numbers.h"

#include <openflow/openflow-1.3.h>

#define MAX_ENTRIES  (1u << 20)
#define CAPABILITIES (OF_TABLE_EVICTION | OF_TABLE_VACANCY) /* since 1.4 */

/* OFPTFF_* (OF 1.5.1 section 7.3.5.18.1). */
#define FEATURE_INGRESS	     (1u << 0)
#define FEATURE_EGRESS	     (1u << 1)
#define FEATURE_FIRST_EGRESS (1u << 4)
#define FEATURES	     (FEATURE_INGRESS | FEATURE_EGRESS | FEATURE_FIRST_EGRESS)

struct table_settings {
	struct of_table_abilities all; /* but the next tables, which each has of its own */
	char names[TABLES_N][32];
};

/* --- what there is --- */

static bool has_action(const char *name)
{
	REGISTRY_FOREACH (class, action_class) {
		if (!strcmp((*class)->name, name))
			return true;
	}
	return false;
}

static uint32_t all_actions(void)
{
	static const struct {
		uint8_t type;
		const char *name;
	} actions[] = {
		{ OFPAT_OUTPUT, "output" },
		{ OFPAT_COPY_TTL_OUT, "copy_ttl_out" },
		{ OFPAT_COPY_TTL_IN, "copy_ttl_in" },
		{ OFPAT_SET_MPLS_TTL, "set_mpls_ttl" },
		{ OFPAT_DEC_MPLS_TTL, "dec_mpls_ttl" },
		{ OFPAT_PUSH_VLAN, "push_vlan" },
		{ OFPAT_POP_VLAN, "pop_vlan" },
		{ OFPAT_PUSH_MPLS, "push_mpls" },
		{ OFPAT_POP_MPLS, "pop_mpls" },
		{ OFPAT_SET_QUEUE, "set_queue" },
		{ OFPAT_GROUP, "group" },
		{ OFPAT_SET_NW_TTL, "set_nw_ttl" },
		{ OFPAT_DEC_NW_TTL, "dec_ttl" },
		{ OFPAT_SET_FIELD, "set_field" },
		{ OFPAT_PUSH_PBB, "push_pbb" },
		{ OFPAT_POP_PBB, "pop_pbb" },
		{ OFPAT_COPY_FIELD, "copy_field" },
		{ OFPAT_METER, "meter" },
	};
	uint32_t bits = 0;

	for (unsigned i = 0; i < ARRAY_LENGTH(actions); i++) {
		if (has_action(actions[i].name))
			bits |= 1u << actions[i].type;
	}
	return bits;
}

static void fill_all(struct of_table_abilities *all)
{
	struct of_flow_abilities *flow = &all->flow;

	for (unsigned id = 0; id < OF_N_FIELDS; id++) {
		const struct of_field *f = of_field(id);

		if (!key_place(id)->size)
			continue;
		of_field_set_add(&all->match, id);
		of_field_set_add(&all->wildcard, id);
		if (f->is_maskable)
			of_field_set_add(&all->mask, id);
		if (f->is_settable)
			of_field_set_add(&flow->write_setfield, id);
	}
	flow->apply_setfield = flow->write_copyfield = flow->apply_copyfield = flow->write_setfield;
	for (uint16_t type = OFPIT11_GOTO_TABLE; type <= OFPIT11_CLEAR_ACTIONS; type++)
		flow->instructions |= 1u << type;
	flow->instructions |= 1u << OFPIT13_METER;
	flow->write_actions = flow->apply_actions = all_actions();
	all->is_ethernet_only = true;
	all->miss = *flow;
}

struct table_settings *table_settings_create(void)
{
	struct table_settings *s = xcalloc(1, sizeof(*s));

	fill_all(&s->all);
	for (unsigned id = 0; id < TABLES_N; id++)
		snprintf(s->names[id], sizeof(s->names[id]), "table%u", id);
	return s;
}

void table_settings_destroy(struct table_settings *s)
{
	free(s);
}

/* OpenFlow 1.5 has its meter as an action, and copy-field; before, a meter is an instruction. */
static struct of_table_abilities abilities_of(const struct datapath *dp, uint8_t table_id,
					      uint8_t version)
{
	struct of_table_abilities all = dp->table_settings->all;
	uint32_t newer = 1u << OFPAT_COPY_FIELD | 1u << OFPAT_METER;

	for (unsigned next = table_id + 1; next < TABLES_N; next++) {
		if (tables_may_go(dp->tables, table_id, next))
			of_table_set_add(&all.flow.next_tables, next);
	}
	if (version < OF_VERSION_1_5) {
		all.flow.write_actions &= ~newer;
		all.flow.apply_actions &= ~newer;
	} else {
		all.flow.instructions &= ~(1u << OFPIT13_METER);
	}
	if (table_id == TABLES_N - 1 || !tables_may_go(dp->tables, table_id, table_id + 1))
		all.flow.instructions &= ~(1u << OFPIT11_GOTO_TABLE);
	all.miss = all.flow;
	return all;
}

static uint32_t features_of(const struct datapath *dp, uint8_t table_id)
{
	uint8_t first = tables_first_egress(dp->tables);

	if (!first || table_id < first)
		return FEATURE_INGRESS;
	return FEATURE_EGRESS | (table_id == first ? FEATURE_FIRST_EGRESS : 0);
}

void table_features_fill(struct datapath *dp, uint8_t table_id, uint8_t version, struct arena *a,
			 struct of_table_features *out)
{
	struct of_table_abilities all = abilities_of(dp, table_id, version);

	*out = (struct of_table_features){
		.table_id = table_id,
		.features = features_of(dp, table_id),
		.metadata_match = UINT64_MAX,
		.metadata_write = UINT64_MAX,
		.capabilities = version < OF_VERSION_1_4 ? 0 : CAPABILITIES,
		.max_entries = tables_max_flows(dp->tables, table_id),
	};
	memcpy(out->name, dp->table_settings->names[table_id], sizeof(out->name));
	of_table_abilities_write(&all, version, a, out);
}

/* --- what is asked for --- */

static bool is_subset(const void *part, const void *whole, size_t size)
{
	const uint8_t *p = part, *w = whole;

	for (size_t i = 0; i < size; i++) {
		if (p[i] & ~w[i])
			return false;
	}
	return true;
}

/* The structs are sets, bit by bit; what is no set in them is looked at apart. */
static bool can_flows(const struct of_flow_abilities *asked, const struct of_flow_abilities *all)
{
	return is_subset(asked, all, sizeof(*asked));
}

static bool can(const struct of_table_abilities *asked, const struct of_table_abilities *all)
{
	static const struct of_table_set no_table;

	return can_flows(&asked->flow, &all->flow) && can_flows(&asked->miss, &all->miss) &&
	       is_subset(&asked->match, &all->match, sizeof(asked->match)) &&
	       is_subset(&asked->mask, &all->mask, sizeof(asked->mask)) &&
	       is_subset(&asked->sync_from, &no_table, sizeof(no_table));
}

static int bad(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_TABLE_FEATURES_FAILED, code);
}

static int check(const struct datapath *dp, const struct of_table_features *t, uint8_t version,
		 struct of_error *err)
{
	struct of_table_abilities all, asked = { 0 };

	if (t->table_id >= TABLES_N)
		return bad(err, OFPTFFC_BAD_TABLE);
	if (t->command == OFPTFC15_DISABLE)
		return bad(err, OFPTFFC_EPERM);
	if (t->features & ~FEATURES || (t->features & FEATURE_FIRST_EGRESS && !t->table_id))
		return bad(err, OFPTFFC_BAD_FEATURES);
	if (version >= OF_VERSION_1_4 && t->capabilities & ~(uint32_t)CAPABILITIES)
		return bad(err, OFPTFFC_BAD_CAPA);
	if (!t->max_entries || t->max_entries > MAX_ENTRIES)
		return bad(err, OFPTFFC_BAD_MAX_ENT);
	if (!t->n_properties)
		return 0;
	if (of_table_abilities_read(t, version, &asked, err) < 0)
		return -1;
	all = abilities_of(dp, t->table_id, version);
	return can(&asked, &all) ? 0 : bad(err, OFPTFFC_BAD_FEATURES);
}

/* What is asked of a table's abilities is among what it has, and it keeps the others: the new
 * configuration may be a superset of what was asked for (OF 1.3.5 section 7.3.5.5). */
static void apply(struct datapath *dp, const struct of_table_features *t)
{
	if (t->command == OFPTFC15_ENABLE)
		return; /* as all tables are */
	memcpy(dp->table_settings->names[t->table_id], t->name, sizeof(t->name));
	tables_set_max_flows(dp->tables, t->table_id, t->max_entries);
}

/* The one that is named first egress table; none, when that which was is called ingress now. */
static int set_first_egress(struct datapath *dp, const struct of_table_features *tables, unsigned n,
			    struct of_error *err)
{
	uint8_t was = tables_first_egress(dp->tables), first = was;

	for (unsigned i = 0; i < n; i++) {
		if (tables[i].command == OFPTFC15_ENABLE)
			continue;
		if (tables[i].features & FEATURE_FIRST_EGRESS)
			first = tables[i].table_id;
		else if (tables[i].table_id == was && tables[i].features & FEATURE_INGRESS)
			first = 0;
	}
	if (first == was)
		return 0;
	if (tables_set_first_egress(dp->tables, first, err) < 0)
		return -1;
	datapath_changed(dp);
	return 0;
}

int table_features_set(struct datapath *dp, const struct of_table_features *tables, unsigned n,
		       uint8_t version, struct of_error *err)
{
	struct of_table_set named = { 0 };

	for (unsigned i = 0; i < n; i++) {
		if (check(dp, &tables[i], version, err) < 0)
			return -1;
		if (of_table_set_has(&named, tables[i].table_id))
			return of_error_set_nx(err, NXTFFC_DUP_TABLE);
		of_table_set_add(&named, tables[i].table_id);
	}
	if (set_first_egress(dp, tables, n, err) < 0)
		return -1;
	for (unsigned i = 0; i < n; i++)
		apply(dp, &tables[i]);
	return 0;
}
