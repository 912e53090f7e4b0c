#ifndef DATAPLANE_TABLE_LEARNED_H
#define DATAPLANE_TABLE_LEARNED_H

/* What learn actions need to know of the tables, and what packets may change of a flow: its
 * timeouts.  Control thread. */

#include "dataplane/table/tables.h"

/* Whether R says conjunction(...) and so is no flow of its own. */
bool rule_is_clause(const struct rule *r);

/* The number of flows of a table and cookie. */
uint32_t learned_number(struct tables *t, uint8_t table_id, uint64_t cookie);
bool tables_has_flow(struct tables *t, uint8_t table_id, const struct of_match *match,
		     uint16_t priority);
/* Whether there is that very flow, with this cookie, doing that. */
bool tables_has_learned(struct tables *t, const struct of_flow_mod *fm);
/* The flow of R, if it still is, times out after IDLE and HARD seconds if that is sooner than now; 0:
 * stays.  Returns whether something changed. */
bool tables_shorten(struct tables *t, const struct rule *r, uint16_t idle, uint16_t hard);
/* A number that grows whenever a flow of the table goes or changes. */
uint64_t tables_removals(const struct tables *t, uint8_t table_id);

#endif
