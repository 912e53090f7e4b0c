#include "controller/model/address_set.h"

#include <stdio.h>
#include <stdlib.h>
#include "controller/model/model_priv.h"
#include "proto/weft/v1/address_group.pb-c.h"

#define CHUNK_LENGTH 256
#define MAX_CHUNKS   ((ADDRESS_SET_MAX + CHUNK_LENGTH - 1) / CHUNK_LENGTH)
#define CHUNKS	     "/chunks/"
#define LAST_CHANGE  "/lastChange"

struct entry {
	struct hmap_node node;
	struct ip_range range;
	uint16_t chunk, place; /* while it is in the head */
	bool is_in_head, is_committed;
	uint32_t n_in_flight;
};

struct chunk {
	uint16_t n;
	bool is_dirty;
	struct entry *entries[CHUNK_LENGTH];
};

struct address_set {
	struct hmap entries; /* of the head, the committed state, or on their way */
	size_t n_head, n_committed;
	struct chunk *chunks[MAX_CHUNKS]; /* of the head; NULL: empty */
	unsigned first_free;		  /* none before it has room */
	bool is_lost;			  /* the head was taken back: lay it out as stored */
	struct address_change *changes;
	size_t n_changes, changes_capacity;
};

struct address_delta {
	struct store *store;
	struct resource *r; /* stays while this is in flight */
	struct address_set *set;
	struct entry **entries;
	size_t n;
	bool is_added;
};

struct address_set *address_set_create(void)
{
	return xcalloc(1, sizeof(struct address_set));
}

static void clear_chunks(struct address_set *set)
{
	for (unsigned i = 0; i < MAX_CHUNKS; i++) {
		free(set->chunks[i]);
		set->chunks[i] = NULL;
	}
	set->first_free = 0;
	set->n_head = 0;
}

void address_set_destroy(struct address_set *set)
{
	if (!set)
		return;
	HMAP_FOREACH_SAFE (n, &set->entries)
		free(container_of(n, struct entry, node));
	hmap_fini(&set->entries);
	clear_chunks(set);
	free(set->changes);
	free(set);
}

size_t address_set_count(const struct address_set *set)
{
	return set->is_lost ? set->n_committed : set->n_head;
}

size_t address_set_committed(const struct address_set *set)
{
	return set->n_committed;
}

/* Entries. */

static uint64_t hash_range(const struct ip_range *r)
{
	uint8_t key[17];

	memcpy(key, r->first.bytes, 16);
	key[16] = r->length;
	return hash_bytes(key, sizeof(key));
}

static struct entry *find(const struct address_set *set, const struct ip_range *r)
{
	HMAP_FOREACH_HASH (n, &set->entries, hash_range(r)) {
		struct entry *e = container_of(n, struct entry, node);

		if (e->range.length == r->length && ip_compare(&e->range.first, &r->first) == 0)
			return e;
	}
	return NULL;
}

static struct entry *obtain(struct address_set *set, const struct ip_range *r)
{
	struct entry *e = find(set, r);

	if (e)
		return e;
	e = xcalloc(1, sizeof(*e));
	e->range = *r;
	hmap_insert(&set->entries, &e->node, hash_range(r));
	return e;
}

static void free_if_gone(struct address_set *set, struct entry *e)
{
	if (e->is_in_head || e->is_committed || e->n_in_flight)
		return;
	hmap_remove(&set->entries, &e->node);
	free(e);
}

/* The head's layout. */

static bool place_in(struct address_set *set, struct entry *e, unsigned chunk)
{
	struct chunk *c = set->chunks[chunk];

	if (!c)
		c = set->chunks[chunk] = xcalloc(1, sizeof(*c));
	if (c->n == CHUNK_LENGTH)
		return false;
	e->is_in_head = true;
	e->chunk = chunk;
	e->place = c->n;
	c->entries[c->n++] = e;
	c->is_dirty = true;
	set->n_head++;
	return true;
}

static void place(struct address_set *set, struct entry *e)
{
	while (!place_in(set, e, set->first_free))
		set->first_free++;
}

static void take_out(struct address_set *set, struct entry *e)
{
	struct chunk *c = set->chunks[e->chunk];
	struct entry *last = c->entries[--c->n];

	c->entries[e->place] = last;
	last->place = e->place;
	c->is_dirty = true;
	e->is_in_head = false;
	set->first_free = MIN_OF(set->first_free, e->chunk);
	set->n_head--;
}

/* What the store has: for each prefix 4 or 6, its length, its address. */

static void pack_chunk(const struct chunk *c, struct buf *out)
{
	for (unsigned i = 0; i < c->n; i++) {
		const struct ip_range *r = &c->entries[i]->range;
		bool is_v4 = ip_is_v4(&r->first);

		buf_be8(out, is_v4 ? 4 : 6);
		buf_be8(out, is_v4 ? r->length - 96 : r->length);
		buf_add(out, r->first.bytes + (is_v4 ? 12 : 0), is_v4 ? 4 : 16);
	}
}

/* The prefix at DATA; how many bytes it takes, 0: none. */
static size_t unpack_range(const uint8_t *data, size_t size, struct ip_range *r)
{
	static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };
	bool is_v4 = size && data[0] == 4;
	size_t n = is_v4 ? 6 : 18;

	if (size < n || (!is_v4 && data[0] != 6) || data[1] > (is_v4 ? 32 : 128))
		return 0;
	memcpy(r->first.bytes, v4_prefix, 12);
	memcpy(r->first.bytes + (is_v4 ? 12 : 0), data + 2, n - 2);
	r->length = data[1] + (is_v4 ? 96 : 0);
	return ip_range_end(r) == NULL && ip_is_v4(&r->first) == is_v4 ? n : 0;
}

bool address_chunk_each(const struct store_kv *kv, unsigned skip, address_each_fn *each, void *arg)
{
	const uint8_t *at = kv->value, *end = at + kv->size;

	while (at < end) {
		struct ip_range range;
		size_t n = unpack_range(at, end - at, &range);

		if (n == 0)
			return false;
		at += n;
		if (skip)
			skip--;
		else if (!each(arg, &range))
			return false;
	}
	return true;
}

bool address_chunk_of_key(const char *key, unsigned *chunk, size_t *name_length)
{
	size_t n = strlen(key), tail = strlen(CHUNKS) + 4;
	const char *at = key + n - tail;
	char *end;

	if (n <= tail || strncmp(at, CHUNKS, strlen(CHUNKS)) != 0)
		return false;
	*name_length = at - key;
	*chunk = strtoul(at + strlen(CHUNKS), &end, 16);
	return !*end && *chunk < MAX_CHUNKS;
}

bool address_is_change_key(const char *key)
{
	size_t n = strlen(key), end = strlen(LAST_CHANGE);

	return n > end && strcmp(key + n - end, LAST_CHANGE) == 0;
}

static char *chunk_key(const struct resource *r, unsigned chunk)
{
	return xasprintf("%s" CHUNKS "%04x", r->name, chunk);
}

struct loading {
	struct address_set *set;
	unsigned chunk;
	bool is_committed; /* also becomes so */
	bool is_wrong;
};

static bool load_range(void *arg, const struct ip_range *range)
{
	struct loading *l = arg;
	struct entry *e = obtain(l->set, range);

	if (e->is_in_head || !place_in(l->set, e, l->chunk)) {
		l->is_wrong = true;
		return false;
	}
	if (l->is_committed && !e->is_committed) {
		e->is_committed = true;
		l->set->n_committed++;
	}
	return true;
}

static bool load_chunk(struct loading *l, const struct store_kv *kv)
{
	bool is_read = address_chunk_each(kv, 0, load_range, l);

	if (l->set->chunks[l->chunk])
		l->set->chunks[l->chunk]->is_dirty = false;
	return is_read && !l->is_wrong;
}

bool address_set_load(struct address_set *set, unsigned chunk, const struct store_kv *kv)
{
	struct loading l = { set, chunk, .is_committed = true };

	return load_chunk(&l, kv);
}

static bool load_again(void *arg, const struct store_kv *kv)
{
	struct loading *l = arg;
	size_t length;

	if (address_chunk_of_key(kv->key, &l->chunk, &length))
		load_chunk(l, kv);
	return true;
}

/* The head was taken back: it is the committed state, laid out as the store has it. */
static void restore(struct store *store, const struct resource *r, struct address_set *set)
{
	struct loading l = { .set = set };
	char *prefix = xasprintf("%s" CHUNKS, r->name);

	set->is_lost = false;
	clear_chunks(set);
	HMAP_FOREACH (n, &set->entries)
		container_of(n, struct entry, node)->is_in_head = false;
	if (r->committed.msg)
		store_list(store, prefix, NULL, 0, load_again, &l);
	HMAP_FOREACH_SAFE (n, &set->entries)
		free_if_gone(set, container_of(n, struct entry, node));
	free(prefix);
}

/* Changes. */

static void add_to_delta(struct address_delta *d, struct entry *e)
{
	d->entries[d->n++] = e;
	e->n_in_flight++;
	/* Seen as done, so that a prefix given twice is taken once. */
	e->is_in_head = d->is_added;
}

struct address_delta *address_delta_create(struct store *store, struct resource *r,
					   struct address_set *set, const struct ip_range *ranges,
					   size_t n, bool is_added)
{
	struct address_delta *d = xcalloc(1, sizeof(*d));

	if (set->is_lost)
		restore(store, r, set);
	*d =
		(struct address_delta){ store, r,	set, xcalloc(n + 1, sizeof(*d->entries)),
					0,     is_added };
	for (size_t i = 0; i < n; i++) {
		struct entry *e = is_added ? obtain(set, &ranges[i]) : find(set, &ranges[i]);

		if (e && e->is_in_head != is_added)
			add_to_delta(d, e);
	}
	for (size_t i = 0; i < d->n; i++)
		d->entries[i]->is_in_head = !is_added;
	return d;
}

size_t address_delta_count(const struct address_delta *d)
{
	return d->n;
}

/* No longer on its way. */
static void finish(struct address_delta *d)
{
	for (size_t i = 0; i < d->n; i++) {
		d->entries[i]->n_in_flight--;
		free_if_gone(d->set, d->entries[i]);
	}
	free(d->entries);
	free(d);
}

void address_delta_destroy(struct address_delta *d)
{
	finish(d);
}

static void log_change(struct address_set *set, const struct ip_range *range, bool is_added)
{
	if (set->n_changes == set->changes_capacity) {
		set->changes_capacity = MAX_OF(set->changes_capacity * 2, 64u);
		set->changes =
			xrealloc(set->changes, set->changes_capacity * sizeof(*set->changes));
	}
	set->changes[set->n_changes++] = (struct address_change){ *range, is_added };
}

static void applied(void *arg)
{
	struct address_delta *d = arg;

	for (size_t i = 0; i < d->n; i++) {
		d->entries[i]->is_committed = d->is_added;
		log_change(d->set, &d->entries[i]->range, d->is_added);
	}
	d->set->n_committed += d->is_added ? d->n : -d->n;
	finish(d);
}

static void lost(void *arg)
{
	struct address_delta *d = arg;

	d->set->is_lost = true;
	finish(d);
}

static const struct change_part part = { applied, lost };

static void put_chunks(struct address_set *set, const struct resource *r, struct change *c)
{
	for (unsigned i = 0; i < MAX_CHUNKS; i++) {
		struct chunk *chunk = set->chunks[i];
		struct buf value = BUF_INIT;
		char *key;

		if (!chunk || !chunk->is_dirty)
			continue;
		key = chunk_key(r, i);
		pack_chunk(chunk, &value);
		if (chunk->n)
			change_put_key(c, key, value.data, value.size);
		else
			change_delete_key(c, key);
		chunk->is_dirty = false;
		buf_fini(&value);
		free(key);
	}
}

static void put_last_change(const struct address_delta *d, struct change *c)
{
	Weft__V1__AddressChange *msg =
		(Weft__V1__AddressChange *)msg_create(&weft__v1__address_change__descriptor);
	char *key = xasprintf("%s" LAST_CHANGE, d->r->name), text[IP_TEXT_SIZE + 4];
	struct buf value = BUF_INIT;
	char **texts = xcalloc(d->n, sizeof(*texts));

	for (size_t i = 0; i < d->n; i++) {
		ip_format_cidr(&d->entries[i]->range, text);
		texts[i] = xstrdup(text);
	}
	text_set(&msg->address_group, d->r->name);
	if (d->is_added)
		msg->added = texts, msg->n_added = d->n;
	else
		msg->removed = texts, msg->n_removed = d->n;
	msg_pack(&msg->base, &value);
	change_put_key(c, key, value.data, value.size);
	buf_fini(&value);
	msg_free(&msg->base);
	free(key);
}

void address_delta_put(struct address_delta *d, struct change *c)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->is_added)
			place(d->set, d->entries[i]);
		else
			take_out(d->set, d->entries[i]);
	}
	put_chunks(d->set, d->r, c);
	put_last_change(d, c);
	change_set_part(c, &part, d);
}

void address_set_delete_keys(struct address_set *set, struct store *store, const struct resource *r,
			     struct change *c)
{
	char *key = xasprintf("%s" LAST_CHANGE, r->name);

	if (set->is_lost)
		restore(store, r, set);
	change_delete_key(c, key);
	free(key);
	for (unsigned i = 0; i < MAX_CHUNKS; i++) {
		if (!set->chunks[i])
			continue;
		key = chunk_key(r, i);
		change_delete_key(c, key);
		free(key);
	}
}

/* For apps. */

void address_set_each(const struct address_set *set, address_each_fn *each, void *arg)
{
	HMAP_FOREACH (n, &set->entries) {
		const struct entry *e = container_of(n, struct entry, node);

		if (e->is_committed && !each(arg, &e->range))
			return;
	}
}

const struct address_change *address_set_changes(const struct address_set *set, size_t *n)
{
	*n = set->n_changes;
	return set->changes;
}

void address_set_settle(struct address_set *set)
{
	free(set->changes);
	set->changes = NULL;
	set->n_changes = set->changes_capacity = 0;
}
