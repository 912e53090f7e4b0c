#ifndef DATAPLANE_ACTION_ACTION_LEARN_H
#define DATAPLANE_ACTION_ACTION_LEARN_H

/* A learn action, compiled: what a worker needs to tell whether a packet teaches anything new, and
 * what the control thread needs to make the flow (dataplane/learn). */

#include "proto/openflow/action_learn.h"
#include "dataplane/action/program.h"
#include "lib/mix.h"

/* How many flows there are of one table and cookie; the control thread counts. */
struct learn_count;

struct action_learn {
	const struct of_action_learn *act; /* a copy */
	uint64_t serial;		   /* no other has it, nor had it */
	/* The words of a key that the flow to be learned depends on. */
	uint8_t n_words;
	uint8_t words[KEY_WORDS];
	uint64_t masks[KEY_WORDS]; /* [n_words] */
	struct learn_count *count; /* NULL: there is no limit */
	void (*unref)(struct learn_count *count);
	const uint32_t *n_learned; /* atomic; NULL: there is no limit */
};

/* A hash of all that the flow to be learned from KEY depends on, besides the action. */
static inline uint64_t action_learn_hash(const struct action_learn *learn,
					 const struct flow_key *key, uint64_t seed)
{
	uint64_t h = seed ^ learn->serial * 0xbf58476d1ce4e5b9ull, secret = mix_secret(seed);

	for (unsigned i = 0; i < learn->n_words; i++)
		h = mix_word(h, key->words[learn->words[i]] & learn->masks[i], secret);
	return h;
}

/* The flow that a packet of KEY teaches, as a match by key. */
void action_learn_match(const struct of_action_learn *learn, const struct flow_key *key,
			struct key_mask *out);
/* The value of SPEC for a packet of KEY, right-aligned in OF_FIELD_MAX_BYTES. */
void action_learn_value(const struct of_learn_spec *spec, const struct flow_key *key,
			uint8_t *value);

#endif
