#ifndef DATAPLANE_TABLE_TLV_TABLE_H
#define DATAPLANE_TABLE_TLV_TABLE_H

/* Which options of a tunnel header the fields tun_metadata0 to tun_metadata63 stand for, and where
 * in the flow key they are (Open vSwitch's ovs-fields manual, NXT_TLV_TABLE_MOD).  The key has room
 * for KEY_TUN_METADATA bytes, an option for 16.
 *
 * Control thread; an option that flows look at or write stays where it is. */

#include "proto/openflow/tlv_table.h"
#include "dataplane/table/tables.h"

struct key_options;
struct tlv_table;

struct tlv_table *tlv_table_create(void);
void tlv_table_destroy(struct tlv_table *table);

/* What this thread does with fields is for T from now on (key_options_use()).  What takes matches
 * or actions for tables does so itself. */
void tables_use(const struct tables *t);
const struct key_options *tables_options(const struct tables *t);
bool tables_has_options(const struct tables *t); /* any */
/* All of MOD or nothing: -1 with ERR (NXTTMFC_*). */
int tables_tlv_mod(struct tables *t, const struct of_tlv_table *mod, struct of_error *err);
/* For a reply; the maps, in order of index, are in A. */
void tables_tlv_describe(const struct tables *t, struct arena *a, struct of_tlv_table *out);

#endif
