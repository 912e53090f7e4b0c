/* Actions that do nothing to a packet by themselves: note, which only the reader of the flow sees,
 * and conjunction, which makes the flow a clause (dataplane/conjunction). */

#include "proto/openflow/action_conjunction.h"
#include "dataplane/action/action_extension.h"

static int note_compile(const struct of_action *act, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	(void)act;
	if (action_check_listed(env, err) < 0)
		return -1;
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_NOTE;
	return 0;
}

static int conjunction_compile(const struct of_action *act, const struct action_env *env,
			       struct action_op *op, struct of_error *err)
{
	const struct of_action_conjunction *c =
		container_of(act, struct of_action_conjunction, base);

	if (action_check_listed(env, err) < 0)
		return -1;
	if (env->is_packet_out || c->n_clauses < 2 || c->n_clauses > 64 ||
	    c->clause >= c->n_clauses)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_CONJUNCTION;
	op->conjunction.id = c->id;
	op->conjunction.clause = c->clause;
	op->conjunction.n_clauses = c->n_clauses;
	return 0;
}

static const struct action_class action_note = {
	.name = "note",
	.compile = note_compile,
};
REGISTRY_ADD(action_class, action_note);

static const struct action_class action_conjunction = {
	.name = "conjunction",
	.compile = conjunction_compile,
};
REGISTRY_ADD(action_class, action_conjunction);
