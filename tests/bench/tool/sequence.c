#include "tests/bench/tool/sequence.h"

void sequence_skip(struct sequence *s, uint64_t number)
{
	if (number - s->next >= SEQUENCE_WINDOW) {
		memset(s->seen, 0, sizeof(s->seen));
		return;
	}
	for (uint64_t i = s->next; i < number; i++)
		s->seen[i % SEQUENCE_WINDOW / 64] &= ~(1ull << i % 64);
}
