#ifndef DATAPLANE_TABLE_PLAIN_H
#define DATAPLANE_TABLE_PLAIN_H

/* Plain effects: those that write some words of the key and then go on to a table, send the packet
 * to one port, or drop it.  Most rules of most pipelines are such, and a rule of that kind is
 * carried out from the rule's own cache line, without its programs. */

#include "dataplane/action/action_learn.h"
#include "dataplane/action/program.h"

#define PLAIN_MAX_WORDS 2 /* words of the key that are written */

struct plain_effect {
	uint64_t values[PLAIN_MAX_WORDS], masks[PLAIN_MAX_WORDS]; /* as in the key */
	uint8_t words[PLAIN_MAX_WORDS];				  /* of the key */
	uint8_t n_words;
	uint32_t port; /* 0: none */
};

/* Whether what APPLY (NULL: nothing) and the rest of INS do is plain; if so OUT is filled. */
bool plain_effect_of(const struct of_instructions *ins, const struct action_program *apply,
		     struct plain_effect *out);

/* Whether all that INS do is to go on, and on the way ask things of the tables that leave packet
 * and key as they are: learn and fin_timeout in APPLY.  Packets stay plain under such rules. */
bool is_aside_effect(const struct of_instructions *ins, const struct action_program *apply);
/* Whether all that INS do, in table TABLE_ID, is to write registers and then to track the
 * connection and go on to a higher table: APPLY's last op says how.  Packets stay plain under such
 * rules. */
bool is_tracking_effect(const struct of_instructions *ins, const struct action_program *apply,
			uint8_t table_id);

#endif
