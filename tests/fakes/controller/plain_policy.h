#ifndef TESTS_FAKES_CONTROLLER_PLAIN_POLICY_H
#define TESTS_FAKES_CONTROLLER_PLAIN_POLICY_H

/* What security groups, address groups and admin policies mean, said as plainly as can be, for
 * comparison with what switches do.  Everything is looked at for each packet; nothing is kept but
 * which connections were allowed to begin. */

#include "controller/apps/intent.h"

#define PLAIN_MAX_RULES	  12
#define PLAIN_MAX_SETS	  10
#define PLAIN_MAX_ENTRIES 16
#define PLAIN_MAX_PORTS	  8
#define PLAIN_MAX_TAGS	  8

struct plain_set {
	bool exists;
	struct intent_rule_set intent; /* rules points to `rules` */
	struct intent_rule rules[PLAIN_MAX_RULES];
	struct intent_range ranges[PLAIN_MAX_RULES];
	char name[16];
};

struct plain_addresses {
	bool exists;
	uint64_t id;
	unsigned n;
	struct intent_prefix entries[PLAIN_MAX_ENTRIES];
};

struct plain_port {
	bool exists; /* and is plugged */
	struct intent_port intent;
	struct in_addr ipv4;
	struct in6_addr ipv6;
	uint64_t sets[PLAIN_MAX_TAGS], tags[PLAIN_MAX_TAGS];
};

struct plain_world {
	struct plain_set sets[PLAIN_MAX_SETS];
	struct plain_addresses addresses[2];
	struct plain_port ports[PLAIN_MAX_PORTS];
};

/* Two ends that talk; ports in host order. */
struct plain_talk {
	unsigned a, b;		 /* indexes of ports; A sends first */
	uint16_t a_port, b_port; /* UDP */
	bool is_ipv6;
	bool is_known; /* the switch remembers it */
	bool is_begun_by_b;
};

/* Whether a packet of T, from A or from B, arrives.  What the switch remembers of it from then on
 * stands in T. */
bool plain_send(const struct plain_world *w, struct plain_talk *t, bool is_from_a);

#endif
