/* Flows by hash (flow_index.h). */

#include "dataplane/table/flow_index.h"

#include <assert.h>
#include <stdlib.h>

#define MIN_SLOTS 16
#define PART_BITS 8
#define N_PARTS	  (1u << PART_BITS)
#define MAX_WHOLE 16384 /* flows of an index that is not in parts */

static struct flow_index_part *part_of(struct flow_index *ix, uint32_t hash)
{
	return ix->parts ? &ix->parts[hash >> (32 - PART_BITS)] : &ix->whole;
}

static void put(struct flow_index_part *p, struct flow *f, uint32_t hash)
{
	uint32_t i = hash & p->mask;

	while (p->hashes[i])
		i = (i + 1) & p->mask;
	p->hashes[i] = hash;
	p->flows[i] = f;
}

static void part_fini(struct flow_index_part *p)
{
	free(p->hashes);
	free(p->flows);
	*p = (struct flow_index_part){ 0 };
}

static void resize(struct flow_index_part *p, uint32_t n_slots)
{
	struct flow_index_part old = *p;

	p->hashes = xcalloc(n_slots, sizeof(*p->hashes));
	p->flows = xmalloc(n_slots * sizeof(*p->flows));
	p->mask = n_slots - 1;
	for (uint32_t i = 0; old.hashes && i <= old.mask; i++)
		if (old.hashes[i])
			put(p, old.flows[i], old.hashes[i]);
	part_fini(&old);
}

static void add(struct flow_index_part *p, struct flow *f, uint32_t hash)
{
	if (!p->hashes)
		resize(p, MIN_SLOTS);
	else if (p->n > p->mask / 4 * 3)
		resize(p, 2 * (p->mask + 1));
	put(p, f, hash);
	p->n++;
}

static void make_parts(struct flow_index *ix)
{
	struct flow_index_part whole = ix->whole;

	ix->whole = (struct flow_index_part){ 0 };
	ix->parts = xcalloc(N_PARTS, sizeof(*ix->parts));
	for (uint32_t i = 0; i <= whole.mask; i++)
		if (whole.hashes[i])
			add(part_of(ix, whole.hashes[i]), whole.flows[i], whole.hashes[i]);
	part_fini(&whole);
}

void flow_index_add(struct flow_index *ix, struct flow *f, uint32_t hash)
{
	if (!ix->parts && ix->n == MAX_WHOLE)
		make_parts(ix);
	add(part_of(ix, hash), f, hash);
	ix->n++;
}

/* Slot I is free: what stood behind it because it was not moves up. */
static void close_gap(struct flow_index_part *p, uint32_t i)
{
	for (uint32_t j = (i + 1) & p->mask; p->hashes[j]; j = (j + 1) & p->mask) {
		uint32_t home = p->hashes[j] & p->mask;

		if (((j - home) & p->mask) < ((j - i) & p->mask))
			continue;
		p->hashes[i] = p->hashes[j];
		p->flows[i] = p->flows[j];
		i = j;
	}
	p->hashes[i] = 0;
}

void flow_index_remove(struct flow_index *ix, const struct flow *f, uint32_t hash)
{
	struct flow_index_part *p = part_of(ix, hash);
	uint32_t i = hash & p->mask;

	while (p->hashes[i] != hash || p->flows[i] != f) {
		assert(p->hashes[i]);
		i = (i + 1) & p->mask;
	}
	close_gap(p, i);
	p->n--;
	if (--ix->n == 0)
		flow_index_fini(ix);
}

struct flow *flow_index_next(const struct flow_index *ix, uint32_t hash, uint32_t *at)
{
	const struct flow_index_part *p = part_of((struct flow_index *)ix, hash);
	uint32_t i = *at == FLOW_INDEX_START ? hash : *at + 1;

	if (!p->hashes)
		return NULL;
	for (i &= p->mask; p->hashes[i]; i = (i + 1) & p->mask) {
		if (p->hashes[i] != hash)
			continue;
		*at = i;
		return p->flows[i];
	}
	return NULL;
}

void flow_index_fini(struct flow_index *ix)
{
	for (unsigned i = 0; ix->parts && i < N_PARTS; i++)
		part_fini(&ix->parts[i]);
	free(ix->parts);
	part_fini(&ix->whole);
	*ix = (struct flow_index){ 0 };
}
