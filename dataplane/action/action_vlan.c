/* OFPAT_PUSH_VLAN and OFPAT_POP_VLAN (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_vlan.h"
#include "dataplane/action/action_class.h"
#include "dataplane/packet/edit.h"

static int push_compile(const struct of_action *act, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	const struct of_action_push_vlan *push =
		container_of(act, struct of_action_push_vlan, base);

	if (push->eth_type != 0x8100 && push->eth_type != 0x88a8)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	action_compile_change_to(packet_push_vlan, push->eth_type, ACTION_SLOT_PUSH_VLAN, op);
	op->depth = PARSE_L2;
	if (env->facts)
		store_be16(&env->facts->vlan_tci,
			   load_be16(&env->facts->vlan_tci) | KEY_VLAN_PRESENT);
	return 0;
}

static int pop_compile(const struct of_action *act, const struct action_env *env,
		       struct action_op *op, struct of_error *err)
{
	(void)act;
	if (action_check_prereq(env, OF_PREREQ_VLAN, err) < 0)
		return -1;
	action_compile_change(packet_pop_vlan, ACTION_SLOT_POP_VLAN, op);
	op->depth = PARSE_L2;
	if (env->facts)
		env->facts->vlan_tci = 0;
	return 0;
}

static const struct action_class action_push_vlan = {
	.name = "push_vlan",
	.compile = push_compile,
};
REGISTRY_ADD(action_class, action_push_vlan);

static const struct action_class action_pop_vlan = {
	.name = "pop_vlan",
	.compile = pop_compile,
};
REGISTRY_ADD(action_class, action_pop_vlan);
