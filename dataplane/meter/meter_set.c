/* The policers of one snapshot. */

#include "dataplane/meter/meters.h"

#include <stdlib.h>

struct meter_set *meter_set_create(const struct meters *ms, struct meter_set *previous)
{
	uint32_t n = ms->slots.n_slots;
	struct meter_set *set;

	if (previous && previous->generation == ms->generation) {
		previous->n_refs++;
		return previous;
	}
	set = xcalloc(1, sizeof(*set) + n * sizeof(set->by_slot[0]));
	set->n_refs = 1;
	set->generation = ms->generation;
	set->n = n;
	for (uint32_t i = 0; i < n; i++) {
		const struct id_slot *slot = ms->slots.by_slot[i];
		const struct meter *m = slot ? slot->thing : NULL;

		if (!m)
			continue;
		set->by_slot[i] = policer_ref(m->version->policer);
		set->is_remarking |= m->version->policer->is_remarking;
		if (m->id == OF_METER_CONTROLLER)
			set->controller = set->by_slot[i];
	}
	return set;
}

void meter_set_unref(struct meter_set *set)
{
	if (--set->n_refs)
		return;
	for (uint32_t i = 0; i < set->n; i++)
		policer_unref(set->by_slot[i]);
	free(set);
}
