#ifndef DATAPLANE_OFAGENT_TABLE_FEATURES_H
#define DATAPLANE_OFAGENT_TABLE_FEATURES_H

/* Table features (OF 1.3.5 section 7.3.5.5, OF 1.5.1 section 7.3.5.18), both ways: what flows of each
 * table may match and do, and what a controller has asked for.  All tables can do the same: a name, a
 * size and the first egress table are set, abilities are there for whoever asks for them, and
 * asking for more is refused. */

#include "dataplane/ofagent/datapath.h"
#include "proto/openflow/table_features_props.h"

struct table_settings;

struct table_settings *table_settings_create(void);
void table_settings_destroy(struct table_settings *s);

/* Fill in the entry of a table as a reply in VERSION tells it; its properties are in A. */
void table_features_fill(struct datapath *dp, uint8_t table_id, uint8_t version, struct arena *a,
			 struct of_table_features *out);
/* Do all that the N entries ask for, or nothing and -1 with ERR. */
int table_features_set(struct datapath *dp, const struct of_table_features *tables, unsigned n,
		       uint8_t version, struct of_error *err);

#endif
