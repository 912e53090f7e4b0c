/* NXAST_OUTPUT_REG and NXAST_OUTPUT_TRUNC (Open vSwitch's ovs-actions manual): output to the port
 * that a field names, and output of a packet's beginning; the walk sends. */

#include "proto/openflow/action_output_reg.h"
#include "dataplane/action/action_extension.h"
#include "proto/openflow/numbers.h"

static int output_reg_compile(const struct of_action *act, const struct action_env *env,
			      struct action_op *op, struct of_error *err)
{
	const struct of_action_output_reg *out =
		container_of(act, struct of_action_output_reg, base);

	if (action_check_listed(env, err) < 0 ||
	    action_check_source(&out->src, env, op, err) < 0)
		return -1;
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_OUTPUT_FIELD;
	op->output_field.field = out->src.field;
	op->output_field.bit = out->src.ofs;
	op->output_field.n_bits = out->src.n_bits;
	op->output_field.max_len = out->max_len;
	return 0;
}

/* A cut packet goes to one port, as in Open vSwitch: copies for all could not be told apart. */
static int output_trunc_compile(const struct of_action *act, const struct action_env *env,
				struct action_op *op, struct of_error *err)
{
	const struct of_action_output_trunc *out =
		container_of(act, struct of_action_output_trunc, base);

	if (action_check_listed(env, err) < 0)
		return -1;
	if (!action_is_port(out->port) || out->port == OF_PORT_ALL || out->port == OF_PORT_FLOOD)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_OUT_PORT);
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_OUTPUT_CUT;
	op->output_cut.port = out->port;
	op->output_cut.max_bytes = out->max_len;
	return 0;
}

static const struct action_class action_output_reg = {
	.name = "output_reg",
	.compile = output_reg_compile,
};
REGISTRY_ADD(action_class, action_output_reg);

static const struct action_class action_output_trunc = {
	.name = "output_trunc",
	.compile = output_trunc_compile,
};
REGISTRY_ADD(action_class, action_output_trunc);
