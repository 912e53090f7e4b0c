#ifndef CONTROLLER_CONNLOG_IPFIX_EXPORTER_H
#define CONTROLLER_CONNLOG_IPFIX_EXPORTER_H

/* Sends the connection log to an IPFIX collector by UDP (RFC 7011 section 10.3): templates at first
 * and every minute, each event as it happens.  What the network does not take is lost and
 * counted. */

#include "controller/connlog/connlog.h"
#include "lib/addr.h"

struct ipfix_exporter;

/* LOG and LOOP outlive it.  NULL with ST if there can be no such socket. */
struct ipfix_exporter *ipfix_exporter_create(struct loop *loop, struct connlog *log,
					     const struct addr *collector, uint32_t domain,
					     struct status *st);
void ipfix_exporter_destroy(struct ipfix_exporter *x); /* NULL is allowed */

struct ipfix_counters {
	uint64_t n_sent, n_lost; /* messages */
};

struct ipfix_counters ipfix_exporter_counters(const struct ipfix_exporter *x);

#endif
