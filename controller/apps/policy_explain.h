#ifndef CONTROLLER_APPS_POLICY_EXPLAIN_H
#define CONTROLLER_APPS_POLICY_EXPLAIN_H

/* Cookies of app policy in words. */

#include "controller/apps/apps_priv.h"

/* Appends why a packet met the flow; PACKET may be NULL. */
void policy_explain(const struct apps *a, uint64_t cookie, const struct of_match *packet,
		    struct buf *out);
/* The rule set whose flow it is, of a default the first group that did not allow it; "" if none. */
const char *policy_resource(const struct apps *a, uint64_t cookie);

#endif
