/* hybrid: many rules of one kind beside a few others (parts.h), each part a look-up of whatever
 * class suits it.  Where all of one part's rules come before the other's, that part is looked up
 * first and the other only for packets that it has nothing for; otherwise both are, and where both
 * have something the rank decides, which the rules' rows tell. */

#include "dataplane/lookup/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include "dataplane/packet/parse.h"

enum order { SMALL_FIRST, BIG_FIRST, BY_RANK };

struct ranks {
	uint64_t min, max;
};

struct hybrid {
	struct lookup base;
	struct lookup *big, *small;
	const void *otherwise; /* of the catch-all; NULL: none */
	enum order order;
	uint32_t row_offset;
	/* of the control thread; bounds: rules that went are counted still */
	struct ranks big_ranks, small_ranks;
	struct lookup_parts parts; /* without rules */
	struct mask mask;	   /* the parts' own */
};

#define COMBINING 3 /* cycles */

static struct lookup_shape shape_of_part(const struct lookup_part *p)
{
	return (struct lookup_shape){ .n_rules = p->n_rules,
				      .n_masks = p->n_masks,
				      .n_words = p->n_words,
				      .run_first = p->run_first,
				      .run_bits = p->run_bits };
}

static unsigned hybrid_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	struct lookup_shape big = shape_of_part(&shape->big), small = shape_of_part(&shape->small);
	const struct lookup_class *class;
	char big_words[96], small_words[96];
	unsigned cost;

	if (!big.n_rules || !small.n_rules)
		return 0;
	class = lookup_choose(&big, big_words, sizeof(big_words));
	cost = class->cost(&big, big_words, sizeof(big_words));
	class = lookup_choose(&small, small_words, sizeof(small_words));
	cost += class->cost(&small, small_words, sizeof(small_words));
	snprintf(reason, size, "%s beside %u others%s", big_words, small.n_rules,
		 shape->has_catch_all ? ", and a catch-all" : "");
	return cost + COMBINING;
}

/* --- finding --- */

/* Packets of BITMAP that OUT has nothing for. */
static uint64_t missing(uint64_t bitmap, const void *const *out)
{
	uint64_t left = 0;

	for (uint64_t b = bitmap; b; b &= b - 1) {
		unsigned i = __builtin_ctzll(b);

		left |= (uint64_t)!out[i] << i;
	}
	return left;
}

static void find_in_order(const struct hybrid *h, const struct lookup *first,
			  const struct lookup *second, const struct flow_key *keys, uint64_t bitmap,
			  const void **out)
{
	lookup_find(first, keys, bitmap, out);
	bitmap = missing(bitmap, out);
	if (!bitmap)
		return;
	lookup_find(second, keys, bitmap, out);
	if (!h->otherwise)
		return;
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		out[i] = out[i] ? out[i] : h->otherwise;
	}
}

static void find_small_first(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
			     const void **out)
{
	const struct hybrid *h = container_of(l, struct hybrid, base);

	find_in_order(h, h->small, h->big, keys, bitmap, out);
}

static void find_big_first(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
			   const void **out)
{
	const struct hybrid *h = container_of(l, struct hybrid, base);

	find_in_order(h, h->big, h->small, keys, bitmap, out);
}

static uint64_t rank_of(const struct hybrid *h, const void *value)
{
	return ((const struct lookup_row *)((const char *)value + h->row_offset))->rank;
}

static void find_by_rank(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
			 const void **out)
{
	const struct hybrid *h = container_of(l, struct hybrid, base);
	const void *small[PACKET_BURST_MAX];

	lookup_find(h->big, keys, bitmap, out);
	lookup_find(h->small, keys, bitmap, small);
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		if (!out[i])
			out[i] = small[i] ? small[i] : h->otherwise;
		else if (small[i] && rank_of(h, small[i]) < rank_of(h, out[i]))
			out[i] = small[i];
	}
}

/* --- building --- */

static void widen(struct ranks *r, uint64_t rank)
{
	r->min = MIN_OF(r->min, rank);
	r->max = MAX_OF(r->max, rank);
}

static struct ranks ranks_of(const struct lookup_rule *rules, unsigned n)
{
	struct ranks r = { UINT64_MAX, 0 };

	for (unsigned i = 0; i < n; i++)
		widen(&r, rules[i].rank);
	return r;
}

static struct lookup_part part_of(const struct lookup *l)
{
	return (struct lookup_part){ .n_rules = l->shape.n_rules,
				     .n_masks = l->shape.n_masks,
				     .n_words = l->shape.n_words,
				     .run_first = l->shape.run_first,
				     .run_bits = l->shape.run_bits };
}

/* False if the ranks would have to be known, and are not. */
static bool set_totals(struct hybrid *h)
{
	h->order = h->small_ranks.max < h->big_ranks.min   ? SMALL_FIRST
		   : h->big_ranks.max < h->small_ranks.min ? BIG_FIRST
							   : BY_RANK;
	h->base.find = h->order == SMALL_FIRST ? find_small_first
		       : h->order == BIG_FIRST ? find_big_first
					       : find_by_rank;
	h->base.bytes = sizeof(*h) + h->big->bytes + h->small->bytes;
	h->base.max_lines = h->big->max_lines + h->small->max_lines + 2 * (h->order == BY_RANK);
	h->base.shape.big = part_of(h->big);
	h->base.shape.small = part_of(h->small);
	return h->order != BY_RANK || h->row_offset;
}

static struct lookup *hybrid_build(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed)
{
	struct hybrid *h = xcalloc(1, sizeof(*h));
	struct lookup_parts *p = &h->parts;

	if (rules[n_rules - 1].mask->n_words == 0)
		h->otherwise = rules[--n_rules].value;
	h->row_offset = rules[0].row_offset;
	if (!lookup_parts_of(rules, n_rules, p))
		abort();
	h->mask = *p->mask;
	p->mask = &h->mask;
	h->big = lookup_create(NULL, p->rules, p->n_big, seed);
	h->small = lookup_create(NULL, p->rules + p->n_big, p->n_small, seed + 1);
	h->big_ranks = ranks_of(p->rules, p->n_big);
	h->small_ranks = ranks_of(p->rules + p->n_big, p->n_small);
	free(p->rules);
	p->rules = NULL;
	set_totals(h);
	return &h->base;
}

/* --- updating --- */

/* The changes of one part; returns how many. */
static unsigned changes_of(const struct hybrid *h, const struct lookup_change *changes, unsigned n,
			   bool is_big, struct lookup_change *out)
{
	unsigned n_out = 0;

	for (unsigned i = 0; i < n; i++)
		if (lookup_parts_is_big(&h->parts, &changes[i].rule) == is_big)
			out[n_out++] = changes[i];
	return n_out;
}

static struct lookup *update_part(const struct hybrid *h, const struct lookup *part, bool is_big,
				  const struct lookup_change *changes, unsigned n,
				  struct ranks *ranks)
{
	struct lookup_change *own = xcalloc(n + 1, sizeof(*own));
	unsigned n_own = changes_of(h, changes, n, is_big, own);
	struct lookup *l = lookup_update(part, own, n_own);

	for (unsigned i = 0; i < n_own; i++)
		if (!own[i].is_removal)
			widen(ranks, own[i].rule.rank);
	free(own);
	return l;
}

static struct lookup *hybrid_update(const struct lookup *old, const struct lookup_change *changes,
				    unsigned n)
{
	const struct hybrid *from = container_of(old, struct hybrid, base);
	struct hybrid *h = xmemdup(from, sizeof(*from));

	h->parts.mask = &h->mask;
	h->big = update_part(from, from->big, true, changes, n, &h->big_ranks);
	h->small =
		h->big ? update_part(from, from->small, false, changes, n, &h->small_ranks) : NULL;
	if (h->small && set_totals(h))
		return &h->base;
	lookup_destroy(h->small);
	lookup_destroy(h->big);
	free(h);
	return NULL;
}

static void hybrid_destroy(struct lookup *l)
{
	struct hybrid *h = container_of(l, struct hybrid, base);

	lookup_destroy(h->big);
	lookup_destroy(h->small);
	free(h);
}

static const struct lookup_class lookup_hybrid = {
	.name = "hybrid",
	.cost = hybrid_cost,
	.build = hybrid_build,
	.update = hybrid_update,
	.destroy = hybrid_destroy,
};
REGISTRY_ADD(lookup_class, lookup_hybrid);
