/* The tables' flows: kept, found, listed. */

#include "dataplane/table/tables_priv.h"
#include "dataplane/table/tlv_table.h"

#include <limits.h>
#include <stdlib.h>
#include "lib/rng.h"
#include "proto/openflow/numbers.h"

#define DEFAULT_MAX_FLOWS (1u << 20)

struct tables *tables_create(const struct tables_limits *limits)
{
	struct tables *t = xcalloc(1, sizeof(*t));
	struct rng rng;

	rng_seed_from_system(&rng);
	t->seed = rng_u64(&rng);
	t->counters = counters_create();
	t->named = refs_create(t);
	t->options = tlv_table_create();
	slab_init(&t->flows, sizeof(struct flow), 8);
	t->timeouts.place_offset = offsetof(struct flow, timeout_place);
	for (unsigned id = 0; id < TABLES_N; id++) {
		t->tables[id].max_flows = limits && limits->max_flows_per_table
						  ? limits->max_flows_per_table
						  : DEFAULT_MAX_FLOWS;
		t->tables[id].eviction.place_offset = offsetof(struct flow, eviction_place);
	}
	list_init(&t->snapshots);
	learned_init(&t->learned);
	return t;
}

static void remove_all(struct tables *t, struct table *table)
{
	struct sorted_at at;
	struct flow *f;

	while (at = sorted_from(&table->sorted, 0), (f = sorted_next(&at))) {
		tables_unlink(t, f);
		flow_destroy(t, f);
	}
}

static void fini_memory(struct tables *t)
{
	shapes_fini(&t->shapes);
	effects_fini(&t->effects);
	slab_fini(&t->flows);
	for (unsigned i = 0; i < ARRAY_LENGTH(t->rules); i++)
		if (t->rules[i].size)
			slab_fini(&t->rules[i]);
	heap_fini(&t->timeouts);
	learned_fini(&t->learned);
	free(t->changes);
}

void tables_destroy(struct tables *t)
{
	if (!t)
		return;
	assert(list_is_empty(&t->snapshots));
	journal_undo(t, 0);
	for (unsigned id = 0; id < TABLES_N; id++)
		remove_all(t, &t->tables[id]);
	while (tables_clean(t, UINT_MAX))
		;
	for (unsigned id = 0; id < TABLES_N; id++) {
		struct table *table = &t->tables[id];

		flow_index_fini(&table->by_match);
		hmap_fini(&table->classes);
		hmap_fini(&table->by_priority);
		heap_fini(&table->eviction);
		budget_fini_table(table);
	}
	fini_memory(t);
	refs_destroy(t->named);
	tlv_table_destroy(t->options);
	counters_destroy(t->counters);
	free(t);
}

void tables_on_removed(struct tables *t, tables_removed_cb cb, void *ctx)
{
	t->removed = cb;
	t->removed_ctx = ctx;
}

struct counters *tables_counters(struct tables *t)
{
	return t->counters;
}

static uint32_t words_hash(const struct rule_class *c, const uint64_t *words)
{
	return flow_index_hash(hash_bytes(words, c->shape->mask.n_words * sizeof(*words)) ^
			       (uintptr_t)c >> 4);
}

void tables_touch(struct tables *t, struct rule *old, struct rule *new)
{
	struct table *table = &t->tables[old ? old->table_id : new->table_id];

	if (old)
		delta_note(table, old, true);
	if (new)
		delta_note(table, new, false);
	table->generation = ++t->generation;
	table->n_removals += old != NULL;
	refs_touch(t->named, old, new);
	learned_touch(t, old, new);
	budget_touched(t, old, new);
}

void tables_link(struct tables *t, struct flow *f)
{
	struct rule *r = f->rule;
	struct table *table = &t->tables[r->table_id];

	f->hash = words_hash(r->class, r->words);
	flow_index_add(&table->by_match, f, f->hash);
	sorted_add(&table->sorted, f, r->rank);
	table->n_flows++;
	r->class->n_linked++;
	budget_linked(t, r, true);
	timeouts_add(t, f);
	eviction_add(t, f);
	tables_touch(t, NULL, r);
}

void tables_unlink(struct tables *t, struct flow *f)
{
	struct rule *r = f->rule;
	struct table *table = &t->tables[r->table_id];

	flow_index_remove(&table->by_match, f, f->hash);
	sorted_remove(&table->sorted, r->rank);
	table->n_flows--;
	r->class->n_linked--;
	budget_linked(t, r, false);
	timeouts_remove(t, f);
	eviction_remove(t, f);
	tables_touch(t, r, NULL);
}

struct flow *tables_find_words(const struct tables *t, const struct rule_class *c,
			       const uint64_t *words)
{
	size_t size = c->shape->mask.n_words * sizeof(*words);
	const struct flow_index *ix = &t->tables[c->table_id].by_match;
	uint32_t hash = words_hash(c, words), at = FLOW_INDEX_START;
	struct flow *f;

	while ((f = flow_index_next(ix, hash, &at))) {
		if (f->rule->class == c && memcmp(f->rule->words, words, size) == 0)
			return f;
	}
	return NULL;
}

static bool has_match(const struct rule *r, const struct of_match *match)
{
	struct of_field_match fields[OF_N_FIELDS];
	struct of_match own;

	rule_match(r, fields, &own);
	return of_match_equal(&own, match);
}

/* Of matches that the words do not tell apart there are several with the same. */
static struct flow *find_ambiguous(const struct tables *t, const struct rule_class *c,
				   const uint64_t *words, const struct of_match *match)
{
	const struct flow_index *ix = &t->tables[c->table_id].by_match;
	uint32_t hash = words_hash(c, words), at = FLOW_INDEX_START;
	struct flow *f;

	while ((f = flow_index_next(ix, hash, &at))) {
		if (f->rule->class == c && has_match(f->rule, match))
			return f;
	}
	return NULL;
}

struct flow *tables_find_key(const struct tables *t, const struct match_key *k)
{
	if (!k->class)
		return NULL;
	return k->shape->is_ambiguous ? find_ambiguous(t, k->class, k->words, k->match)
				      : tables_find_words(t, k->class, k->words);
}

struct flow *tables_find(struct tables *t, uint8_t table_id, const struct of_match *match,
			 uint16_t priority)
{
	struct match_key k;
	struct of_error err;
	struct flow *f;

	if (!shape_find(&t->shapes, match) ||
	    match_key_init(&k, t, table_id, match, priority, &err) < 0)
		return NULL;
	f = tables_find_key(t, &k);
	match_key_fini(&k, t);
	return f;
}

struct flow *flow_create(struct tables *t)
{
	return slab_alloc(&t->flows);
}

void flow_destroy(struct tables *t, struct flow *f)
{
	rule_retire(t, f->rule);
	slab_free(&t->flows, f);
}

struct flow_iter tables_from(const struct tables *t, uint8_t table_id, uint64_t rank)
{
	struct sorted_at at = sorted_from(&t->tables[table_id].sorted, rank);

	tables_use(t);
	return (struct flow_iter){ at.sorted, at.place, at.item };
}

const struct flow *flow_iter_next(struct flow_iter *it)
{
	struct sorted_at at = { it->sorted, it->place, it->item };
	const struct flow *f = sorted_next(&at);

	it->place = at.place;
	it->item = at.item;
	return f;
}

/* Returns whether CB wants to go on. */
static bool each_of_table(struct tables *t, uint8_t table_id, struct flow_test *test,
			  bool (*cb)(void *ctx, const struct flow *flow), void *ctx)
{
	struct sorted_at at = sorted_from(&t->tables[table_id].sorted, 0);
	const struct flow *f;

	while ((f = sorted_next(&at)))
		if (flow_passes(test, f->rule) && !cb(ctx, f))
			return false;
	return true;
}

void tables_each(struct tables *t, const struct flow_filter *filter,
		 bool (*cb)(void *ctx, const struct flow *flow), void *ctx)
{
	struct flow_test test;

	tables_use(t);
	flow_test_init(&test, filter);
	if (filter->table_id < TABLES_N) {
		each_of_table(t, filter->table_id, &test, cb, ctx);
		return;
	}
	if (filter->table_id != OF_TABLE_ALL)
		return;
	for (unsigned id = 0; id < TABLES_N; id++)
		if (!each_of_table(t, id, &test, cb, ctx))
			return;
}

bool tables_each_from(struct tables *t, const struct flow_filter *filter, uint64_t rank,
		      bool (*cb)(void *ctx, const struct flow *flow), void *ctx)
{
	struct sorted_at at = sorted_from(&t->tables[filter->table_id].sorted, rank);
	struct flow_test test;
	const struct flow *f;

	flow_test_init(&test, filter);
	while ((f = sorted_next(&at)))
		if (flow_passes(&test, f->rule) && !cb(ctx, f))
			return false;
	return true;
}

unsigned tables_n_flows(const struct tables *t, uint8_t table_id)
{
	return table_id < TABLES_N ? t->tables[table_id].n_flows : 0;
}

uint64_t tables_seed(const struct tables *t)
{
	return t->seed;
}

uint64_t tables_generation(const struct tables *t, uint8_t table_id)
{
	return t->tables[table_id].generation;
}

struct counter flow_counts(const struct tables *t, const struct flow *f)
{
	struct counter c = counters_sum(t->counters, f->rule->slot);

	c.n_packets -= f->base.n_packets;
	c.n_bytes -= f->base.n_bytes;
	c.n_dropped -= f->base.n_dropped;
	c.used_ns = MAX_OF(c.used_ns, f->base.used_ns);
	return c;
}

void flow_stats(const struct tables *t, const struct flow *f, uint64_t now_ns, struct arena *a,
		struct of_flow_stats *out)
{
	unsigned n_fields = f->rule->class->shape->n_fields;
	struct counter c = flow_counts(t, f);
	uint64_t age_ns = now_ns - f->created_ns;

	*out = (struct of_flow_stats){
		.table_id = f->rule->table_id,
		.priority = rule_priority(f->rule),
		.idle_timeout = f->idle_timeout,
		.hard_timeout = f->hard_timeout,
		.flags = f->flags,
		.importance = f->importance,
		.duration_sec = age_ns / NS_PER_SEC,
		.duration_nsec = age_ns % NS_PER_SEC,
		.idle_ns = now_ns - MIN_OF(now_ns, c.used_ns),
		.cookie = f->rule->cookie,
		.n_packets = f->flags & OF_FLOW_NO_PACKET_COUNTS ? UINT64_MAX : c.n_packets,
		.n_bytes = f->flags & OF_FLOW_NO_BYTE_COUNTS ? UINT64_MAX : c.n_bytes,
		.instructions = *rule_instructions(f->rule),
	};
	rule_match(f->rule, arena_alloc(a, n_fields * sizeof(struct of_field_match)), &out->match);
}
