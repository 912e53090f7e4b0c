#ifndef LIB_ID_SLOTS_H
#define LIB_ID_SLOTS_H

/* Small dense numbers, slots, for sparse 32-bit ids: an id keeps its slot for as long as anything
 * names it, whether or not the thing with that id is there.  So what was compiled with a slot stays
 * right while things come and go, and arrays by slot stay short.  Ids are kept in order. */

#include "lib/util.h"

struct id_slot {
	uint32_t id, slot;
	unsigned n_names;
	void *thing; /* the owner's; NULL: there is none of that id */
};

struct id_slots {
	struct id_slot **by_id;	  /* [n], ascending */
	struct id_slot **by_slot; /* [n_slots], NULL where free */
	uint32_t *free_slots;	  /* [n_free] */
	uint32_t n, n_slots, n_free, room;
};

/* All names must have been dropped, or the rest is forgotten. */
void id_slots_fini(struct id_slots *s);
/* One more name for ID. */
struct id_slot *id_slots_name(struct id_slots *s, uint32_t id);
/* One name less; the last one gives the slot back. */
void id_slots_unname(struct id_slots *s, struct id_slot *slot);
/* NULL if nothing names it. */
struct id_slot *id_slots_find(const struct id_slots *s, uint32_t id);
/* Index in by_id of the first id that is not below ID. */
uint32_t id_slots_place(const struct id_slots *s, uint32_t id);

#endif
