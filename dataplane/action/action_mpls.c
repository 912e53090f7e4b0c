/* OFPAT_PUSH_MPLS, POP_MPLS, SET_MPLS_TTL and DEC_MPLS_TTL (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_mpls.h"
#include "dataplane/action/action_class.h"
#include "dataplane/packet/edit.h"

static int push_compile(const struct of_action *act, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	const struct of_action_push_mpls *push =
		container_of(act, struct of_action_push_mpls, base);

	if (push->eth_type != 0x8847 && push->eth_type != 0x8848)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	action_compile_change_to(packet_push_mpls, push->eth_type, ACTION_SLOT_PUSH_MPLS, op);
	action_know_eth_type(env, push->eth_type);
	return 0;
}

static int pop_compile(const struct of_action *act, const struct action_env *env,
		       struct action_op *op, struct of_error *err)
{
	const struct of_action_pop_mpls *pop = container_of(act, struct of_action_pop_mpls, base);

	if (action_check_prereq(env, OF_PREREQ_MPLS, err) < 0)
		return -1;
	if (pop->eth_type < 0x600) /* a length, not a type */
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	action_compile_change_to(packet_pop_mpls, pop->eth_type, ACTION_SLOT_POP_MPLS, op);
	action_know_eth_type(env, pop->eth_type);
	return 0;
}

static int set_ttl_compile(const struct of_action *act, const struct action_env *env,
			   struct action_op *op, struct of_error *err)
{
	uint8_t ttl = container_of(act, struct of_action_set_mpls_ttl, base)->ttl;

	if (action_compile_set(of_field(OF_FIELD_MPLS_TTL), &ttl, of_field_ones[OF_FIELD_MPLS_TTL],
			       env, op, err) < 0)
		return -1;
	op->slot = ACTION_SLOT_SET_MPLS_TTL;
	return 0;
}

static int dec_ttl_compile(const struct of_action *act, const struct action_env *env,
			   struct action_op *op, struct of_error *err)
{
	(void)act;
	if (action_check_prereq(env, OF_PREREQ_MPLS, err) < 0)
		return -1;
	action_compile_change(packet_dec_mpls_ttl, ACTION_SLOT_DEC_MPLS_TTL, op);
	return 0;
}

static const struct action_class action_push_mpls = {
	.name = "push_mpls",
	.compile = push_compile,
};
REGISTRY_ADD(action_class, action_push_mpls);

static const struct action_class action_pop_mpls = {
	.name = "pop_mpls",
	.compile = pop_compile,
};
REGISTRY_ADD(action_class, action_pop_mpls);

static const struct action_class action_set_mpls_ttl = {
	.name = "set_mpls_ttl",
	.compile = set_ttl_compile,
};
REGISTRY_ADD(action_class, action_set_mpls_ttl);

static const struct action_class action_dec_mpls_ttl = {
	.name = "dec_mpls_ttl",
	.compile = dec_ttl_compile,
};
REGISTRY_ADD(action_class, action_dec_mpls_ttl);
