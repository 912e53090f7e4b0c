/* OFPAT_METER (OF 1.5.1 section 7.2.6.13); the walk charges it.  Several in one set add up. */

#include "proto/openflow/action_meter.h"
#include "dataplane/action/action_class.h"

static int meter_compile(const struct of_action *act, const struct action_env *env,
			 struct action_op *op, struct of_error *err)
{
	uint32_t id = container_of(act, struct of_action_meter, base)->meter_id;
	int64_t slot = env->refs ? env->refs->meter(env->refs->ctx, id) : -1;

	if (slot < 0)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_METER);
	op->kind = ACTION_METER;
	op->slot = ACTION_SLOT_METER;
	op->is_partial = true;
	op->meter.id = id;
	op->meter.slot = slot;
	return 0;
}

static const struct action_class action_meter = {
	.name = "meter",
	.compile = meter_compile,
};
REGISTRY_ADD(action_class, action_meter);
