/* Actions that are one function of packet/edit.h, and what most of them check. */

#include "dataplane/action/action_class.h"

static void run_change(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		action_fail(b, i, op->change.change(b->pkts[i], &b->keys[i], &b->layouts[i]));
	}
}

static void run_change_to(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		action_fail(b, i,
			    op->change.change_to(b->pkts[i], &b->keys[i], &b->layouts[i],
						 op->change.eth_type));
	}
}

void action_compile_change(packet_change *change, enum action_slot slot, struct action_op *op)
{
	op->kind = ACTION_CHANGE_PACKET;
	op->run = run_change;
	op->slot = slot;
	op->depth = PARSE_L4;
	op->change.change = change;
}

void action_compile_change_to(packet_change_to *change, uint16_t eth_type, enum action_slot slot,
			      struct action_op *op)
{
	action_compile_change(NULL, slot, op);
	op->run = run_change_to;
	op->change.change_to = change;
	op->change.eth_type = eth_type;
}

void action_know_eth_type(const struct action_env *env, uint16_t eth_type)
{
	struct flow_key *facts = env->facts;

	if (!facts)
		return;
	store_be16(&facts->eth_type, eth_type);
	facts->ip_proto = facts->ip_frag = 0;
	facts->tp_src = facts->tp_dst = 0;
}

int action_check_prereq(const struct action_env *env, enum of_field_prereq prereq,
			struct of_error *err)
{
	if (env->facts && !key_has_prereq(env->facts, prereq))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
	return 0;
}
