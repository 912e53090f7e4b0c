#ifndef DATAPLANE_OFAGENT_TABLE_FEATURES_H
#define DATAPLANE_OFAGENT_TABLE_FEATURES_H

/* Table features (OF 1.3.5 section 7.3.5.5): what a flow of each table may match and do.  All
 * tables are alike, and controllers cannot change them; ovs-ofctl and others ask all the same. */

#include "proto/openflow/msg.h"

struct conn;

/* M is a multipart request of type OFPMP_TABLE_FEATURES. */
int table_features_handle(struct conn *c, const struct of_msg *m, struct of_error *err);
/* Append the entry of one table. */
void table_features_encode(uint8_t table_id, struct buf *out);

#endif
