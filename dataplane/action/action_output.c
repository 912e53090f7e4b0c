/* OFPAT_OUTPUT (OF 1.3.5 section 7.2.5): the port is judged here, the walk sends. */

#include "proto/openflow/action_output.h"
#include "dataplane/action/action_class.h"
#include "proto/openflow/numbers.h"

#define PORT_NUMBER_MAX 0xfeff /* of the switch's ports */

/* LOCAL and NORMAL are not there: the switch has no local port and no learning of its own. */
static bool is_good_port(uint32_t port, const struct action_env *env)
{
	switch (port) {
	case OF_PORT_IN_PORT:
	case OF_PORT_FLOOD:
	case OF_PORT_ALL:
	case OF_PORT_CONTROLLER:
		return true;
	case OF_PORT_TABLE:
		return env->is_packet_out;
	default:
		return port >= 1 && port <= PORT_NUMBER_MAX;
	}
}

static int output_compile(const struct of_action *act, const struct action_env *env,
			  struct action_op *op, struct of_error *err)
{
	const struct of_action_output *out = container_of(act, struct of_action_output, base);

	/* The port is settled (OF 1.5.1 section 5.1). */
	if (env->is_egress && env->is_action_set)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_TYPE);
	if (!is_good_port(out->port, env))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_OUT_PORT);
	op->kind = ACTION_OUTPUT;
	op->slot = ACTION_SLOT_OUTPUT;
	op->output.port = out->port;
	op->output.max_len = out->max_len;
	return 0;
}

static const struct action_class action_output = {
	.name = "output",
	.compile = output_compile,
};
REGISTRY_ADD(action_class, action_output);
