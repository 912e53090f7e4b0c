#ifndef DATAPLANE_TABLE_BUDGET_H
#define DATAPLANE_TABLE_BUDGET_H

/* What looking up can cost a packet at most, told from the tables before they are compiled, and a
 * budget for it.
 *
 * A table costs what the cheapest class's model says of its masks, the bits in which its rules
 * differ, and their number (lookup_estimate()); above 16 the number is rounded up to a power of
 * two, so that few changes change the cost.  One without flows costs nothing.  Of the ways that a
 * packet can take:
 *
 * - the worst way by goto, from table 0 on;
 * - all tables that resubmits lead to, by goto and resubmit from there as well, once each, however
 *   often a packet may come by; what a group's bucket resubmits is not followed;
 * - the worst way through the egress tables, once.
 *
 * Their sum is compared with the budget.  What is refused depends on the tables as they are, not on
 * how they came to be so.  What is told may be too much while rules that differed in more bits have
 * gone.  Control thread. */

#include "dataplane/table/tables.h"

struct tables_way {
	unsigned cycles;
	uint64_t tables[4]; /* a bit for each that is counted */
};

static inline bool tables_way_has(const struct tables_way *way, uint8_t table_id)
{
	return way->tables[table_id / 64] >> table_id % 64 & 1;
}

struct tables_budget {
	unsigned cycles; /* a packet; 0: there is none */
	bool refuses;	 /* flows that would exceed it; otherwise they are only told of */
	uint64_t n_refused;
	struct tables_way refused; /* the worst way that there would have been, the last time */
};

/* Flows that are there stay.  0 cycles: no budget, as in the beginning. */
void tables_set_budget(struct tables *t, unsigned cycles, bool refuses);
/* Lent; as it is from now on. */
const struct tables_budget *tables_budget(const struct tables *t);
/* Lent until the tables change. */
const struct tables_way *tables_worst_way(struct tables *t);
/* What a table is counted for. */
unsigned tables_estimate(struct tables *t, uint8_t table_id);

/* Whether a budget refuses what was changed since the last commit: the worst way is above it, and
 * worse than before. */
bool tables_exceed(struct tables *t);
/* The same for the end of a transaction: -1 with ERR (OFPFMFC_TABLE_FULL), and it is counted. */
int tables_check_budget(struct tables *t, struct of_error *err);

#endif
