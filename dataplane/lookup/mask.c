/* Masks of rules (mask.h). */

#include "dataplane/lookup/mask.h"

#include "lib/hmap.h"

void mask_init(struct mask *m, const struct flow_key *key_mask)
{
	*m = (struct mask){ 0 };
	for (unsigned w = 0; w < KEY_WORDS; w++) {
		if (!key_mask->words[w])
			continue;
		m->places[m->n_words] = w;
		m->words[m->n_words++] = key_mask->words[w];
	}
	if (m->n_words)
		m->hash = hash_bytes(key_mask, sizeof(*key_mask)) | 1;
}

bool mask_equal(const struct mask *a, const struct mask *b)
{
	return a == b || (a->hash == b->hash && a->n_words == b->n_words &&
			  !memcmp(a->places, b->places, a->n_words) &&
			  !memcmp(a->words, b->words, a->n_words * sizeof(a->words[0])));
}

void mask_extract(const struct mask *m, const struct flow_key *key, uint64_t *words)
{
	for (unsigned i = 0; i < m->n_words; i++)
		words[i] = key->words[m->places[i]] & m->words[i];
}

/* The index of the key's word, -1 if it is not looked at. */
static int find(const struct mask *m, unsigned word)
{
	for (unsigned i = 0; i < m->n_words && m->places[i] <= word; i++)
		if (m->places[i] == word)
			return i;
	return -1;
}

uint64_t mask_at(const struct mask *m, unsigned word)
{
	int i = find(m, word);

	return i < 0 ? 0 : m->words[i];
}

uint64_t mask_value_at(const struct mask *m, const uint64_t *words, unsigned word)
{
	int i = find(m, word);

	return i < 0 ? 0 : words[i];
}
