/* Many rules of one kind beside a few others (parts.h). */

#include "dataplane/lookup/parts.h"

#include <stdlib.h>
#include "lib/hmap.h"

#define MAX_MASKS (LPM_MAX_BITS + MAX_SMALL_PART)

/* The rules of a mask, and where its prefix would end if it is the commonest mask's with another
 * length: the last bit of the shorter one, in the key; -1: it is something else. */
struct kind {
	const struct mask *mask;
	unsigned n;
	int end;
};

struct kinds {
	unsigned n;
	struct kind all[MAX_MASKS];
};

/* False if there are too many. */
static bool count_kinds(struct kinds *k, const struct lookup_rule *rules, unsigned n)
{
	struct kind *last = NULL;

	k->n = 0;
	for (unsigned i = 0; i < n; i++) {
		const struct mask *m = rules[i].mask;

		if (!last || last->mask != m) {
			last = NULL;
			for (unsigned j = 0; j < k->n && !last; j++)
				if (mask_equal(k->all[j].mask, m))
					last = &k->all[j];
		}
		if (!last) {
			if (k->n == MAX_MASKS)
				return false;
			last = &k->all[k->n++];
			*last = (struct kind){ .mask = m };
		}
		last->n++;
	}
	return true;
}

static const struct kind *commonest(const struct kinds *k)
{
	const struct kind *best = &k->all[0];

	for (unsigned i = 1; i < k->n; i++)
		if (k->all[i].n > best->n)
			best = &k->all[i];
	return best;
}

/* The first and last bit in which A and B differ, which must be bits of one of them only. */
static bool find_difference(const struct mask *a, const struct mask *b, int *first, int *last,
			    bool *is_longer)
{
	uint64_t more = 0, less = 0;

	*first = *last = -1;
	for (unsigned w = 0; w < KEY_WORDS; w++) {
		uint64_t x = mask_at(a, w), y = mask_at(b, w);
		uint64_t bits = __builtin_bswap64(x ^ y);

		more |= y & ~x;
		less |= x & ~y;
		if (!bits)
			continue;
		if (*first < 0)
			*first = w * 64 + __builtin_clzll(bits);
		*last = w * 64 + 63 - __builtin_ctzll(bits);
	}
	*is_longer = more;
	return *first >= 0 && !(more && less);
}

/* Where the prefix of MASK, the commonest, ends, if OTHER is of another length. */
static int end_of(const struct mask *mask, const struct mask *other)
{
	int first, last;
	bool is_longer;

	if (!find_difference(mask, other, &first, &last, &is_longer))
		return -1;
	return is_longer ? first : last + 1;
}

/* The end that most rules agree in; -1: none. */
static int commonest_end(struct kinds *k, const struct mask *mask)
{
	unsigned best_n = 0;
	int best = -1;

	for (unsigned i = 0; i < k->n; i++)
		k->all[i].end = end_of(mask, k->all[i].mask);
	for (unsigned i = 0; i < k->n; i++) {
		unsigned n = 0;

		for (unsigned j = 0; j < k->n; j++)
			n += k->all[j].end == k->all[i].end ? k->all[j].n : 0;
		if (k->all[i].end >= 0 && n > best_n) {
			best_n = n;
			best = k->all[i].end;
		}
	}
	return best;
}

static bool is_of_end(const struct kinds *k, const struct mask *mask, const struct mask *m, int end)
{
	if (m == mask)
		return true;
	for (unsigned i = 0; i < k->n; i++)
		if (mask_equal(k->all[i].mask, m))
			return k->all[i].end == end || mask_equal(mask, m);
	return false;
}

/* The run of prefixes that end there; false if there is none, or too many rules are not of it. */
static bool find_place(const struct kinds *k, const struct lookup_rule *rules, unsigned n, int end,
		       struct lookup_parts *out)
{
	struct lookup_rule *big;
	const struct mask *last = NULL;
	unsigned n_big = 0, n_other = n;
	bool is_found, is_big = false;

	for (unsigned i = 0; i < k->n; i++)
		if (k->all[i].end == end || k->all[i].mask == out->mask)
			n_other -= k->all[i].n;
	if (end < 0 || n_other > MAX_SMALL_PART)
		return false;
	big = xmalloc(n * sizeof(*big));
	for (unsigned i = 0; i < n; i++) {
		if (rules[i].mask != last)
			is_big = is_of_end(k, out->mask, rules[i].mask, end);
		last = rules[i].mask;
		if (is_big)
			big[n_big++] = rules[i];
	}
	is_found = lpm_place_of(big, n_big, &out->place);
	free(big);
	if (!is_found)
		out->place = (struct lpm_place){ 0 };
	return is_found;
}

bool lookup_parts_is_big(const struct lookup_parts *p, const struct lookup_rule *r)
{
	struct lpm_bits bits;
	uint8_t n_bits;

	if (p->place.n_bits)
		return lpm_prefix_of(&p->place, r, &bits, &n_bits);
	return r->mask == p->mask || mask_equal(r->mask, p->mask);
}

static bool divide(const struct lookup_rule *rules, unsigned n, struct lookup_parts *p)
{
	struct lookup_rule small[MAX_SMALL_PART];

	p->rules = xmalloc(n * sizeof(*p->rules));
	for (unsigned i = 0; i < n; i++) {
		if (lookup_parts_is_big(p, &rules[i])) {
			p->rules[p->n_big++] = rules[i];
		} else if (p->n_small < MAX_SMALL_PART) {
			small[p->n_small++] = rules[i];
		} else {
			return false;
		}
	}
	memcpy(p->rules + p->n_big, small, p->n_small * sizeof(small[0]));
	return p->n_small && p->n_big > p->n_small;
}

/* Whether all of one part come before all of the other. */
static bool is_in_order(const struct lookup_parts *p)
{
	const struct lookup_rule *small = p->rules + p->n_big;

	return p->rules[p->n_big - 1].rank < small[0].rank ||
	       small[p->n_small - 1].rank < p->rules[0].rank;
}

bool lookup_parts_of(const struct lookup_rule *rules, unsigned n, struct lookup_parts *out)
{
	const struct kind *big;
	struct kinds k;

	*out = (struct lookup_parts){ 0 };
	if (n <= MAX_SMALL_PART || !count_kinds(&k, rules, n))
		return false;
	big = commonest(&k);
	out->mask = big->mask;
	if (!find_place(&k, rules, n, commonest_end(&k, big->mask), out) &&
	    n - big->n > MAX_SMALL_PART)
		return false;
	if (divide(rules, n, out) && (rules[0].row_offset || is_in_order(out)))
		return true;
	lookup_parts_fini(out);
	return false;
}

void lookup_parts_fini(struct lookup_parts *p)
{
	free(p->rules);
	*p = (struct lookup_parts){ 0 };
}
