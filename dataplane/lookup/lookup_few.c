/* few: some dozens of rules at most, all compared with each key at once: eight to a group, which is
 * one AVX-512 vector or two of AVX2, for each key word that some mask uses. A table of one rule on
 * one word, like `in_port=1 -> output:2`, is compared by itself. */

#include "dataplane/lookup/cpu.h"
#include "dataplane/lookup/lookup_class.h"
#include "dataplane/packet/parse.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define GROUP	   8 /* rules */
#define MAX_GROUPS 8
#define MAX_RULES  (GROUP * MAX_GROUPS)

/* One key word of a group's rules. */
struct few_word {
	uint64_t masks[GROUP], keys[GROUP];
} __attribute__((aligned(64)));

struct few {
	struct lookup base;
	unsigned n_groups;
	unsigned n_words;
	uint8_t words[KEY_WORDS];
	const void *values[MAX_RULES]; /* in the order of ranks */
	struct few_word *cells;	       /* [n_words][n_groups] */
	/* of the control thread */
	unsigned n_rules;
	struct lookup_rule rules[MAX_RULES];
	bool is_outdated; /* an update was made of it: rules may be gone */
};

/* Tenths of a cycle that a body takes: at all, for each key word, for each group, and for each of a
 * group's words; measured on an Emerald Rapids at 2.3 GHz (TSC), bursts of 32. */
static const struct {
	unsigned all, word, group, cell;
} costs[CPU_N_LEVELS] = { { 20, 0, 30, 32 }, { 20, 0, 20, 20 }, { 30, 6, 5, 5 } };

static unsigned few_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	unsigned n_groups = (shape->n_rules + GROUP - 1) / GROUP, n_words = shape->n_words;
	enum cpu_level level = cpu_level();

	if (shape->n_rules == 0 || shape->n_rules > MAX_RULES)
		return 0;
	snprintf(reason, size, "%u rule%s, compared at once on %u word%s", shape->n_rules,
		 shape->n_rules > 1 ? "s" : "", n_words, n_words == 1 ? "" : "s");
	if (shape->n_rules == 1 && n_words == 1)
		return 2;
	return (costs[level].all + n_words * costs[level].word +
		n_groups * (costs[level].group + n_words * costs[level].cell)) /
	       10;
}

/* --- which rules match, a bit each --- */

#ifdef __x86_64__

static CPU_INLINE uint64_t match_base(const struct few *f, const struct flow_key *key,
				      unsigned n_groups, unsigned n_words)
{
	uint64_t bits = 0;

	for (unsigned g = 0; g < n_groups; g++) {
		__m128i diffs[GROUP / 2] = { 0 };

		for (unsigned w = 0; w < n_words; w++) {
			const struct few_word *cell = &f->cells[w * n_groups + g];
			const __m128i *masks = (const __m128i *)cell->masks;
			const __m128i *wants = (const __m128i *)cell->keys;
			__m128i word = _mm_set1_epi64x(key->words[f->words[w]]);

#pragma GCC unroll 8
			for (unsigned i = 0; i < GROUP / 2; i++)
				diffs[i] |= (word & masks[i]) ^ wants[i];
		}

#pragma GCC unroll 8
		for (unsigned i = 0; i < GROUP / 2; i++) {
			__m128i is_same = _mm_cmpeq_epi64(diffs[i], _mm_setzero_si128());

			bits |= (uint64_t)_mm_movemask_pd((__m128d)is_same) << (g * GROUP + 2 * i);
		}
	}
	return bits;
}

static CPU_INLINE CPU_TARGET_AVX2 uint64_t match_avx2(const struct few *f,
						      const struct flow_key *key, unsigned n_groups,
						      unsigned n_words)
{
	uint64_t bits = 0;

	for (unsigned g = 0; g < n_groups; g++) {
		__m256i diffs[GROUP / 4] = { 0 };

		for (unsigned w = 0; w < n_words; w++) {
			const struct few_word *cell = &f->cells[w * n_groups + g];
			const __m256i *masks = (const __m256i *)cell->masks;
			const __m256i *wants = (const __m256i *)cell->keys;
			__m256i word = _mm256_set1_epi64x(key->words[f->words[w]]);

#pragma GCC unroll 8
			for (unsigned i = 0; i < GROUP / 4; i++)
				diffs[i] |= (word & masks[i]) ^ wants[i];
		}

#pragma GCC unroll 8
		for (unsigned i = 0; i < GROUP / 4; i++) {
			__m256i is_same = _mm256_cmpeq_epi64(diffs[i], _mm256_setzero_si256());

			bits |= (uint64_t)_mm256_movemask_pd((__m256d)is_same)
				<< (g * GROUP + 4 * i);
		}
	}
	return bits;
}

#define AND_XOR 0x6a /* (a & b) ^ c */

static CPU_INLINE CPU_TARGET_AVX512 uint64_t match_avx512(const struct few *f,
							  const struct flow_key *key,
							  unsigned n_groups, unsigned n_words)
{
	__m512i diffs[MAX_GROUPS] = { 0 };
	uint64_t bits = 0;

	for (unsigned w = 0; w < n_words; w++) {
		const struct few_word *cells = &f->cells[w * n_groups];
		__m512i word = _mm512_set1_epi64(key->words[f->words[w]]);

#pragma GCC unroll 8
		for (unsigned g = 0; g < n_groups; g++)
			diffs[g] |= _mm512_ternarylogic_epi64(
				word, _mm512_load_si512(cells[g].masks),
				_mm512_load_si512(cells[g].keys), AND_XOR);
	}

#pragma GCC unroll 8
	for (unsigned g = 0; g < n_groups; g++)
		bits |= (uint64_t)_mm512_testn_epi64_mask(diffs[g], diffs[g]) << g * GROUP;
	return bits;
}

#else

static CPU_INLINE uint64_t match_base(const struct few *f, const struct flow_key *key,
				      unsigned n_groups, unsigned n_words)
{
	uint64_t bits = 0;

	for (unsigned r = 0; r < n_groups * GROUP; r++) {
		uint64_t diff = 0;

		for (unsigned w = 0; w < n_words; w++) {
			const struct few_word *cell = &f->cells[w * n_groups + r / GROUP];

			diff |= (key->words[f->words[w]] & cell->masks[r % GROUP]) ^
				cell->keys[r % GROUP];
		}
		bits |= (uint64_t)(diff == 0) << r;
	}
	return bits;
}
#define match_avx2   match_base
#define match_avx512 match_base

#endif

#define CPU_BODY base
#include "dataplane/lookup/few_body.h"
#undef CPU_BODY
#define CPU_BODY avx2
#include "dataplane/lookup/few_body.h"
#undef CPU_BODY
#define CPU_BODY avx512
#include "dataplane/lookup/few_body.h"
#undef CPU_BODY

/* One word and one rule: the commonest table of a port pair. */
static void few_find_one(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
			 const void **out)
{
	const struct few *f = container_of(l, struct few, base);
	uint64_t mask = f->cells->masks[0], want = f->cells->keys[0];
	const void *value = f->values[0];
	unsigned word = f->words[0];

	if ((bitmap & (bitmap + 1)) == 0) {
		unsigned n = __builtin_popcountll(bitmap);

		for (unsigned i = 0; i < n; i++)
			out[i] = (keys[i].words[word] & mask) == want ? value : NULL;
		return;
	}
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		out[i] = (keys[i].words[word] & mask) == want ? value : NULL;
	}
}

/* --- building --- */

typedef void find_fn(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		     const void **out);

static find_fn *choose_find(const struct few *f)
{
	static find_fn *const finds[MAX_GROUPS][CPU_N_LEVELS] = {
		CPU_BODIES_OF(find_1), CPU_BODIES_OF(find_2), CPU_BODIES_OF(find_3),
		CPU_BODIES_OF(find_4), CPU_BODIES_OF(find_5), CPU_BODIES_OF(find_6),
		CPU_BODIES_OF(find_7), CPU_BODIES_OF(find_8),
	};
	static find_fn *const ones[][CPU_N_LEVELS] = { CPU_BODIES_OF(find_1_1),
						       CPU_BODIES_OF(find_1_2),
						       CPU_BODIES_OF(find_1_3),
						       CPU_BODIES_OF(find_1_4) };

	if (f->n_words == 1 && f->n_rules == 1)
		return few_find_one;
	if (f->n_groups == 1 && f->n_words && f->n_words <= ARRAY_LENGTH(ones))
		return ones[f->n_words - 1][cpu_level()];
	return finds[f->n_groups - 1][cpu_level()];
}

static unsigned used_words(const struct lookup_rule *rules, unsigned n_rules, uint8_t *words)
{
	bool is_used[KEY_WORDS] = { false };
	unsigned n = 0;

	for (unsigned r = 0; r < n_rules; r++)
		for (unsigned i = 0; i < rules[r].mask->n_words; i++)
			is_used[rules[r].mask->places[i]] = true;
	for (unsigned w = 0; w < KEY_WORDS; w++)
		if (is_used[w])
			words[n++] = w;
	return n;
}

/* The groups' cells; those of no rule match nothing. */
static void fill_cells(struct few *f, const struct lookup_rule *rules, unsigned n_rules)
{
	for (unsigned r = 0; r < f->n_groups * GROUP; r++) {
		for (unsigned w = 0; w < f->n_words; w++) {
			struct few_word *cell = &f->cells[w * f->n_groups + r / GROUP];
			uint64_t *mask = &cell->masks[r % GROUP], *key = &cell->keys[r % GROUP];

			*mask = 0;
			*key = r >= n_rules;
			if (r >= n_rules)
				continue;
			*mask = mask_at(rules[r].mask, f->words[w]);
			*key = mask_value_at(rules[r].mask, rules[r].words, f->words[w]);
		}
	}
}

static struct lookup *few_build(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed)
{
	struct few *f = xcalloc(1, sizeof(*f));
	size_t size;

	(void)seed;
	f->n_groups = (n_rules + GROUP - 1) / GROUP;
	f->n_words = used_words(rules, n_rules, f->words);
	size = f->n_groups * f->n_words * sizeof(struct few_word);
	f->cells = xmalloc_lines(size);
	fill_cells(f, rules, n_rules);
	f->n_rules = n_rules;
	for (unsigned r = 0; r < n_rules; r++) {
		f->rules[r] = rules[r];
		f->values[r] = rules[r].value;
	}
	f->base.find = choose_find(f);
	f->base.bytes = sizeof(*f) + size;
	f->base.max_lines = size / 64 + 1;
	return &f->base;
}

/* The place of the first that is not of a smaller rank. */
static unsigned place_of(const struct lookup_rule *rules, unsigned n, uint64_t rank)
{
	unsigned at = 0;

	while (at < n && rules[at].rank < rank)
		at++;
	return at;
}

/* False if it is not there, or there is no room for it. */
static bool change(struct lookup_rule *rules, unsigned *n, const struct lookup_change *c)
{
	unsigned at = place_of(rules, *n, c->rule.rank);

	if (c->is_removal) {
		if (at == *n || rules[at].rank != c->rule.rank)
			return false;
		memmove(&rules[at], &rules[at + 1], (--*n - at) * sizeof(rules[0]));
		return true;
	}
	if (*n == MAX_RULES)
		return false;
	memmove(&rules[at + 1], &rules[at], ((*n)++ - at) * sizeof(rules[0]));
	rules[at] = c->rule;
	return true;
}

static struct lookup *few_update(const struct lookup *old, const struct lookup_change *changes,
				 unsigned n)
{
	struct few *from = container_of((struct lookup *)old, struct few, base);
	struct lookup_rule rules[MAX_RULES];
	unsigned n_rules = from->n_rules;
	struct lookup_shape shape;
	struct lookup base = *old;
	struct lookup *l;

	if (from->is_outdated)
		return NULL;
	memcpy(rules, from->rules, n_rules * sizeof(rules[0]));
	for (unsigned i = 0; i < n; i++)
		if (!change(rules, &n_rules, &changes[i]))
			return NULL;
	if (!n_rules)
		return NULL;
	from->is_outdated = true;
	l = few_build(rules, n_rules, 0);
	lookup_shape_of(rules, n_rules, &shape);
	shape.n_rules = old->shape.n_rules;
	base.find = l->find;
	base.bytes = l->bytes;
	base.max_lines = l->max_lines;
	base.shape = shape;
	*l = base;
	return l;
}

static void few_destroy(struct lookup *l)
{
	struct few *f = container_of(l, struct few, base);

	free(f->cells);
	free(f);
}

static const struct lookup_class lookup_few = {
	.name = "few",
	.cost = few_cost,
	.build = few_build,
	.update = few_update,
	.destroy = few_destroy,
};
REGISTRY_ADD(lookup_class, lookup_few);
