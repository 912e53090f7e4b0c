#include "lib/id_slots.h"

#include <stdlib.h>

void id_slots_fini(struct id_slots *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		free(s->by_id[i]);
	free(s->by_id);
	free(s->by_slot);
	free(s->free_slots);
	*s = (struct id_slots){ 0 };
}

uint32_t id_slots_place(const struct id_slots *s, uint32_t id)
{
	uint32_t from = 0, to = s->n;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (s->by_id[mid]->id < id)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

struct id_slot *id_slots_find(const struct id_slots *s, uint32_t id)
{
	uint32_t at = id_slots_place(s, id);

	return at < s->n && s->by_id[at]->id == id ? s->by_id[at] : NULL;
}

static void grow(struct id_slots *s)
{
	s->room = s->room ? s->room * 2 : 16;
	s->by_id = xrealloc(s->by_id, s->room * sizeof(*s->by_id));
	s->by_slot = xrealloc(s->by_slot, s->room * sizeof(*s->by_slot));
	s->free_slots = xrealloc(s->free_slots, s->room * sizeof(*s->free_slots));
}

struct id_slot *id_slots_name(struct id_slots *s, uint32_t id)
{
	uint32_t at = id_slots_place(s, id);
	struct id_slot *new;

	if (at < s->n && s->by_id[at]->id == id) {
		s->by_id[at]->n_names++;
		return s->by_id[at];
	}
	if (s->n == s->room)
		grow(s);
	new = xcalloc(1, sizeof(*new));
	new->id = id;
	new->n_names = 1;
	new->slot = s->n_free ? s->free_slots[--s->n_free] : s->n_slots++;
	s->by_slot[new->slot] = new;
	memmove(&s->by_id[at + 1], &s->by_id[at], (s->n - at) * sizeof(*s->by_id));
	s->by_id[at] = new;
	s->n++;
	return new;
}

void id_slots_unname(struct id_slots *s, struct id_slot *slot)
{
	uint32_t at;

	if (--slot->n_names)
		return;
	at = id_slots_place(s, slot->id);
	memmove(&s->by_id[at], &s->by_id[at + 1], (s->n - at - 1) * sizeof(*s->by_id));
	s->n--;
	s->by_slot[slot->slot] = NULL;
	s->free_slots[s->n_free++] = slot->slot;
	free(slot);
}
