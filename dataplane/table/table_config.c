/* Table-mods, eviction, vacancy events (table_config.h). */

#include "dataplane/table/tables_priv.h"

#include <openflow/openflow-1.4.h>
#include <openflow/openflow-common.h>
#include "proto/openflow/numbers.h"

/* The least key goes first: by importance, then by what is left of the flow's life. */
static uint64_t eviction_key(const struct tables *t, const struct flow *f)
{
	return (uint64_t)f->importance << 48 | flow_end_ns(t, f) >> 16;
}

void eviction_add(struct tables *t, struct flow *f)
{
	struct table *table = &t->tables[f->rule->table_id];

	if (table->has_eviction)
		heap_add(&table->eviction, f, eviction_key(t, f));
}

void eviction_remove(struct tables *t, struct flow *f)
{
	heap_remove(&t->tables[f->rule->table_id].eviction, f);
}

bool eviction_make_room(struct tables *t, uint8_t table_id, uint16_t importance)
{
	struct table *table = &t->tables[table_id];

	while (table->eviction.n) {
		struct heap_item first = table->eviction.items[0];

		if (first.flow->importance > importance)
			return false;
		if (eviction_key(t, first.flow) == first.key) {
			journal_removed(t, first.flow, OFPRR_EVICTION);
			return true;
		}
		/* Packets have prolonged its life. */
		eviction_remove(t, first.flow);
		eviction_add(t, first.flow);
	}
	return false;
}

static void set_eviction(struct tables *t, struct table *table, bool has_eviction)
{
	struct sorted_at at = sorted_from(&table->sorted, 0);
	struct flow *f;

	if (table->has_eviction == has_eviction)
		return;
	table->has_eviction = has_eviction;
	while ((f = sorted_next(&at))) {
		if (has_eviction)
			eviction_add(t, f);
		else
			f->eviction_place = 0;
	}
	if (!has_eviction)
		heap_fini(&table->eviction);
}

static unsigned free_percent(const struct table *table)
{
	if (table->n_flows >= table->max_flows)
		return 0;
	return (uint64_t)(table->max_flows - table->n_flows) * 100 / table->max_flows;
}

static void set_vacancy(struct tables *t, struct table *table, const struct of_table_desc *mod)
{
	bool has_vacancy = mod->config & OF_TABLE_VACANCY;

	t->n_with_vacancy += has_vacancy - table->has_vacancy;
	table->has_vacancy = has_vacancy;
	if (mod->has_vacancy) {
		table->vacancy_down = mod->vacancy_down;
		table->vacancy_up = mod->vacancy_up;
	}
	/* Which of the two can come next. */
	table->is_down = has_vacancy && free_percent(table) < table->vacancy_down;
}

static int check(const struct of_table_desc *mod, struct of_error *err)
{
	if (mod->table_id >= TABLES_N && mod->table_id != OF_TABLE_ALL)
		return of_error_set(err, OFPET_TABLE_MOD_FAILED, OFPTMFC_BAD_TABLE);
	if (mod->config &
	    ~(uint32_t)(OF_TABLE_EVICTION | OF_TABLE_VACANCY | OFPTC11_TABLE_MISS_MASK))
		return of_error_set(err, OFPET_TABLE_MOD_FAILED, OFPTMFC_BAD_CONFIG);
	if (mod->has_vacancy && (mod->vacancy_down > mod->vacancy_up || mod->vacancy_up > 100))
		return of_error_set(err, OFPET_BAD_PROPERTY, OFPBPC_BAD_VALUE);
	return 0;
}

int tables_table_mod(struct tables *t, const struct of_table_desc *mod, struct of_error *err)
{
	unsigned first = mod->table_id == OF_TABLE_ALL ? 0 : mod->table_id;
	unsigned last = mod->table_id == OF_TABLE_ALL ? TABLES_N - 1 : mod->table_id;

	if (check(mod, err) < 0)
		return -1;
	for (unsigned id = first; id <= last; id++) {
		set_eviction(t, &t->tables[id], mod->config & OF_TABLE_EVICTION);
		set_vacancy(t, &t->tables[id], mod);
	}
	return 0;
}

void tables_table_desc(const struct tables *t, uint8_t table_id, struct of_table_desc *out)
{
	const struct table *table = &t->tables[table_id];

	*out = (struct of_table_desc){
		.table_id = table_id,
		.config = (table->has_eviction ? OF_TABLE_EVICTION : 0) |
			  (table->has_vacancy ? OF_TABLE_VACANCY : 0),
		.has_eviction = true,
		.eviction_flags = OF_EVICT_IMPORTANCE | OF_EVICT_LIFETIME,
		.has_vacancy = true,
		.vacancy_down = table->vacancy_down,
		.vacancy_up = table->vacancy_up,
		.vacancy = free_percent(table),
	};
}

void tables_set_max_flows(struct tables *t, uint8_t table_id, unsigned max)
{
	t->tables[table_id].max_flows = max;
}

unsigned tables_max_flows(const struct tables *t, uint8_t table_id)
{
	return t->tables[table_id].max_flows;
}

void tables_on_vacancy(struct tables *t, tables_vacancy_cb cb, void *ctx)
{
	t->vacancy = cb;
	t->vacancy_ctx = ctx;
}

/* Down is told once below the lower threshold, then up once above the upper one, and so on. */
static void check_table(struct tables *t, uint8_t table_id)
{
	struct table *table = &t->tables[table_id];
	unsigned percent = free_percent(table);

	if (table->is_down ? percent <= table->vacancy_up : percent >= table->vacancy_down)
		return;
	table->is_down = !table->is_down;
	if (t->vacancy)
		t->vacancy(t->vacancy_ctx, table_id,
			   table->is_down ? OF_TABLE_VACANCY_DOWN : OF_TABLE_VACANCY_UP);
}

void vacancy_check(struct tables *t)
{
	for (unsigned id = 0; id < TABLES_N && t->n_with_vacancy; id++)
		if (t->tables[id].has_vacancy)
			check_table(t, id);
}
