/* The actions on MPLS label stack entries (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_mpls.h"

#include "proto/openflow/action_priv.h"

#define ETH_TYPE_MPLS		0x8847
#define ETH_TYPE_MPLS_MULTICAST 0x8848

static bool push_mpls_is_valid(uint64_t eth_type)
{
	return eth_type == ETH_TYPE_MPLS || eth_type == ETH_TYPE_MPLS_MULTICAST;
}

static bool pop_mpls_is_valid(uint64_t eth_type)
{
	(void)eth_type;
	return true;
}

static bool set_mpls_ttl_is_valid(uint64_t ttl)
{
	(void)ttl;
	return true;
}

/* The label covers what was known, but for VLAN tags, which stay outside. */
static int check_push(const struct of_action *act, struct of_action_scope *scope,
		      struct of_error *err)
{
	(void)err;
	of_action_scope_change(scope, ((const struct of_action_push_mpls *)act)->eth_type);
	return 0;
}

static int check_is_mpls(const struct of_action *act, struct of_action_scope *scope,
			 struct of_error *err)
{
	(void)act;
	if (of_action_scope_meets(scope, OF_PREREQ_MPLS))
		return 0;
	return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
}

static int check_pop(const struct of_action *act, struct of_action_scope *scope,
		     struct of_error *err)
{
	if (check_is_mpls(act, scope, err) != 0)
		return -1;
	of_action_scope_change(scope, ((const struct of_action_pop_mpls *)act)->eth_type);
	return 0;
}

OF_ACTION_OF_NUMBER(push_mpls, eth_type, 16, 2, OFPBAC_BAD_ARGUMENT, "push_mpls:0x%04x",
		    "write 0x8847, or 0x8848 for multicast")
OF_ACTION_CLASS(push_mpls, .type = OFPAT_PUSH_MPLS, .check = check_push);

OF_ACTION_OF_NUMBER(pop_mpls, eth_type, 16, 2, OFPBAC_BAD_ARGUMENT, "pop_mpls:0x%04x", "")
OF_ACTION_CLASS(pop_mpls, .type = OFPAT_POP_MPLS, .check = check_pop);

OF_ACTION_OF_NUMBER(set_mpls_ttl, ttl, 8, 3, OFPBAC_BAD_ARGUMENT, "set_mpls_ttl(%u)", "")
OF_ACTION_CLASS(set_mpls_ttl, .type = OFPAT_SET_MPLS_TTL, .check = check_is_mpls);

OF_ACTION_WITHOUT_ARGUMENT(dec_mpls_ttl, 4)
OF_ACTION_CLASS(dec_mpls_ttl, .type = OFPAT_DEC_MPLS_TTL, .check = check_is_mpls);
