/* Building the parts of a merged look-up (merged_priv.h): which rules they have, what is fixed,
 * hashed and compared, their buckets and leaves. */

#include "dataplane/lookup/merged_priv.h"

#include <stdlib.h>
#include <sys/mman.h>
#include "lib/rng.h"

#define BUCKET_RULES  4	 /* on average, at most; a leaf has room for eight without costing more */
#define MAX_LEAF      32 /* rules, if they can be had apart */
#define MAX_ROUNDS    4
#define MIN_MAPPED    ((size_t)1 << 18)
#define MIN_ROOM_LEFT 4096 /* lines for updates */

/* --- memory that versions share --- */

/* Room of which nothing is used costs nothing if it is mapped. */
static void store_create(struct merged_store *s, size_t n_lines)
{
	size_t bytes;

	assert(n_lines <= MAX_STORE_LINES);
	s->n_used = 1;
	s->room = MIN_OF(n_lines + MAX_OF(n_lines, (size_t)MIN_ROOM_LEFT), (size_t)MAX_STORE_LINES);
	bytes = (size_t)s->room * 64;
	s->data = MAP_FAILED;
	if (bytes >= MIN_MAPPED)
		s->data = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);
	s->mapped_bytes = bytes;
	if (s->data != MAP_FAILED)
		return;
	s->data = xcalloc_lines(bytes);
	s->mapped_bytes = 0;
}

void merged_store_unref(struct merged_store *s)
{
	if (--s->n_refs)
		return;
	if (s->mapped_bytes)
		munmap(s->data, s->mapped_bytes);
	else
		free(s->data);
	HMAP_FOREACH_SAFE (n, &s->masks)
		hmap_remove(&s->masks, n);
	hmap_fini(&s->masks);
	arena_clear(&s->arena);
	free(s);
}

struct merged_buckets *merged_buckets_create(uint32_t n)
{
	struct merged_buckets *b = xcalloc_lines(sizeof(*b) + n * sizeof(b->at[0]));

	b->n_refs = 1;
	return b;
}

void merged_buckets_unref(struct merged_buckets *b)
{
	if (--b->n_refs == 0)
		free(b);
}

struct merged_bucket *merged_own_bucket(struct merged_part *p, uint32_t hash)
{
	size_t n = (size_t)1 << (32 - p->shift);

	if (p->table->n_refs > 1) {
		struct merged_buckets *own = xmalloc_lines(sizeof(*own) + n * sizeof(own->at[0]));

		memcpy(own, p->table, sizeof(*own) + n * sizeof(own->at[0]));
		own->n_refs = 1;
		p->table->n_refs--;
		p->table = own;
		p->buckets = own->at;
	}
	return &p->table->at[hash >> p->shift];
}

/* --- lanes --- */

/* What the rules of a part have in each lane. */
struct lane_use {
	uint32_t common, any; /* bits that all of the masks have, that some have */
	uint32_t value;
	bool is_fixed; /* mask and value are the same everywhere */
};

static void set_uses(const struct merged_rules *r, const uint32_t *which, unsigned n,
		     struct lane_use *uses)
{
	for (unsigned l = 0; l < r->n_lanes; l++)
		uses[l] = (struct lane_use){ .common = UINT32_MAX,
					     .value = merged_values(r, which[0])[l],
					     .is_fixed = true };
	for (unsigned i = 0; i < n; i++) {
		const uint32_t *mask = merged_mask(r, which[i]),
			       *values = merged_values(r, which[i]);

		for (unsigned l = 0; l < r->n_lanes; l++) {
			uses[l].common &= mask[l];
			uses[l].any |= mask[l];
			uses[l].is_fixed &= values[l] == uses[l].value;
		}
	}
	for (unsigned l = 0; l < r->n_lanes; l++)
		uses[l].is_fixed &= uses[l].common == uses[l].any;
}

static void set_part_lanes(struct merged_part *p, struct arena *a, const struct lane_use *uses,
			   unsigned n_lanes, struct rng *rng)
{
	struct merged_lane *fixed = arena_alloc(a, n_lanes * sizeof(*fixed)),
			   *hashed = arena_alloc(a, n_lanes * sizeof(*hashed));
	uint8_t *compared = arena_alloc(a, n_lanes);

	for (unsigned l = 0; l < n_lanes; l++) {
		const struct lane_use *u = &uses[l];

		if (!u->any)
			continue;
		if (u->is_fixed) {
			fixed[p->n_fixed++] = (struct merged_lane){ u->any, u->value, l };
			continue;
		}
		compared[p->n_compared++] = l;
		if (u->common)
			hashed[p->n_hashed++] =
				(struct merged_lane){ u->common, (uint32_t)rng_u64(rng) | 1, l };
	}
	p->fixed = fixed;
	p->hashed = hashed;
	p->compared = compared;
}

/* --- leaves --- */

static void write_leaf(struct merged_store *s, const struct merged_part *p,
		       const struct merged_rules *r, const uint32_t *which, unsigned n)
{
	for (unsigned i = 0; i < n; i += BLOCK_RULES) {
		struct merged_block *b = merged_block_at(s, s->n_used);

		s->n_used += block_lines(p);
		for (unsigned k = 0; k < BLOCK_RULES; k++) {
			bool is_there = i + k < n;
			uint32_t rule = is_there ? which[i + k] : 0;

			b->ranks[k] = is_there ? r->rules[rule].rank : UINT64_MAX;
			if (!is_there)
				continue;
			b->values[k] = r->rules[rule].value;
			for (unsigned l = 0; l < p->n_compared; l++) {
				unsigned lane = p->compared[l];

				b->lanes[l].values[k] = merged_values(r, rule)[lane];
				b->lanes[l].masks[k] = merged_mask(r, rule)[lane];
			}
		}
	}
}

/* A part that has its rules, but no leaves yet. */
struct part_rules {
	struct merged_part part;
	uint32_t *which;  /* bucket by bucket, in each by rank */
	uint32_t *counts; /* of each bucket */
};

struct building {
	struct merged *m;
	const struct merged_rules *r;
	struct rng rng;
	struct part_rules *parts;
	unsigned n_parts;
	size_t n_lines;
	uint32_t *pool; /* rules that have no part yet, by rank */
	unsigned n_pool, round;
};

/* Whether there are bits that all of the rules' masks have and in which they differ. */
static bool is_divisible(const struct merged_rules *r, const uint32_t *which, unsigned n)
{
	struct lane_use uses[MERGED_MAX_LANES];

	set_uses(r, which, n, uses);
	for (unsigned i = 1; i < n; i++) {
		const uint32_t *a = merged_values(r, which[0]), *b = merged_values(r, which[i]);

		if (merged_mask(r, which[i]) != merged_mask(r, which[0]))
			return true;
		for (unsigned l = 0; l < r->n_lanes; l++)
			if ((a[l] ^ b[l]) & uses[l].common)
				return true;
	}
	return false;
}

/* How many of N rules of one bucket stay; the others go to another part. */
static unsigned n_kept(const struct building *b, const uint32_t *which, unsigned n)
{
	if (n > MAX_LEAF && b->round < MAX_ROUNDS && is_divisible(b->r, which, n))
		return 0;
	return MIN_OF(n, (unsigned)MAX_BLOCKS * BLOCK_RULES);
}

/* N rules, bucket by bucket, in SORTED; COUNTS gets how many each has. */
static void sort_by_bucket(const struct merged_rules *r, const struct merged_part *p,
			   const uint32_t *which, unsigned n, uint32_t *sorted, uint32_t *counts,
			   uint32_t n_buckets)
{
	uint32_t *numbers = xcalloc(n, sizeof(*numbers)), *ends = xcalloc(n_buckets, sizeof(*ends)),
		 end = 0;

	for (unsigned i = 0; i < n; i++) {
		numbers[i] = merged_hash(p, merged_values(r, which[i])) >> p->shift;
		counts[numbers[i]]++;
	}
	for (uint32_t k = 0; k < n_buckets; k++) {
		ends[k] = end;
		end += counts[k];
	}
	for (unsigned i = 0; i < n; i++)
		sorted[ends[numbers[i]]++] = which[i];
	free(numbers);
	free(ends);
}

/* Rules that do not stay in their buckets go to the pool. */
static void give_up_long_leaves(struct building *b, struct part_rules *pr, const uint32_t *sorted,
				uint32_t n_buckets)
{
	struct merged_part *p = &pr->part;

	for (uint32_t k = 0, at = 0; k < n_buckets; k++) {
		unsigned n = pr->counts[k], kept = n ? n_kept(b, sorted + at, n) : 0, n_blocks;

		memcpy(pr->which + p->n_rules, sorted + at, kept * sizeof(*sorted));
		p->n_rules += kept;
		memcpy(b->pool + b->n_pool, sorted + at + kept, (n - kept) * sizeof(*sorted));
		b->n_pool += n - kept;
		pr->counts[k] = kept;
		at += n;
		n_blocks = (kept + BLOCK_RULES - 1) / BLOCK_RULES;
		p->max_blocks = MAX_OF(p->max_blocks, n_blocks);
		b->n_lines += n_blocks * block_lines(p);
	}
}

static void part_add(struct building *b, const uint32_t *which, unsigned n)
{
	struct lane_use uses[MERGED_MAX_LANES];
	struct part_rules *pr;
	uint32_t *sorted, n_buckets = 2;

	b->parts = xrealloc(b->parts, (b->n_parts + 1) * sizeof(*b->parts));
	pr = &b->parts[b->n_parts];
	*pr = (struct part_rules){ 0 };
	set_uses(b->r, which, n, uses);
	set_part_lanes(&pr->part, &b->m->store->arena, uses, b->r->n_lanes, &b->rng);
	while ((uint64_t)n_buckets * BUCKET_RULES < n && pr->part.n_hashed)
		n_buckets *= 2;
	pr->part.shift = 32 - __builtin_ctz(n_buckets);
	pr->which = xcalloc(n, sizeof(*pr->which));
	pr->counts = xcalloc(n_buckets, sizeof(*pr->counts));
	sorted = xcalloc(n, sizeof(*sorted));
	sort_by_bucket(b->r, &pr->part, which, n, sorted, pr->counts, n_buckets);
	give_up_long_leaves(b, pr, sorted, n_buckets);
	free(sorted);
	if (pr->part.n_rules) {
		b->n_parts++;
		return;
	}
	free(pr->which);
	free(pr->counts);
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Parts for the rules in the pool; what is in it afterwards needs others. */
static void divide_pool(struct building *b)
{
	uint32_t *which = xmemdup(b->pool, b->n_pool * sizeof(*which)),
		 *some = xcalloc(b->n_pool, sizeof(*some));
	uint8_t *numbers = xcalloc(b->n_pool, 1);
	unsigned n = b->n_pool, n_parts;

	n_parts = merged_plan(b->r, which, n, rng_u64(&b->rng), numbers);
	b->n_pool = 0;
	for (unsigned p = 0; p < n_parts; p++) {
		unsigned n_some = 0;

		for (unsigned i = 0; i < n; i++)
			if (numbers[i] == p)
				some[n_some++] = which[i];
		part_add(b, some, n_some);
	}
	qsort(b->pool, b->n_pool, sizeof(*b->pool), by_number);
	free(which);
	free(some);
	free(numbers);
}

static void fill_part(struct merged_store *s, const struct merged_rules *r, struct part_rules *pr)
{
	struct merged_part *p = &pr->part;
	uint32_t n = 1u << (32 - p->shift);
	const uint32_t *which = pr->which;

	p->table = merged_buckets_create(n);
	p->buckets = p->table->at;
	p->min_rank = UINT64_MAX;
	p->built_blocks = p->max_blocks;
	p->built_rules = p->n_rules;
	for (uint32_t k = 0; k < n; which += pr->counts[k], k++) {
		struct merged_bucket *b = &p->table->at[k];

		if (!pr->counts[k])
			continue;
		b->leaf = s->n_used << 8 | (pr->counts[k] + BLOCK_RULES - 1) / BLOCK_RULES;
		for (unsigned i = 0; i < pr->counts[k]; i++)
			b->present |= merged_present(p, merged_hash(p, merged_values(r, which[i])));
		p->min_rank = MIN_OF(p->min_rank, r->rules[which[0]].rank);
		write_leaf(s, p, r, which, pr->counts[k]);
	}
	free(pr->which);
	free(pr->counts);
}

void merged_make_parts(struct merged *m, const struct merged_rules *r)
{
	struct building b = { .m = m, .r = r, .n_pool = r->n, .n_lines = 1 };

	rng_seed(&b.rng, m->seed);
	b.pool = xcalloc(r->n + 1, sizeof(*b.pool));
	for (unsigned i = 0; i < r->n; i++)
		b.pool[i] = i;
	for (; b.n_pool; b.round++)
		divide_pool(&b);
	store_create(m->store, b.n_lines);
	m->n_parts = m->store->n_parts_built = b.n_parts;
	m->parts = xcalloc(b.n_parts + 1, sizeof(*m->parts));
	for (unsigned i = 0; i < b.n_parts; i++) {
		fill_part(m->store, r, &b.parts[i]);
		m->parts[i] = b.parts[i].part;
	}
	free(b.parts);
	free(b.pool);
}
