#ifndef LIB_HMAP_H
#define LIB_HMAP_H

/* Intrusive hash map: nodes live in the caller's structs, the caller compares keys.
 *
 *	HMAP_FOREACH_HASH (n, &map, hash_string(name)) {
 *		struct port *p = container_of(n, struct port, by_name);
 *		if (strcmp(p->name, name) == 0) return p;
 *	}
 */

#include "lib/util.h"

struct hmap_node {
	struct hmap_node *next;
	uint64_t hash;
};

struct hmap {
	struct hmap_node **buckets; /* NULL until the first insert */
	size_t mask;
	size_t n;
};

#define HMAP_INIT ((struct hmap){ 0 })

void hmap_fini(struct hmap *map); /* the nodes are the caller's */
void hmap_insert(struct hmap *map, struct hmap_node *node, uint64_t hash);
void hmap_remove(struct hmap *map, struct hmap_node *node);
struct hmap_node *hmap_first_hash(const struct hmap *map, uint64_t hash);
struct hmap_node *hmap_next_hash(const struct hmap_node *node);
struct hmap_node *hmap_first(const struct hmap *map);
struct hmap_node *hmap_next(const struct hmap *map, const struct hmap_node *node);

/* Keyed, so that a tenant who chooses names or addresses cannot make one chain long. */
uint64_t hash_bytes(const void *data, size_t size);
uint64_t hash_string(const char *s);

#define HMAP_FOREACH_HASH(NODE, MAP, HASH)                                                         \
	for (struct hmap_node *NODE = hmap_first_hash(MAP, HASH); NODE;                            \
	     NODE = hmap_next_hash(NODE))
#define HMAP_FOREACH(NODE, MAP)                                                                    \
	for (struct hmap_node *NODE = hmap_first(MAP); NODE; NODE = hmap_next(MAP, NODE))
/* NODE may be removed and freed in the body. */
#define HMAP_FOREACH_SAFE(NODE, MAP)                                                               \
	for (struct hmap_node *NODE = hmap_first(MAP),                                             \
			      *next_##NODE = NODE ? hmap_next(MAP, NODE) : NULL;                   \
	     NODE; NODE = next_##NODE, next_##NODE = NODE ? hmap_next(MAP, NODE) : NULL)

#endif
