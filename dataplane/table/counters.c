/* Counter slots and the threads' arrays (counters.h). */

#include "dataplane/table/counters.h"

#include <assert.h>
#include <stdlib.h>
#include "lib/hugemem.h"

#define SLOTS_BYTES (COUNTERS_MAX_SLOTS * sizeof(struct counter))

struct counters {
	struct counter_block *blocks; /* all that ever were, also those not in use */
	uint32_t n_slots;	      /* handed out or free again */
	uint32_t *refs;		      /* of each; of a free one the next free, plus one */
	uint32_t first_free;	      /* plus one; 0: none */
	uint32_t room;
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
		huge_unmap(b->slots, SLOTS_BYTES);
		free(b);
	}
	free(c->refs);
	free(c);
}

/* Memory for all slots that are handed out, so that a thread that counts in one does not wait for a
 * page to be cleared. */
static void make_ready(struct counter_block *b, uint32_t n_slots)
{
	while (b->n_ready < n_slots) {
		huge_touch(&b->slots[b->n_ready], HUGE_BYTES);
		b->n_ready += HUGE_BYTES / sizeof(struct counter);
	}
}

unsigned counters_n_blocks(const struct counters *c)
{
	return c->blocks ? c->blocks->index + 1 : 0;
}

struct counter_block *counters_take_block(struct counters *c)
{
	struct counter_block *b;

	for (b = c->blocks; b; b = b->next) {
		if (b->is_in_use)
			continue;
		b->is_in_use = true;
		make_ready(b, c->n_slots);
		return b;
	}
	b = xcalloc_apart(sizeof(*b));
	b->is_in_use = true;
	b->index = counters_n_blocks(c);
	b->next = c->blocks;
	c->blocks = b;
	b->slots = huge_map(SLOTS_BYTES);
	b->slot_mask = UINT32_MAX;
	make_ready(b, c->n_slots);
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

	b->slots = xcalloc_lines(sizeof(*b->slots));
	b->index = UINT32_MAX;
	return b;
}

void counters_scratch_destroy(struct counter_block *b)
{
	if (!b)
		return;
	free(b->slots);
	free(b);
}

int64_t counters_take_slot(struct counters *c)
{
	uint32_t slot;

	if (c->first_free) {
		slot = c->first_free - 1;
		c->first_free = c->refs[slot];
	} else {
		if (c->n_slots == COUNTERS_MAX_SLOTS)
			return -1;
		if (c->n_slots == c->room) {
			c->room = MAX_OF(2 * c->room, 64u);
			c->refs = xrealloc(c->refs, c->room * sizeof(*c->refs));
		}
		slot = c->n_slots++;
		for (struct counter_block *b = c->blocks; b; b = b->next)
			if (b->is_in_use)
				make_ready(b, c->n_slots);
	}
	c->refs[slot] = 1;
	return slot;
}

int64_t counters_take_slot_from(struct counters *c, struct counter *base)
{
	uint32_t n_slots = c->n_slots;
	int64_t slot = counters_take_slot(c);

	*base = (struct counter){ 0 };
	if (slot >= 0 && slot < n_slots)
		*base = counters_sum(c, slot);
	return slot;
}

void counters_ref_slot(struct counters *c, uint32_t slot)
{
	c->refs[slot]++;
}

void counters_give_slot(struct counters *c, uint32_t slot)
{
	assert(c->refs[slot]);
	if (--c->refs[slot])
		return;
	c->refs[slot] = c->first_free;
	c->first_free = slot + 1;
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

static const struct counter_block *block_of(const struct counters *c, uint32_t index)
{
	for (const struct counter_block *b = c->blocks; b; b = b->next)
		if (b->index == index)
			return b;
	return NULL;
}

static struct stage_cost read_cost(const struct stage_cost *s)
{
	return (struct stage_cost){ read_counter(&s->cycles), read_counter(&s->n_packets) };
}

struct stage_costs counters_table_costs(const struct counters *c, uint32_t index, uint8_t table_id)
{
	const struct counter_block *b = block_of(c, index);

	if (!b)
		return (struct stage_costs){ 0 };
	return (struct stage_costs){ read_cost(&b->tables[table_id].find),
				     read_cost(&b->tables[table_id].run) };
}

struct stage_cost counters_parse_cost(const struct counters *c, uint32_t index)
{
	const struct counter_block *b = block_of(c, index);

	return b ? read_cost(&b->parse) : (struct stage_cost){ 0 };
}

struct stage_cost counters_cache_cost(const struct counters *c, uint32_t index)
{
	const struct counter_block *b = block_of(c, index);

	return b ? read_cost(&b->cache) : (struct stage_cost){ 0 };
}

struct stage_cost counters_gather_cost(const struct counters *c, uint32_t index)
{
	const struct counter_block *b = block_of(c, index);

	return b ? read_cost(&b->gather) : (struct stage_cost){ 0 };
}
