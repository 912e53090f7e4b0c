#include "controller/flows/flow_set.h"

#include <stdlib.h>
#include "lib/list.h"

/* A claim is an owner's statement of a flow.  Claims of one key form a slot, ordered by cookie and
 * part; the first one's flow is desired. */
struct claim {
	struct list of_slot;
	struct list of_owner;
	struct slot *slot;
	struct owner *owner;
	struct flow_entry *flow;
	bool is_restated;
};

struct slot {
	struct hmap_node node; /* by the key's hash */
	struct list claims;
};

struct owner {
	struct hmap_node node;
	struct flow_owner id;
	struct list claims;
};

struct flow_set {
	struct hmap slots;
	struct hmap owners;
	struct flow_map desired;
	struct flow_map changed;
	struct hmap meters;
	uint64_t generation;
	uint64_t n_touched;
	void (*notify)(void *arg);
	void *arg;
};

struct flow_set *flow_set_create(void (*changed)(void *arg), void *arg)
{
	struct flow_set *s = xcalloc(1, sizeof(*s));

	s->notify = changed;
	s->arg = arg;
	return s;
}

static struct owner *find_owner(const struct flow_set *s, struct flow_owner id)
{
	HMAP_FOREACH_HASH (n, &s->owners, hash_bytes(&id, sizeof(id))) {
		struct owner *o = container_of(n, struct owner, node);

		if (o->id.cookie == id.cookie && o->id.part == id.part)
			return o;
	}
	return NULL;
}

static struct owner *get_owner(struct flow_set *s, struct flow_owner id)
{
	struct owner *o = find_owner(s, id);

	if (o)
		return o;
	o = xcalloc(1, sizeof(*o));
	o->id = id;
	list_init(&o->claims);
	hmap_insert(&s->owners, &o->node, hash_bytes(&id, sizeof(id)));
	return o;
}

static void forget_if_idle(struct flow_set *s, struct owner *o)
{
	if (!list_is_empty(&o->claims))
		return;
	hmap_remove(&s->owners, &o->node);
	free(o);
}

static struct claim *first_claim(struct slot *slot)
{
	return container_of(slot->claims.next, struct claim, of_slot);
}

static struct slot *find_slot(const struct flow_set *s, const struct flow_entry *key)
{
	HMAP_FOREACH_HASH (n, &s->slots, key->hash) {
		struct slot *slot = container_of(n, struct slot, node);

		if (flow_entry_same_key(first_claim(slot)->flow, key))
			return slot;
	}
	return NULL;
}

static void mark_changed(struct flow_set *s, struct flow_entry *key)
{
	bool is_first = flow_map_n(&s->changed) == 0;

	s->generation++;
	flow_map_put(&s->changed, key);
	if (is_first && s->notify)
		s->notify(s->arg);
}

/* SLOT's claims changed: desire what its first claim says.  Returns whether that is new. */
static bool settle_slot(struct flow_set *s, struct slot *slot, struct flow_entry *key)
{
	struct flow_entry *now = list_is_empty(&slot->claims) ? NULL : first_claim(slot)->flow;
	struct flow_entry *was = flow_map_find(&s->desired, key);
	bool is_changed = !now || !was || !flow_entry_equal(now, was);

	if (!now) {
		hmap_remove(&s->slots, &slot->node);
		free(slot);
		flow_map_remove(&s->desired, key);
	} else if (is_changed) {
		flow_map_put(&s->desired, now);
	}
	if (is_changed)
		mark_changed(s, key);
	return is_changed;
}

static bool is_after(const struct claim *a, const struct claim *b)
{
	if (a->flow->cookie != b->flow->cookie)
		return a->flow->cookie > b->flow->cookie;
	return a->owner->id.part > b->owner->id.part;
}

static void insert_claim(struct slot *slot, struct claim *c)
{
	struct claim *other;

	LIST_FOREACH (other, &slot->claims, of_slot) {
		if (is_after(other, c))
			break;
	}
	list_insert(&other->of_slot, &c->of_slot);
}

static bool add_claim(struct flow_set *s, struct owner *o, struct flow_entry *f)
{
	struct slot *slot = find_slot(s, f);
	struct claim *c = xcalloc(1, sizeof(*c));

	s->n_touched++;
	if (!slot) {
		slot = xcalloc(1, sizeof(*slot));
		list_init(&slot->claims);
		hmap_insert(&s->slots, &slot->node, f->hash);
	}
	c->slot = slot;
	c->owner = o;
	c->flow = f;
	c->is_restated = true;
	list_insert(&o->claims, &c->of_owner);
	insert_claim(slot, c);
	return settle_slot(s, slot, f);
}

static bool drop_claim(struct flow_set *s, struct claim *c)
{
	struct flow_entry *key = c->flow;
	struct slot *slot = c->slot;
	bool is_changed;

	s->n_touched++;
	list_remove(&c->of_slot);
	list_remove(&c->of_owner);
	free(c);
	is_changed = settle_slot(s, slot, key);
	flow_entry_unref(key);
	return is_changed;
}

static bool change_claim(struct flow_set *s, struct claim *c, struct flow_entry *f)
{
	struct flow_entry *was = c->flow;
	bool is_changed;

	s->n_touched++;
	list_remove(&c->of_slot);
	c->flow = f;
	insert_claim(c->slot, c);
	is_changed = settle_slot(s, c->slot, f);
	flow_entry_unref(was);
	return is_changed;
}

static struct claim *find_claim(const struct flow_set *s, const struct owner *o,
				const struct flow_entry *f)
{
	struct slot *slot = find_slot(s, f);
	struct claim *c;

	if (!slot)
		return NULL;
	LIST_FOREACH (c, &slot->claims, of_slot) {
		if (c->owner == o)
			return c;
	}
	return NULL;
}

static bool state_flow(struct flow_set *s, struct owner *o, struct flow_entry *f)
{
	struct claim *c = find_claim(s, o, f);

	if (!c)
		return add_claim(s, o, f);
	c->is_restated = true;
	if (!flow_entry_equal(c->flow, f))
		return change_claim(s, c, f);
	flow_entry_unref(f);
	return false;
}

bool flow_set_replace_part(struct flow_set *s, struct flow_owner owner, struct flow_entry **flows,
			   size_t n)
{
	struct owner *o = n ? get_owner(s, owner) : find_owner(s, owner);
	struct claim *c, *next;
	bool is_changed = false;

	if (!o)
		return false;
	LIST_FOREACH (c, &o->claims, of_owner)
		c->is_restated = false;
	for (size_t i = 0; i < n; i++)
		is_changed |= state_flow(s, o, flows[i]);
	LIST_FOREACH_SAFE (c, next, &o->claims, of_owner) {
		if (!c->is_restated)
			is_changed |= drop_claim(s, c);
	}
	forget_if_idle(s, o);
	return is_changed;
}

bool flow_set_replace(struct flow_set *s, uint64_t owner, struct flow_entry **flows, size_t n)
{
	return flow_set_replace_part(s, (struct flow_owner){ owner, 0 }, flows, n);
}

bool flow_set_put(struct flow_set *s, struct flow_owner owner, struct flow_entry *f)
{
	return state_flow(s, get_owner(s, owner), f);
}

bool flow_set_drop(struct flow_set *s, struct flow_owner owner, const struct flow_entry *key)
{
	struct owner *o = find_owner(s, owner);
	struct claim *c = o ? find_claim(s, o, key) : NULL;
	bool is_changed;

	if (!c)
		return false;
	is_changed = drop_claim(s, c);
	forget_if_idle(s, o);
	return is_changed;
}

static struct flow_meter *find_meter(const struct flow_set *s, uint32_t id)
{
	HMAP_FOREACH_HASH (n, &s->meters, hash_bytes(&id, sizeof(id))) {
		struct flow_meter *m = container_of(n, struct flow_meter, node);

		if (m->id == id)
			return m;
	}
	return NULL;
}

void flow_set_meter(struct flow_set *s, uint32_t id, uint32_t rate)
{
	struct flow_meter *m = find_meter(s, id);

	if ((m ? m->rate : 0) == rate)
		return;
	if (!rate) {
		hmap_remove(&s->meters, &m->node);
		free(m);
	} else {
		if (!m) {
			m = xcalloc(1, sizeof(*m));
			m->id = id;
			hmap_insert(&s->meters, &m->node, hash_bytes(&id, sizeof(id)));
		}
		m->rate = rate;
	}
	s->generation++;
	if (s->notify)
		s->notify(s->arg);
}

const struct hmap *flow_set_meters(const struct flow_set *s)
{
	return &s->meters;
}

void flow_set_destroy(struct flow_set *s)
{
	if (!s)
		return;
	s->notify = NULL;
	HMAP_FOREACH_SAFE (n, &s->owners)
		flow_set_replace_part(s, container_of(n, struct owner, node)->id, NULL, 0);
	HMAP_FOREACH_SAFE (n, &s->meters)
		free(container_of(n, struct flow_meter, node));
	hmap_fini(&s->meters);
	hmap_fini(&s->owners);
	hmap_fini(&s->slots);
	flow_map_fini(&s->desired);
	flow_map_fini(&s->changed);
	free(s);
}

const struct flow_map *flow_set_desired(const struct flow_set *s)
{
	return &s->desired;
}

uint64_t flow_set_generation(const struct flow_set *s)
{
	return s->generation;
}

void flow_set_take_changed(struct flow_set *s, struct flow_map *keys)
{
	*keys = s->changed;
	s->changed = FLOW_MAP_INIT;
}

uint64_t flow_set_n_touched(const struct flow_set *s)
{
	return s->n_touched;
}
