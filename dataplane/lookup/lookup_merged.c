/* merged: a table of many masks, such as an access list, in a few hash tables whose leaves are
 * compared eight rules at once (merged_priv.h).  A key costs some cycles for each of these tables,
 * and more for the one to three that may have a rule for it. */

#include "dataplane/lookup/merged_priv.h"

#include <stdio.h>
#include <stdlib.h>

/* Leaves that are not in the CPU's caches of first and second level cost more. */
static unsigned memory_cost(unsigned n_rules)
{
	return n_rules > 1 << 18   ? 60
	       : n_rules > 1 << 16 ? 40
	       : n_rules > 1 << 14 ? 20
	       : n_rules > 1 << 12 ? 10
				   : 0;
}

#define MAX_MERGEABLE 400 /* masks; of more, many have nothing in common with others */

/* Each rule may have a block of its own, and all lanes in it. */
static bool fits_store(const struct lookup_shape *shape)
{
	uint64_t lines = sizeof(struct merged_block) / 64 + 2 * shape->n_words;

	return shape->n_rules * lines < MAX_STORE_LINES;
}

/* As lookup_bench measures; docs/decisions tells the figures. */
static unsigned merged_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	unsigned n = shape->n_rules - shape->has_catch_all;

	if (!fits_store(shape))
		return 0;
	snprintf(reason, size, "%u rules of %u masks, merged by what masks have in common%s", n,
		 shape->n_masks, shape->has_catch_all ? ", and a catch-all" : "");
	if (shape->n_masks < 2)
		return LOOKUP_LAST_RESORT;
	return 20 + 3 * shape->n_words +
	       MIN_OF(shape->n_masks, MAX_MERGEABLE) * shape->n_words / 5 +
	       (shape->n_masks > MAX_MERGEABLE ? shape->n_masks - MAX_MERGEABLE : 0) +
	       memory_cost(n);
}

/* The halves of key words that some mask uses. */
static void set_lanes(struct merged *m, const struct lookup_rule *rules, unsigned n)
{
	uint64_t used[KEY_WORDS] = { 0 };
	const struct mask *last = NULL;

	for (unsigned i = 0; i < n; i++) {
		const struct mask *mask = rules[i].mask;

		for (unsigned w = 0; mask != last && w < mask->n_words; w++)
			used[mask->places[w]] |= mask->words[w];
		last = mask;
	}
	for (unsigned half = 0; half < 2 * KEY_WORDS; half++)
		if (((uint32_t *)used)[half])
			m->lanes[m->n_lanes++] = half;
}

static uint32_t half_of(uint64_t word, unsigned half)
{
	uint32_t halves[2];

	memcpy(halves, &word, sizeof(halves));
	return halves[half & 1];
}

/* WORDS, of the mask, by lanes. */
static void set_values(const struct merged *m, const struct mask *mask, const uint64_t *words,
		       uint32_t *values)
{
	unsigned w = 0;

	for (unsigned i = 0; i < m->n_lanes; i++) {
		unsigned place = m->lanes[i] / 2;

		while (w < mask->n_words && mask->places[w] < place)
			w++;
		values[i] = w < mask->n_words && mask->places[w] == place
				    ? half_of(words[w], m->lanes[i])
				    : 0;
	}
}

void merged_values_of(const struct merged *m, const struct lookup_rule *r, uint32_t *values)
{
	set_values(m, r->mask, r->words, values);
}

/* Whether the lanes have all bits of MASK. */
static bool is_in_lanes(const struct merged *m, const struct mask *mask, const uint32_t *lanes)
{
	unsigned n_bits = 0;

	for (unsigned w = 0; w < mask->n_words; w++)
		n_bits += __builtin_popcountll(mask->words[w]);
	for (unsigned i = 0; i < m->n_lanes; i++)
		n_bits -= __builtin_popcount(lanes[i]);
	return n_bits == 0;
}

const struct merged_mask *merged_mask_of(const struct merged *m, const struct mask *mask)
{
	struct merged_store *s = m->store;
	size_t size = m->n_lanes * sizeof(uint32_t);
	uint32_t lanes[MERGED_MAX_LANES];
	struct merged_mask *new;

	set_values(m, mask, mask->words, lanes);
	if (!is_in_lanes(m, mask, lanes))
		return NULL;
	HMAP_FOREACH_HASH (n, &s->masks, mask->hash) {
		struct merged_mask *known = container_of(n, struct merged_mask, node);

		if (memcmp(known->lanes, lanes, size) == 0)
			return known;
	}
	new = arena_alloc(&s->arena, sizeof(*new) + size);
	new->number = s->n_masks++;
	memcpy(new->lanes, lanes, size);
	hmap_insert(&s->masks, &new->node, mask->hash);
	return new;
}

static void rules_init(struct merged_rules *r, struct merged *m, const struct lookup_rule *rules,
		       unsigned n)
{
	const struct merged_mask *mask = NULL;

	*r = (struct merged_rules){ .n = n, .n_lanes = m->n_lanes, .rules = rules };
	r->values = xmalloc((size_t)n * m->n_lanes * sizeof(*r->values) + 1);
	r->mask_numbers = xcalloc(n + 1, sizeof(*r->mask_numbers));
	for (unsigned i = 0; i < n; i++) {
		if (!i || rules[i].mask != rules[i - 1].mask)
			mask = merged_mask_of(m, rules[i].mask);
		merged_values_of(m, &rules[i], &r->values[(size_t)i * m->n_lanes]);
		r->mask_numbers[i] = mask->number;
	}
	r->n_masks = m->store->n_masks;
	r->masks = xcalloc(r->n_masks + 1, sizeof(*r->masks));
	HMAP_FOREACH (node, &m->store->masks) {
		mask = container_of(node, struct merged_mask, node);
		r->masks[mask->number] = mask->lanes;
	}
	m->n_mask_counts = r->n_masks;
	m->mask_counts = xcalloc(r->n_masks + 1, sizeof(*m->mask_counts));
	for (unsigned i = 0; i < n; i++)
		m->mask_counts[r->mask_numbers[i]]++;
}

static void rules_fini(struct merged_rules *r)
{
	free(r->values);
	free(r->mask_numbers);
	free(r->masks);
}

static struct lookup *merged_build(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed)
{
	struct merged *m = xcalloc(1, sizeof(*m));
	struct merged_rules r;

	m->store = xcalloc(1, sizeof(*m->store));
	m->store->n_refs = 1;
	m->seed = seed;
	if (n_rules && rules[n_rules - 1].mask->n_words == 0)
		m->otherwise = rules[--n_rules].value;
	set_lanes(m, rules, n_rules);
	rules_init(&r, m, rules, n_rules);
	merged_make_parts(m, &r);
	rules_fini(&r);
	merged_choose_find(m);
	merged_set_totals(m);
	return &m->base;
}

static int by_min_rank(const void *a, const void *b)
{
	const struct merged_part *x = a, *y = b;

	return x->min_rank < y->min_rank ? -1 : x->min_rank > y->min_rank;
}

static uint32_t n_buckets(const struct merged_part *p)
{
	return 1u << (32 - p->shift);
}

static void set_shape(struct merged *m)
{
	uint32_t used[MERGED_MAX_LANES] = { 0 };
	unsigned last = KEY_WORDS;

	m->base.shape.n_masks = 0;
	m->base.shape.n_words = 0;
	HMAP_FOREACH (node, &m->store->masks) {
		const struct merged_mask *mask = container_of(node, struct merged_mask, node);

		if (mask->number >= m->n_mask_counts || !m->mask_counts[mask->number])
			continue;
		m->base.shape.n_masks++;
		for (unsigned i = 0; i < m->n_lanes; i++)
			used[i] |= mask->lanes[i];
	}
	for (unsigned i = 0; i < m->n_lanes; i++) {
		if (!used[i])
			continue;
		m->base.shape.n_words += m->lanes[i] / 2 != last;
		last = m->lanes[i] / 2;
	}
}

void merged_set_totals(struct merged *m)
{
	qsort(m->parts, m->n_parts, sizeof(*m->parts), by_min_rank);
	m->data = m->store->data;
	m->base.bytes = sizeof(*m) + (size_t)m->store->n_used * 64;
	m->base.max_lines = 0;
	for (unsigned i = 0; i < m->n_parts; i++) {
		const struct merged_part *p = &m->parts[i];

		m->base.bytes += sizeof(*p) + n_buckets(p) * sizeof(struct merged_bucket);
		m->base.max_lines += 1 + p->max_blocks * block_lines(p);
	}
	set_shape(m);
}

void merged_destroy(struct lookup *l)
{
	struct merged *m = container_of(l, struct merged, base);

	for (unsigned i = 0; i < m->n_parts; i++)
		merged_buckets_unref(m->parts[i].table);
	merged_store_unref(m->store);
	free(m->mask_counts);
	free(m->parts);
	free(m);
}

static const struct lookup_class lookup_merged = {
	.name = "merged",
	.cost = merged_cost,
	.build = merged_build,
	.update = merged_update,
	.destroy = merged_destroy,
};
REGISTRY_ADD(lookup_class, lookup_merged);
