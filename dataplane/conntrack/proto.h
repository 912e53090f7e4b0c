#ifndef DATAPLANE_CONNTRACK_PROTO_H
#define DATAPLANE_CONNTRACK_PROTO_H

/* What protocols know of connections: which packet may begin one, and what each further packet
 * makes of it.  Pure functions of connection and packet; no clock. */

#include "dataplane/conntrack/connection.h"
#include "dataplane/packet/parse.h"

struct rte_mbuf;

/* A packet as the protocols see it: parsed to PARSE_L4. */
struct ct_packet {
	const struct rte_mbuf *m;
	const struct flow_key *key;
	const struct packet_layout *layout;
};

enum ct_verdict {
	CT_VALID,	/* of a connection that both ends take part in */
	CT_VALID_NEW,	/* nobody has answered yet */
	CT_INVALID,	/* it does not belong there; nothing has changed */
	CT_BEGINS_ANEW, /* the connection is over and this packet begins the next one */
};

/* Whether P may begin a connection; if so C, zeroed but for its tuples, is in its first state. */
bool ct_proto_begin(const struct ct_policy *policy, const struct ct_packet *p,
		    struct connection *c);
/* P, of direction IS_REPLY, on C, which others may be changing at the same time.  Sets proto_state,
 * timeout and the flags SEEN_REPLY and ASSURED. */
enum ct_verdict ct_proto_update(const struct ct_policy *policy, const struct ct_packet *p,
				struct connection *c, bool is_reply);
/* Like "ESTABLISHED", for people. */
const char *ct_proto_state_name(uint8_t proto, uint8_t state);

/* The tuple of P in ZONE; false if it has none (not IP, an error message, a later fragment, cut
 * off). */
bool ct_tuple_of(const struct ct_packet *p, uint16_t zone, struct ct_tuple *out);
/* P is an ICMP or ICMPv6 error about a packet of tuple *OUT, as that packet looks where P is; false
 * if not, or if what is quoted is not enough.  *AT gets where the quoted IP header begins in P. */
bool ct_error_of(const struct ct_packet *p, uint16_t zone, struct ct_tuple *out, uint16_t *at);

#endif
