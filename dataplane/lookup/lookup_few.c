/* few: a handful of rules compared directly, only the key words that some mask uses.  For a
 * table like `in_port=1 -> output:2` that is one word. */

#include "dataplane/lookup/lookup_class.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_RULES 8

struct few_word {
	uint64_t mask, key;
};

struct few {
	struct lookup base;
	unsigned n_rules;
	unsigned n_words;
	uint8_t words[KEY_WORDS];
	const void *values[MAX_RULES];
	struct few_word cells[]; /* [n_rules][n_words] */
};

static unsigned few_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	if (shape->n_rules == 0 || shape->n_rules > MAX_RULES)
		return 0;
	snprintf(reason, size, "%u rule%s, compared directly on %u word%s", shape->n_rules,
		 shape->n_rules > 1 ? "s" : "", shape->n_words, shape->n_words == 1 ? "" : "s");
	return 2 + shape->n_rules * (1 + 2 * shape->n_words);
}

static inline __attribute__((always_inline)) const void *
few_find_one(const struct few *f, const struct flow_key *key, unsigned n_words)
{
	const struct few_word *cell = f->cells;

	for (unsigned r = 0; r < f->n_rules; r++, cell += n_words) {
		uint64_t diff = 0;

		for (unsigned w = 0; w < n_words; w++)
			diff |= (key->words[f->words[w]] & cell[w].mask) ^ cell[w].key;
		if (diff == 0)
			return f->values[r];
	}
	return NULL;
}

static inline __attribute__((always_inline)) void few_find_n(const struct lookup *l,
							     const struct flow_key *keys,
							     uint64_t bitmap, const void **out,
							     unsigned n_words)
{
	const struct few *f = container_of(l, struct few, base);

	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		out[i] = few_find_one(f, &keys[i], n_words);
	}
}

/* One word and one rule: the commonest table of a port pair. */
static void few_find_1_1(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
			 const void **out)
{
	const struct few *f = container_of(l, struct few, base);
	const struct few_word cell = f->cells[0];
	const void *value = f->values[0];
	unsigned word = f->words[0];

	if ((bitmap & (bitmap + 1)) == 0) {
		unsigned n = __builtin_popcountll(bitmap);

		for (unsigned i = 0; i < n; i++)
			out[i] = (keys[i].words[word] & cell.mask) == cell.key ? value : NULL;
		return;
	}
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		out[i] = (keys[i].words[word] & cell.mask) == cell.key ? value : NULL;
	}
}

static void few_find_1(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		       const void **out)
{
	few_find_n(l, keys, bitmap, out, 1);
}

static void few_find_2(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		       const void **out)
{
	few_find_n(l, keys, bitmap, out, 2);
}

static void few_find_any(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
			 const void **out)
{
	few_find_n(l, keys, bitmap, out, container_of(l, struct few, base)->n_words);
}

static struct lookup *few_build(const struct lookup_rule *rules, unsigned n_rules, uint64_t seed)
{
	uint8_t words[KEY_WORDS];
	unsigned n_words = 0;
	struct few *f;
	size_t size;

	(void)seed;
	for (unsigned w = 0; w < KEY_WORDS; w++) {
		uint64_t used = 0;

		for (unsigned r = 0; r < n_rules; r++)
			used |= mask_at(rules[r].mask, w);
		if (used)
			words[n_words++] = w;
	}
	size = sizeof(*f) + n_rules * n_words * sizeof(struct few_word);
	f = xcalloc(1, size);
	f->n_rules = n_rules;
	f->n_words = n_words;
	memcpy(f->words, words, n_words);
	for (unsigned r = 0; r < n_rules; r++) {
		f->values[r] = rules[r].value;
		for (unsigned w = 0; w < n_words; w++) {
			struct few_word *cell = &f->cells[r * n_words + w];

			cell->mask = mask_at(rules[r].mask, words[w]);
			cell->key = mask_value_at(rules[r].mask, rules[r].words, words[w]);
		}
	}
	f->base.find = n_words == 1 && n_rules == 1 ? few_find_1_1
		       : n_words == 1		    ? few_find_1
		       : n_words == 2		    ? few_find_2
						    : few_find_any;
	f->base.bytes = size;
	f->base.max_lines = (size + 63) / 64;
	return &f->base;
}

static void few_destroy(struct lookup *l)
{
	free(container_of(l, struct few, base));
}

static const struct lookup_class lookup_few = {
	.name = "few",
	.cost = few_cost,
	.build = few_build,
	.destroy = few_destroy,
};
REGISTRY_ADD(lookup_class, lookup_few);
