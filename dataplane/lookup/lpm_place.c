/* Where in the key the rules of a table differ (lpm_priv.h). */

#include "dataplane/lookup/lpm_priv.h"

/* Over all rules: bits that some mask has, that all masks have, and that some rule wants to be 1 or
 * 0. */
struct seen {
	uint64_t any[KEY_WORDS], all[KEY_WORDS], ones[KEY_WORDS], zeros[KEY_WORDS];
};

static void see_mask(struct seen *s, const struct mask *m)
{
	unsigned i = 0;

	for (unsigned w = 0; w < KEY_WORDS; w++) {
		uint64_t bits = i < m->n_words && m->places[i] == w ? m->words[i++] : 0;

		s->any[w] |= bits;
		s->all[w] &= bits;
	}
}

static void see_rules(struct seen *s, const struct lookup_rule *rules, unsigned n_rules)
{
	const struct mask *last = NULL;

	*s = (struct seen){ 0 };
	memset(s->all, 0xff, sizeof(s->all));
	for (unsigned i = 0; i < n_rules; i++) {
		const struct mask *m = rules[i].mask;

		if (m != last)
			see_mask(s, m);
		last = m;
		for (unsigned w = 0; w < m->n_words; w++) {
			s->ones[m->places[w]] |= rules[i].words[w];
			s->zeros[m->places[w]] |= m->words[w] & ~rules[i].words[w];
		}
	}
}

/* Bits in which the rules differ, the first of the frame the highest. */
static uint64_t different(const struct seen *s, unsigned w)
{
	return __builtin_bswap64((s->any[w] & ~s->all[w]) | (s->ones[w] & s->zeros[w]));
}

/* The word and the bits in it of the run, from the first bit that differs to the last. */
static bool find_run(const struct seen *s, struct lpm_place *out)
{
	int first = -1, last = -1;

	for (unsigned w = 0; w < KEY_WORDS; w++) {
		uint64_t bits = different(s, w);

		if (!bits)
			continue;
		if (first < 0)
			first = w * 64 + __builtin_clzll(bits);
		last = w * 64 + 63 - __builtin_ctzll(bits);
	}
	if (first < 0 || last / 64 > first / 64 + 1)
		return false;
	out->word = first / 64;
	out->shift = first % 64;
	out->n_bits = last + 1 - first;
	return true;
}

/* The run's bits in the word W of the key. */
static uint64_t run_bits(const struct lpm_place *p, unsigned w)
{
	unsigned end = p->shift + p->n_bits;
	uint64_t bits = 0;

	if (w == p->word) {
		bits = UINT64_MAX >> p->shift;
		if (end < 64)
			bits &= UINT64_MAX << (64 - end);
	} else if (w == p->word + 1u && end > 64) {
		bits = end == 128 ? UINT64_MAX : ~(UINT64_MAX >> (end - 64));
	}
	return __builtin_bswap64(bits);
}

static void find_common(const struct seen *s, struct lpm_place *out)
{
	for (unsigned w = 0; w < KEY_WORDS; w++) {
		uint64_t mask = s->all[w] & ~run_bits(out, w);

		if (mask)
			out->common[out->n_common++] = (struct lpm_common){
				.word = w, .mask = mask, .key = s->ones[w] & mask
			};
	}
}

bool lpm_place_of(const struct lookup_rule *rules, unsigned n_rules, struct lpm_place *out)
{
	struct seen s;

	*out = (struct lpm_place){ 0 };
	see_rules(&s, rules, n_rules);
	if (!find_run(&s, out))
		return false;
	find_common(&s, out);
	for (unsigned i = 0; i < n_rules; i++) {
		struct lpm_bits bits;
		uint8_t n_bits;

		if (i && rules[i].mask == rules[i - 1].mask)
			continue;
		if (!lpm_prefix_of(out, &rules[i], &bits, &n_bits))
			return false;
	}
	return true;
}

/* The run's part of HI and LO, the word and the next. */
static struct lpm_bits cut(const struct lpm_place *p, uint64_t hi, uint64_t lo)
{
	struct lpm_bits b = { __builtin_bswap64(hi), __builtin_bswap64(lo) };

	return (struct lpm_bits){ lpm_bits_at(b, p->shift), b.lo << p->shift };
}

/* How many bits from the highest on are set; false if others are set too. */
static bool prefix_length(struct lpm_bits mask, uint8_t *n)
{
	unsigned ones = ~mask.hi ? __builtin_clzll(~mask.hi) : 64;

	if (ones == 64)
		ones += ~mask.lo ? __builtin_clzll(~mask.lo) : 64;
	*n = ones;
	return lpm_bits_at(mask, ones) == 0 && (ones >= 64 || mask.lo == 0);
}

bool lpm_prefix_of(const struct lpm_place *p, const struct lookup_rule *r, struct lpm_bits *bits,
		   uint8_t *n_bits)
{
	uint64_t masks[2] = { 0 }, words[2] = { 0 };
	unsigned n_common = 0;

	for (unsigned i = 0; i < r->mask->n_words; i++) {
		unsigned w = r->mask->places[i];
		uint64_t run = run_bits(p, w), outside = r->mask->words[i] & ~run;

		if (run) {
			masks[w - p->word] = r->mask->words[i] & run;
			words[w - p->word] = r->words[i] & run;
		}
		if (!outside)
			continue;
		if (n_common == p->n_common || p->common[n_common].word != w ||
		    p->common[n_common].mask != outside ||
		    p->common[n_common].key != (r->words[i] & outside))
			return false;
		n_common++;
	}
	*bits = cut(p, words[0], words[1]);
	return n_common == p->n_common && prefix_length(cut(p, masks[0], masks[1]), n_bits);
}
