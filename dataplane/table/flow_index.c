/* Flows by hash (flow_index.h). */

#include "dataplane/table/flow_index.h"

#include <assert.h>
#include <stdlib.h>

#define MIN_SLOTS 16

static void put(struct flow_index *ix, struct flow *f, uint32_t hash)
{
	uint32_t i = hash & ix->mask;

	while (ix->hashes[i])
		i = (i + 1) & ix->mask;
	ix->hashes[i] = hash;
	ix->flows[i] = f;
}

static void resize(struct flow_index *ix, uint32_t n_slots)
{
	struct flow_index old = *ix;

	ix->hashes = xcalloc(n_slots, sizeof(*ix->hashes));
	ix->flows = xmalloc(n_slots * sizeof(*ix->flows));
	ix->mask = n_slots - 1;
	for (uint32_t i = 0; old.hashes && i <= old.mask; i++)
		if (old.hashes[i])
			put(ix, old.flows[i], old.hashes[i]);
	free(old.hashes);
	free(old.flows);
}

void flow_index_add(struct flow_index *ix, struct flow *f, uint32_t hash)
{
	if (!ix->hashes)
		resize(ix, MIN_SLOTS);
	else if (ix->n > ix->mask / 4 * 3)
		resize(ix, 2 * (ix->mask + 1));
	put(ix, f, hash);
	ix->n++;
}

/* Slot I is free: what stood behind it because it was not moves up. */
static void close_gap(struct flow_index *ix, uint32_t i)
{
	for (uint32_t j = (i + 1) & ix->mask; ix->hashes[j]; j = (j + 1) & ix->mask) {
		uint32_t home = ix->hashes[j] & ix->mask;

		if (((j - home) & ix->mask) < ((j - i) & ix->mask))
			continue;
		ix->hashes[i] = ix->hashes[j];
		ix->flows[i] = ix->flows[j];
		i = j;
	}
	ix->hashes[i] = 0;
}

void flow_index_remove(struct flow_index *ix, const struct flow *f, uint32_t hash)
{
	uint32_t i = hash & ix->mask;

	while (ix->hashes[i] != hash || ix->flows[i] != f) {
		assert(ix->hashes[i]);
		i = (i + 1) & ix->mask;
	}
	close_gap(ix, i);
	if (--ix->n == 0)
		flow_index_fini(ix);
}

struct flow *flow_index_next(const struct flow_index *ix, uint32_t hash, uint32_t *at)
{
	uint32_t i = *at == FLOW_INDEX_START ? hash : *at + 1;

	if (!ix->hashes)
		return NULL;
	for (i &= ix->mask; ix->hashes[i]; i = (i + 1) & ix->mask) {
		if (ix->hashes[i] != hash)
			continue;
		*at = i;
		return ix->flows[i];
	}
	return NULL;
}

void flow_index_fini(struct flow_index *ix)
{
	free(ix->hashes);
	free(ix->flows);
	*ix = (struct flow_index){ 0 };
}
