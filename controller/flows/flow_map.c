#include "controller/flows/flow_map.h"

#include <stdlib.h>

static struct flow_map_node *find_node(const struct flow_map *m, const struct flow_entry *key)
{
	HMAP_FOREACH_HASH (n, &m->nodes, key->hash) {
		if (flow_entry_same_key(flow_map_at(n), key))
			return container_of(n, struct flow_map_node, node);
	}
	return NULL;
}

void flow_map_fini(struct flow_map *m)
{
	HMAP_FOREACH_SAFE (n, &m->nodes) {
		flow_entry_unref(flow_map_at(n));
		free(container_of(n, struct flow_map_node, node));
	}
	hmap_fini(&m->nodes);
}

size_t flow_map_n(const struct flow_map *m)
{
	return m->nodes.n;
}

struct flow_entry *flow_map_find(const struct flow_map *m, const struct flow_entry *key)
{
	struct flow_map_node *n = find_node(m, key);

	return n ? n->flow : NULL;
}

void flow_map_put(struct flow_map *m, struct flow_entry *f)
{
	struct flow_map_node *n = find_node(m, f);

	flow_entry_ref(f);
	if (n) {
		flow_entry_unref(n->flow);
		n->flow = f;
		return;
	}
	n = xmalloc(sizeof(*n));
	n->flow = f;
	hmap_insert(&m->nodes, &n->node, f->hash);
}

void flow_map_remove(struct flow_map *m, const struct flow_entry *key)
{
	struct flow_map_node *n = find_node(m, key);

	if (!n)
		return;
	hmap_remove(&m->nodes, &n->node);
	flow_entry_unref(n->flow);
	free(n);
}

static int compare_pointers(const void *a, const void *b)
{
	return flow_entry_compare(*(struct flow_entry *const *)a, *(struct flow_entry *const *)b);
}

struct flow_entry **flow_map_sorted(const struct flow_map *m, size_t *n)
{
	struct flow_entry **flows = xcalloc(m->nodes.n + 1, sizeof(*flows));

	*n = 0;
	HMAP_FOREACH (node, &m->nodes)
		flows[(*n)++] = flow_map_at(node);
	qsort(flows, *n, sizeof(*flows), compare_pointers);
	return flows;
}

void flow_map_print(const struct flow_map *m, struct buf *out)
{
	size_t n;
	struct flow_entry **flows = flow_map_sorted(m, &n);

	for (size_t i = 0; i < n; i++)
		flow_entry_print(flows[i], out);
	free(flows);
}

bool flow_map_equal(const struct flow_map *a, const struct flow_map *b)
{
	if (a->nodes.n != b->nodes.n)
		return false;
	HMAP_FOREACH (n, &a->nodes) {
		struct flow_entry *other = flow_map_find(b, flow_map_at(n));

		if (!other || !flow_entry_equal(flow_map_at(n), other))
			return false;
	}
	return true;
}
