#ifndef DATAPLANE_CONJUNCTION_CONJUNCTION_H
#define DATAPLANE_CONJUNCTION_CONJUNCTION_H

/* Conjunctive matches (Open vSwitch's ovs-actions manual, "conjunction"): the rules of a table
 * that are clauses, not flows of their own.  A packet that matches at least one clause of each
 * dimension of a conjunction, all of one priority, is looked up again with the conjunction's id in
 * its field conj_id.
 *
 * The clauses lie beside the table's look-up, by priority and mask, as they were given: no cross
 * product is ever made, so M x N clauses need the memory of M + N rules.  One packet costs one
 * probe for each mask of a priority, and one step for each conjunction that a clause it matches is
 * in.
 *
 * Built once and then only read, by any number of threads.  A table whose clauses changed builds
 * all of them anew, once for all changes that are published together: 0.5 ms for each 1,000
 * (bench-pipeline, 10,000 clauses: 4.6 ms). */

#include "dataplane/packet/key.h"

#define CONJUNCTION_MAX_CLAUSES 64

struct conjunction_clause {
	uint32_t id;
	uint8_t clause;	   /* from 0 */
	uint8_t n_clauses; /* 2..64 */
};

struct conjunction_rule {
	const struct key_mask *match;
	uint16_t priority;
	unsigned n;
	const struct conjunction_clause *clauses;
};

struct conjunctions;

/* Control thread.  RULES, in any order, are lent for the call. */
struct conjunctions *conjunctions_create(const struct conjunction_rule *rules, unsigned n,
					 uint64_t seed);
void conjunctions_destroy(struct conjunctions *c); /* NULL is allowed */
size_t conjunctions_bytes(const struct conjunctions *c);
/* Cache lines that one packet can touch at most, for each clause that it matches. */
unsigned conjunctions_max_lines(const struct conjunctions *c);

/* What one thread needs for finding; ROOM is conjunctions_room() at least. */
struct conjunction_scratch {
	struct conjunction_tally *tallies;
	uint32_t *ids;
	unsigned room;
	uint32_t stamp;
} __attribute__((aligned(64)));

unsigned conjunctions_room(const struct conjunctions *c);
void conjunction_scratch_init(struct conjunction_scratch *s, unsigned room);
void conjunction_scratch_fini(struct conjunction_scratch *s);

/* The conjunctions that KEY satisfies of the highest priority below BELOW and above FLOOR that has
 * any: their number, with IDS (valid until the next call) and PRIORITY; or 0.  Begin with BELOW
 * 65536; FLOOR -1 is below all. */
unsigned conjunctions_find(const struct conjunctions *c, struct conjunction_scratch *s,
			   const struct flow_key *key, int below, int floor, int *priority,
			   const uint32_t **ids);

#endif
