#ifndef DATAPLANE_PACKET_DROP_H
#define DATAPLANE_PACKET_DROP_H

/* Why packets are dropped by the core: one list, drop_reasons.def. */

#include "lib/util.h"

enum drop_reason {
	DROP_NONE,
#define DROP(ID, NAME, TEXT) DROP_##ID,
#include "dataplane/packet/drop_reasons.def"
#undef DROP
	DROP_N_REASONS
};

/* "table-miss" */
const char *drop_reason_name(enum drop_reason reason);
/* One sentence for people. */
const char *drop_reason_text(enum drop_reason reason);

#endif
