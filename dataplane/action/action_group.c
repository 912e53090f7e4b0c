/* OFPAT_GROUP (OF 1.3.5 section 7.2.5); the walk runs the buckets. */

#include "proto/openflow/action_group.h"
#include "dataplane/action/action_class.h"

static int group_compile(const struct of_action *act, const struct action_env *env,
			 struct action_op *op, struct of_error *err)
{
	uint32_t id = container_of(act, struct of_action_group, base)->group_id;
	int64_t slot = env->refs ? env->refs->group(env->refs->ctx, id) : -1;

	/* The port is settled (OF 1.5.1 section 5.1). */
	if (env->is_egress && env->is_action_set)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_TYPE);
	if (slot < 0)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_OUT_GROUP);
	op->kind = ACTION_GROUP;
	op->slot = ACTION_SLOT_GROUP;
	op->group.id = id;
	op->group.slot = slot;
	return 0;
}

static const struct action_class action_group = {
	.name = "group",
	.compile = group_compile,
};
REGISTRY_ADD(action_class, action_group);
