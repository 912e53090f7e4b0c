#ifndef CONTROLLER_FLOWS_FLOW_MAP_H
#define CONTROLLER_FLOWS_FLOW_MAP_H

/* Flows of one switch by (table, priority, match): what is desired, or what is installed. */

#include "controller/flows/flow_entry.h"

/* Flows by key, each once; holds references. */
struct flow_map {
	struct hmap nodes;
};

#define FLOW_MAP_INIT ((struct flow_map){ HMAP_INIT })

void flow_map_fini(struct flow_map *m);
size_t flow_map_n(const struct flow_map *m);
struct flow_entry *flow_map_find(const struct flow_map *m,
				 const struct flow_entry *key); /* lent, or NULL */
/* Takes its own reference; replaces what has the same key. */
void flow_map_put(struct flow_map *m, struct flow_entry *f);
void flow_map_remove(struct flow_map *m, const struct flow_entry *key);
/* All flows in flow_entry_compare() order, lent, N of them; free() the array. */
struct flow_entry **flow_map_sorted(const struct flow_map *m, size_t *n);
void flow_map_print(const struct flow_map *m, struct buf *out);
bool flow_map_equal(const struct flow_map *a, const struct flow_map *b);

struct flow_map_node {
	struct hmap_node node;
	struct flow_entry *flow;
};

/* HMAP_FOREACH (n, &map->nodes) { struct flow_entry *f = flow_map_at(n); ... } */
static inline struct flow_entry *flow_map_at(const struct hmap_node *n)
{
	return container_of(n, struct flow_map_node, node)->flow;
}

#endif
