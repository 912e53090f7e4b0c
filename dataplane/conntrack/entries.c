/* The memory of connections and the lists of them (entries.h). */

#include "dataplane/conntrack/entries.h"

#include <stdlib.h>
#include "lib/hugemem.h"

#define SLACK	    (1u << 16) /* places for those that are given up and may still be held */
#define TOUCH_AHEAD HUGE_BYTES

static void store_init(struct store *s, uint32_t base, uint32_t ref_shift, uint32_t n_slots)
{
	*s = (struct store){ .base = base, .ref_shift = ref_shift, .n_slots = n_slots };
	slot_set_init(&s->free, n_slots);
	slot_set_init(&s->live, n_slots);
	for (unsigned i = ENTRY_UNASSURED; i < ENTRY_N_CLASSES; i++)
		slot_set_init(&s->listed[i], n_slots);
	s->due = xcalloc(n_slots / 64, sizeof(*s->due));
	slot_set_fill(&s->free, n_slots);
	slot_set_remove(&s->free, 0); /* reference 0 means none */
}

void entries_init(struct entries *e, uint32_t max)
{
	uint32_t n_slots = (max + max / 8 + SLACK + 63) / 64 * 64;
	uint32_t n_small_lines = n_slots * (sizeof(struct connection) / 64);

	*e = (struct entries){ 0 };
	e->bytes = (size_t)n_slots * (sizeof(struct connection) + sizeof(struct connection_large));
	e->memory = huge_map(e->bytes);
	store_init(&e->stores[0], 0, 1, n_slots);
	store_init(&e->stores[1], n_small_lines, 2, n_slots);
	entries_touch(e);
}

void entries_fini(struct entries *e)
{
	for (unsigned k = 0; k < N_STORES; k++) {
		struct store *s = &e->stores[k];

		slot_set_fini(&s->free);
		slot_set_fini(&s->live);
		for (unsigned i = ENTRY_UNASSURED; i < ENTRY_N_CLASSES; i++)
			slot_set_fini(&s->listed[i]);
		free(s->due);
	}
	huge_unmap(e->memory, e->bytes);
}

void entries_touch(struct entries *e)
{
	/* Of large ones there may be none for ever. */
	for (unsigned k = 0; k < N_STORES; k++) {
		struct store *s = &e->stores[k];
		uint32_t high = __atomic_load_n(&s->n_high, __ATOMIC_RELAXED) * 64;
		uint32_t ahead = (uint32_t)(TOUCH_AHEAD >> (6 + s->ref_shift));

		if (high + ahead / 2 <= s->n_touched || s->n_touched == s->n_slots ||
		    (k == 1 && !high))
			continue;
		high = MIN_OF(MAX_OF(high, s->n_touched) + ahead, s->n_slots);
		huge_touch(entry_of_slot(e, s, s->n_touched), (size_t)(high - s->n_touched)
								      << (6 + s->ref_shift));
		s->n_touched = high;
	}
}

size_t entries_touched_bytes(const struct entries *e)
{
	size_t bytes = 0;

	for (unsigned k = 0; k < N_STORES; k++) {
		const struct store *s = &e->stores[k];
		uint32_t high = __atomic_load_n(&s->n_high, __ATOMIC_RELAXED) * 64;

		bytes += (size_t)MAX_OF(high, s->n_touched) << (6 + s->ref_shift);
	}
	return bytes;
}

enum entry_class entry_class_of(uint32_t status)
{
	switch ((enum ct_timeout)(status & 0xff)) {
	case CT_TIMEOUT_TCP_LAST_ACK:
	case CT_TIMEOUT_TCP_TIME_WAIT:
	case CT_TIMEOUT_TCP_CLOSE:
	case CT_TIMEOUT_SCTP_CLOSED:
	case CT_TIMEOUT_SCTP_SHUTDOWN:
		return ENTRY_CLOSED;
	default:
		break;
	}
	if (!(status >> 8 & CONNECTION_SEEN_REPLY))
		return ENTRY_HALF_OPEN;
	return status >> 8 & CONNECTION_ASSURED ? ENTRY_ASSURED : ENTRY_UNASSURED;
}

static uint32_t status_of(const struct connection *c)
{
	return (uint32_t)(__atomic_load_n(&c->timeout, __ATOMIC_RELAXED) | connection_flags(c)
										   << 8);
}

int entry_list(struct entries *e, struct connection *c)
{
	struct store *s = store_of(e, c);
	uint32_t slot = entry_slot(e, s, c);
	int more = 0;

	for (;;) {
		uint8_t class = (uint8_t)entry_class_of(status_of(c));
		uint8_t was = __atomic_load_n(&c->class, __ATOMIC_RELAXED);

		if (was == class || was == ENTRY_DEAD)
			return more;
		if (!__atomic_compare_exchange_n(&c->class, &was, class, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_RELAXED))
			continue;
		more += (class == ENTRY_HALF_OPEN) - (was == ENTRY_HALF_OPEN);
		if (class != ENTRY_ASSURED)
			slot_set_add(&s->listed[class], slot);
		if (was != ENTRY_ASSURED && was < ENTRY_N_CLASSES)
			slot_set_remove(&s->listed[was], slot);
	}
}

int entry_unlist(struct entries *e, struct connection *c)
{
	struct store *s = store_of(e, c);
	uint32_t slot = entry_slot(e, s, c);
	uint8_t was = __atomic_exchange_n(&c->class, ENTRY_DEAD, __ATOMIC_ACQ_REL);

	if (was != ENTRY_ASSURED && was < ENTRY_N_CLASSES)
		slot_set_remove(&s->listed[was], slot);
	slot_set_remove(&s->live, slot);
	return -(was == ENTRY_HALF_OPEN);
}

void entry_due(struct entries *e, const struct connection *c, uint32_t due)
{
	struct store *s = store_of(e, c);
	uint32_t *at = &s->due[entry_slot(e, s, c) / 64];
	uint32_t is = __atomic_load_n(at, __ATOMIC_RELAXED);

	while ((int32_t)(is - due) > 0 &&
	       !__atomic_compare_exchange_n(at, &is, due, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}
