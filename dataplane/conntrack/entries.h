#ifndef DATAPLANE_CONNTRACK_ENTRIES_H
#define DATAPLANE_CONNTRACK_ENTRIES_H

/* The memory of connections: one piece of address space, small ones in front, large ones behind,
 * and of each kind which places are free, which are alive, and which may be given up for others.
 * Memory comes as it is used, from the lowest places on. */

#include "dataplane/conntrack/connection.h"
#include "dataplane/conntrack/slot_set.h"

#define N_STORES 2 /* small, large */

/* How lightly it is given up, least lightly first.  In connection.class. */
enum entry_class {
	ENTRY_ASSURED,
	ENTRY_UNASSURED, /* answered, but not more */
	ENTRY_HALF_OPEN, /* not answered */
	ENTRY_CLOSED,
	ENTRY_N_CLASSES,
	ENTRY_UNBORN = ENTRY_N_CLASSES, /* its maker has not finished */
	ENTRY_DEAD,
};

struct store {
	uint32_t base;	    /* reference of its first place */
	uint32_t ref_shift; /* a place is 1 << ref_shift lines */
	uint32_t n_slots;
	uint32_t n_high;    /* words that have been used, atomic */
	uint32_t n_touched; /* places; of the control thread */
	struct slot_set free, live;
	struct slot_set listed[ENTRY_N_CLASSES]; /* not of the assured ones */
	/* For each 64 places: not before this tick is one of them over; atomic. */
	uint32_t *due;
};

/* A reference is the number of a cache line; 0 is none. */
struct entries {
	char *memory;
	size_t bytes;
	struct store stores[N_STORES];
};

/* Room for MAX connections, and for those besides that were given up but may still be held. */
void entries_init(struct entries *e, uint32_t max);
void entries_fini(struct entries *e);
/* There is memory for the next places that will be used.  Control thread. */
void entries_touch(struct entries *e);
size_t entries_touched_bytes(const struct entries *e);

static inline struct connection *entry_at(const struct entries *e, uint32_t ref)
{
	return (struct connection *)(e->memory + (size_t)ref * 64);
}

static inline uint32_t entry_ref(const struct entries *e, const struct connection *c)
{
	return (uint32_t)(((const char *)c - e->memory) / 64);
}

static inline struct store *store_of(struct entries *e, const struct connection *c)
{
	return &e->stores[!!(connection_flags(c) & CONNECTION_LARGE)];
}

static inline const struct store *store_of_ref(const struct entries *e, uint32_t ref)
{
	return &e->stores[ref >= e->stores[1].base];
}

static inline uint32_t entry_slot(const struct entries *e, const struct store *s,
				  const struct connection *c)
{
	return (entry_ref(e, c) - s->base) >> s->ref_shift;
}

static inline struct connection *entry_of_slot(const struct entries *e, const struct store *s,
					       uint32_t slot)
{
	return entry_at(e, s->base + (slot << s->ref_shift));
}

enum entry_class entry_class_of(uint32_t status);
/* C, which is published, is listed as what it is now.  Returns how many half-open ones there are
 * more, which may be less than 0. */
int entry_list(struct entries *e, struct connection *c);
/* C, which is given up, is neither listed nor alive.  Returns the same. */
int entry_unlist(struct entries *e, struct connection *c);
/* Somebody looks at C at tick DUE at the latest. */
void entry_due(struct entries *e, const struct connection *c, uint32_t due);

#endif
