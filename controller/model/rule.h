#ifndef CONTROLLER_MODEL_RULE_H
#define CONTROLLER_MODEL_RULE_H

/* The traffic that one rule of a security group or an admin policy is for: checked and brought to
 * one form when it comes in, and read as numbers by the apps.  Both kinds of rule have the same
 * fields for it. */

#include <protobuf-c/protobuf-c.h>
#include "controller/model/ip.h"
#include "lib/buf.h"
#include "lib/status.h"
#include "proto/weft/v1/admin_policy.pb-c.h"
#include "proto/weft/v1/security_group.pb-c.h"

#define RULE_MAX_PORT_RANGES 64

struct rule_port_range {
	uint16_t first, last; /* host order */
};

struct rule_match {
	bool is_ingress;
	bool is_v4, is_v6;	  /* at least one */
	int protocol;		  /* -1: any */
	int icmp_type, icmp_code; /* -1: any */
	bool has_prefix;
	struct ip_range prefix; /* the other end, if has_prefix */
	unsigned n_ports;	/* 0: any; in order, apart from each other */
	struct rule_port_range ports[RULE_MAX_PORT_RANGES]; /* destination */
};

/* A stored rule as numbers. */
void rule_match_of_security(const Weft__V1__SecurityRule *rule, struct rule_match *match);
void rule_match_of_admin(const Weft__V1__AdminRule *rule, struct rule_match *match);

/* For the model's own files, for a rule of either kind: */

/* The fields that both kinds have, lent from the rule. */
struct rule_fields {
	char **id, **description, **protocol, **remote_prefix;
	int direction; /* Weft__V1__Direction */
	Weft__V1__Ethertype *ethertype;
	size_t *n_ports;
	char ***ports;
	protobuf_c_boolean *log;
	bool has_icmp_type, has_icmp_code;
	uint32_t icmp_type, icmp_code;
	uint64_t *number;
};

struct rule_fields rule_fields_of(ProtobufCMessage *rule);
/* Where a rule stands in a request: "security_group.rules[3]" is { "security_group.rules", 3 }. */
struct rule_place {
	const char *list;
	size_t i;
};

#define RULE_PATH_SIZE 192
/* "security_group.rules[3].ports[1]", FMT telling what is behind the place. */
const char *rule_path(char path[RULE_PATH_SIZE], const struct rule_place *at, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Check the traffic that RULE is for and bring it to its normal form.  -1: ST names the field. */
int rule_check(ProtobufCMessage *rule, const struct rule_place *at, struct status *st);
/* Append what RULE says, without what it is called: equal bytes for equal rules in normal form. */
void rule_key(const ProtobufCMessage *rule, struct buf *key);

#endif
