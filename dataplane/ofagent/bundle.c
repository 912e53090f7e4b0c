#include "dataplane/ofagent/bundle.h"

#include <stdlib.h>

#include "dataplane/ofagent/datapath_priv.h"

void bundles_init(struct bundles *b, size_t *total)
{
	*b = (struct bundles){ .total = total };
	list_init(&b->list);
}

void bundles_fini(struct bundles *b)
{
	while (!list_is_empty(&b->list))
		bundle_discard(b, container_of(b->list.next, struct bundle, in_bundles));
}

struct bundle *bundle_find(struct bundles *b, uint32_t id)
{
	struct bundle *bundle;

	LIST_FOREACH (bundle, &b->list, in_bundles) {
		if (bundle->id == id)
			return bundle;
	}
	return NULL;
}

struct bundle *bundle_open(struct bundles *b, uint32_t id, uint16_t flags)
{
	struct bundle *bundle;

	if (b->n == BUNDLES_MAX)
		return NULL;
	bundle = xcalloc(1, sizeof(*bundle));
	bundle->id = id;
	bundle->flags = flags;
	list_insert(&b->list, &bundle->in_bundles);
	b->n++;
	return bundle;
}

void bundle_discard(struct bundles *b, struct bundle *bundle)
{
	b->n--;
	b->n_bytes -= bundle->messages.size;
	*b->total -= bundle->messages.size;
	list_remove(&bundle->in_bundles);
	buf_fini(&bundle->messages);
	free(bundle);
}

int bundle_add(struct bundles *b, struct bundle *bundle, const uint8_t *message, size_t size)
{
	if (b->n_bytes + size > BUNDLES_MAX_BYTES || *b->total + size > BUNDLES_TOTAL_BYTES)
		return -1;
	buf_add(&bundle->messages, message, size);
	b->n_bytes += size;
	*b->total += size;
	return 0;
}

/* Flow-mods change the tables within their transaction.  Port-mods are checked in the first
 * pass and done in the second, when nothing can fail any more. */
static int apply(const struct of_msg *m, struct datapath *dp, bool is_second_pass,
		 struct of_error *err)
{
	if (m->kind == OF_PORT_MOD)
		return datapath_port_mod(dp, &m->port_mod, !is_second_pass, err);
	if (is_second_pass)
		return 0;
	return tables_flow_mod(dp->tables, &m->flow_mod, loop_now_ns(dp->loop), err);
}

static int apply_each(struct bundle *bundle, struct datapath *dp, bool is_second_pass,
		      struct bundle_failure *failure)
{
	const struct buf *all = &bundle->messages;
	struct arena a = ARENA_INIT;
	long size;
	int rc = 0;

	for (size_t at = 0; at < all->size && !rc; at += size) {
		const uint8_t *data = all->data + at;
		struct of_msg m = { 0 };

		size = of_msg_size(data, all->size - at);
		rc = of_msg_decode(data, size, &a, &m, &failure->error);
		if (!rc)
			rc = apply(&m, dp, is_second_pass, &failure->error);
		failure->xid = m.xid;
		failure->message = data;
		failure->size = size;
		arena_clear(&a);
	}
	return rc;
}

int bundle_apply(struct bundle *bundle, struct datapath *dp, struct bundle_failure *failure)
{
	tables_begin(dp->tables);
	if (apply_each(bundle, dp, false, failure) < 0) {
		tables_rollback(dp->tables);
		return -1;
	}
	tables_commit(dp->tables, loop_now_ns(dp->loop));
	datapath_changed(dp);
	datapath_expiry_update(dp);
	return apply_each(bundle, dp, true, failure);
}
