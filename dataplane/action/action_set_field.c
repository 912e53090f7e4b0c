/* OFPAT_SET_FIELD: a whole field, or the bits of a mask (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_set_field.h"
#include "dataplane/action/action_class.h"

static int set_field_compile(const struct of_action *act, const struct action_env *env,
			     struct action_op *op, struct of_error *err)
{
	const struct of_action_set_field *set = container_of(act, struct of_action_set_field, base);

	/* A tag is pushed and popped, not set (OF 1.3.5 section 7.2.3.7). */
	if (set->field->id == OF_FIELD_VLAN_VID &&
	    set->mask[0] & ~set->value[0] & KEY_VLAN_PRESENT >> 8)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_SET_ARGUMENT);
	return action_compile_set(set->field, set->value, set->mask, env, op, err);
}

static const struct action_class action_set_field = {
	.name = "set_field",
	.compile = set_field_compile,
};
REGISTRY_ADD(action_class, action_set_field);
