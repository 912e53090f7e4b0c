#ifndef PROTO_OPENFLOW_ACTION_TTL_H
#define PROTO_OPENFLOW_ACTION_TTL_H

/* OFPAT_SET_NW_TTL, DEC_NW_TTL, COPY_TTL_OUT and COPY_TTL_IN (OF 1.3.5 section 7.2.5), and
 * NXAST_DEC_TTL_CNT_IDS, which names the controllers that hear of a TTL that ran out.  Text:
 * "mod_nw_ttl:64", "dec_ttl", "dec_ttl(1,2)", "copy_ttl_out", "copy_ttl_in". */

#include "proto/openflow/action.h"

struct of_action_mod_nw_ttl {
	struct of_action base;
	uint8_t ttl;
};

struct of_action_dec_ttl {
	struct of_action base;
	uint16_t n_ids; /* 0: the plain form, which the controller 0 hears of */
	uint16_t ids[]; /* controllers, as of NXT_SET_CONTROLLER_ID */
};

/* They have no argument. */
struct of_action_copy_ttl_out {
	struct of_action base;
};

struct of_action_copy_ttl_in {
	struct of_action base;
};

struct of_action_mod_nw_ttl *of_action_mod_nw_ttl(struct arena *a, uint8_t ttl);
struct of_action_dec_ttl *of_action_dec_ttl(struct arena *a, const uint16_t *ids, uint16_t n_ids);
struct of_action_copy_ttl_out *of_action_copy_ttl_out(struct arena *a);
struct of_action_copy_ttl_in *of_action_copy_ttl_in(struct arena *a);
extern const struct of_action_class of_action_mod_nw_ttl_class;
extern const struct of_action_class of_action_dec_ttl_class;
extern const struct of_action_class of_action_copy_ttl_out_class;
extern const struct of_action_class of_action_copy_ttl_in_class;

#endif
