/* NXAST_REG_LOAD: some bits of a field (Open vSwitch's ovs-actions manual). */

#include "proto/openflow/action_reg_load.h"
#include "dataplane/action/action_class.h"
#include "dataplane/action/bits.h"

static int load_compile(const struct of_action *act, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	const struct of_action_reg_load *load = container_of(act, struct of_action_reg_load, base);
	const struct of_field *field = load->dst.field;
	uint8_t number[8], ones[8], value[OF_FIELD_MAX_BYTES] = { 0 },
				    mask[OF_FIELD_MAX_BYTES] = { 0 };

	store_be64(number, load->value);
	memset(ones, 0xff, sizeof(ones));
	bits_copy(number, 8, 0, value, field->n_bytes, load->dst.ofs, load->dst.n_bits);
	bits_copy(ones, 8, 0, mask, field->n_bytes, load->dst.ofs, load->dst.n_bits);
	return action_compile_set(field, value, mask, env, op, err);
}

static const struct action_class action_load = {
	.name = "load",
	.compile = load_compile,
};
REGISTRY_ADD(action_class, action_load);
