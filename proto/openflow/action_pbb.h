#ifndef PROTO_OPENFLOW_ACTION_PBB_H
#define PROTO_OPENFLOW_ACTION_PBB_H

/* OFPAT_PUSH_PBB and POP_PBB: a provider backbone bridge header (OF 1.3.5 section 7.2.5).
 * Text: "push_pbb:0x88e7", "pop_pbb". */

#include "proto/openflow/action.h"

struct of_action_push_pbb {
	struct of_action base;
	uint16_t eth_type; /* 0x88e7 */
};

/* It has no argument. */
struct of_action_pop_pbb {
	struct of_action base;
};

struct of_action_push_pbb *of_action_push_pbb(struct arena *a, uint16_t eth_type);
struct of_action_pop_pbb *of_action_pop_pbb(struct arena *a);
extern const struct of_action_class of_action_push_pbb_class;
extern const struct of_action_class of_action_pop_pbb_class;

#endif
