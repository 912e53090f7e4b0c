/* Versions of a merged look-up (merged_priv.h): the leaf that a change touches is written anew
 * behind the others, and the table of buckets that leads to it is copied. */

#include "dataplane/lookup/merged_priv.h"

#include <stdlib.h>
#include "lib/rng.h"

#define MAX_PARTS_ADDED	  16
#define MAX_GROWN_BLOCKS  8  /* a leaf may become so long, or twice what was built */
#define MAX_BUCKET_RULES  8  /* on average, or twice what was built, before all is built anew */
#define N_BUCKETS_OF_MASK 64 /* of a part that begins with one rule */
#define MAX_CHANGED_SHARE 4  /* a quarter of the rules at once: building is cheaper */

/* A rule that comes or goes, by lanes. */
struct change {
	const struct lookup_rule *rule;
	const uint32_t *mask;
	uint32_t values[MERGED_MAX_LANES];
};

/* Whether rules like this can be, or must be, in part P. */
static bool suits(const struct merged *m, const struct merged_part *p, const struct change *c)
{
	uint32_t uncompared[MERGED_MAX_LANES];

	memcpy(uncompared, c->mask, m->n_lanes * sizeof(*uncompared));
	for (unsigned i = 0; i < p->n_fixed; i++) {
		const struct merged_lane *f = &p->fixed[i];

		if (c->mask[f->lane] != f->mask || c->values[f->lane] != f->value)
			return false;
		uncompared[f->lane] = 0;
	}
	for (unsigned i = 0; i < p->n_hashed; i++)
		if (p->hashed[i].mask & ~c->mask[p->hashed[i].lane])
			return false;
	for (unsigned i = 0; i < p->n_compared; i++)
		uncompared[p->compared[i]] = 0;
	for (unsigned i = 0; i < m->n_lanes; i++)
		if (uncompared[i])
			return false;
	return true;
}

/* Copies rule I of the leaf that begins at FROM to place K of that at TO. */
static void copy_rule(const struct merged_part *p, struct merged_block *to, unsigned k,
		      const struct merged_block *from, unsigned i)
{
	to->ranks[k] = from->ranks[i];
	to->values[k] = from->values[i];
	for (unsigned l = 0; l < p->n_compared; l++) {
		to->lanes[l].values[k] = from->lanes[l].values[i];
		to->lanes[l].masks[k] = from->lanes[l].masks[i];
	}
}

static void write_rule(const struct merged_part *p, struct merged_block *to, unsigned k,
		       const struct change *c)
{
	to->ranks[k] = c->rule->rank;
	to->values[k] = c->rule->value;
	for (unsigned l = 0; l < p->n_compared; l++) {
		to->lanes[l].values[k] = c->values[p->compared[l]];
		to->lanes[l].masks[k] = c->mask[p->compared[l]];
	}
}

/* --- leaves being read and written --- */

struct leaf {
	uint32_t line;
	unsigned n; /* rules */
};

static struct merged_block *leaf_block(const struct merged_store *s, const struct merged_part *p,
				       const struct leaf *l, unsigned i)
{
	return merged_block_at(s, l->line + i / BLOCK_RULES * block_lines(p));
}

static struct leaf leaf_of(const struct merged_store *s, const struct merged_part *p,
			   const struct merged_bucket *b)
{
	unsigned n_blocks = b->leaf & 0xff;
	struct leaf l = { .line = b->leaf >> 8, .n = n_blocks * BLOCK_RULES };

	while (l.n && leaf_block(s, p, &l, l.n - 1)->ranks[(l.n - 1) % BLOCK_RULES] == UINT64_MAX)
		l.n--;
	return l;
}

static uint64_t rank_at(const struct merged_store *s, const struct merged_part *p,
			const struct leaf *l, unsigned i)
{
	return leaf_block(s, p, l, i)->ranks[i % BLOCK_RULES];
}

/* How many rules are better than RANK. */
static unsigned place_of(const struct merged_store *s, const struct merged_part *p,
			 const struct leaf *l, uint64_t rank)
{
	unsigned i = 0;

	while (i < l->n && rank_at(s, p, l, i) < rank)
		i++;
	return i;
}

/* Room for a leaf of N rules at the end of the store; false if there is none. */
static bool leaf_append(struct merged_store *s, const struct merged_part *p, unsigned n,
			struct leaf *out)
{
	unsigned n_blocks = (n + BLOCK_RULES - 1) / BLOCK_RULES;

	if (n_blocks > MAX_BLOCKS || s->room - s->n_used < n_blocks * block_lines(p))
		return false;
	*out = (struct leaf){ s->n_used, n };
	s->n_used += n_blocks * block_lines(p);
	for (unsigned i = 0; i < n_blocks * BLOCK_RULES; i++)
		leaf_block(s, p, out, i)->ranks[i % BLOCK_RULES] = UINT64_MAX;
	return true;
}

/* Rules FIRST to END of leaf FROM, to the places of TO from AT on. */
static void copy_rules(struct merged_store *s, const struct merged_part *p, const struct leaf *to,
		       unsigned at, const struct leaf *from, unsigned first, unsigned end)
{
	for (unsigned i = first; i < end; i++, at++)
		copy_rule(p, leaf_block(s, p, to, at), at % BLOCK_RULES, leaf_block(s, p, from, i),
			  i % BLOCK_RULES);
}

/* The bits of the hashes of the leaf's rules. */
static uint32_t present_of(const struct merged_store *s, const struct merged_part *p,
			   const struct leaf *leaf)
{
	uint32_t values[MERGED_MAX_LANES], present = 0;

	for (unsigned i = 0; i < leaf->n; i++) {
		const struct merged_block *b = leaf_block(s, p, leaf, i);

		for (unsigned l = 0; l < p->n_compared; l++)
			values[p->compared[l]] = b->lanes[l].values[i % BLOCK_RULES];
		present |= merged_present(p, merged_hash(p, values));
	}
	return present;
}

static void set_leaf(struct merged_part *p, struct merged_bucket *b, const struct leaf *l)
{
	unsigned n_blocks = (l->n + BLOCK_RULES - 1) / BLOCK_RULES;

	b->leaf = n_blocks ? l->line << 8 | n_blocks : 0;
	p->max_blocks = MAX_OF(p->max_blocks, n_blocks);
}

/* --- one change --- */

/* A part for the rule's mask, hashed by all of it. */
static struct merged_part *add_part(struct merged *m, const struct change *c)
{
	struct arena *a = &m->store->arena;
	struct merged_lane *hashed = arena_alloc(a, m->n_lanes * sizeof(*hashed));
	uint8_t *compared = arena_alloc(a, m->n_lanes);
	struct merged_part p = { .min_rank = UINT64_MAX,
				 .shift = 32 - __builtin_ctz(N_BUCKETS_OF_MASK) };
	struct rng rng;

	if (m->n_parts >= m->store->n_parts_built + MAX_PARTS_ADDED)
		return NULL;
	rng_seed(&rng, m->seed + m->n_parts);
	for (unsigned l = 0; l < m->n_lanes; l++) {
		if (!c->mask[l])
			continue;
		compared[p.n_compared++] = l;
		hashed[p.n_hashed++] =
			(struct merged_lane){ c->mask[l], (uint32_t)rng_u64(&rng) | 1, l };
	}
	p.hashed = hashed;
	p.compared = compared;
	p.table = merged_buckets_create(N_BUCKETS_OF_MASK);
	p.buckets = p.table->at;
	m->parts[m->n_parts] = p;
	return &m->parts[m->n_parts++];
}

static unsigned n_hashed_bits(const struct merged_part *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->n_hashed; i++)
		n += __builtin_popcount(p->hashed[i].mask);
	return n;
}

/* The part that hashes the most of it. */
static struct merged_part *part_for(struct merged *m, const struct change *c)
{
	struct merged_part *best = NULL;

	for (unsigned i = 0; i < m->n_parts; i++) {
		struct merged_part *p = &m->parts[i];

		if (suits(m, p, c) && (!best || n_hashed_bits(p) > n_hashed_bits(best)))
			best = p;
	}
	return best ? best : add_part(m, c);
}

/* Rules that hash few bits are in few buckets from the start; building anew would not change that.
 */
static bool part_is_full(const struct merged_part *p)
{
	return p->n_rules >=
	       MAX_OF((uint64_t)MAX_BUCKET_RULES << (32 - p->shift), 2ull * p->built_rules);
}

static bool insert(struct merged *m, const struct change *c)
{
	struct merged_part *p = part_for(m, c);
	struct merged_store *s = m->store;
	struct merged_bucket *b;
	struct leaf from, to;
	unsigned max, at;
	uint32_t hash;

	if (!p || part_is_full(p))
		return false;
	hash = merged_hash(p, c->values);
	max = MAX_OF(MAX_GROWN_BLOCKS, p->built_blocks * 2u) * BLOCK_RULES;
	from = leaf_of(s, p, &p->buckets[hash >> p->shift]);
	if (from.n >= max || !leaf_append(s, p, from.n + 1, &to))
		return false;
	at = place_of(s, p, &from, c->rule->rank);
	copy_rules(s, p, &to, 0, &from, 0, at);
	write_rule(p, leaf_block(s, p, &to, at), at % BLOCK_RULES, c);
	copy_rules(s, p, &to, at + 1, &from, at, from.n);
	b = merged_own_bucket(p, hash);
	b->present |= merged_present(p, hash);
	set_leaf(p, b, &to);
	p->min_rank = MIN_OF(p->min_rank, c->rule->rank);
	p->n_rules++;
	return true;
}

static bool remove_from(struct merged *m, struct merged_part *p, const struct change *c,
			bool *is_full)
{
	uint32_t hash = merged_hash(p, c->values);
	struct merged_store *s = m->store;
	struct leaf from = leaf_of(s, p, &p->buckets[hash >> p->shift]), to;
	unsigned at = place_of(s, p, &from, c->rule->rank);
	struct merged_bucket *b;

	if (at == from.n || rank_at(s, p, &from, at) != c->rule->rank)
		return false;
	*is_full = !leaf_append(s, p, from.n - 1, &to);
	if (*is_full)
		return false;
	copy_rules(s, p, &to, 0, &from, 0, at);
	copy_rules(s, p, &to, at, &from, at + 1, from.n);
	b = merged_own_bucket(p, hash);
	b->present = present_of(s, p, &to);
	set_leaf(p, b, &to);
	p->n_rules--;
	return true;
}

static bool remove_rule(struct merged *m, const struct change *c)
{
	bool is_full = false;

	for (unsigned i = 0; i < m->n_parts && !is_full; i++)
		if (suits(m, &m->parts[i], c) && remove_from(m, &m->parts[i], c, &is_full))
			return true;
	return false;
}

static bool make_change(struct merged *m, const struct lookup_change *change)
{
	const struct merged_mask *mask = merged_mask_of(m, change->rule.mask);
	struct change c = { .rule = &change->rule };

	if (!mask)
		return false;
	c.mask = mask->lanes;
	merged_values_of(m, &change->rule, c.values);
	if (mask->number >= m->n_mask_counts) {
		m->mask_counts =
			xrealloc(m->mask_counts, (mask->number + 1) * sizeof(*m->mask_counts));
		memset(&m->mask_counts[m->n_mask_counts], 0,
		       (mask->number + 1 - m->n_mask_counts) * sizeof(*m->mask_counts));
		m->n_mask_counts = mask->number + 1;
	}
	m->mask_counts[mask->number] += change->is_removal ? -1 : 1;
	return change->is_removal ? remove_rule(m, &c) : insert(m, &c);
}

static void leave_out_empty_parts(struct merged *m)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->n_parts; i++) {
		if (m->parts[i].n_rules)
			m->parts[n++] = m->parts[i];
		else
			merged_buckets_unref(m->parts[i].table);
	}
	m->n_parts = n;
}

static struct merged *copy(const struct merged *old)
{
	struct merged *m = xmemdup(old, sizeof(*old));

	m->store->n_refs++;
	m->parts = xcalloc(m->store->n_parts_built + MAX_PARTS_ADDED + 1, sizeof(*m->parts));
	memcpy(m->parts, old->parts, m->n_parts * sizeof(*m->parts));
	for (unsigned i = 0; i < m->n_parts; i++)
		m->parts[i].table->n_refs++;
	m->mask_counts = xcalloc(old->n_mask_counts + 1, sizeof(*m->mask_counts));
	memcpy(m->mask_counts, old->mask_counts, old->n_mask_counts * sizeof(*m->mask_counts));
	return m;
}

struct lookup *merged_update(const struct lookup *old, const struct lookup_change *changes,
			     unsigned n)
{
	const struct merged *from = container_of(old, struct merged, base);
	bool is_done = true;
	struct merged *m;

	if (n > 64 && n > old->shape.n_rules / MAX_CHANGED_SHARE)
		return NULL;
	m = copy(from);
	for (unsigned i = 0; i < n && is_done; i++)
		is_done = make_change(m, &changes[i]);
	leave_out_empty_parts(m);
	merged_set_totals(m);
	if (is_done)
		return &m->base;
	merged_destroy(&m->base);
	return NULL;
}
