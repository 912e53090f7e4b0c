/* NXAST_EXIT, NXAST_FIN_TIMEOUT and NXAST_CLONE (Open vSwitch's ovs-actions manual), which the walk
 * does. */

#include "proto/openflow/action_exit.h"

#include <stdlib.h>
#include "dataplane/action/action_extension.h"
#include "proto/openflow/action_clone.h"
#include "proto/openflow/action_fin_timeout.h"

static int exit_compile(const struct of_action *act, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	(void)act;
	if (action_check_listed(env, err) < 0)
		return -1;
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_EXIT;
	return 0;
}

static int fin_timeout_compile(const struct of_action *act, const struct action_env *env,
			       struct action_op *op, struct of_error *err)
{
	const struct of_action_fin_timeout *fin =
		container_of(act, struct of_action_fin_timeout, base);

	if (action_check_listed(env, err) < 0)
		return -1;
	if (env->facts && !key_has_prereq(env->facts, OF_PREREQ_TCP))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_FIN_TIMEOUT;
	op->depth = PARSE_L4;
	op->lines = KEY_LINE_COMMON;
	op->fin_timeout.idle = fin->idle_timeout;
	op->fin_timeout.hard = fin->hard_timeout;
	return 0;
}

/* Whether a packet may be another after P.  A resubmit leads to who knows what. */
static bool changes_packet(const struct action_program *p)
{
	for (unsigned i = 0; i < p->n_ops; i++)
		switch ((enum action_kind)p->ops[i].kind) {
		case ACTION_CHANGE_KEY:
		case ACTION_OUTPUT:
		case ACTION_SET_QUEUE:
			break;
		default:
			return true;
		}
	return false;
}

static void clone_destroy(void *owned)
{
	struct action_clone *clone = owned;

	if (clone)
		action_program_destroy(clone->program);
	free(clone);
}

/* What the clone's actions do to the packet is not known of it afterwards. */
static int clone_compile(const struct of_action *act, const struct action_env *env,
			 struct action_op *op, struct of_error *err)
{
	const struct of_action_clone *clone = container_of(act, struct of_action_clone, base);
	struct flow_key facts;
	struct action_env inner = *env;
	struct action_program *program;
	struct action_clone *own;

	if (action_check_listed(env, err) < 0)
		return -1;
	if (env->n_nested == ACTION_MAX_NESTED)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_TOO_MANY);
	if (env->facts) {
		facts = *env->facts;
		inner.facts = &facts;
	}
	inner.n_nested++;
	inner.has_meter = false;
	program = action_compile(&clone->actions, &inner, err);
	if (!program)
		return -1;
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_CLONE;
	op->depth = program->depth;
	op->lines = program->lines;
	own = xcalloc(1, sizeof(*own));
	own->program = program;
	own->changes_packet = changes_packet(program);
	op->owned = own;
	op->destroy = clone_destroy;
	return 0;
}

static const struct action_class action_exit = {
	.name = "exit",
	.compile = exit_compile,
};
REGISTRY_ADD(action_class, action_exit);

static const struct action_class action_fin_timeout = {
	.name = "fin_timeout",
	.compile = fin_timeout_compile,
};
REGISTRY_ADD(action_class, action_fin_timeout);

static const struct action_class action_clone = {
	.name = "clone",
	.compile = clone_compile,
};
REGISTRY_ADD(action_class, action_clone);
