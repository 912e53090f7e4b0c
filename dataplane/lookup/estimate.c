/* What a look-up will cost, told before it is built. */

#include "dataplane/lookup/lookup_class.h"

#include <stdlib.h>

/* Two rules of each mask stand for all: one, and one that differs from it where any does. */
struct stand_in {
	struct lookup_rule *rules;
	uint64_t (*words)[KEY_WORDS];
	unsigned n;
};

static void add(struct stand_in *s, const struct mask *mask, const uint64_t *words)
{
	s->rules[s->n] = (struct lookup_rule){ mask, words, mask, s->n };
	s->n++;
}

static void add_population(struct stand_in *s, const struct lookup_population *p)
{
	uint64_t *other = s->words[s->n], differs = 0;

	add(s, p->mask, p->words);
	for (unsigned i = 0; i < p->mask->n_words; i++) {
		other[i] = p->words[i] ^ p->varying[i];
		differs |= p->varying[i];
	}
	if (differs)
		add(s, p->mask, other);
}

unsigned lookup_estimate(const struct lookup_population *populations, unsigned n, unsigned n_rules)
{
	struct stand_in s = {
		.rules = xcalloc(2 * n, sizeof(*s.rules)),
		.words = xcalloc(2 * n, sizeof(*s.words)),
	};
	const struct mask *catch_all = NULL;
	struct lookup_shape shape;
	char reason[96];

	for (unsigned i = 0; i < n; i++) {
		if (populations[i].mask->n_words)
			add_population(&s, &populations[i]);
		else
			catch_all = populations[i].mask;
	}
	if (catch_all)
		add(&s, catch_all, NULL);
	lookup_shape_of(s.rules, s.n, &shape);
	shape.n_rules = n_rules;
	free(s.rules);
	free(s.words);
	return lookup_choose(&shape, reason, sizeof(reason))->cost(&shape, reason, sizeof(reason));
}
