/* Action sets: what a packet gathers on its way, and what is done at the end (OF 1.3.5
 * section 5.10). */

#include "dataplane/pipeline/pipeline_priv.h"

#include <openflow/openflow-common.h>
#include "proto/openflow/numbers.h"

/* Append OP to packet I's action set, in place of one for the same thing. */
void set_add(struct pipeline_thread *t, unsigned i, const struct action_op *op)
{
	struct action_set *set = &t->sets[i];
	unsigned n = 0;

	if (!(t->with_set & 1ull << i))
		set->n = 0;
	t->with_set |= 1ull << i;
	if (!op->is_partial) {
		for (unsigned k = 0; k < set->n; k++)
			if (set->ops[k]->slot != op->slot)
				set->ops[n++] = set->ops[k];
		set->n = n;
	}
	if (set->n == ACTION_MAX_WRITES) {
		abort_packet(t, i, DROP_ACTION_SET_LIMIT);
		return;
	}
	set->ops[set->n++] = op;
}

void set_write(struct pipeline_thread *t, const struct action_program *program, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1)
		for (unsigned k = 0; k < program->n_ops; k++)
			set_add(t, __builtin_ctzll(bitmap), &program->ops[k]);
}

/* OF 1.3.5 section 5.10. */
void set_run(const struct walk *w, unsigned i)
{
	struct walk inner = { .p = w->p, .t = w->t, .depth = w->depth, .reason = OFPR_ACTION_SET };
	const struct action_set *set = &w->t->sets[i];
	uint64_t bitmap = 1ull << i;
	uint32_t phases = 0;

	for (unsigned k = 0; k < set->n; k++)
		phases |= 1u << action_phase(set->ops[k]);
	if (phases & 1u << ACTION_PHASE_GROUP)
		phases &= ~(1u << ACTION_PHASE_OUTPUT);
	for (; phases; phases &= phases - 1) {
		unsigned phase = __builtin_ctz(phases);

		inner.is_end = phase == ACTION_PHASE_GROUP;
		for (unsigned k = 0; k < set->n && bitmap; k++)
			if (action_phase(set->ops[k]) == phase)
				run_ops(&inner, set->ops[k], 1, w->t->states[i].rule, &bitmap);
	}
}
