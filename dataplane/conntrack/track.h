#ifndef DATAPLANE_CONNTRACK_TRACK_H
#define DATAPLANE_CONNTRACK_TRACK_H

/* Between the ct action (track*.c) and the table of connections (table.c). */

#include "dataplane/conntrack/conntrack.h"
#include "dataplane/conntrack/expect.h"
#include "dataplane/conntrack/priv.h"
#include "dataplane/conntrack/proto.h"

/* The packet that is being looked at, and what is asked for it. */
struct tracking {
	struct conntrack_thread *t;
	const struct ct_request *request;
	const struct ct_policy *policy;
	struct ct_packet packet;
	uint16_t zone;
	struct ct_tuple tuple; /* of the packet */
	bool has_tuple;	       /* it was looked at in this action */
};

/* The packet is of C; what TRACK says of it from now on. */
void judge(struct tracking *k, struct ct_track *track, struct connection *c, bool is_reply);
/* Its packet is translated, as FLAGS (enum connection_flag) of its connection say. */
static inline void track_translated(struct ct_track *track, uint8_t flags)
{
	/* What is the source of one direction is the destination of the other. */
	uint8_t source = track->is_reply ? CONNECTION_DNAT : CONNECTION_SNAT;

	track->is_translated = true;
	track->state |= flags & source ? CT_STATE_SNAT : 0;
	track->state |= flags & CONNECTION_NAT & ~source ? CT_STATE_DNAT : 0;
}

/* The key's fields are what TRACK says, as far as LINES are in use. */
void track_tell(const struct tracking *k, const struct ct_track *track, struct flow_key *key,
		unsigned lines);

/* The same for a connection that nobody expected. */
void track_tell_plain(const struct ct_track *track, struct flow_key *key, unsigned lines);
/* Packet I of B, by the long way.  DROP_NONE: it goes on. */
enum drop_reason track_long(struct tracking *k, const struct ct_burst *b, unsigned i);

#endif
