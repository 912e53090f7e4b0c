/* NXAST_CHECK_PKT_LARGER (Open vSwitch's ovs-actions manual): whether the packet is longer than so
 * many bytes, into a bit.  The length is that of the frame as it is now, tags included, before any
 * segmentation. */

#include "proto/openflow/action_check_pkt_larger.h"

#include <rte_mbuf.h>
#include "dataplane/action/action_extension.h"

static void check_run(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		action_write_number(b, i, op->check_size.field, op->check_size.bit, 1,
				    b->pkts[i]->pkt_len > op->check_size.size);
	}
}

static int check_compile(const struct of_action *act, const struct action_env *env,
			 struct action_op *op, struct of_error *err)
{
	const struct of_action_check_pkt_larger *check =
		container_of(act, struct of_action_check_pkt_larger, base);

	if (action_check_listed(env, err) < 0 ||
	    action_check_target(&check->dst, env, op, err) < 0)
		return -1;
	op->run = check_run;
	op->check_size.field = check->dst.field;
	op->check_size.bit = check->dst.ofs;
	op->check_size.size = check->length;
	return 0;
}

static const struct action_class action_check_pkt_larger = {
	.name = "check_pkt_larger",
	.compile = check_compile,
};
REGISTRY_ADD(action_class, action_check_pkt_larger);
