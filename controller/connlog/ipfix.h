#ifndef CONTROLLER_CONNLOG_IPFIX_H
#define CONTROLLER_CONNLOG_IPFIX_H

/* The connection log as IPFIX messages (RFC 7011), with the information elements of IANA's
 * registry. Pure: bytes from events. */

#include "controller/connlog/connlog.h"
#include "lib/buf.h"

#define IPFIX_MAX_MESSAGE 1400 /* bytes: one datagram on any path */

struct ipfix {
	uint32_t domain;   /* observation domain */
	uint32_t sequence; /* data records sent so far, modulo 2^32 */
};

/* Append a message that says what the records look like; a collector that comes late understands
 * those that follow. */
void ipfix_templates(const struct ipfix *x, uint64_t wall_ns, struct buf *out);
/* Append a message with the record of E, and count it. */
void ipfix_record(struct ipfix *x, const struct connlog_event *e, struct buf *out);

#endif
