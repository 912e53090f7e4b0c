/* Compiling a list of actions: each action's own file does its part. */

#include "dataplane/action/action_class.h"

#include <stdlib.h>

static const struct action_class *class_of(const struct of_action *act)
{
	REGISTRY_FOREACH (p, action_class)
		if (strcmp((*p)->name, act->class->name) == 0)
			return *p;
	return NULL;
}

static int compile_one(const struct of_action *act, const struct action_env *env,
		       struct action_program *p, struct of_error *err)
{
	const struct action_class *class = class_of(act);
	struct action_op *op = &p->ops[p->n_ops];

	if (!class) /* it is understood, and not carried out */
		return of_error_set(err, OFPET_BAD_ACTION,
				    act->class->vendor ? OFPBAC_BAD_EXP_TYPE : OFPBAC_BAD_TYPE);
	op->act = act;
	if (class->compile(act, env, op, err) < 0)
		return -1;
	p->n_ops++;
	p->depth = MAX_OF(p->depth, op->depth);
	p->lines |= op->lines;
	return 0;
}

static int compile_meter_instruction(const struct action_env *env, struct action_program *p,
				     struct of_error *err)
{
	struct action_op *op = &p->ops[p->n_ops++];
	int64_t slot = env->refs ? env->refs->meter(env->refs->ctx, env->meter_id) : -1;

	if (slot < 0)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_METER);
	op->kind = ACTION_METER;
	op->slot = ACTION_SLOT_METER;
	op->meter.id = env->meter_id;
	op->meter.slot = slot;
	return 0;
}

static bool is_extension(const struct action_op *op, enum action_extension which)
{
	return op->kind == ACTION_EXTENSION && op->extension == which;
}

/* A flow that is a clause of conjunctions does nothing else (Open vSwitch's ovs-actions manual). */
static int check_conjunctions(const struct action_program *p, struct of_error *err)
{
	unsigned n = 0, n_notes = 0;

	for (unsigned i = 0; i < p->n_ops; i++) {
		n += is_extension(&p->ops[i], ACTION_EXT_CONJUNCTION);
		n_notes += is_extension(&p->ops[i], ACTION_EXT_NOTE);
	}
	if (n && n + n_notes != p->n_ops)
		return of_error_set_nx(err, NXBAC_BAD_CONJUNCTION);
	return 0;
}

struct action_program *action_compile(const struct of_actions *acts, const struct action_env *env,
				      struct of_error *err)
{
	unsigned max = env->is_action_set ? ACTION_MAX_WRITES : ACTION_MAX_OPS;
	struct action_program *p;

	if (acts->n > max) {
		of_error_set(err, OFPET_BAD_ACTION, OFPBAC_TOO_MANY);
		return NULL;
	}
	p = xcalloc(1, sizeof(*p) + (acts->n + env->has_meter) * sizeof(p->ops[0]));
	if (env->has_meter && compile_meter_instruction(env, p, err) < 0) {
		action_program_destroy(p);
		return NULL;
	}
	for (unsigned i = 0; i < acts->n; i++) {
		if (compile_one(acts->list[i], env, p, err) < 0) {
			action_program_destroy(p);
			return NULL;
		}
	}
	if (check_conjunctions(p, err) < 0) {
		action_program_destroy(p);
		return NULL;
	}
	return p;
}

enum action_phase action_phase(const struct action_op *op)
{
	static const uint8_t phases[ACTION_SLOT_SET] = {
		[ACTION_SLOT_METER] = ACTION_PHASE_METER,
		[ACTION_SLOT_COPY_TTL_IN] = ACTION_PHASE_COPY_TTL_IN,
		[ACTION_SLOT_POP_VLAN] = ACTION_PHASE_POP,
		[ACTION_SLOT_POP_MPLS] = ACTION_PHASE_POP,
		[ACTION_SLOT_POP_PBB] = ACTION_PHASE_POP,
		[ACTION_SLOT_PUSH_MPLS] = ACTION_PHASE_PUSH_MPLS,
		[ACTION_SLOT_PUSH_PBB] = ACTION_PHASE_PUSH_PBB,
		[ACTION_SLOT_PUSH_VLAN] = ACTION_PHASE_PUSH_VLAN,
		[ACTION_SLOT_COPY_TTL_OUT] = ACTION_PHASE_COPY_TTL_OUT,
		[ACTION_SLOT_DEC_TTL] = ACTION_PHASE_DEC_TTL,
		[ACTION_SLOT_DEC_MPLS_TTL] = ACTION_PHASE_DEC_TTL,
		[ACTION_SLOT_SET_TTL] = ACTION_PHASE_SET,
		[ACTION_SLOT_SET_MPLS_TTL] = ACTION_PHASE_SET,
		[ACTION_SLOT_QUEUE] = ACTION_PHASE_QUEUE,
		[ACTION_SLOT_GROUP] = ACTION_PHASE_GROUP,
		[ACTION_SLOT_OUTPUT] = ACTION_PHASE_OUTPUT,
	};

	return op->slot < ACTION_SLOT_SET ? phases[op->slot] : ACTION_PHASE_SET;
}

static void op_fini(struct action_op *op)
{
	(op->destroy ? op->destroy : free)(op->owned);
}

/* Whether a later action of the list stands in place of op K, or a group in place of an output. */
static bool is_replaced(const struct action_program *p, unsigned k)
{
	bool is_output = p->ops[k].slot == ACTION_SLOT_OUTPUT;

	for (unsigned i = 0; i < p->n_ops; i++) {
		if (i > k && p->ops[i].slot == p->ops[k].slot && !p->ops[i].is_partial)
			return true;
		if (is_output && p->ops[i].slot == ACTION_SLOT_GROUP)
			return true;
	}
	return false;
}

void action_program_order_set(struct action_program *p)
{
	struct action_op *ops = xcalloc(p->n_ops, sizeof(*ops));
	unsigned n = 0;

	for (unsigned phase = 0; phase < ACTION_N_PHASES; phase++)
		for (unsigned i = 0; i < p->n_ops; i++)
			if (action_phase(&p->ops[i]) == phase && !is_replaced(p, i))
				ops[n++] = p->ops[i];
	for (unsigned i = 0; i < p->n_ops; i++)
		if (is_replaced(p, i))
			op_fini(&p->ops[i]);
	memcpy(p->ops, ops, n * sizeof(*ops));
	p->n_ops = n;
	free(ops);
}

void action_program_destroy(struct action_program *p)
{
	for (unsigned i = 0; p && i < p->n_ops; i++)
		op_fini(&p->ops[i]);
	free(p);
}
