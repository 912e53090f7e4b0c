#include "controller/flows/flow_set.h"

#include <stdlib.h>

struct member {
	struct hmap_node node;
	struct flow_sets *sets;
	uint64_t datapath_id;
	struct flow_set *set;
};

struct flow_sets {
	struct hmap members;
	void (*changed)(void *arg, uint64_t datapath_id);
	void *arg;
};

struct flow_sets *flow_sets_create(void)
{
	return xcalloc(1, sizeof(struct flow_sets));
}

void flow_sets_destroy(struct flow_sets *sets)
{
	if (!sets)
		return;
	HMAP_FOREACH_SAFE (n, &sets->members) {
		struct member *m = container_of(n, struct member, node);

		flow_set_destroy(m->set);
		free(m);
	}
	hmap_fini(&sets->members);
	free(sets);
}

void flow_sets_listen(struct flow_sets *sets, void (*changed)(void *arg, uint64_t datapath_id),
		      void *arg)
{
	sets->changed = changed;
	sets->arg = arg;
}

static void set_changed(void *arg)
{
	struct member *m = arg;

	if (m->sets->changed)
		m->sets->changed(m->sets->arg, m->datapath_id);
}

struct flow_set *flow_sets_find(const struct flow_sets *sets, uint64_t datapath_id)
{
	HMAP_FOREACH_HASH (n, &sets->members, hash_bytes(&datapath_id, sizeof(datapath_id))) {
		struct member *m = container_of(n, struct member, node);

		if (m->datapath_id == datapath_id)
			return m->set;
	}
	return NULL;
}

struct flow_set *flow_sets_get(struct flow_sets *sets, uint64_t datapath_id)
{
	struct flow_set *set = flow_sets_find(sets, datapath_id);
	struct member *m;

	if (set)
		return set;
	m = xcalloc(1, sizeof(*m));
	m->sets = sets;
	m->datapath_id = datapath_id;
	m->set = flow_set_create(set_changed, m);
	hmap_insert(&sets->members, &m->node, hash_bytes(&datapath_id, sizeof(datapath_id)));
	return m->set;
}
