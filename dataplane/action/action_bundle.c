/* NXAST_BUNDLE and NXAST_BUNDLE_LOAD (Open vSwitch's ovs-actions manual): one of several ports that
 * are up.  Which are up only the snapshot knows, so the walk chooses. */

#include "proto/openflow/action_bundle.h"
#include "dataplane/action/action_extension.h"
#include "proto/openflow/numbers.h"

static int bundle_compile(const struct of_action *act, const struct action_env *env,
			  struct action_op *op, struct of_error *err)
{
	const struct of_action_bundle *bundle = container_of(act, struct of_action_bundle, base);
	bool is_load = bundle->dst.field != NULL;
	struct action_bundle *own;

	if (action_check_listed(env, err) < 0)
		return -1;
	if (is_load && action_check_target(&bundle->dst, env, op, err) < 0)
		return -1;
	for (unsigned i = 0; i < bundle->n_members; i++)
		if (bundle->members[i] != OF_PORT_ANY && !action_is_port(bundle->members[i]))
			return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_OUT_PORT);
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_BUNDLE;
	op->depth = PARSE_L4;
	op->lines |= KEY_LINE_COMMON | KEY_LINE_V6;
	own = xcalloc(1, sizeof(*own) + bundle->n_members * sizeof(own->members[0]));
	own->fields = bundle->fields;
	own->algorithm = bundle->algorithm;
	own->basis = bundle->basis;
	if (is_load)
		own->dst = bundle->dst;
	own->n = bundle->n_members;
	if (own->n)
		memcpy(own->members, bundle->members, own->n * sizeof(own->members[0]));
	op->owned = own;
	return 0;
}

static const struct action_class action_bundle = {
	.name = "bundle",
	.compile = bundle_compile,
};
REGISTRY_ADD(action_class, action_bundle);

static const struct action_class action_bundle_load = {
	.name = "bundle_load",
	.compile = bundle_compile,
};
REGISTRY_ADD(action_class, action_bundle_load);
