/* Making and changing prefix look-ups (lpm_priv.h). */

#include "dataplane/lookup/lpm_priv.h"

#include <stdlib.h>

/* --- building --- */

/* Address space for so many rules: each may need a chain of blocks of its own. */
static size_t arena_bytes(const struct lpm_place *p, unsigned n_rules)
{
	size_t root = (size_t)LPM_MAX_PAGES * LPM_PAGE_SLOTS * sizeof(lpm_slot);
	size_t per_rule = LPM_UNIT + (p->n_bits / 16 + 2) * sizeof(struct lpm_line);

	return 8 * root + 4 * per_rule * n_rules;
}

/* Before all values, so that all of them and more to come can be leaves; 0: they cannot. */
static uintptr_t find_base(const struct lookup_rule *rules, unsigned n)
{
	uintptr_t low = UINTPTR_MAX, high = 0, span = (uintptr_t)LPM_MAX_NUMBER * 8, margin;

	for (unsigned i = 0; i < n; i++) {
		uintptr_t at = (uintptr_t)rules[i].value;

		if (at % 8)
			return 0;
		low = MIN_OF(low, at);
		high = MAX_OF(high, at);
	}
	if (high - low > span / 2)
		return 0;
	margin = (span - (high - low)) / 2 & ~(uintptr_t)7;
	if (low > margin + 8)
		return low - margin;
	return low > 8 ? 8 : 0;
}

/* The value of the catch-all as any rule's. */
static bool set_otherwise(struct lpm *l, const struct lookup_rule *r)
{
	l->lineage->otherwise = lpm_leaf(l, r->value);
	return l->lineage->otherwise != 0;
}

static bool add_rules(struct lpm *l, const struct lookup_rule *rules, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct lpm_entry *e = lpm_entry_create(l, &rules[i]);

		if (!e)
			return false;
		lpm_append_entry(l->lineage, e);
	}
	lpm_sort_entries(l->lineage);
	return true;
}

/* What is covered is known from the shorter prefix. */
static const struct lpm_entry **find_covers(const struct lpm_lineage *g)
{
	const struct lpm_entry **covers = xmalloc(((size_t)2 << g->root_bits) * sizeof(covers[0]));

	covers[0] = NULL;
	for (size_t i = 1; i < (size_t)2 << g->root_bits; i++)
		covers[i] = lpm_better(i > 1 ? covers[i / 2] : NULL, g->shorts[i]);
	return covers;
}

static struct lpm_range range_at(const struct lpm_lineage *g, uint32_t place,
				 const struct lpm_entry *cover)
{
	const struct lpm_vector *v = &g->longs[place];

	return (struct lpm_range){ v->entries, v->n, cover };
}

static bool build_root(struct lpm *l)
{
	struct lpm_lineage *g = l->lineage;
	uint32_t n_slots = 1u << g->root_bits;
	const struct lpm_entry **covers = find_covers(g);

	for (uint32_t i = 0; i < n_slots && !g->arena.is_full; i++) {
		lpm_slot *slot = lpm_own_slot(l, i);

		if (slot)
			*slot = lpm_build(l, g->root_bits, range_at(g, i, covers[n_slots + i]));
	}
	free(covers);
	return !g->arena.is_full;
}

static struct lpm *try_to_build(const struct lpm_place *place, const struct lookup_rule *rules,
				unsigned n, bool has_catch_all, uintptr_t base, size_t bytes)
{
	struct lpm *l = lpm_version_create(lpm_lineage_create(place, bytes));

	l->lineage->base = l->leaf_base = base;
	if ((!has_catch_all || set_otherwise(l, &rules[n])) && add_rules(l, rules, n) &&
	    build_root(l))
		return l;
	lpm_version_destroy(l);
	return NULL;
}

static void set_totals(struct lpm *l)
{
	const struct lpm_arena *a = &l->lineage->arena;

	l->base.bytes = sizeof(*l) + (size_t)(a->n_used - a->n_free) * LPM_UNIT;
	l->base.max_lines = lpm_max_lines(l);
}

struct lookup *lpm_create(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed)
{
	bool has_catch_all = rules[n_rules - 1].mask->n_words == 0;
	uintptr_t base = find_base(rules, n_rules);
	unsigned n = n_rules - has_catch_all;
	struct lpm_place place;
	struct lpm *l = NULL;

	(void)seed;
	if (!lpm_place_of(rules, n, &place))
		abort();
	for (size_t bytes = arena_bytes(&place, n_rules); !l; bytes *= 2)
		l = try_to_build(&place, rules, n, has_catch_all, base, bytes);
	l->miss[0] = l->lineage->otherwise;
	lpm_choose_find(l);
	set_totals(l);
	return &l->base;
}

/* --- updating --- */

/* The slots of the root that E is about are made anew, unless a better rule is around it. */
static bool rebuild(struct lpm *l, const struct lpm_entry *e)
{
	struct lpm_lineage *g = l->lineage;
	uint32_t first = lpm_chunk(e->bits, 0, g->root_bits), n = 1;

	if (e->n_bits < g->root_bits)
		n <<= g->root_bits - e->n_bits;
	for (uint32_t i = first; i < first + n && !g->arena.is_full; i++) {
		const struct lpm_entry *cover = lpm_cover(g, i);
		lpm_slot *slot;

		if (cover && cover->rank < e->rank)
			continue;
		slot = lpm_own_slot(l, i);
		if (slot)
			*slot = lpm_rebuild(l, *slot, g->root_bits, range_at(g, i, cover), e);
	}
	return !g->arena.is_full;
}

static bool add(struct lpm *l, const struct lookup_rule *r)
{
	struct lpm_entry *e = lpm_entry_create(l, r);

	if (!e)
		return false;
	lpm_add_entry(l->lineage, e);
	lpm_note_rule(l, LPM_ADDED, e);
	return rebuild(l, e);
}

static bool remove_rule(struct lpm *l, const struct lookup_rule *r)
{
	struct lpm_entry *e;
	struct lpm_bits bits;
	uint8_t n_bits;

	if (!lpm_prefix_of(&l->place, r, &bits, &n_bits))
		return false;
	e = lpm_find_entry(l->lineage, &bits, n_bits, r->rank);
	if (!e)
		return false;
	lpm_remove_entry(l->lineage, e);
	lpm_note_rule(l, LPM_REMOVED, e);
	lpm_unleaf(l, e->leaf);
	return rebuild(l, e);
}

struct lookup *lpm_update(const struct lookup *old, const struct lookup_change *changes, unsigned n)
{
	const struct lpm *from = container_of(old, struct lpm, base);
	bool is_done = true;
	struct lpm *l;

	if (!lpm_is_newest(from))
		return NULL;
	l = lpm_version_copy(from);
	for (unsigned i = 0; i < n && is_done; i++)
		is_done = changes[i].is_removal ? remove_rule(l, &changes[i].rule)
						: add(l, &changes[i].rule);
	l->lineage->arena.is_full = false;
	if (is_done && l->lineage->n_entries) {
		set_totals(l);
		return &l->base;
	}
	lpm_version_destroy(l);
	return NULL;
}

void lpm_destroy(struct lookup *l)
{
	lpm_version_destroy(container_of(l, struct lpm, base));
}
