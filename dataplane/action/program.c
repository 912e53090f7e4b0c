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

	if (!class)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_TYPE);
	op->act = act;
	if (class->compile(act, env, op, err) < 0)
		return -1;
	p->n_ops++;
	p->depth = MAX_OF(p->depth, op->depth);
	p->lines |= op->lines;
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
	p = xcalloc(1, sizeof(*p) + acts->n * sizeof(p->ops[0]));
	for (unsigned i = 0; i < acts->n; i++) {
		if (compile_one(acts->list[i], env, p, err) < 0) {
			action_program_destroy(p);
			return NULL;
		}
	}
	return p;
}

void action_program_destroy(struct action_program *p)
{
	free(p);
}
