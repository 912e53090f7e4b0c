/* NXAST_CONTROLLER and NXAST_CONTROLLER2 (Open vSwitch's ovs-actions manual): a packet-in to the
 * controllers of an id, with data for them; the walk makes it.  `pause` is refused: no packet waits
 * in this switch. */

#include "proto/openflow/action_controller.h"
#include <stdlib.h>
#include "dataplane/action/action_extension.h"

#define MAX_USERDATA 60000 /* bytes; a message must have room for the packet's headers, too */

static int find_meter(const struct action_env *env, uint32_t id, struct action_controller *own,
		      struct of_error *err)
{
	int64_t slot = env->refs ? env->refs->meter(env->refs->ctx, id) : -1;

	if (slot < 0)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_METER);
	own->has_meter = true;
	own->meter_id = id;
	own->meter_slot = slot;
	return 0;
}

static int controller_compile(const struct of_action *act, const struct action_env *env,
			      struct action_op *op, struct of_error *err)
{
	const struct of_action_controller *c = container_of(act, struct of_action_controller, base);
	struct action_controller *own;

	if (action_check_listed(env, err) < 0)
		return -1;
	if (c->pause || c->n_userdata > MAX_USERDATA)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	own = xcalloc(1, sizeof(*own) + c->n_userdata);
	if (c->meter_id && find_meter(env, c->meter_id, own, err) < 0) {
		free(own);
		return -1;
	}
	own->max_len = c->max_len;
	own->controller_id = c->controller_id;
	own->reason = c->reason;
	own->n_userdata = c->n_userdata;
	if (own->n_userdata)
		memcpy(own->userdata, c->userdata, own->n_userdata);
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_CONTROLLER;
	op->owned = own;
	return 0;
}

static const struct action_class action_controller = {
	.name = "controller",
	.compile = controller_compile,
};
REGISTRY_ADD(action_class, action_controller);
