#ifndef DATAPLANE_CONNTRACK_NAT_H
#define DATAPLANE_CONNTRACK_NAT_H

/* Translating addresses and ports: choosing them once for a connection, writing them into each of
 * its packets. */

#include "dataplane/conntrack/connection.h"
#include "dataplane/conntrack/expect.h"
#include "dataplane/packet/drop.h"
#include "dataplane/packet/parse.h"

struct rte_mbuf;

/* What a nat action asks for. */
struct ct_nat {
	bool is_source, is_destination;
	bool has_range;		       /* false: as the connection is, nothing is chosen */
	bool is_random, is_persistent; /* neither: by a hash of the connection's ends */
	uint8_t family;		       /* 4 or 6; 0: the address stays, only ports change */
	struct ct_address min_address, max_address; /* network order */
	uint16_t min_port, max_port; /* network order; 0: keep the port if it is free, else any */
};

/* Choose C's reply tuple, from which its translation follows, among what NAT allows; sets the flags
 * SNAT and DNAT.  IS_FREE tells whether no other connection has that reply tuple.  SECRET keys the
 * choices.  False: nothing is free, or NAT's addresses are of another family.
 *
 * A NAT without a range changes nothing, unless another connection's packets would be taken for the
 * answers: then the source port is changed. */
bool ct_nat_choose(const struct ct_nat *nat, uint64_t secret, struct connection *c,
		   bool (*is_free)(void *ctx, const struct ct_tuple *reply), void *ctx);
/* The same for a connection that came as E expects it: it is translated as E's parent is.  If that
 * is not translated, NAT decides. */
bool ct_nat_choose_expected(const struct ct_expectation *e, const struct ct_nat *nat,
			    uint64_t secret, struct connection *c,
			    bool (*is_free)(void *ctx, const struct ct_tuple *reply), void *ctx);
/* Write C's translation into a packet of direction IS_REPLY: headers, checksums, key.  The headers
 * are writable.  DROP_NONE, or why it cannot be. */
enum drop_reason ct_nat_translate(const struct connection *c, bool is_reply, struct rte_mbuf *m,
				  struct flow_key *key, struct packet_layout *layout);
/* The same for an ICMP error that quotes, at AT, a packet of C; IS_REPLY: the error itself travels
 * in the reply direction. */
enum drop_reason ct_nat_translate_error(const struct connection *c, bool is_reply, uint16_t at,
					struct rte_mbuf *m, struct flow_key *key,
					struct packet_layout *layout);

#endif
