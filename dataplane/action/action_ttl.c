/* OFPAT_SET_NW_TTL, DEC_NW_TTL, COPY_TTL_OUT and COPY_TTL_IN (OF 1.3.5 section 7.2.5), and
 * NXAST_DEC_TTL_CNT_IDS.  A TTL that runs out is a failure, DROP_INVALID_TTL; the walk decides
 * whether a controller hears of it. */

#include "proto/openflow/action_ttl.h"
#include "dataplane/action/action_class.h"
#include "dataplane/packet/edit.h"

static int set_compile(const struct of_action *act, const struct action_env *env,
		       struct action_op *op, struct of_error *err)
{
	uint8_t ttl = container_of(act, struct of_action_mod_nw_ttl, base)->ttl;

	if (action_compile_set(of_field(OF_FIELD_IP_TTL), &ttl, of_field_ones[OF_FIELD_IP_TTL], env,
			       op, err) < 0)
		return -1;
	op->slot = ACTION_SLOT_SET_TTL;
	return 0;
}

static int dec_compile(const struct of_action *act, const struct action_env *env,
		       struct action_op *op, struct of_error *err)
{
	const struct of_action_dec_ttl *dec = container_of(act, struct of_action_dec_ttl, base);

	if (action_check_prereq(env, OF_PREREQ_IP, err) < 0)
		return -1;
	action_compile_change(packet_dec_nw_ttl, ACTION_SLOT_DEC_TTL, op);
	if (!dec->n_ids)
		return 0;
	op->owned = xmemdup(dec->ids, dec->n_ids * sizeof(dec->ids[0]));
	op->change.controllers = op->owned;
	op->change.n_controllers = dec->n_ids;
	return 0;
}

/* Outermost there must be a header with a TTL; whether there is one within, packets tell. */
static int check_has_ttl(const struct action_env *env, struct of_error *err)
{
	if (env->facts && key_has_prereq(env->facts, OF_PREREQ_MPLS))
		return 0;
	return action_check_prereq(env, OF_PREREQ_IP, err);
}

static int copy_out_compile(const struct of_action *act, const struct action_env *env,
			    struct action_op *op, struct of_error *err)
{
	(void)act;
	if (check_has_ttl(env, err) < 0)
		return -1;
	action_compile_change(packet_copy_ttl_out, ACTION_SLOT_COPY_TTL_OUT, op);
	return 0;
}

static int copy_in_compile(const struct of_action *act, const struct action_env *env,
			   struct action_op *op, struct of_error *err)
{
	(void)act;
	if (check_has_ttl(env, err) < 0)
		return -1;
	action_compile_change(packet_copy_ttl_in, ACTION_SLOT_COPY_TTL_IN, op);
	return 0;
}

static const struct action_class action_mod_nw_ttl = {
	.name = "mod_nw_ttl",
	.compile = set_compile,
};
REGISTRY_ADD(action_class, action_mod_nw_ttl);

static const struct action_class action_dec_ttl = {
	.name = "dec_ttl",
	.compile = dec_compile,
};
REGISTRY_ADD(action_class, action_dec_ttl);

static const struct action_class action_copy_ttl_out = {
	.name = "copy_ttl_out",
	.compile = copy_out_compile,
};
REGISTRY_ADD(action_class, action_copy_ttl_out);

static const struct action_class action_copy_ttl_in = {
	.name = "copy_ttl_in",
	.compile = copy_in_compile,
};
REGISTRY_ADD(action_class, action_copy_ttl_in);
