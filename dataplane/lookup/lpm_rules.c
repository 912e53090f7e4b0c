/* The rules of a prefix look-up, as the control thread keeps them (lpm_priv.h). */

#include "dataplane/lookup/lpm_priv.h"

#include <stdlib.h>

/* --- leaves --- */

/* A leaf's number is the value's distance from a base in units of 8 bytes; where values are too far
 * from each other for that, or not aligned, it is a block's that holds the value. */
lpm_slot lpm_leaf(struct lpm *l, const void *value)
{
	uintptr_t base = l->lineage->base, at = (uintptr_t)value;
	const void **cell;
	uint32_t block;

	if (base)
		return at > base && at % 8 == 0 && (at - base) / 8 <= LPM_MAX_NUMBER
			       ? lpm_slot_of(LPM_LEAF, (at - base) / 8)
			       : 0;
	cell = lpm_make_block(l, LPM_UNIT, &block);
	if (!cell)
		return 0;
	*cell = value;
	return lpm_slot_of(LPM_LEAF, block);
}

void lpm_unleaf(struct lpm *l, lpm_slot leaf)
{
	if (!l->lineage->base)
		lpm_replace_unit(l, leaf >> LPM_KIND_BITS);
}

struct lpm_entry *lpm_entry_create(struct lpm *l, const struct lookup_rule *r)
{
	struct lpm_entry e = { .rank = r->rank }, *own;

	if (!lpm_prefix_of(&l->lineage->place, r, &e.bits, &e.n_bits))
		return NULL;
	e.leaf = lpm_leaf(l, r->value);
	if (!e.leaf)
		return NULL;
	own = slab_take(&l->lineage->entries);
	*own = e;
	return own;
}

void lpm_entry_free(struct lpm_lineage *g, struct lpm_entry *e)
{
	slab_free(&g->entries, e);
}

/* --- where an entry is --- */

static uint32_t short_place(const struct lpm_entry *e)
{
	return 1u << e->n_bits | lpm_chunk(e->bits, 0, e->n_bits);
}

static struct lpm_vector *vector_of(const struct lpm_lineage *g, struct lpm_bits bits)
{
	return &g->longs[lpm_chunk(bits, 0, g->root_bits)];
}

static int compare(const struct lpm_entry *a, const struct lpm_entry *b)
{
	if (a->bits.hi != b->bits.hi)
		return a->bits.hi < b->bits.hi ? -1 : 1;
	if (a->bits.lo != b->bits.lo)
		return a->bits.lo < b->bits.lo ? -1 : 1;
	if (a->n_bits != b->n_bits)
		return a->n_bits < b->n_bits ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static int compare_places(const void *a, const void *b)
{
	return compare(*(const struct lpm_entry *const *)a, *(const struct lpm_entry *const *)b);
}

/* Of the first that is not before E. */
static uint32_t lower_bound(const struct lpm_vector *v, const struct lpm_entry *e)
{
	uint32_t low = 0, high = v->n;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (compare(v->entries[middle], e) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert_at(struct lpm_vector *v, uint32_t at, struct lpm_entry *e)
{
	if (v->n == v->room) {
		v->room = MAX_OF(2 * v->room, 2u);
		v->entries = xrealloc(v->entries, v->room * sizeof(v->entries[0]));
	}
	memmove(&v->entries[at + 1], &v->entries[at], (v->n - at) * sizeof(v->entries[0]));
	v->entries[at] = e;
	v->n++;
}

/* --- adding and removing --- */

static void add_short(struct lpm_lineage *g, struct lpm_entry *e)
{
	struct lpm_entry **at = &g->shorts[short_place(e)];

	while (*at && (*at)->rank < e->rank)
		at = &(*at)->next;
	e->next = *at;
	*at = e;
}

void lpm_add_entry(struct lpm_lineage *g, struct lpm_entry *e)
{
	struct lpm_vector *v = vector_of(g, e->bits);

	g->n_entries++;
	if (e->n_bits <= g->root_bits)
		add_short(g, e);
	else
		insert_at(v, lower_bound(v, e), e);
}

void lpm_append_entry(struct lpm_lineage *g, struct lpm_entry *e)
{
	struct lpm_vector *v = vector_of(g, e->bits);

	g->n_entries++;
	if (e->n_bits <= g->root_bits)
		add_short(g, e);
	else
		insert_at(v, v->n, e);
}

void lpm_sort_entries(struct lpm_lineage *g)
{
	for (size_t i = 0; i < (size_t)1 << g->root_bits; i++)
		if (g->longs[i].n > 1)
			qsort(g->longs[i].entries, g->longs[i].n, sizeof(g->longs[i].entries[0]),
			      compare_places);
}

struct lpm_entry *lpm_find_entry(struct lpm_lineage *g, const struct lpm_bits *bits, uint8_t n_bits,
				 uint64_t rank)
{
	struct lpm_entry want = { .bits = *bits, .n_bits = n_bits, .rank = rank };
	const struct lpm_vector *v = vector_of(g, *bits);
	struct lpm_entry *e;
	uint32_t at;

	if (n_bits > g->root_bits) {
		at = lower_bound(v, &want);
		return at < v->n && compare(v->entries[at], &want) == 0 ? v->entries[at] : NULL;
	}
	for (e = g->shorts[short_place(&want)]; e && e->rank != rank; e = e->next)
		;
	return e;
}

void lpm_remove_entry(struct lpm_lineage *g, struct lpm_entry *e)
{
	struct lpm_vector *v = vector_of(g, e->bits);
	struct lpm_entry **at;
	uint32_t k;

	g->n_entries--;
	if (e->n_bits > g->root_bits) {
		k = lower_bound(v, e);
		memmove(&v->entries[k], &v->entries[k + 1], (--v->n - k) * sizeof(v->entries[0]));
		return;
	}
	for (at = &g->shorts[short_place(e)]; *at != e; at = &(*at)->next)
		;
	*at = e->next;
}

/* --- covers --- */

const struct lpm_entry *lpm_better(const struct lpm_entry *a, const struct lpm_entry *b)
{
	return !b || (a && a->rank <= b->rank) ? a : b;
}

const struct lpm_entry *lpm_cover(const struct lpm_lineage *g, uint32_t place)
{
	const struct lpm_entry *best = NULL;

	for (uint32_t i = 1u << g->root_bits | place; i; i >>= 1)
		best = lpm_better(best, g->shorts[i]);
	return best;
}
