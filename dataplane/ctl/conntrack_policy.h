#ifndef DATAPLANE_CTL_CONNTRACK_POLICY_H
#define DATAPLANE_CTL_CONNTRACK_POLICY_H

/* What people may set of connection tracking, checked. */

#include "dataplane/conntrack/conntrack.h"

#define CONNTRACK_MAX_SECONDS	  31536000 /* a year */
#define CONNTRACK_MAX_CONNECTIONS (1u << 26)

/* The timeout NAME ("tcp-established") of P, from the next packet of a connection on.  0, or -1
 * with ST filled, about the setting FIELD. */
int conntrack_policy_set_timeout(struct ct_policy *p, const char *name, uint64_t seconds,
				 const char *field, struct status *st);
void conntrack_policy_set_strict(struct ct_policy *p, bool is_strict);
void conntrack_policy_set_liberal(struct ct_policy *p, bool is_liberal);

#endif
