/* Which masks go together into one part of a merged look-up (merged_priv.h).
 *
 * A part costs each packet a little, and each leaf that a packet must look at costs more; the fewer
 * bits the masks of a part have in common, the more rules share a leaf and the more packets of
 * other rules come by.  At first each mask is a group (very many masks begin merged, each with the
 * one most like it); then those two groups are merged again and again of which that saves most, as
 * estimated for packets made from the rules. */

#include "dataplane/lookup/merged_priv.h"

#include <stdlib.h>
#include "lib/rng.h"

/* Cycles, about: measured with lookup_bench. */
#define PART_COST  5.0f
#define LEAF_COST  14.0f
#define BLOCK_COST 6.0f

#define BUCKET_RULES 4	 /* that share a bucket anyway */
#define N_PACKETS    256 /* to estimate with */
#define MAX_SAMPLED  512 /* rules of a group that are looked at */
#define N_NEAREST    8	 /* groups that are considered for merging with one */
#define COUNT_SLOTS  2048

struct plan_group {
	uint32_t *mask;			     /* the bits that all of its masks have */
	uint32_t *rules, n_rules, n_sampled; /* the sampled ones; those of packets come first */
	unsigned n_bits;
	float cost;
	bool is_used;
};

struct plan {
	const struct merged_rules *r;
	unsigned n, n_groups;
	uint32_t *packets; /* [N_PACKETS][n_lanes] */
	uint64_t *secrets; /* [n_lanes], odd */
	struct plan_group groups[MERGED_MAX_GROUPS];
	float gains[MERGED_MAX_GROUPS][MERGED_MAX_GROUPS];
	/* hash values and how many rules have each */
	uint64_t hashes[COUNT_SLOTS];
	uint16_t counts[COUNT_SLOTS];
};

static uint64_t hash_lanes(const struct plan *p, const uint32_t *values, const uint32_t *mask)
{
	uint64_t h = 1;

	for (unsigned i = 0; i < p->r->n_lanes; i++)
		h += (values[i] & mask[i]) * p->secrets[i];
	return h ^ h >> 29;
}

/* The slot of hash H, or the free one where it belongs. */
static unsigned count_slot(const struct plan *p, uint64_t h)
{
	unsigned at = h >> 40 & (COUNT_SLOTS - 1);

	while (p->counts[at] && p->hashes[at] != h)
		at = (at + 1) & (COUNT_SLOTS - 1);
	return at;
}

static void count_rules(struct plan *p, const struct plan_group *g, const uint32_t *mask)
{
	for (unsigned i = 0; i < g->n_sampled; i++) {
		uint64_t h = hash_lanes(p, merged_values(p->r, g->rules[i]), mask);
		unsigned at = count_slot(p, h);

		p->hashes[at] = h;
		p->counts[at]++;
	}
}

/* What a packet pays for one part with the rules of A and B (or NULL), by MASK. */
static float cost_of(struct plan *p, const struct plan_group *a, const struct plan_group *b,
		     const uint32_t *mask)
{
	unsigned n_sampled = a->n_sampled + (b ? b->n_sampled : 0);
	float scale = (float)(a->n_rules + (b ? b->n_rules : 0)) / MAX_OF(n_sampled, 1u), cost = 0;

	memset(p->counts, 0, sizeof(p->counts));
	count_rules(p, a, mask);
	if (b)
		count_rules(p, b, mask);
	for (unsigned i = 0; i < N_PACKETS; i++) {
		const uint32_t *packet = &p->packets[i * p->r->n_lanes];
		unsigned n = p->counts[count_slot(p, hash_lanes(p, packet, mask))];

		if (!n)
			continue;
		cost += LEAF_COST;
		cost += BLOCK_COST * MAX_OF(0.0f, ((n - 1) * scale - BUCKET_RULES) / BLOCK_RULES);
	}
	return PART_COST + cost / N_PACKETS;
}

static void and_masks(const struct plan *p, const uint32_t *a, const uint32_t *b, uint32_t *out)
{
	for (unsigned i = 0; i < p->r->n_lanes; i++)
		out[i] = a[i] & b[i];
}

static unsigned count_bits(const struct plan *p, const uint32_t *mask)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->r->n_lanes; i++)
		n += __builtin_popcount(mask[i]);
	return n;
}

/* The bits in common of all that one of the two has: the greater, the more alike; of 1,024. */
static unsigned likeness(const struct plan *p, const struct plan_group *g, const uint32_t *mask,
			 unsigned n_bits)
{
	unsigned common = 0;

	for (unsigned i = 0; i < p->r->n_lanes; i++)
		common += __builtin_popcount(g->mask[i] & mask[i]);
	return common * 1024 / MAX_OF(g->n_bits + n_bits - common, 1u);
}

/* --- the groups at first --- */

static unsigned most_alike(const struct plan *p, const uint32_t *mask)
{
	unsigned n_bits = count_bits(p, mask), best = 0, best_likeness = 0;

	for (unsigned i = 0; i < p->n_groups; i++) {
		unsigned l = likeness(p, &p->groups[i], mask, n_bits);

		if (l > best_likeness) {
			best_likeness = l;
			best = i;
		}
	}
	return best;
}

static unsigned add_mask(struct plan *p, const uint32_t *mask)
{
	struct plan_group *g = &p->groups[p->n_groups];
	unsigned i;

	if (p->n_groups < MERGED_MAX_GROUPS) {
		g->mask = xmemdup(mask, p->r->n_lanes * sizeof(*mask));
		g->is_used = true;
		i = p->n_groups++;
	} else {
		i = most_alike(p, mask);
		g = &p->groups[i];
		and_masks(p, g->mask, mask, g->mask);
	}
	g->n_bits = count_bits(p, g->mask);
	return i;
}

/* PARTS[i] becomes the group of rule WHICH[i]. */
static void make_groups(struct plan *p, const uint32_t *which, uint8_t *parts)
{
	const struct merged_rules *r = p->r;
	uint8_t *of_masks = xcalloc(r->n_masks, 1);
	bool *is_known = xcalloc(r->n_masks, sizeof(*is_known));

	for (unsigned i = 0; i < p->n; i++) {
		uint32_t m = r->mask_numbers[which[i]];

		if (!is_known[m]) {
			is_known[m] = true;
			of_masks[m] = add_mask(p, merged_mask(r, which[i]));
		}
		parts[i] = of_masks[m];
		p->groups[parts[i]].n_rules++;
	}
	free(of_masks);
	free(is_known);
}

/* --- packets, and the rules that stand for the others --- */

static void sample(struct plan_group *g, uint32_t rule)
{
	if (g->n_sampled < MAX_SAMPLED / 2)
		g->rules[g->n_sampled++] = rule;
}

/* A packet of one rule; what that leaves open is taken from others. */
static void make_packet(struct plan *p, const uint32_t *which, struct rng *rng, uint32_t rule,
			uint32_t *packet)
{
	const struct merged_rules *r = p->r;

	for (unsigned i = 0; i < r->n_lanes; i++)
		packet[i] = rng_u64(rng);
	for (unsigned k = 0; k < 4; k++) {
		uint32_t from = k < 3 ? which[rng_below(rng, p->n)] : rule;
		const uint32_t *mask = merged_mask(r, from), *values = merged_values(r, from);

		for (unsigned i = 0; i < r->n_lanes; i++)
			packet[i] = (packet[i] & ~mask[i]) | values[i];
	}
}

static void make_samples(struct plan *p, const uint32_t *which, const uint8_t *parts, uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, seed);
	for (unsigned i = 0; i < p->r->n_lanes; i++)
		p->secrets[i] = rng_u64(&rng) | 1;
	for (unsigned i = 0; i < p->n_groups; i++)
		p->groups[i].rules = xcalloc(MAX_SAMPLED, sizeof(uint32_t));
	for (unsigned k = 0; k < N_PACKETS; k++) {
		unsigned i = rng_below(&rng, p->n);

		make_packet(p, which, &rng, which[i], &p->packets[k * p->r->n_lanes]);
		sample(&p->groups[parts[i]], which[i]);
	}
	for (unsigned i = 0; i < p->n; i++) {
		struct plan_group *g = &p->groups[parts[i]];
		unsigned left = MAX_SAMPLED / 2;

		/* Each of them as likely as the others. */
		if (g->n_sampled < MAX_SAMPLED &&
		    (g->n_rules <= left || rng_below(&rng, g->n_rules) < left))
			g->rules[g->n_sampled++] = which[i];
	}
	for (unsigned i = 0; i < p->n_groups; i++)
		p->groups[i].cost = cost_of(p, &p->groups[i], NULL, p->groups[i].mask);
}

/* --- merging --- */

#define NO_GAIN -1.0f

static float gain_of(struct plan *p, const struct plan_group *a, const struct plan_group *b)
{
	uint32_t mask[MERGED_MAX_LANES];

	and_masks(p, a->mask, b->mask, mask);
	return a->cost + b->cost - cost_of(p, a, b, mask);
}

/* What group A gains with those that are most like it. */
static void set_gains(struct plan *p, unsigned a)
{
	unsigned likenesses[MERGED_MAX_GROUPS] = { 0 };

	for (unsigned b = 0; b < p->n_groups; b++) {
		p->gains[a][b] = p->gains[b][a] = NO_GAIN;
		if (b != a && p->groups[b].is_used)
			likenesses[b] = 1 + likeness(p, &p->groups[b], p->groups[a].mask,
						     p->groups[a].n_bits);
	}
	for (unsigned k = 0; k < N_NEAREST; k++) {
		unsigned best = 0;

		for (unsigned b = 1; b < p->n_groups; b++)
			if (likenesses[b] > likenesses[best])
				best = b;
		if (!likenesses[best])
			return;
		likenesses[best] = 0;
		p->gains[a][best] = gain_of(p, &p->groups[a], &p->groups[best]);
		p->gains[best][a] = p->gains[a][best];
	}
}

/* The rules of A and B that are looked at; both alike if there are too many. */
static void join_samples(struct plan_group *a, const struct plan_group *b)
{
	unsigned n = a->n_sampled + b->n_sampled, n_kept = MIN_OF(n, (unsigned)MAX_SAMPLED), at = 0;
	uint32_t rules[2 * MAX_SAMPLED];

	memcpy(rules, a->rules, a->n_sampled * sizeof(*rules));
	memcpy(rules + a->n_sampled, b->rules, b->n_sampled * sizeof(*rules));
	for (unsigned i = 0; i < n_kept; i++, at += n)
		a->rules[i] = rules[at / n_kept];
	a->n_sampled = n_kept;
}

static void merge(struct plan *p, unsigned to, unsigned from)
{
	struct plan_group *a = &p->groups[to], *b = &p->groups[from];

	a->cost = a->cost + b->cost - p->gains[to][from];
	and_masks(p, a->mask, b->mask, a->mask);
	a->n_bits = count_bits(p, a->mask);
	join_samples(a, b);
	a->n_rules += b->n_rules;
	b->is_used = false;
	for (unsigned i = 0; i < p->n_groups; i++)
		p->gains[from][i] = p->gains[i][from] = NO_GAIN;
	set_gains(p, to);
}

static bool best_pair(const struct plan *p, unsigned *a, unsigned *b)
{
	float best = 0;

	for (unsigned i = 0; i < p->n_groups; i++)
		for (unsigned j = i + 1; j < p->n_groups; j++)
			if (p->gains[i][j] > best) {
				best = p->gains[i][j];
				*a = i;
				*b = j;
			}
	return best > 0;
}

/* INTO[i] becomes the group that group i went into. */
static void merge_groups(struct plan *p, uint8_t *into)
{
	unsigned a = 0, b = 0;

	for (unsigned i = 0; i < p->n_groups; i++)
		into[i] = i;
	for (unsigned i = 0; i < p->n_groups; i++)
		set_gains(p, i);
	while (best_pair(p, &a, &b)) {
		merge(p, a, b);
		for (unsigned i = 0; i < p->n_groups; i++)
			if (into[i] == b)
				into[i] = a;
	}
}

unsigned merged_plan(const struct merged_rules *r, const uint32_t *which, unsigned n, uint64_t seed,
		     uint8_t *parts)
{
	struct plan *p = xcalloc(1, sizeof(*p));
	uint8_t into[MERGED_MAX_GROUPS], numbers[MERGED_MAX_GROUPS];
	unsigned n_parts = 0;

	p->r = r;
	p->n = n;
	p->packets = xcalloc(N_PACKETS * r->n_lanes, sizeof(*p->packets));
	p->secrets = xcalloc(r->n_lanes, sizeof(*p->secrets));
	make_groups(p, which, parts);
	make_samples(p, which, parts, seed);
	merge_groups(p, into);
	for (unsigned i = 0; i < p->n_groups; i++)
		if (p->groups[i].is_used)
			numbers[i] = n_parts++;
	for (unsigned i = 0; i < n; i++)
		parts[i] = numbers[into[parts[i]]];
	for (unsigned i = 0; i < p->n_groups; i++) {
		free(p->groups[i].mask);
		free(p->groups[i].rules);
	}
	free(p->packets);
	free(p->secrets);
	free(p);
	return n_parts;
}
