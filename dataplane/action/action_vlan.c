/* OFPAT_PUSH_VLAN and OFPAT_POP_VLAN (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_vlan.h"
#include "dataplane/action/action_class.h"
#include "dataplane/packet/edit.h"

static void push_run(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		enum drop_reason why = packet_push_vlan(b->pkts[i], &b->keys[i], &b->layouts[i],
							op->push_vlan.eth_type);

		if (why == DROP_NONE)
			continue;
		b->layouts[i].drop = why;
		b->failed |= 1ull << i;
	}
}

static void pop_run(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	(void)op;
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		packet_pop_vlan(b->pkts[i], &b->keys[i], &b->layouts[i]);
	}
}

static int push_compile(const struct of_action *act, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	const struct of_action_push_vlan *push =
		container_of(act, struct of_action_push_vlan, base);

	if (push->eth_type != 0x8100 && push->eth_type != 0x88a8)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	op->kind = ACTION_CHANGE_PACKET;
	op->run = push_run;
	op->slot = ACTION_SLOT_PUSH_VLAN;
	op->depth = PARSE_L2;
	op->push_vlan.eth_type = push->eth_type;
	if (env->facts)
		store_be16(&env->facts->vlan_tci,
			   load_be16(&env->facts->vlan_tci) | KEY_VLAN_PRESENT);
	return 0;
}

static int pop_compile(const struct of_action *act, const struct action_env *env,
		       struct action_op *op, struct of_error *err)
{
	(void)act;
	if (env->facts && !key_has_prereq(env->facts, OF_PREREQ_VLAN))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
	op->kind = ACTION_CHANGE_PACKET;
	op->run = pop_run;
	op->slot = ACTION_SLOT_POP_VLAN;
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
