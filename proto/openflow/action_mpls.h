#ifndef PROTO_OPENFLOW_ACTION_MPLS_H
#define PROTO_OPENFLOW_ACTION_MPLS_H

/* OFPAT_PUSH_MPLS, POP_MPLS, SET_MPLS_TTL and DEC_MPLS_TTL (OF 1.3.5 section 7.2.5).  Text:
 * "push_mpls:0x8847", "pop_mpls:0x0800", "set_mpls_ttl(64)", "dec_mpls_ttl". */

#include "proto/openflow/action.h"

struct of_action_push_mpls {
	struct of_action base;
	uint16_t eth_type; /* 0x8847 or 0x8848 */
};

struct of_action_pop_mpls {
	struct of_action base;
	uint16_t eth_type; /* of what is under the label; any */
};

struct of_action_set_mpls_ttl {
	struct of_action base;
	uint8_t ttl;
};

/* It has no argument. */
struct of_action_dec_mpls_ttl {
	struct of_action base;
};

struct of_action_push_mpls *of_action_push_mpls(struct arena *a, uint16_t eth_type);
struct of_action_pop_mpls *of_action_pop_mpls(struct arena *a, uint16_t eth_type);
struct of_action_set_mpls_ttl *of_action_set_mpls_ttl(struct arena *a, uint8_t ttl);
struct of_action_dec_mpls_ttl *of_action_dec_mpls_ttl(struct arena *a);
extern const struct of_action_class of_action_push_mpls_class;
extern const struct of_action_class of_action_pop_mpls_class;
extern const struct of_action_class of_action_set_mpls_ttl_class;
extern const struct of_action_class of_action_dec_mpls_ttl_class;

#endif
