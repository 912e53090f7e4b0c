#ifndef TESTS_BENCH_TOOL_SEQUENCE_H
#define TESTS_BENCH_TOOL_SEQUENCE_H

/* Which of a stream's packets have come: each once, again, or after a later one (reordered, as RFC
 * 4737 section 3 has it).  It remembers the last SEQUENCE_WINDOW numbers; one that is older
 * counts as reordered and is taken for new. */

#include "lib/util.h"

enum { SEQUENCE_WINDOW = 1 << 16 };

struct sequence {
	uint64_t next; /* highest number seen, plus one */
	uint64_t n_unique, n_reordered, n_duplicated;
	uint64_t seen[SEQUENCE_WINDOW / 64]; /* of the numbers from next - SEQUENCE_WINDOW on */
};

static inline void sequence_init(struct sequence *s)
{
	memset(s, 0, sizeof(*s));
}

/* NUMBER lies ahead of s->next: what lies between has not come. */
void sequence_skip(struct sequence *s, uint64_t number);

static inline void sequence_add(struct sequence *s, uint64_t number)
{
	uint64_t *word = &s->seen[number % SEQUENCE_WINDOW / 64], bit = 1ull << number % 64;

	if (number >= s->next) {
		if (number > s->next)
			sequence_skip(s, number);
		s->next = number + 1;
		s->n_unique++;
		*word |= bit;
		return;
	}
	if (number + SEQUENCE_WINDOW >= s->next) {
		if (*word & bit) {
			s->n_duplicated++;
			return;
		}
		*word |= bit;
	}
	s->n_unique++;
	s->n_reordered++;
}

#endif
