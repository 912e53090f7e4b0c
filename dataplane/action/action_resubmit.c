/* NXAST_RESUBMIT and NXAST_RESUBMIT_TABLE (Open vSwitch's ovs-actions manual); the walk does
 * it. */

#include "proto/openflow/action_resubmit.h"
#include "dataplane/action/action_class.h"
#include "proto/openflow/numbers.h"

static int resubmit_compile(const struct of_action *act, const struct action_env *env,
			    struct action_op *op, struct of_error *err)
{
	const struct of_action_resubmit *re = container_of(act, struct of_action_resubmit, base);

	if (env->is_action_set)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_TYPE);
	if (re->with_ct && !(env->refs && env->refs->is_tracking))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_EXP_TYPE);
	if (re->table_id != OF_TABLE_ALL &&
	    (re->table_id >= env->n_tables || action_is_beyond_border(env, re->table_id)))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	op->kind = ACTION_RESUBMIT;
	op->resubmit.in_port = re->in_port;
	op->resubmit.table = re->table_id;
	op->resubmit.with_ct = re->with_ct;
	if (re->with_ct) {
		op->depth = PARSE_L4;
		op->lines = KEY_LINE_COMMON | KEY_LINE_PIPELINE | KEY_LINE_V6 | KEY_LINE_CT_V6;
	}
	return 0;
}

static const struct action_class action_resubmit = {
	.name = "resubmit",
	.compile = resubmit_compile,
};
REGISTRY_ADD(action_class, action_resubmit);
