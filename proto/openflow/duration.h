#ifndef PROTO_OPENFLOW_DURATION_H
#define PROTO_OPENFLOW_DURATION_H

/* Durations as ovs-ofctl writes them: "5", "5.250", "5.000000123", without the unit. */

#include "lib/buf.h"

void of_duration_print(uint32_t sec, uint32_t nsec, struct buf *out);

#endif
