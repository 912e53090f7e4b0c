/* The other ends that rules name: ports with a tag, or an address group.  In each place that needs
 * one it gets a bit; tables peer_out and peer_in set the bits of a packet's other end.
 *
 * A remote's bit is its id's remainder if that is free, else the next that is, and stays until no
 * rule of the place needs it: so a controller that starts again mostly gives the same bits.  Beyond
 * as many as there are bits, rules are stated for each address: slower, and right. */

#include "controller/apps/apps_priv.h"

#include <stdlib.h>
#include "controller/apps/eui64.h"

static uint64_t hash_id(uint64_t id)
{
	return hash_bytes(&id, sizeof(id));
}

static struct remote *find_remote(const struct place *pl, uint64_t id)
{
	HMAP_FOREACH_HASH (n, &pl->remotes, hash_id(id)) {
		struct remote *r = container_of(n, struct remote, by_id);

		if (r->id == id)
			return r;
	}
	return NULL;
}

static struct tag *find_tag(const struct apps *a, uint64_t id)
{
	HMAP_FOREACH_HASH (n, &a->tags, hash_id(id)) {
		struct tag *tag = container_of(n, struct tag, by_id);

		if (tag->id == id)
			return tag;
	}
	return NULL;
}

static struct addresses_rec *find_addresses(const struct apps *a, uint64_t id)
{
	HMAP_FOREACH_HASH (n, &a->addresses, hash_id(id)) {
		struct addresses_rec *rec = container_of(n, struct addresses_rec, by_id);

		if (rec->id == id)
			return rec;
	}
	return NULL;
}

/* A port's prefixes, one after the other: its addresses, the link-local one, the pairs. */
static bool port_prefix(const struct intent_port *port, unsigned i, struct intent_prefix *p)
{
	struct in6_addr link_local;

	*p = (struct intent_prefix){ .is_ipv6 = true, .length = 128 };
	if (i < port->n_ipv4) {
		*p = (struct intent_prefix){ .length = 32 };
		memcpy(p->bytes, &port->ipv4[i], 4);
		return true;
	}
	i -= port->n_ipv4;
	if (i < port->n_ipv6) {
		memcpy(p->bytes, &port->ipv6[i], 16);
		return true;
	}
	i -= port->n_ipv6;
	if (i == 0) {
		link_local = eui64_link_local(port->mac);
		memcpy(p->bytes, &link_local, 16);
		return true;
	}
	i--;
	if (i >= port->n_pairs)
		return false;
	*p = port->pairs[i].prefix;
	return true;
}

typedef void prefix_fn(struct prefixes *t, const struct intent_prefix *p, unsigned bit);

static void each_port_prefix(struct place *pl, const struct intent_port *port, unsigned bit,
			     prefix_fn *fn)
{
	struct intent_prefix p;

	for (unsigned i = 0; port_prefix(port, i, &p); i++)
		fn(pl->prefixes, &p, bit);
}

static void each_prefix(const struct apps *a, struct place *pl, const struct remote *r,
			prefix_fn *fn)
{
	struct addresses_rec *addresses = r->is_addresses ? find_addresses(a, r->id) : NULL;
	struct tag *tag = r->is_addresses ? NULL : find_tag(a, r->id);
	struct membership *m;

	if (addresses) {
		HMAP_FOREACH (n, &addresses->entries)
			fn(pl->prefixes, &container_of(n, struct address_entry, node)->prefix,
			   r->bit);
	}
	if (!tag)
		return;
	LIST_FOREACH (m, &tag->members, of_tag) {
		if (m->port->network == pl->network)
			each_port_prefix(pl, &m->port->intent, r->bit, fn);
	}
}

static bool is_taken(const struct place *pl, unsigned bit)
{
	return pl->bits_taken[bit / 32] >> bit % 32 & 1;
}

static int choose_bit(const struct place *pl, uint64_t id)
{
	const struct remote *same = pl->like ? find_remote(pl->like, id) : NULL;

	if (pl->like)
		return same ? same->bit : -1;
	for (unsigned i = 0; i < PREFIXES_BITS; i++) {
		unsigned bit = (id + i) % PREFIXES_BITS;

		if (!is_taken(pl, bit))
			return bit;
	}
	return -1;
}

static bool is_named(const struct intent_rule *rule)
{
	return rule->remote == REMOTE_TAG || rule->remote == REMOTE_ADDRESSES;
}

struct remote *remote_get(struct apps *a, struct place *pl, const struct intent_rule *rule)
{
	struct remote *r;

	if (!is_named(rule))
		return NULL;
	r = find_remote(pl, rule->remote_id);
	if (r) {
		r->n_refs++;
		return r;
	}
	r = xcalloc(1, sizeof(*r));
	r->id = rule->remote_id;
	r->is_addresses = rule->remote == REMOTE_ADDRESSES;
	r->n_refs = 1;
	r->bit = choose_bit(pl, r->id);
	hmap_insert(&pl->remotes, &r->by_id, hash_id(r->id));
	if (r->bit >= 0) {
		pl->bits_taken[r->bit / 32] |= 1u << r->bit % 32;
		each_prefix(a, pl, r, prefixes_add);
	}
	return r;
}

void remote_put(struct apps *a, struct place *pl, const struct intent_rule *rule)
{
	struct remote *r = is_named(rule) ? find_remote(pl, rule->remote_id) : NULL;

	if (!r || --r->n_refs)
		return;
	if (r->bit >= 0) {
		each_prefix(a, pl, r, prefixes_remove);
		pl->bits_taken[r->bit / 32] &= ~(1u << r->bit % 32);
	}
	hmap_remove(&pl->remotes, &r->by_id);
	free(r);
}

struct gathered {
	struct intent_prefix *list;
	size_t n, capacity;
};

static void gather(struct gathered *g, const struct intent_prefix *p)
{
	if (g->n == g->capacity) {
		g->capacity = MAX_OF(g->capacity * 2, 16u);
		g->list = xrealloc(g->list, g->capacity * sizeof(*g->list));
	}
	g->list[g->n++] = *p;
}

struct intent_prefix *remote_prefixes(const struct apps *a, const struct place *pl,
				      const struct remote *r, size_t *n)
{
	struct addresses_rec *addresses = r->is_addresses ? find_addresses(a, r->id) : NULL;
	struct tag *tag = r->is_addresses ? NULL : find_tag(a, r->id);
	struct gathered g = { 0 };
	struct membership *m;
	struct intent_prefix p;

	if (addresses) {
		HMAP_FOREACH (e, &addresses->entries)
			gather(&g, &container_of(e, struct address_entry, node)->prefix);
	}
	if (tag) {
		LIST_FOREACH (m, &tag->members, of_tag) {
			if (m->port->network != pl->network)
				continue;
			for (unsigned i = 0; port_prefix(&m->port->intent, i, &p); i++)
				gather(&g, &p);
		}
	}
	*n = g.n;
	return g.list;
}

/* Rules for which R has no bit name its addresses, which have changed. */
static void restate_users(struct apps *a, struct place *pl, const struct remote *r)
{
	struct policy_use *use;

	LIST_FOREACH (use, &pl->uses, of_place)
		policy_restate_remote(a, use, r->id);
}

static void change_port(struct port_rec *p, prefix_fn *fn)
{
	struct place *pl;

	LIST_FOREACH (pl, &p->network->places, of_network) {
		for (unsigned i = 0; i < p->n_memberships; i++) {
			struct remote *r = find_remote(pl, p->memberships[i].tag->id);

			if (r && r->bit >= 0)
				each_port_prefix(pl, &p->intent, r->bit, fn);
		}
	}
}

static void restate_port(struct apps *a, const struct port_rec *p, uint64_t tag_id)
{
	struct place *pl;

	LIST_FOREACH (pl, &p->network->places, of_network) {
		struct remote *r = find_remote(pl, tag_id);

		if (r && r->bit < 0)
			restate_users(a, pl, r);
	}
}

static struct tag *get_tag(struct apps *a, uint64_t id)
{
	struct tag *tag = find_tag(a, id);

	if (tag)
		return tag;
	tag = xcalloc(1, sizeof(*tag));
	tag->id = id;
	list_init(&tag->members);
	hmap_insert(&a->tags, &tag->by_id, hash_id(id));
	return tag;
}

static void forget_tag_if_unused(struct apps *a, struct tag *tag)
{
	if (!list_is_empty(&tag->members))
		return;
	hmap_remove(&a->tags, &tag->by_id);
	free(tag);
}

void remotes_add_port(struct apps *a, struct port_rec *p)
{
	p->n_memberships = p->intent.n_tags;
	p->memberships = xcalloc(MAX_OF(p->n_memberships, 1u), sizeof(*p->memberships));
	for (unsigned i = 0; i < p->n_memberships; i++) {
		struct membership *m = &p->memberships[i];

		m->port = p;
		m->tag = get_tag(a, p->intent.tags[i]);
		list_insert(&m->tag->members, &m->of_tag);
	}
	change_port(p, prefixes_add);
	for (unsigned i = 0; i < p->n_memberships; i++)
		restate_port(a, p, p->memberships[i].tag->id);
}

void remotes_remove_port(struct apps *a, struct port_rec *p)
{
	if (!p->memberships)
		return;
	change_port(p, prefixes_remove);
	for (unsigned i = 0; i < p->n_memberships; i++) {
		struct tag *tag = p->memberships[i].tag;

		list_remove(&p->memberships[i].of_tag);
		restate_port(a, p, tag->id);
		forget_tag_if_unused(a, tag);
	}
	free(p->memberships);
	p->memberships = NULL;
	p->n_memberships = 0;
}

/* --- address groups --- */

static struct address_entry *find_entry(const struct addresses_rec *rec,
					const struct intent_prefix *p)
{
	HMAP_FOREACH_HASH (n, &rec->entries, hash_bytes(p->bytes, sizeof(p->bytes))) {
		struct address_entry *e = container_of(n, struct address_entry, node);

		if (memcmp(e->prefix.bytes, p->bytes, sizeof(p->bytes)) == 0 &&
		    e->prefix.length == p->length && e->prefix.is_ipv6 == p->is_ipv6)
			return e;
	}
	return NULL;
}

/* In every place where rules name REC. */
static void each_place(struct apps *a, const struct addresses_rec *rec,
		       const struct intent_prefix *p, prefix_fn *fn)
{
	HMAP_FOREACH (n, &a->switches) {
		struct switch_rec *sw = container_of(n, struct switch_rec, by_id);

		HMAP_FOREACH (m, &sw->places) {
			struct place *pl = container_of(m, struct place, by_network);
			struct remote *r = find_remote(pl, rec->id);

			if (r && r->bit >= 0)
				fn(pl->prefixes, p, r->bit);
		}
	}
}

static void restate_places(struct apps *a, const struct addresses_rec *rec)
{
	HMAP_FOREACH (n, &a->switches) {
		struct switch_rec *sw = container_of(n, struct switch_rec, by_id);

		HMAP_FOREACH (m, &sw->places) {
			struct place *pl = container_of(m, struct place, by_network);
			struct remote *r = find_remote(pl, rec->id);

			if (r && r->bit < 0)
				restate_users(a, pl, r);
		}
	}
}

static void add_entry(struct apps *a, struct addresses_rec *rec, const struct intent_prefix *p)
{
	struct address_entry *e;

	if (find_entry(rec, p))
		return;
	e = xcalloc(1, sizeof(*e));
	e->prefix = *p;
	hmap_insert(&rec->entries, &e->node, hash_bytes(p->bytes, sizeof(p->bytes)));
	each_place(a, rec, p, prefixes_add);
}

static void remove_entry(struct apps *a, struct addresses_rec *rec, struct address_entry *e)
{
	hmap_remove(&rec->entries, &e->node);
	each_place(a, rec, &e->prefix, prefixes_remove);
	free(e);
}

void apps_set_addresses(struct apps *a, uint64_t id, const char *name)
{
	struct addresses_rec *rec = find_addresses(a, id);

	if (!rec) {
		rec = xcalloc(1, sizeof(*rec));
		rec->id = id;
		hmap_insert(&a->addresses, &rec->by_id, hash_id(id));
	}
	free(rec->name);
	rec->name = xstrdup(name);
}

void apps_change_addresses(struct apps *a, uint64_t id, const struct intent_prefix *added,
			   size_t n_added, const struct intent_prefix *removed, size_t n_removed)
{
	struct addresses_rec *rec = find_addresses(a, id);

	if (!rec)
		return;
	for (size_t i = 0; i < n_added; i++)
		add_entry(a, rec, &added[i]);
	for (size_t i = 0; i < n_removed; i++) {
		struct address_entry *e = find_entry(rec, &removed[i]);

		if (e)
			remove_entry(a, rec, e);
	}
	restate_places(a, rec);
}

static void index_prefix(struct hmap *map, struct address_entry *e, const struct intent_prefix *p)
{
	e->prefix = *p;
	hmap_insert(map, &e->node, hash_bytes(p->bytes, sizeof(p->bytes)));
}

void apps_replace_addresses(struct apps *a, uint64_t id, const struct intent_prefix *list, size_t n)
{
	struct addresses_rec *rec = find_addresses(a, id), wanted = { .id = id };
	struct address_entry *entries = xcalloc(n + 1, sizeof(*entries));

	if (!rec) {
		free(entries);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		index_prefix(&wanted.entries, &entries[i], &list[i]);
		add_entry(a, rec, &list[i]);
	}
	HMAP_FOREACH_SAFE (node, &rec->entries) {
		struct address_entry *e = container_of(node, struct address_entry, node);

		if (!find_entry(&wanted, &e->prefix))
			remove_entry(a, rec, e);
	}
	hmap_fini(&wanted.entries);
	free(entries);
	restate_places(a, rec);
}

void apps_remove_addresses(struct apps *a, uint64_t id)
{
	struct addresses_rec *rec = find_addresses(a, id);

	if (!rec)
		return;
	apps_replace_addresses(a, id, NULL, 0);
	hmap_remove(&a->addresses, &rec->by_id);
	hmap_fini(&rec->entries);
	free(rec->name);
	free(rec);
}

const char *addresses_name(const struct apps *a, uint64_t id)
{
	const struct addresses_rec *rec = find_addresses(a, id);

	return rec ? rec->name : NULL;
}

void remotes_fini(struct apps *a)
{
	HMAP_FOREACH_SAFE (n, &a->addresses)
		apps_remove_addresses(a, container_of(n, struct addresses_rec, by_id)->id);
	hmap_fini(&a->addresses);
	hmap_fini(&a->tags);
}
