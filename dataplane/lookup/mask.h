#ifndef DATAPLANE_LOOKUP_MASK_H
#define DATAPLANE_LOOKUP_MASK_H

/* Which bits of the flow key rules look at: only the words that have any.  Rules are many and masks
 * are few, so a rule has a pointer to its mask and, of the key, the values of just those words, in
 * the mask's order. */

#include "dataplane/packet/key.h"

struct mask {
	uint64_t hash; /* 0 for the mask that matches everything, and only for that */
	uint8_t n_words;
	uint8_t places[KEY_WORDS]; /* of the words in the key, ascending */
	uint64_t words[KEY_WORDS]; /* n_words of them, none 0 */
};

void mask_init(struct mask *m, const struct flow_key *key_mask);
bool mask_equal(const struct mask *a, const struct mask *b);
/* The bits of KEY that M looks at, as n_words words. */
void mask_extract(const struct mask *m, const struct flow_key *key, uint64_t *words);

static inline bool mask_matches(const struct mask *m, const uint64_t *words,
				const struct flow_key *key)
{
	uint64_t diff = 0;

	for (unsigned i = 0; i < m->n_words; i++)
		diff |= (key->words[m->places[i]] & m->words[i]) ^ words[i];
	return diff == 0;
}

/* The mask of one word of the key, and the value that a rule wants there. */
uint64_t mask_at(const struct mask *m, unsigned word);
uint64_t mask_value_at(const struct mask *m, const uint64_t *words, unsigned word);

#endif
