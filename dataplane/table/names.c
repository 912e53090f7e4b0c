/* The groups and meters of programs (names.h). */

#include "dataplane/table/names.h"

#include <stdlib.h>
#include "dataplane/action/action_extension.h"

bool names_have(const struct names *names, enum action_kind kind, uint32_t id)
{
	for (unsigned i = 0; i < names->n; i++)
		if (names->list[i].kind == kind && names->list[i].id == id)
			return true;
	return false;
}

static void add(struct names *names, enum action_kind kind, uint32_t id, uint32_t slot)
{
	if (names_have(names, kind, id))
		return;
	if (names->n == names->room) {
		names->room = MAX_OF(2 * names->room, 1u);
		names->list = xrealloc(names->list, names->room * sizeof(names->list[0]));
	}
	names->list[names->n++] = (struct name){ kind, id, slot };
}

static void add_extension(struct names *names, const struct action_op *op)
{
	if (op->extension == ACTION_EXT_CLONE) {
		names_add(names, ((const struct action_clone *)op->owned)->program);
	} else if (op->extension == ACTION_EXT_CONTROLLER) {
		const struct action_controller *c = op->owned;

		if (c->has_meter)
			add(names, ACTION_METER, c->meter_id, c->meter_slot);
	}
}

void names_add(struct names *names, const struct action_program *p)
{
	for (unsigned i = 0; p && i < p->n_ops; i++) {
		const struct action_op *op = &p->ops[i];

		if (op->kind == ACTION_GROUP)
			add(names, op->kind, op->group.id, op->group.slot);
		else if (op->kind == ACTION_METER)
			add(names, op->kind, op->meter.id, op->meter.slot);
		else if (op->kind == ACTION_EXTENSION)
			add_extension(names, op);
	}
}

void names_fini(struct names *names)
{
	free(names->list);
}
