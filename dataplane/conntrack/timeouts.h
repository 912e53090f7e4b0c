#ifndef DATAPLANE_CONNTRACK_TIMEOUTS_H
#define DATAPLANE_CONNTRACK_TIMEOUTS_H

/* How long a connection is remembered after its latest packet, for each protocol and state.  A
 * policy may be changed at any time; what is tracked already follows with its next packet. */

#include "lib/status.h"
#include "lib/util.h"

enum ct_timeout {
#define CT_TIMEOUT(ID, NAME, SECONDS, SENTENCE) CT_TIMEOUT_##ID,
#include "dataplane/conntrack/timeouts.def"
#undef CT_TIMEOUT
	CT_N_TIMEOUTS
};

struct ct_policy {
	uint32_t seconds[CT_N_TIMEOUTS]; /* relaxed atomics */
	bool is_strict;	 /* TCP: a packet from the middle of an unknown connection begins none */
	bool is_liberal; /* TCP: what is outside the window is let pass, but for resets */
};

void ct_policy_init(struct ct_policy *p);
/* "tcp-established"; NULL if T is none. */
const char *ct_timeout_name(enum ct_timeout t);
/* CT_N_TIMEOUTS: no such name. */
enum ct_timeout ct_timeout_find(const char *name);

#endif
