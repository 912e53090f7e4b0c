/* Counter slots and the threads' arrays (counters.h). */

#include "dataplane/table/counters.h"

#include <stdlib.h>

struct counters {
	struct counter_block *blocks; /* all that ever were, also those not in use */
	uint32_t n_slots;	      /* handed out or free again */
	uint32_t *free_slots;
	uint32_t n_free, free_room;
};

static uint64_t read_counter(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

struct counters *counters_create(void)
{
	return xcalloc(1, sizeof(struct counters));
}

void counters_destroy(struct counters *c)
{
	struct counter_block *next;

	if (!c)
		return;
	for (struct counter_block *b = c->blocks; b; b = next) {
		next = b->next;
		for (unsigned i = 0; i < COUNTERS_MAX_CHUNKS && b->chunks[i]; i++)
			free(b->chunks[i]);
		free(b);
	}
	free(c->free_slots);
	free(c);
}

static void cover(struct counter_block *b, uint32_t n_slots)
{
	for (uint32_t i = n_slots ? (n_slots - 1) / COUNTERS_CHUNK + 1 : 0;
	     i-- > 0 && !b->chunks[i];)
		if (!b->chunks[i])
			b->chunks[i] = xcalloc(COUNTERS_CHUNK, sizeof(struct counter));
}

struct counter_block *counters_take_block(struct counters *c)
{
	struct counter_block *b;

	for (b = c->blocks; b; b = b->next) {
		if (b->is_in_use)
			continue;
		b->is_in_use = true;
		return b;
	}
	b = xcalloc(1, sizeof(*b));
	b->is_in_use = true;
	b->next = c->blocks;
	c->blocks = b;
	cover(b, c->n_slots);
	return b;
}

void counters_give_block(struct counters *c, struct counter_block *b)
{
	(void)c;
	b->is_in_use = false;
}

struct counter_block *counters_scratch_create(void)
{
	struct counter_block *b = xcalloc(1, sizeof(*b));
	struct counter *chunk = xcalloc(COUNTERS_CHUNK, sizeof(*chunk));

	for (unsigned i = 0; i < COUNTERS_MAX_CHUNKS; i++)
		b->chunks[i] = chunk;
	return b;
}

void counters_scratch_destroy(struct counter_block *b)
{
	if (!b)
		return;
	free(b->chunks[0]);
	free(b);
}

int64_t counters_take_slot(struct counters *c)
{
	if (c->n_free)
		return c->free_slots[--c->n_free];
	if (c->n_slots == COUNTERS_CHUNK * COUNTERS_MAX_CHUNKS)
		return -1;
	c->n_slots++;
	for (struct counter_block *b = c->blocks; b; b = b->next)
		cover(b, c->n_slots);
	return c->n_slots - 1;
}

void counters_give_slot(struct counters *c, uint32_t slot)
{
	if (c->n_free == c->free_room) {
		c->free_room = c->free_room ? c->free_room * 2 : 64;
		c->free_slots = xrealloc(c->free_slots, c->free_room * sizeof(*c->free_slots));
	}
	c->free_slots[c->n_free++] = slot;
}

struct counter counters_sum(const struct counters *c, uint32_t slot)
{
	struct counter sum = { 0 };

	for (struct counter_block *b = c->blocks; b; b = b->next) {
		const struct counter *n = counter_at(b, slot);
		uint64_t used_ns = read_counter(&n->used_ns);

		sum.n_packets += read_counter(&n->n_packets);
		sum.n_bytes += read_counter(&n->n_bytes);
		sum.n_dropped += read_counter(&n->n_dropped);
		sum.used_ns = MAX_OF(sum.used_ns, used_ns);
	}
	return sum;
}

struct table_counter counters_table_sum(const struct counters *c, uint8_t table_id)
{
	struct table_counter sum = { 0 };

	for (struct counter_block *b = c->blocks; b; b = b->next) {
		const struct table_counter *n = &b->tables[table_id];

		sum.n_lookups += read_counter(&n->n_lookups);
		sum.n_matched += read_counter(&n->n_matched);
		sum.n_missed += read_counter(&n->n_missed);
	}
	return sum;
}

uint64_t counters_drop_sum(const struct counters *c, enum drop_reason reason)
{
	uint64_t sum = 0;

	for (struct counter_block *b = c->blocks; b; b = b->next)
		sum += read_counter(&b->drops[reason]);
	return sum;
}
