/* OFPAT_SET_QUEUE (OF 1.3.5 section 7.2.5) and NXAST_POP_QUEUE: the queue of the packet's outputs
 * from here on.  Which queues a port has is its own configuration and may change, so only ids that
 * no port can have are refused; a port without that queue sends the packet by its default queue. */

#include "proto/openflow/action_queue.h"
#include "dataplane/action/action_class.h"

#define QUEUE_ID_MAX 0xfffe

static int set_queue_compile(const struct of_action *act, const struct action_env *env,
			     struct action_op *op, struct of_error *err)
{
	uint32_t id = container_of(act, struct of_action_set_queue, base)->queue_id;

	(void)env;
	if (id > QUEUE_ID_MAX)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_QUEUE);
	op->kind = ACTION_SET_QUEUE;
	op->slot = ACTION_SLOT_QUEUE;
	op->set_queue.queue = id;
	return 0;
}

static const struct action_class action_set_queue = {
	.name = "set_queue",
	.compile = set_queue_compile,
};
REGISTRY_ADD(action_class, action_set_queue);

/* A packet has the default queue at first. */
static int pop_queue_compile(const struct of_action *act, const struct action_env *env,
			     struct action_op *op, struct of_error *err)
{
	(void)act;
	(void)env;
	(void)err;
	op->kind = ACTION_SET_QUEUE;
	op->slot = ACTION_SLOT_QUEUE;
	return 0;
}

static const struct action_class action_pop_queue = {
	.name = "pop_queue",
	.compile = pop_queue_compile,
};
REGISTRY_ADD(action_class, action_pop_queue);
