#ifndef DATAPLANE_PIPELINE_LINKS_H
#define DATAPLANE_PIPELINE_LINKS_H

/* Links: what is known beforehand of the next look-up of a rule's packets.
 *
 * A rule that goes on to a table has told much about its packets: the bits that it matches exactly
 * and those that it writes, often a register that all rules of the next table ask for.  Of these,
 * then, all but a few contradict it.  If one is left that cannot fail, it is found already; if a
 *few are, they are compared, and the table's look-up is not asked.
 *
 *	table 5: metadata=7, dl_dst=M  ->  load 42 to reg1, goto 6
 *	table 6: reg1=42, tcp, tp_dst=22          one of these three, compared at once,
 *	         reg1=42, udp, tp_dst=1042        whatever else table 6 has
 *	         reg1=42, ip, nw_src=10.7/16
 *
 * A set of links belongs to a moment of the tables.  A rule has the number of its link in the set
 * that was made last, with the set's serial; a snapshot knows for each table the serial of the set
 * whose links into it are true.  Where the two differ, as when the table has changed since, the
 * look-up is made: links are never needed, and making them anew can wait until changes rest. */

#include "dataplane/packet/key.h"
#include "dataplane/table/tables.h"

struct pipeline;
struct rule;

#define LINK_MAX_RULES 4 /* that are compared */
#define LINK_MAX_WORDS 4 /* of the key, that they look at beyond what is known */

/* What the rules want of one word, side by side; those that are not there want what cannot be. */
struct link_test {
	uint64_t masks[LINK_MAX_RULES], values[LINK_MAX_RULES];
};

/* The rules that are left, by rank. */
struct link_choice {
	const struct rule *rules[LINK_MAX_RULES];
	uint8_t n_words; /* of the key, at least 1 */
	uint8_t words[LINK_MAX_WORDS];
	struct link_test tests[] __attribute__((aligned(64))); /* [n_words] */
};

/* Where a link leads: a rule, a choice (plus 1), or, if 0, nothing matches. */
typedef uintptr_t link_target;

struct links {
	unsigned n_refs;
	uint32_t serial;		/* not 0 */
	uint64_t generations[TABLES_N]; /* of the tables that are linked to */
	bool is_linked[TABLES_N];
	unsigned n_into[TABLES_N]; /* rules whose link leads there */
	unsigned n_targets, room;
	link_target *targets;
	struct link_choice **choices; /* owned, n_choices */
	unsigned n_choices, choices_room;
};

/* --- control thread --- */

/* For the tables of P, which are TABLES as they are; sets the links of their rules. */
struct links *links_create(struct tables *tables, const struct pipeline *p);
void links_unref(struct links *l); /* NULL is allowed */

/* --- any thread --- */

static inline bool link_is_choice(link_target target)
{
	return target & 1;
}

static inline const struct link_choice *link_choice_of(link_target target)
{
	return (const struct link_choice *)(target - 1);
}

/* The rule that a packet with KEY matches, or NULL.  Plain loops, of which the compiler makes
 * vectors where the caller is compiled for them. */
static inline __attribute__((always_inline)) const struct rule *
link_choose(const struct link_choice *c, const struct flow_key *key)
{
	uint64_t diffs[LINK_MAX_RULES] = { 0 };
	unsigned hits = 0;

	for (unsigned w = 0; w < c->n_words; w++) {
		const struct link_test *test = &c->tests[w];
		uint64_t word = key->words[c->words[w]];

		for (unsigned k = 0; k < LINK_MAX_RULES; k++)
			diffs[k] |= (word & test->masks[k]) ^ test->values[k];
	}
	for (unsigned k = 0; k < LINK_MAX_RULES; k++)
		hits |= (unsigned)(diffs[k] == 0) << k;
	return hits ? c->rules[__builtin_ctz(hits)] : NULL;
}

#endif
