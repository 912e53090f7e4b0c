#ifndef CONTROLLER_APPS_INTENT_H
#define CONTROLLER_APPS_INTENT_H

/* What apps know of the resources: plain values, so that an app's flows are a pure function of
 * them.  Ids are the resources' numeric ids, unique over networks and ports: cookies lead back by
 * them.  Registers carry the lower 32 bits. */

#include <netinet/in.h>
#include "lib/util.h"

struct intent_network {
	uint64_t id;
	const char *name; /* "projects/acme/networks/blue" */
};

/* Of IPv4 the first 4 bytes count.  Bits beyond the length are zero. */
struct intent_prefix {
	uint8_t bytes[16];
	uint8_t length;
	bool is_ipv6;
};

/* An address that a port may send with besides its own. */
struct intent_pair {
	struct intent_prefix prefix;
	uint8_t mac[6];
};

/* A second; 0: no limit. */
struct intent_limits {
	uint32_t packets;	  /* in each direction */
	uint32_t new_connections; /* likewise */
	uint32_t broadcasts;	  /* and multicasts that it sends */
};

struct intent_port {
	uint64_t id;
	uint64_t network_id;
	const char *name; /* "projects/acme/ports/a1" */
	uint8_t mac[6];
	unsigned n_ipv4, n_ipv6;
	const struct in_addr *ipv4;
	const struct in6_addr *ipv6;
	bool is_spoofing_allowed; /* anti-spoofing is off for this port */
	unsigned n_pairs;
	const struct intent_pair *pairs;
	struct intent_limits limits;
	/* Whether rules apply: with none, nothing passes. */
	bool is_filtered;
	unsigned n_rule_sets;
	const uint64_t *rule_sets; /* security groups, and admin policies it is a subject of */
	/* What rules mean it by, as the other end: ids of its groups, and of selectors (numbers of
	 * the rules that have them) that it fits. */
	unsigned n_tags;
	const uint64_t *tags;
};

enum rule_action { RULE_ALLOW, RULE_DENY, RULE_PASS };

enum rule_remote {
	REMOTE_ANY,
	REMOTE_PREFIX,
	REMOTE_TAG,	  /* ports with a tag */
	REMOTE_ADDRESSES, /* an address group */
};

struct intent_range {
	uint16_t first, last;
};

enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };

/* Numbers are unique over all resources, rules and their sets. */
struct intent_rule {
	uint64_t number;
	const char *name; /* within its set */
	bool is_egress;
	uint8_t families; /* FAMILY_IPV4 | FAMILY_IPV6 */
	int16_t protocol; /* -1: any */
	int16_t icmp_type, icmp_code;
	unsigned n_ports; /* 0: any */
	const struct intent_range *ports;
	enum rule_remote remote;
	struct intent_prefix prefix; /* REMOTE_PREFIX */
	uint64_t remote_id;	     /* REMOTE_TAG, REMOTE_ADDRESSES */
	enum rule_action action;     /* of a security group's rule: RULE_ALLOW */
	bool is_logged;
};

/* A security group, or an admin policy. */
struct intent_rule_set {
	uint64_t id;
	const char *name;
	bool is_stateless;
	bool is_admin;
	uint32_t tier, priority; /* of an admin policy */
	unsigned n_rules;
	const struct intent_rule *rules;
};

/* A port that is plugged into the switch whose flows are made. */
struct local_port {
	const struct intent_port *intent;
	uint32_t port_no; /* OpenFlow port number */
	uint32_t policy;  /* number of its policy, 0: none */
	bool is_tracked;  /* its network is */
};

/* The ports of a network on the switch whose flows are made, by ascending id. */
struct local_network {
	const struct intent_network *intent;
	unsigned n_ports;
	const struct local_port *const *ports;
	bool is_tracked; /* connections are: some port here is filtered, or limited in them */
	uint16_t zone;	 /* of connections */
};

#endif
