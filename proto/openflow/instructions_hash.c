/* A hash of instructions, for finding equal ones.  Their words are gathered and hashed at once,
 * which costs less than hashing each action. */

#include "lib/hmap.h"
#include "proto/openflow/action.h"

#define N_WORDS 64 /* more of them are hashed to one on the way */

struct gatherer {
	uint64_t words[N_WORDS];
	unsigned n;
};

static void add_word(struct gatherer *g, uint64_t word)
{
	if (g->n == N_WORDS) {
		g->words[0] = hash_bytes(g->words, sizeof(g->words));
		g->n = 1;
	}
	g->words[g->n++] = word;
}

static void add_bytes(struct gatherer *g, const uint8_t *bytes, size_t size)
{
	for (; size > 0;) {
		size_t n = MIN_OF(size, sizeof(uint64_t));
		uint64_t word = 0;

		memcpy(&word, bytes, n);
		add_word(g, word);
		bytes += n;
		size -= n;
	}
}

/* Constructors give structs whose padding is zero, so their bytes can be hashed; where actions
 * are within, the struct has their address, and only they are. */
static void add_actions(struct gatherer *g, const struct of_actions *acts)
{
	add_word(g, acts->n);
	for (unsigned i = 0; i < acts->n; i++) {
		const struct of_action *act = acts->list[i];

		add_word(g, (uintptr_t)act->class);
		if (act->class->nested)
			add_actions(g, act->class->nested(act));
		else
			add_bytes(g, (const uint8_t *)(act + 1),
				  of_action_size(act) - sizeof(*act));
	}
}

uint64_t of_instructions_hash(const struct of_instructions *ins)
{
	struct gatherer g;

	g.n = 0;
	add_word(&g, (uint64_t)ins->has_goto | ins->has_metadata << 1 | ins->has_clear << 2 |
			     ins->has_apply << 3 | ins->has_write << 4 | ins->has_meter << 5 |
			     (ins->has_goto ? ins->goto_table : 0) << 8 |
			     (ins->has_meter ? (uint64_t)ins->meter_id << 32 : 0));
	if (ins->has_metadata) {
		add_word(&g, ins->metadata);
		add_word(&g, ins->metadata_mask);
	}
	if (ins->has_apply)
		add_actions(&g, &ins->apply);
	if (ins->has_write)
		add_actions(&g, &ins->write);
	return hash_bytes(g.words, g.n * sizeof(g.words[0]));
}
