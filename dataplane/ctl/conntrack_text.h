#ifndef DATAPLANE_CTL_CONNTRACK_TEXT_H
#define DATAPLANE_CTL_CONNTRACK_TEXT_H

/* What people write and read of tracked connections: protocols, addresses, labels, filters. */

#include "dataplane/conntrack/conntrack.h"
#include "dataplane/ctl/handler.h"

#define CONNTRACK_LABEL_BYTES 16

/* "tcp"; NULL: PROTO has no name here. */
const char *conntrack_protocol_name(uint8_t proto);
/* "0x1f", without leading zeros, in A; "" for zero. */
const char *conntrack_label_text(struct arena *a, const uint8_t *label);
/* FILTER from a request's (NULL: all), what it points to is lent.  *IS_EMPTY: it lets everything
 * through.  0, or -1 with ST filled. */
int conntrack_filter_read(const Weft__Switch__V1__ConnectionFilter *in,
			  struct conntrack_filter *filter, bool *is_empty, struct status *st);

#endif
