/* OFPAT_PUSH_PBB and OFPAT_POP_PBB (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_pbb.h"

#include "proto/openflow/action_priv.h"

#define ETH_TYPE_PBB 0x88e7

static bool push_pbb_is_valid(uint64_t eth_type)
{
	return eth_type == ETH_TYPE_PBB;
}

/* The whole frame, tags included, is now behind the header. */
static int check_push(const struct of_action *act, struct of_action_scope *scope,
		      struct of_error *err)
{
	(void)act;
	(void)err;
	of_action_scope_change(scope, ETH_TYPE_PBB);
	scope->n_tags = 0;
	return 0;
}

/* Of the frame within nothing is known. */
static int check_pop(const struct of_action *act, struct of_action_scope *scope,
		     struct of_error *err)
{
	(void)act;
	if (!of_action_scope_meets(scope, OF_PREREQ_PBB))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
	of_action_scope_change(scope, 0);
	scope->n_tags = 0;
	return 0;
}

OF_ACTION_OF_NUMBER(push_pbb, eth_type, 16, 2, OFPBAC_BAD_ARGUMENT, "push_pbb:0x%04x",
		    "write 0x88e7")
OF_ACTION_CLASS(push_pbb, .type = OFPAT_PUSH_PBB, .check = check_push);

OF_ACTION_WITHOUT_ARGUMENT(pop_pbb, 4)
OF_ACTION_CLASS(pop_pbb, .type = OFPAT_POP_PBB, .check = check_pop);
