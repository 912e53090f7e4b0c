#ifndef PROTO_OPENFLOW_ACTION_BITS_H
#define PROTO_OPENFLOW_ACTION_BITS_H

/* Sets of action types, a bit per OFPAT_*: in the features of groups, and of tables. */

#include "lib/buf.h"

/* "output group set_field", in ovs-ofctl's words and order; "<none>" if none. */
void of_action_bits_print(uint32_t bits, struct buf *out);

#endif
