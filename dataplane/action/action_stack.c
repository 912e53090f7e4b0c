/* NXAST_STACK_PUSH and NXAST_STACK_POP (Open vSwitch's ovs-actions manual): bits of a field, put on
 * a stack that each packet has, and taken off it.  Popping an empty stack does nothing. */

#include "proto/openflow/action_stack.h"
#include "dataplane/action/action_extension.h"

static struct action_stack *stack_of(struct action_batch *b, unsigned i)
{
	if (!(b->with_stack & 1ull << i))
		b->stacks[i].n = 0;
	b->with_stack |= 1ull << i;
	return &b->stacks[i];
}

static void push_run(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		struct action_stack *stack = stack_of(b, i);

		if (stack->n == ACTION_MAX_STACK) {
			b->layouts[i].drop = DROP_STACK_LIMIT;
			b->failed |= 1ull << i;
			continue;
		}
		action_read_bits(b, i, op->stack.field, op->stack.bit, op->stack.n_bits,
				 stack->values[stack->n++]);
	}
}

static void pop_run(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		struct action_stack *stack = stack_of(b, i);

		if (stack->n)
			action_write_bits(b, i, op->stack.field, op->stack.bit, op->stack.n_bits,
					  stack->values[--stack->n]);
	}
}

static void set_place(const struct of_subfield *sf, struct action_op *op)
{
	op->stack.field = sf->field;
	op->stack.bit = sf->ofs;
	op->stack.n_bits = sf->n_bits;
}

/* It changes no byte, but it can fail, which only ACTION_CHANGE_PACKET may. */
static int push_compile(const struct of_action *act, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	const struct of_action_stack *push = container_of(act, struct of_action_stack, base);

	if (action_check_listed(env, err) < 0 ||
	    action_check_source(&push->subfield, env, op, err) < 0)
		return -1;
	op->kind = ACTION_CHANGE_PACKET;
	op->run = push_run;
	set_place(&push->subfield, op);
	return 0;
}

static int pop_compile(const struct of_action *act, const struct action_env *env,
		       struct action_op *op, struct of_error *err)
{
	const struct of_action_stack *pop = container_of(act, struct of_action_stack, base);

	if (action_check_listed(env, err) < 0 ||
	    action_check_target(&pop->subfield, env, op, err) < 0)
		return -1;
	op->run = pop_run;
	set_place(&pop->subfield, op);
	return 0;
}

static const struct action_class action_push = {
	.name = "push",
	.compile = push_compile,
};
REGISTRY_ADD(action_class, action_push);

static const struct action_class action_pop = {
	.name = "pop",
	.compile = pop_compile,
};
REGISTRY_ADD(action_class, action_pop);
