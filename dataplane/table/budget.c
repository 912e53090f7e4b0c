/* What a packet can cost, and whether it may (budget.h).  The masks of each table and the tables
 * that its flows lead to are counted with each change; costs and ways are made from these when
 * somebody asks, and only if the counts have become others. */

#include "dataplane/table/budget.h"

#include <stdlib.h>
#include "dataplane/action/action_ct.h"
#include "dataplane/action/action_extension.h"
#include "dataplane/table/egress.h"
#include "dataplane/table/tables_priv.h"
#include "proto/openflow/numbers.h"

/* More rules are counted as the next power of two. */
#define EXACTLY_COUNTED 16

/* Rules of a table that look at the same bits. */
struct mask_use {
	struct hmap_node in_masks;
	const struct shape *shape;
	unsigned n_rules;
	/* One of them, or one that there was; and where others differ, or did. */
	uint64_t words[KEY_WORDS], varying[KEY_WORDS];
};

struct tables_links {
	uint32_t n[TABLES_N]; /* flows that lead there */
};

static void set_bit(uint64_t *bits, unsigned i, bool is_set)
{
	if (is_set)
		bits[i / 64] |= 1ull << i % 64;
	else
		bits[i / 64] &= ~(1ull << i % 64);
}

static bool has_bit(const uint64_t *bits, unsigned i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* --- counting --- */

static uint64_t use_hash(const struct shape *shape)
{
	return ((uintptr_t)shape >> 4) * 0x9e3779b97f4a7c15ull;
}

static struct mask_use *find_use(struct table_cost *c, const struct shape *shape)
{
	if (c->last_mask && c->last_mask->shape == shape)
		return c->last_mask;
	HMAP_FOREACH_HASH (n, &c->masks, use_hash(shape)) {
		struct mask_use *use = container_of(n, struct mask_use, in_masks);

		if (use->shape == shape)
			return c->last_mask = use;
	}
	return NULL;
}

/* Whether R differs from others in bits in which none did. */
static bool note_words(struct mask_use *use, const struct rule *r)
{
	uint64_t news = 0;

	for (unsigned i = 0; i < use->shape->mask.n_words; i++) {
		uint64_t differs = use->words[i] ^ r->words[i];

		news |= differs & ~use->varying[i];
		use->varying[i] |= differs;
	}
	return news;
}

static struct mask_use *add_use(struct table_cost *c, const struct rule *r)
{
	const struct shape *shape = r->class->shape;
	struct mask_use *use = xcalloc(1, sizeof(*use));

	use->shape = shape;
	memcpy(use->words, r->words, shape->mask.n_words * sizeof(use->words[0]));
	hmap_insert(&c->masks, &use->in_masks, use_hash(shape));
	c->last_mask = use;
	c->is_changed = true;
	return use;
}

static void mask_added(struct table_cost *c, const struct rule *r)
{
	struct mask_use *use = find_use(c, r->class->shape) ?: add_use(c, r);

	use->n_rules++;
	c->is_changed |= note_words(use, r);
}

static void mask_removed(struct table_cost *c, const struct rule *r)
{
	struct mask_use *use = find_use(c, r->class->shape);

	c->is_inexact = true;
	if (--use->n_rules)
		return;
	c->last_mask = NULL;
	c->is_changed = true;
	hmap_remove(&c->masks, &use->in_masks);
	free(use);
}

/* What has gone since the words were noted is forgotten. */
static void note_anew(struct table *table)
{
	struct table_cost *c = &table->cost;
	struct sorted_at at = sorted_from(&table->sorted, 0);
	struct flow *f;

	HMAP_FOREACH (node, &c->masks)
		container_of(node, struct mask_use, in_masks)->n_rules = 0;
	while ((f = sorted_next(&at))) {
		struct mask_use *use = find_use(c, f->rule->class->shape);

		if (!use->n_rules++) {
			memcpy(use->words, f->rule->words,
			       use->shape->mask.n_words * sizeof(use->words[0]));
			memset(use->varying, 0, sizeof(use->varying));
		}
		note_words(use, f->rule);
	}
	c->is_inexact = false;
	c->is_changed = true;
}

static unsigned rounded(unsigned n)
{
	return n <= EXACTLY_COUNTED ? EXACTLY_COUNTED : 1u << (32 - __builtin_clz(n - 1));
}

void budget_linked(struct tables *t, const struct rule *r, bool is_added)
{
	struct table *table = &t->tables[r->table_id];
	struct table_cost *c = &table->cost;

	if (is_added)
		mask_added(c, r);
	else
		mask_removed(c, r);
	if (table->n_flows <= EXACTLY_COUNTED || rounded(table->n_flows) != c->at_most)
		c->is_changed = true;
	t->worst.is_stale |= c->is_changed;
}

/* A flow of table ID leads to table TO, or no longer. */
static void count_link(struct tables *t, struct tables_links **links, uint64_t *bits, unsigned to,
		       int n)
{
	uint32_t *count;

	if (!*links)
		*links = xcalloc(1, sizeof(**links));
	count = &(*links)->n[to];
	*count += n;
	if (*count == (n > 0)) {
		set_bit(bits, to, n > 0);
		t->worst.is_stale = true;
	}
}

static void count_resubmits(struct tables *t, uint8_t id, const struct action_program *p, int n)
{
	struct table_cost *c = &t->tables[id].cost;

	for (unsigned i = 0; i < p->n_ops; i++) {
		const struct action_op *op = &p->ops[i];

		if (op->kind == ACTION_RESUBMIT) {
			unsigned to = op->resubmit.table == OF_TABLE_ALL ? id : op->resubmit.table;

			count_link(t, &c->resubmits, c->resubmits_to, to, n);
		} else if (op->kind == ACTION_EXTENSION && op->extension == ACTION_EXT_CLONE) {
			count_resubmits(t, id, ((struct action_clone *)op->owned)->program, n);
		} else if (op->kind == ACTION_EXTENSION && op->extension == ACTION_EXT_CT) {
			const struct action_ct *ct = op->owned;

			if (ct->has_table && ct->table > id)
				count_link(t, &c->gotos, c->goes_to, ct->table, n);
			else if (ct->has_table)
				count_link(t, &c->resubmits, c->resubmits_to, ct->table, n);
		}
	}
}

static void count_rule(struct tables *t, const struct rule *r, int n)
{
	struct table_cost *c = &t->tables[r->table_id].cost;

	if (r->has_goto)
		count_link(t, &c->gotos, c->goes_to, r->goto_table, n);
	if (r->effect->apply)
		count_resubmits(t, r->table_id, r->effect->apply, n);
}

void budget_touched(struct tables *t, const struct rule *old, const struct rule *new)
{
	if (old)
		count_rule(t, old, -1);
	if (new)
		count_rule(t, new, 1);
}

void budget_fini_table(struct table *table)
{
	hmap_fini(&table->cost.masks);
	free(table->cost.gotos);
	free(table->cost.resubmits);
}

/* --- costs and ways --- */

static void update_cost(struct table *table)
{
	struct table_cost *c = &table->cost;
	unsigned n = 0, n_rules = table->n_flows;
	struct lookup_population *populations;

	if (!c->is_changed)
		return;
	if (c->is_inexact && n_rules <= EXACTLY_COUNTED)
		note_anew(table);
	populations = xcalloc(c->masks.n, sizeof(*populations));
	HMAP_FOREACH (node, &c->masks) {
		struct mask_use *use = container_of(node, struct mask_use, in_masks);

		populations[n++] =
			(struct lookup_population){ &use->shape->mask, use->words, use->varying };
	}
	c->at_most = rounded(n_rules);
	if (n_rules > EXACTLY_COUNTED)
		n_rules = c->at_most;
	c->cycles = n_rules ? lookup_estimate(populations, n, n_rules) : 0;
	c->is_changed = false;
	free(populations);
}

/* Adds to REACHED the tables that those in it lead to, by goto and resubmit; *TARGETS, if not NULL,
 * gets those that resubmits lead to. */
static void reach(const struct tables *t, uint64_t *reached, uint64_t *targets)
{
	bool is_more = true;

	while (is_more) {
		is_more = false;
		for (unsigned id = 0; id < TABLES_N; id++) {
			const struct table_cost *c = &t->tables[id].cost;

			if (!has_bit(reached, id))
				continue;
			for (unsigned k = 0; k < 4; k++) {
				uint64_t next = c->goes_to[k] | c->resubmits_to[k];

				/* Gotos go forward, so only resubmits need another round. */
				is_more |= (c->resubmits_to[k] & ~reached[k]) != 0;
				reached[k] |= next;
				if (targets)
					targets[k] |= c->resubmits_to[k];
			}
		}
	}
}

/* Adds to WAY the dearest way by goto from table FIRST on; tables that WAY has cost no more. */
static void add_longest(const struct tables *t, unsigned first, struct tables_way *way)
{
	unsigned cost[TABLES_N] = { 0 };
	uint8_t next[TABLES_N];
	unsigned id = TABLES_N;

	while (id-- > first) {
		const struct table_cost *c = &t->tables[id].cost;

		next[id] = id;
		for (unsigned k = id / 64; k < 4; k++) {
			for (uint64_t to = c->goes_to[k]; to; to &= to - 1) {
				unsigned other = k * 64 + __builtin_ctzll(to);

				if (cost[other] > (next[id] == id ? 0 : cost[next[id]]))
					next[id] = other;
			}
		}
		cost[id] = (tables_way_has(way, id) ? 0 : c->cycles) +
			   (next[id] == id ? 0 : cost[next[id]]);
	}
	way->cycles += cost[first];
	for (id = first;; id = next[id]) {
		if (t->tables[id].n_flows)
			set_bit(way->tables, id, true);
		if (next[id] == id)
			return;
	}
}

static void find_worst(struct tables *t, struct tables_way *way)
{
	uint8_t first_egress = tables_first_egress(t);
	uint64_t reached[4] = { 1 }, again[4] = { 0 };

	*way = (struct tables_way){ 0 };
	if (first_egress)
		set_bit(reached, first_egress, true);
	for (unsigned id = 0; id < TABLES_N; id++)
		update_cost(&t->tables[id]);
	reach(t, reached, again);
	reach(t, again, NULL);
	for (unsigned id = 0; id < TABLES_N; id++) {
		if (!has_bit(again, id) || !t->tables[id].n_flows)
			continue;
		set_bit(way->tables, id, true);
		way->cycles += t->tables[id].cost.cycles;
	}
	add_longest(t, 0, way);
	if (first_egress)
		add_longest(t, first_egress, way);
}

const struct tables_way *tables_worst_way(struct tables *t)
{
	struct worst *w = &t->worst;

	if (w->is_stale || w->first_egress != tables_first_egress(t)) {
		find_worst(t, &w->way);
		w->first_egress = tables_first_egress(t);
		w->is_stale = false;
	}
	return &w->way;
}

unsigned tables_estimate(struct tables *t, uint8_t table_id)
{
	update_cost(&t->tables[table_id]);
	return t->tables[table_id].cost.cycles;
}

/* --- the budget --- */

void tables_set_budget(struct tables *t, unsigned cycles, bool refuses)
{
	t->budget.cycles = cycles;
	t->budget.refuses = refuses;
	budget_committed(t);
}

const struct tables_budget *tables_budget(const struct tables *t)
{
	return &t->budget;
}

static bool is_refusing(const struct tables *t)
{
	return t->budget.cycles && t->budget.refuses;
}

/* Before anything is refused, and before anything is allowed because it was so before, rules that
 * have gone are forgotten. */
static unsigned exact_cycles(struct tables *t)
{
	unsigned cycles = tables_worst_way(t)->cycles;

	if (cycles <= t->budget.cycles)
		return cycles;
	for (unsigned id = 0; id < TABLES_N; id++) {
		if (!t->tables[id].cost.is_inexact)
			continue;
		note_anew(&t->tables[id]);
		t->worst.is_stale = true;
	}
	return tables_worst_way(t)->cycles;
}

bool tables_exceed(struct tables *t)
{
	unsigned cycles;

	if (!is_refusing(t))
		return false;
	cycles = exact_cycles(t);
	return cycles > t->budget.cycles && cycles > t->worst.committed;
}

int tables_check_budget(struct tables *t, struct of_error *err)
{
	if (!tables_exceed(t))
		return 0;
	t->budget.refused = *tables_worst_way(t);
	t->budget.n_refused++;
	return of_error_set(err, OFPET_FLOW_MOD_FAILED, OFPFMFC_TABLE_FULL);
}

void budget_committed(struct tables *t)
{
	if (is_refusing(t))
		t->worst.committed = exact_cycles(t);
}
