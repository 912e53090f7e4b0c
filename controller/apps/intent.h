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

struct intent_port {
	uint64_t id;
	uint64_t network_id;
	const char *name; /* "projects/acme/ports/a1" */
	uint8_t mac[6];
	unsigned n_ipv4, n_ipv6;
	const struct in_addr *ipv4;
	const struct in6_addr *ipv6;
	bool is_spoofing_allowed; /* anti-spoofing is off for this port */
};

/* A port that is plugged into the switch whose flows are made. */
struct local_port {
	const struct intent_port *intent;
	uint32_t port_no; /* OpenFlow port number */
};

/* The ports of a network on the switch whose flows are made, by ascending id. */
struct local_network {
	const struct intent_network *intent;
	unsigned n_ports;
	const struct local_port *const *ports;
};

#endif
