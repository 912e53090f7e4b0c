#ifndef PROTO_OPENFLOW_OXS_H
#define PROTO_OPENFLOW_OXS_H

/* Statistics of flows as OpenFlow 1.5 writes them, ofp_stats with OXS TLVs (OF 1.5.1 section
 * 7.2.4). */

#include "lib/buf.h"
#include "lib/cursor.h"
#include "proto/openflow/error.h"

/* What a sender may leave out; bits of of_oxs.has. */
enum of_oxs_field {
	OF_OXS_DURATION = 1 << 0,
	OF_OXS_IDLE_TIME = 1 << 1,
	OF_OXS_FLOW_COUNT = 1 << 3,
	OF_OXS_PACKET_COUNT = 1 << 4,
	OF_OXS_BYTE_COUNT = 1 << 5,
};

struct of_oxs {
	uint32_t has; /* enum of_oxs_field */
	uint32_t duration_sec, duration_nsec;
	uint64_t idle_ns;
	uint32_t n_flows;
	uint64_t n_packets, n_bytes; /* UINT64_MAX when they are not there */
};

/* Fields that are not known are skipped.  -1 with ERR (OFPBRC_BAD_LEN) if it is broken. */
int of_oxs_decode(struct cursor *c, struct of_oxs *s, struct of_error *err);
/* What S has, but no counter of UINT64_MAX: that is one not kept. */
void of_oxs_encode(const struct of_oxs *s, struct buf *out);

#endif
