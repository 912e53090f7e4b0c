#ifndef CONTROLLER_APPS_POLICY_FLOWS_H
#define CONTROLLER_APPS_POLICY_FLOWS_H

/* From a rule to flows: what a port's policy says of one kind of traffic, stated once for packets
 * that leave the port and once for those that come to it.
 *
 * A rule about connections looks at the connection's original tuple and at who began it, in every
 * packet: a connection lives as long as the rule that allows it. */

#include "controller/flows/flow_build.h"
#include "controller/apps/intent.h"

/* Register reg4: the sender of a packet in its connection. */
enum role {
	ROLE_NONE, /* not filtered: not IP, or neighbour discovery */
	ROLE_ORIGINATOR,
	ROLE_RESPONDER,
	ROLE_INVALID, /* the packet belongs to no connection and begins none */
};

/* Purposes of flows of app policy. */
enum policy_purpose {
	POLICY_PASS,	    /* nobody's: on to what is asked next */
	POLICY_RULE_OUT,    /* resource: a rule's number; what it says of the sending port */
	POLICY_RULE_IN,	    /* of the receiving port */
	POLICY_NO_RULE_OUT, /* resource: a policy's number; nothing allows it to be sent */
	POLICY_NO_RULE_IN,
	POLICY_INVALID_OUT,
	POLICY_INVALID_IN,
	POLICY_DHCP,
	POLICY_UNFILTERED,
};

/* Whose rule it is. */
struct policy_rule {
	uint32_t policy;
	const struct intent_rule_set *set;
	const struct intent_rule *rule;
	unsigned rank; /* of an admin policy's rule among the policy's: 0 first */
	/* The other end: bit of xxreg3, or -1; then these prefixes, which a rule with neither tag
	 * nor address group does not need. */
	int bit;
	const struct intent_prefix *prefixes;
	size_t n_prefixes;
};

/* States the rule's flows; the builder's resource is the rule's number. */
void policy_rule_flows(struct flow_build *b, const struct policy_rule *r);
/* What is dropped because no rule allows it; the builder's resource is the policy's number. */
void policy_drop_flows(struct flow_build *b, uint32_t policy, bool is_logged);

/* The fewest pairs of value and mask that cover FIRST to LAST: at most 30 in PIECES. */
struct port_piece {
	uint16_t value, mask;
};
#define MAX_PORT_PIECES 32
unsigned port_pieces(struct intent_range range, struct port_piece pieces[MAX_PORT_PIECES]);

#endif
