#ifndef DATAPLANE_TABLE_TABLE_CONFIG_H
#define DATAPLANE_TABLE_TABLE_CONFIG_H

/* What a table does besides holding flows: how many it may have, whether it makes room by itself
 * when it is full (eviction), and whether controllers are warned before (vacancy events): OF 1.4.1
 * sections 6.4 and 7.3.4.3.  Control thread. */

#include "dataplane/table/tables.h"
#include "proto/openflow/table_msg.h"

/* A table-mod; table_id OF_TABLE_ALL: every table.  0, or -1 with ERR and nothing changed. */
int tables_table_mod(struct tables *t, const struct of_table_desc *mod, struct of_error *err);
/* How the table is now, for table-desc replies and table-status messages. */
void tables_table_desc(const struct tables *t, uint8_t table_id, struct of_table_desc *out);

/* At most MAX flows; those that are there stay. */
void tables_set_max_flows(struct tables *t, uint8_t table_id, unsigned max);
unsigned tables_max_flows(const struct tables *t, uint8_t table_id);

/* The table's free room went below or above its threshold: enum of_table_status_reason.  After the
 * transaction.  CB NULL: nobody listens. */
typedef void (*tables_vacancy_cb)(void *ctx, uint8_t table_id, uint8_t reason);
void tables_on_vacancy(struct tables *t, tables_vacancy_cb cb, void *ctx);

#endif
