/* NXAST_MULTIPATH: a hash of the packet, brought down to a link's number, into a field (Open
 * vSwitch's ovs-actions manual). */

#include "proto/openflow/action_multipath.h"
#include "dataplane/action/action_extension.h"

static void multipath_run(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	const struct action_multipath *mp = op->owned;

	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		uint32_t hash = action_hash_fields(&b->keys[i], mp->fields, mp->basis);

		action_write_number(b, i, mp->dst.field, mp->dst.ofs, mp->dst.n_bits,
				    action_choose_link(hash, mp->algorithm, mp->n_links, mp->arg));
	}
}

static int multipath_compile(const struct of_action *act, const struct action_env *env,
			     struct action_op *op, struct of_error *err)
{
	const struct of_action_multipath *mp = container_of(act, struct of_action_multipath, base);
	struct action_multipath *own;

	if (action_check_listed(env, err) < 0 || action_check_target(&mp->dst, env, op, err) < 0)
		return -1;
	op->depth = PARSE_L4;
	op->lines |= KEY_LINE_COMMON | KEY_LINE_V6;
	op->run = multipath_run;
	own = xcalloc(1, sizeof(*own));
	*own = (struct action_multipath){
		.fields = mp->fields,
		.algorithm = mp->algorithm,
		.basis = mp->basis,
		.n_links = mp->max_link + 1u,
		.arg = mp->arg,
		.dst = mp->dst,
	};
	op->owned = own;
	return 0;
}

static const struct action_class action_multipath = {
	.name = "multipath",
	.compile = multipath_compile,
};
REGISTRY_ADD(action_class, action_multipath);
