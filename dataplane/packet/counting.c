#include "dataplane/packet/counting.h"

#include <stdlib.h>

struct counted *counted_create(const struct counting *how)
{
	int64_t slot = how->take(how->ctx);
	struct counted *c;

	if (slot < 0)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->slot = slot;
	c->n_refs = 1;
	c->how = how;
	how->sum(how->ctx, slot, &c->base_packets, &c->base_bytes);
	return c;
}

struct counted *counted_ref(struct counted *c)
{
	c->n_refs++;
	return c;
}

void counted_unref(struct counted *c)
{
	if (!c || --c->n_refs)
		return;
	c->how->give(c->how->ctx, c->slot);
	free(c);
}

void counted_get(const struct counted *c, uint64_t *n_packets, uint64_t *n_bytes)
{
	c->how->sum(c->how->ctx, c->slot, n_packets, n_bytes);
	*n_packets -= c->base_packets;
	*n_bytes -= c->base_bytes;
}
