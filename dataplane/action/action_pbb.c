/* OFPAT_PUSH_PBB and OFPAT_POP_PBB (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_pbb.h"
#include "dataplane/action/action_class.h"
#include "dataplane/packet/edit.h"

static int push_compile(const struct of_action *act, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	const struct of_action_push_pbb *push = container_of(act, struct of_action_push_pbb, base);

	if (push->eth_type != 0x88e7)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	action_compile_change_to(packet_push_pbb, push->eth_type, ACTION_SLOT_PUSH_PBB, op);
	action_know_eth_type(env, push->eth_type);
	if (env->facts)
		env->facts->vlan_tci = 0; /* the tags are the customer's */
	return 0;
}

static int pop_compile(const struct of_action *act, const struct action_env *env,
		       struct action_op *op, struct of_error *err)
{
	(void)act;
	if (action_check_prereq(env, OF_PREREQ_PBB, err) < 0)
		return -1;
	action_compile_change(packet_pop_pbb, ACTION_SLOT_POP_PBB, op);
	action_know_eth_type(env, 0);
	return 0;
}

static const struct action_class action_push_pbb = {
	.name = "push_pbb",
	.compile = push_compile,
};
REGISTRY_ADD(action_class, action_push_pbb);

static const struct action_class action_pop_pbb = {
	.name = "pop_pbb",
	.compile = pop_compile,
};
REGISTRY_ADD(action_class, action_pop_pbb);
