/* NXAST_CT with NXAST_NAT in it, and NXAST_CT_CLEAR (Open vSwitch's ovs-actions manual); the walk
 * asks dataplane/conntrack for a burst at a time. */

#include "dataplane/action/action_ct.h"

#include <stdlib.h>
#include "dataplane/action/action_extension.h"
#include "proto/openflow/action_ct.h"

#define ETH_TYPE_IPV4 0x0800

static void ct_destroy(void *owned)
{
	struct action_ct *ct = owned;

	if (ct)
		action_program_destroy(ct->exec);
	free(ct);
}

static int set_nat(const struct of_action_nat *nat, struct action_ct *ct, struct of_error *err)
{
	struct ct_nat *n = &ct->nat;

	if (ct->request.nat)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	n->is_source = nat->flags & OF_NAT_SRC;
	n->is_destination = nat->flags & OF_NAT_DST;
	n->has_range = n->is_source || n->is_destination;
	n->is_random = nat->flags & OF_NAT_RANDOM;
	n->is_persistent = nat->flags & OF_NAT_PERSISTENT;
	n->family = nat->family;
	memcpy(n->min_address.bytes, nat->min_address, sizeof(nat->min_address));
	memcpy(n->max_address.bytes, nat->has_max_address ? nat->max_address : nat->min_address,
	       sizeof(nat->max_address));
	if (nat->has_min_port)
		n->min_port = n->max_port = __builtin_bswap16(nat->min_port);
	if (nat->has_max_port)
		n->max_port = __builtin_bswap16(nat->max_port);
	ct->request.nat = n;
	return 0;
}

/* What is within: nat here, what writes mark and label as a program. */
static int compile_nested(const struct of_actions *acts, const struct action_env *env,
			  struct action_ct *ct, struct of_error *err)
{
	const struct of_action *list[ACTION_MAX_WRITES];
	struct of_actions exec = { .list = list };
	struct action_env inner = *env;

	for (unsigned i = 0; i < acts->n; i++) {
		const struct of_action *act = acts->list[i];

		if (act->class == &of_action_nat_class) {
			if (set_nat(container_of(act, struct of_action_nat, base), ct, err) < 0)
				return -1;
			continue;
		}
		if (exec.n == ARRAY_LENGTH(list))
			return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_TOO_MANY);
		list[exec.n++] = act;
	}
	if (!exec.n)
		return 0;
	inner.is_in_ct = true;
	inner.has_meter = false;
	ct->exec = action_compile(&exec, &inner, err);
	if (!ct->exec)
		return -1;
	for (unsigned i = 0; i < ct->exec->n_ops; i++) {
		ct->sets_mark |= ct->exec->ops[i].slot == ACTION_SLOT_SET + OF_FIELD_CT_MARK;
		ct->sets_label |= ct->exec->ops[i].slot == ACTION_SLOT_SET + OF_FIELD_CT_LABEL;
	}
	return 0;
}

static int check(const struct of_action_ct *act, const struct action_env *env, struct of_error *err)
{
	if (action_check_listed(env, err) < 0)
		return -1;
	if (!env->refs || !env->refs->is_tracking)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_EXP_TYPE);
	if (act->recirc_table != OF_CT_NO_RECIRCULATION &&
	    (act->recirc_table >= env->n_tables || action_is_beyond_border(env, act->recirc_table)))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	return 0;
}

static int ct_compile(const struct of_action *base, const struct action_env *env,
		      struct action_op *op, struct of_error *err)
{
	const struct of_action_ct *act = container_of(base, struct of_action_ct, base);
	struct action_ct *ct;

	if (check(act, env, err) < 0)
		return -1;
	if (act->zone_src.field && action_check_source(&act->zone_src, env, op, err) < 0)
		return -1;
	ct = xcalloc(1, sizeof(*ct));
	ct->request.is_commit = act->flags & OF_CT_COMMIT;
	ct->request.is_force = act->flags & OF_CT_FORCE;
	ct->request.alg = act->alg;
	ct->zone = act->zone;
	ct->zone_src = act->zone_src;
	ct->has_table = act->recirc_table != OF_CT_NO_RECIRCULATION;
	ct->table = act->recirc_table;
	if (compile_nested(&act->actions, env, ct, err) < 0) {
		ct_destroy(ct);
		return -1;
	}
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_CT;
	op->depth = PARSE_L4;
	op->lines |= KEY_LINE_COMMON | (ct->exec ? ct->exec->lines : 0);
	if (!env->facts || load_be16(&env->facts->eth_type) != ETH_TYPE_IPV4)
		op->lines |= KEY_LINE_V6;
	op->owned = ct;
	op->destroy = ct_destroy;
	return 0;
}

static int ct_clear_compile(const struct of_action *act, const struct action_env *env,
			    struct action_op *op, struct of_error *err)
{
	(void)act;
	if (action_check_listed(env, err) < 0)
		return -1;
	if (!env->refs || !env->refs->is_tracking)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_EXP_TYPE);
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_CT_CLEAR;
	op->lines = KEY_LINE_COMMON;
	return 0;
}

static const struct action_class action_ct = {
	.name = "ct",
	.compile = ct_compile,
};
REGISTRY_ADD(action_class, action_ct);

static const struct action_class action_ct_clear = {
	.name = "ct_clear",
	.compile = ct_clear_compile,
};
REGISTRY_ADD(action_class, action_ct_clear);
