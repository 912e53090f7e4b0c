#ifndef DATAPLANE_TABLE_EGRESS_H
#define DATAPLANE_TABLE_EGRESS_H

/* Which tables are egress tables (OF 1.5.1 section 5.1).  Control thread. */

#include "dataplane/table/tables.h"

/* The tables from FIRST on are egress tables; 0: none are, as in the beginning.  -1 with ERR
 * (OFPET_TABLE_FEATURES_FAILED) and nothing changed while there are flows that would be on the
 * wrong side: in a table that changes, or going to one. */
int tables_set_first_egress(struct tables *t, uint8_t first, struct of_error *err);
uint8_t tables_first_egress(const struct tables *t);
/* Whether a flow of the table may go to TO: not from ingress to egress (for resubmit, too). */
bool tables_may_go(const struct tables *t, uint8_t table_id, uint8_t to);

#endif
