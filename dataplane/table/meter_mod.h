#ifndef DATAPLANE_TABLE_METER_MOD_H
#define DATAPLANE_TABLE_METER_MOD_H

/* Meter-mods (OF 1.3.5 section 6.6).  Control thread. */

#include "dataplane/meter/meter.h"
#include "dataplane/table/tables.h"

struct meters *tables_meters(struct tables *t);

/* All or nothing, and part of the transaction if one is open.  Deleting a meter deletes the flows
 * that name it (OFPRR_METER_DELETE); a modified meter keeps its age and its count of packets and
 * starts with full buckets and its bands' counts at zero.
 * 0, or -1 with the OFPT_ERROR to send. */
int tables_meter_mod(struct tables *t, const struct of_meter_config *mod, uint64_t now_ns,
		     struct of_error *err);

#endif
