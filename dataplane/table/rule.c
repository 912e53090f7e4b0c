/* Making rules: a flow's match and instructions, judged and compiled. */

#include "dataplane/table/tables_priv.h"
#include "dataplane/table/tlv_table.h"

#include <stdlib.h>
#include "dataplane/table/group_mod.h"
#include "dataplane/table/egress.h"
#include "proto/openflow/numbers.h"

static uint64_t class_hash(const struct shape *shape, uint16_t priority)
{
	return ((uintptr_t)shape >> 4 ^ priority) * 0x9e3779b97f4a7c15ull;
}

static struct rule_class *class_find(const struct tables *t, uint8_t table_id,
				     const struct shape *shape, uint16_t priority)
{
	const struct table *table = &t->tables[table_id];
	struct rule_class *c = table->last_class;

	if (c && c->shape == shape && c->priority == priority)
		return c;
	HMAP_FOREACH_HASH (n, &table->classes, class_hash(shape, priority)) {
		c = container_of(n, struct rule_class, by_shape);
		if (c->shape == shape && c->priority == priority)
			return c;
	}
	return NULL;
}

/* Takes over a reference of SHAPE. */
static struct rule_class *class_get(struct tables *t, uint8_t table_id, struct shape *shape,
				    uint16_t priority)
{
	struct table *table = &t->tables[table_id];
	struct rule_class *c = class_find(t, table_id, shape, priority);

	if (c) {
		shape_unref(&t->shapes, shape);
	} else {
		c = xcalloc(1, sizeof(*c));
		c->shape = shape;
		c->priority = priority;
		c->table_id = table_id;
		hmap_insert(&table->classes, &c->by_shape, class_hash(shape, priority));
		hmap_insert(&table->by_priority, &c->by_priority, priority);
	}
	c->n_refs++;
	table->last_class = c;
	return c;
}

static void class_unref(struct tables *t, struct rule_class *c)
{
	struct table *table = &t->tables[c->table_id];

	if (--c->n_refs)
		return;
	if (table->last_class == c)
		table->last_class = NULL;
	hmap_remove(&table->classes, &c->by_shape);
	hmap_remove(&table->by_priority, &c->by_priority);
	shape_unref(&t->shapes, c->shape);
	free(c);
}

static int check_instructions(const struct tables *t, const struct of_instructions *ins,
			      uint8_t table_id, struct of_error *err)
{
	if (ins->has_goto && (ins->goto_table <= table_id || ins->goto_table >= TABLES_N ||
			      !tables_may_go(t, table_id, ins->goto_table)))
		return of_error_set(err, OFPET_BAD_INSTRUCTION, OFPBIC_BAD_TABLE_ID);
	return 0;
}

static unsigned size_of(const struct shape *shape)
{
	return sizeof(struct rule) + (shape->mask.n_words + shape->is_ambiguous) * sizeof(uint64_t);
}

static struct slab *slab_for(struct tables *t, const struct shape *shape)
{
	unsigned lines = (size_of(shape) + 63) / 64;
	struct slab *s = &t->rules[lines - 1];

	if (!s->size)
		slab_init(s, lines * 64, 64);
	return s;
}

/* Where a rule of an ambiguous shape has its match. */
static const struct of_match **own_match(const struct rule *r)
{
	return (const struct of_match **)&r->words[r->class->shape->mask.n_words];
}

static void set_plain(struct rule *r, const struct plain_effect *x)
{
	memcpy(r->plain.values, x->values, sizeof(r->plain.values));
	memcpy(r->plain.masks, x->masks, sizeof(r->plain.masks));
	memcpy(r->written, x->words, sizeof(r->written));
	r->n_written = x->n_words;
	r->port = x->port;
}

static void set_programs(struct rule *r, const struct effect *x)
{
	r->apply = x->apply;
	r->write = x->write;
	store_be64(&r->metadata, x->instructions->metadata & x->instructions->metadata_mask);
	store_be64(&r->metadata_mask, x->instructions->metadata_mask);
}

static void set_effect(struct rule *r, struct effect *x)
{
	const struct of_instructions *ins = x->instructions;
	const struct shape *shape = r->class->shape;

	r->effect = x;
	r->is_plain = x->is_plain;
	r->is_aside = x->is_aside;
	r->is_tracking = x->is_tracking;
	r->has_goto = ins->has_goto;
	r->goto_table = ins->goto_table;
	r->has_clear = ins->has_clear;
	r->has_metadata = ins->has_metadata;
	if (x->is_plain)
		set_plain(r, &x->plain);
	else
		set_programs(r, x);
	r->depth = MAX_OF(shape->depth, x->depth);
	r->lines = shape->lines | x->lines;
}

/* Takes over references of CLASS, X and SLOT. */
static struct rule *create(struct tables *t, struct rule_class *class, const uint64_t *words,
			   const struct of_match *match, struct effect *x, uint64_t cookie,
			   uint32_t slot)
{
	const struct shape *shape = class->shape;
	struct rule *r = slab_alloc(slab_for(t, shape));

	r->class = class;
	r->table_id = class->table_id;
	r->cookie = cookie;
	r->link = 0;
	r->slot = slot;
	r->is_table_miss = class->priority == 0 && shape->n_fields == 0;
	memcpy(r->words, words, shape->mask.n_words * sizeof(*words));
	if (shape->is_ambiguous)
		*own_match(r) = of_match_dup(match);
	set_effect(r, x);
	return r;
}

int match_key_init(struct match_key *k, struct tables *t, uint8_t table_id,
		   const struct of_match *match, uint16_t priority, struct of_error *err)
{
	k->match = match;
	k->table_id = table_id;
	k->priority = priority;
	tables_use(t);
	k->shape = shape_get(&t->shapes, match);
	memset(&t->scratch, 0, 64); /* the line that facts are in */
	if (shape_words(k->shape, match, &t->scratch, k->words, err) == 0) {
		k->class = class_find(t, table_id, k->shape, priority);
		return 0;
	}
	shape_unref(&t->shapes, k->shape);
	return -1;
}

void match_key_fini(struct match_key *k, struct tables *t)
{
	if (k->shape)
		shape_unref(&t->shapes, k->shape);
}

struct rule *rule_create(struct tables *t, const struct of_flow_mod *fm, struct match_key *k,
			 uint32_t slot, struct of_error *err)
{
	struct rule_class *class;
	struct effect *x;

	if (check_instructions(t, &fm->instructions, fm->table_id, err) < 0)
		return NULL;
	x = effect_get(&t->effects, &fm->instructions, fm->table_id, &t->scratch, tables_refs(t),
		       err);
	if (!x)
		return NULL;
	class = class_get(t, fm->table_id, k->shape, fm->priority);
	k->shape = NULL;
	return create(t, class, k->words, k->match, x, fm->cookie, slot);
}

struct rule *rule_with(struct tables *t, const struct rule *old, const struct of_instructions *ins,
		       struct of_error *err)
{
	const struct shape *shape = old->class->shape;
	const struct mask *mask = &shape->mask;
	struct flow_key *key = &t->scratch;
	struct effect *x;
	struct rule *r;

	if (check_instructions(t, ins, old->table_id, err) < 0)
		return NULL;
	memset(key, 0, 64);
	for (unsigned i = 0; i < mask->n_words; i++)
		key->words[mask->places[i]] = old->words[i];
	x = effect_get(&t->effects, ins, old->table_id, key, tables_refs(t), err);
	if (!x)
		return NULL;
	old->class->n_refs++;
	counters_ref_slot(t->counters, old->slot);
	r = create(t, old->class, old->words, shape->is_ambiguous ? *own_match(old) : NULL, x,
		   old->cookie, old->slot);
	r->rank = old->rank;
	return r;
}

void rule_free(struct tables *t, struct rule *r)
{
	struct rule_class *class = r->class;

	counters_give_slot(t->counters, r->slot);
	effect_unref(&t->effects, r->effect);
	if (class->shape->is_ambiguous)
		free((void *)*own_match(r));
	slab_free(slab_for(t, class->shape), r);
	class_unref(t, class);
}

void rule_match(const struct rule *r, struct of_field_match *fields, struct of_match *out)
{
	if (r->class->shape->is_ambiguous)
		*out = **own_match(r);
	else
		shape_match(r->class->shape, r->words, fields, out);
}

void rule_key_mask(const struct rule *r, struct key_mask *out)
{
	const struct mask *mask = &r->class->shape->mask;

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < mask->n_words; i++) {
		out->mask.words[mask->places[i]] = mask->words[i];
		out->key.words[mask->places[i]] = r->words[i];
	}
}
